/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "run/version.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/epoll.h>

#include "base/exit.h"
#include "base/fs.h"
#include "base/proc.h"
#include "run/accel.h"
#include "run/bisect_params.h"
#include "run/build.h"
#include "run/campaign.h"
#include "run/files.h"
#include "store/layout.h"

enum { NAME_LEN = 40 };

static const char *file_name(uint64_t arm, const char *ending, char buf[NAME_LEN])
{
	snprintf(buf, NAME_LEN, RUN_VERSIONS "/%06" PRIu64 "%s", arm, ending);
	return buf;
}

/* ---- the process ---- */

/* A commit is built now, and what the build says is laid over the scenario. */
static int build(int fd, const struct bisect_params *p, uint64_t arm, struct settings *s,
		 struct err *err)
{
	const struct build b = {
		.dir = p->axis.dir,
		.commit = p->axis.value[arm].commit,
		.command = p->build,
		.built = *p->built ? p->built : NULL,
	};
	_cleanup_strv_ struct strv set = { 0 };
	_cleanup_buf_ struct buf source = BUF_INIT;
	struct scenario one = { 0 };
	int r = build_commit(&b, &set, err);

	if (r == 0)
		r = fs_read(fd, RUN_SCENARIO, 1 << 20, &source, err);
	if (r == 0)
		r = bisect_scenario(RUN_SCENARIO, &source, p, &set, &one, err);
	if (r < 0)
		return r;
	settings_done(s);
	*s = TAKE(one.arm[0].settings, (struct settings){ 0 });
	scenario_done(&one);
	return 0;
}

static int resolve(struct settings *s, const char *uri, struct err *err)
{
	struct files f = { 0 };
	int r;

	if (str_eq(s->guest.backend, "fake"))
		return 0;
	r = files_find(s, true, &f, err);
	if (r == 0)
		r = accel_resolve(s, &f, uri, err);
	files_done(&f);
	return r;
}

static int prepare(int fd, uint64_t arm, const char *uri, struct settings *ret, struct err *err)
{
	_cleanup_json_ json_t *plan = NULL;
	_cleanup_bisect_params_ struct bisect_params p = { 0 };
	struct campaign c = { 0 };
	int r = json_read(fd, RUN_PLAN, &plan, err);

	if (r == 0)
		r = campaign_from_json(plan, &c, err);
	if (r == 0 && arm >= c.scenario.n_arms)
		r = err_set(err, EINVAL, "the run has no arm %" PRIu64, arm);
	if (r == 0)
		r = bisect_params_from_json(json_at(plan, "strategy.params"), &p, err);
	if (r == 0 && p.axis.kind == AXIS_COMMITS)
		r = arm < p.axis.n ? build(fd, &p, arm, &c.scenario.arm[arm].settings, err)
				   : err_set(err, EINVAL, "the axis has no value %" PRIu64, arm);
	if (r == 0)
		r = resolve(&c.scenario.arm[arm].settings, uri, err);
	if (r == 0)
		*ret = TAKE(c.scenario.arm[arm].settings, (struct settings){ 0 });
	campaign_done(&c);
	return r;
}

int version_prepare(const char *path, uint64_t arm, const char *uri, struct err *err)
{
	_cleanup_close_ int fd = fs_open_dir(AT_FDCWD, path, err);
	_cleanup_close_ int dir = fd < 0 ? -1 : fs_make_dir(fd, RUN_VERSIONS, 0755, err);
	_cleanup_json_ json_t *j = json_object();
	struct settings s = { 0 };
	struct err why = { 0 };
	char name[NAME_LEN];
	int r = dir < 0 ? dir : prepare(fd, arm, uri, &s, &why);

	if (dir < 0)
		return -err->code;
	if (r < 0)
		json_set_str(j, "why", why.msg);
	else
		json_object_set_new(j, "settings", settings_to_json(&s));
	settings_done(&s);
	snprintf(name, sizeof(name), "%06" PRIu64 ".json", arm);
	if (json_write(dir, name, j, err) < 0)
		return -err->code;
	if (r < 0)
		*err = why;
	return r;
}

int version_read(int run_fd, uint64_t arm, struct settings *ret, struct err *err)
{
	_cleanup_json_ json_t *j = NULL;
	const char *why = NULL;
	char name[NAME_LEN];
	int r = json_read(run_fd, file_name(arm, ".json", name), &j, err);

	if (r < 0)
		return r;
	if (json_get_str(j, "why", &why, NULL) == 0 && why)
		return err_set(err, ENOEXEC, "%s", why);
	r = settings_from_json(json_object_get(j, "settings"), ret, err);
	return r < 0 ? err_wrap(err, "%s", name) : 0;
}

/* ---- its parent ---- */

struct version_job {
	struct loop *loop;
	struct loop_source *source;
	struct proc proc;
	uint64_t arm, started_ns;
	version_fn fn;
	void *arg;
};

static void on_end(void *arg, uint32_t events)
{
	struct version_job *j = arg, done = *j;
	const double took = (double)(loop_now(j->loop) - j->started_ns) / (double)NS_PER_S;

	(void)events;
	loop_remove(j->loop, j->source);
	free(j);
	done.fn(done.arg, done.arm, took, proc_wait(&done.proc));
}

/* Where it prints; an older answer would be taken for its own. */
static int open_log(const char *path, uint64_t arm, struct err *err)
{
	_cleanup_close_ int run = fs_open_dir(AT_FDCWD, path, err);
	_cleanup_close_ int dir = run < 0 ? -1 : fs_make_dir(run, RUN_VERSIONS, 0755, err);
	char name[NAME_LEN];
	int fd;

	if (dir < 0)
		return -err->code;
	unlinkat(run, file_name(arm, ".json", name), 0);
	fd = openat(run, file_name(arm, ".log", name), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC,
		    0644);
	if (fd < 0) {
		err_set(err, errno, "cannot write %s/%s: %s", path, name, strerror(errno));
		return err_exit(err, EXIT_CANNOT_WRITE);
	}
	return fd;
}

int version_start(struct loop *loop, const char *path, uint64_t arm, const char *uri, version_fn fn,
		  void *arg, struct version_job **ret, struct err *err)
{
	_cleanup_free_
	char *number = xasprintf("%" PRIu64, arm);
	const char *argv[] = { "kernsoak", "prepare", path, number, uri, NULL };
	_cleanup_close_ int log = open_log(path, arm, err);
	struct proc_options opt = { .stdout_fd = log,
				    .stderr_fd = log,
				    .death_signal = SIGTERM,
				    .own_group = true,
				    .self = true };
	struct proc p = PROC_INIT;
	struct version_job *j;
	int r = log < 0 ? log : proc_spawn(argv, &opt, &p, err);

	if (r < 0)
		return r;
	j = xcalloc(1, sizeof(*j));
	*j = (struct version_job){ loop, NULL, p, arm, loop_now(loop), fn, arg };
	j->source = loop_add_fd(loop, p.pidfd, EPOLLIN, on_end, j);
	if (!j->source) {
		r = err_set(err, errno, "cannot watch a process: %s", strerror(errno));
		proc_kill(&p, SIGKILL);
		proc_wait(&p);
		free(j);
		return r;
	}
	*ret = j;
	return 0;
}

void version_signal(const struct version_job *j, int signo)
{
	/* a build has children of its own; the group's number is ours until it is reaped */
	if (j)
		kill(-j->proc.pid, signo);
}
