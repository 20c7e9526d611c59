/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "run/trial_process.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/prctl.h>

#include "base/exit.h"
#include "base/fs.h"
#include "run/guest.h"
#include "run/orders.h"
#include "run/trial.h"
#include "vm/domain.h"
#include "vm/sweep.h"

enum { UNIX_PATH_LEN = 108 };            /* of sun_path, its NUL included */
#define LIMIT_LONGEST (86400 * NS_PER_S) /* that the schema takes, but for the soak */

int trial_spec_read(int dirfd, struct spec *ret, struct err *err)
{
	_cleanup_json_ json_t *j = NULL;
	int r = json_read(dirfd, "spec.json", &j, err);

	return r < 0 ? r : spec_from_json(j, ret, err);
}

static bool has_final_verdict(int dirfd)
{
	_cleanup_json_ json_t *j = NULL;
	struct verdict v;

	return json_read(dirfd, "verdict.json", &j, NULL) == 0 &&
	       verdict_from_json(j, &v, NULL) == 0 && v.final;
}

/* The first DIR/WORD-N that does not exist yet: its descriptor, and its path in *ret. */
static int make_beside(const char *dir, int dirfd, const char *word, char **ret, struct err *err)
{
	for (unsigned n = 1;; n++) {
		char name[32];
		int fd;

		snprintf(name, sizeof(name), "%s-%u", word, n);
		if (faccessat(dirfd, name, F_OK, 0) == 0)
			continue;
		fd = fs_make_dir(dirfd, name, 0755, err);
		if (fd >= 0)
			*ret = xasprintf("%s/%s", dir, name);
		return fd;
	}
}

/* DIR itself, or a rerun-N in it with the spec copied. */
static int choose_dir(const char *dir, int dirfd, char **ret, struct err *err)
{
	int fd, r;

	if (!has_final_verdict(dirfd)) {
		fd = fcntl(dirfd, F_DUPFD_CLOEXEC, 3);
		if (fd < 0)
			return err_set(err, errno, "cannot open %s twice: %s", dir,
				       strerror(errno));
		*ret = xstrdup(dir);
		return fd;
	}
	fd = make_beside(dir, dirfd, "rerun", ret, err);
	if (fd < 0)
		return fd;
	r = fs_copy(dirfd, "spec.json", fd, "spec.json", err);
	if (r < 0)
		close(fd);
	return r < 0 ? r : fd;
}

/*
 * A trial must not outlive its runner by more than its own end: SIGTERM then makes it STOPPED.
 * Giving up root cleared what the runner had set, so this comes after it.
 */
static int tie_to_runner(struct err *err)
{
	const char *runner = getenv(TRIAL_RUNNER_ENV);

	if (!runner)
		return 0;
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (getppid() != (pid_t)strtol(runner, NULL, 10))
		return err_set(err, ECANCELED, "the runner is gone");
	return 0;
}

static const char *accel_word(const struct settings *s)
{
	if (str_eq(s->guest.backend, "fake"))
		return "fake";
	return s->guest.accel == ACCEL_KVM ? "kvm" : "tcg";
}

/* The domain as evidence, beside the console. Its lack is no reason not to run. */
static void keep_domain(const struct machine *m, int dirfd)
{
	_cleanup_free_
	char *owner = sweep_owner(m->run, m->trial, getpid());
	_cleanup_buf_ struct buf xml = BUF_INIT;

	if (domain_xml(m, owner, &xml, NULL) == 0)
		fs_write(dirfd, "domain.xml", xml.data, xml.len, NULL);
}

/* Beside the console, where the debugger's side sees it too. */
static int add_gdb(const struct trial_debug *debug, struct machine *m, char **ret, struct err *err)
{
	const char *slash = strrchr(m->console, '/');
	char *path =
		xasprintf("%.*s" TRIAL_GDB, slash ? (int)(slash + 1 - m->console) : 0, m->console);

	*ret = path;
	m->gdb = path;
	m->paused = debug->wait;
	if (strlen(path) < UNIX_PATH_LEN)
		return 0;
	return err_set(err, ENAMETOOLONG,
		       "the debugger's socket would be %s, which is longer than the kernel's %d "
		       "bytes: keep results in a folder with a shorter name",
		       path, UNIX_PATH_LEN - 1);
}

static int run_machine(const struct spec *spec, const struct machine_files *files,
		       struct clock clock, int dirfd, const struct trial_debug *debug,
		       struct verdict *ret, struct err *err)
{
	_cleanup_free_
	char *gdb = NULL;
	struct machine_made made;
	struct trial_env env = {
		.clock = &clock,
		.backend = vm_backend_by_name(spec->settings.guest.backend),
		.dirfd = dirfd,
		.signals = true,
		.orders = debug ? 0 : orders_take_stdin(),
		.accel = accel_word(&spec->settings),
		.held = debug ? debug->held : NULL,
		.arg = debug ? debug->arg : NULL,
	};
	int r;

	machine_make(spec, files, &made);
	env.machine = &made.m;
	r = debug ? add_gdb(debug, &made.m, &gdb, err) : 0;
	if (r == 0 && !str_eq(spec->settings.guest.backend, "fake"))
		keep_domain(&made.m, dirfd);
	if (r == 0)
		r = trial_run(spec, &env, ret, err);
	machine_made_done(&made);
	if (gdb)
		unlink(gdb);
	return r;
}

static int run_fake(const struct spec *spec, const char *dir, int dirfd, struct verdict *ret,
		    struct err *err)
{
	_cleanup_free_
	char *console = xasprintf("%s/console.log", dir);
	struct machine_files files = { "", "", console, "", (uint64_t)getpid() };
	struct clock real = { 0 };
	bool virtual = spec->settings.fake.clock == FAKE_CLOCK_VIRTUAL;
	int r = tie_to_runner(err);

	if (r == 0)
		r = run_machine(spec, &files, virtual ? clock_fake() : real, dirfd, NULL, ret, err);
	return r;
}

struct real {
	int dirfd;
	const struct trial_debug *debug;
	struct verdict *ret;
};

static int run_guest(void *arg, const struct spec *spec, const struct machine_files *files,
		     struct err *err)
{
	struct real *real = arg;

	return run_machine(spec, files, (struct clock){ 0 }, real->dirfd, real->debug, real->ret,
			   err);
}

static int run_real(const struct spec *spec, const char *dir, int dirfd,
		    const struct trial_debug *debug, struct verdict *ret, struct err *err)
{
	struct real real = { dirfd, debug, ret };
	struct guest_calls calls = { tie_to_runner, run_guest, &real };

	return guest_run(spec, dir, dirfd, &calls, err);
}

/*
 * What failed before the trial itself began is a verdict too: INFRA, with the sentence. A trial
 * that had begun has its pessimistic one, and its folder tells how long it soaked: recover.c's to
 * judge.
 */
static void write_infra(const struct spec *spec, int dirfd, const struct err *why)
{
	_cleanup_json_ json_t *j = NULL;
	struct verdict v;

	trial_verdict_init(spec, accel_word(&spec->settings), &v);
	snprintf(v.reason, sizeof(v.reason), "%.500s", why->msg);
	v.final = true;
	j = verdict_to_json(&v);
	json_write(dirfd, "verdict.json", j, NULL);
}

static int run_in(const char *dir, int dirfd, const struct trial_debug *debug, struct verdict *ret,
		  struct err *err)
{
	struct spec spec = { 0 };
	int r;

	if (flock(dirfd, LOCK_EX | LOCK_NB) < 0)
		return err_set(err, EBUSY, "%s is being run by another process", dir);
	if (has_final_verdict(dirfd)) /* it came between our look and our lock */
		return err_set(err, EBUSY, "%s was just ended by another process", dir);
	r = trial_spec_read(dirfd, &spec, err);
	if (r == 0 && !vm_backend_by_name(spec.settings.guest.backend))
		r = err_set(err, EINVAL, "there is no backend \"%s\"", spec.settings.guest.backend);
	if (r == 0)
		r = str_eq(spec.settings.guest.backend, "fake")
			    ? run_fake(&spec, dir, dirfd, ret, err)
			    : run_real(&spec, dir, dirfd, debug, ret, err);
	if (r < 0 && spec.run && faccessat(dirfd, "verdict.json", F_OK, 0) < 0)
		write_infra(&spec, dirfd, err);
	spec_done(&spec);
	return r;
}

int trial_process(const char *dir, struct verdict *ret, char **ret_dir, struct err *err)
{
	_cleanup_close_ int given = -1, fd = -1;
	_cleanup_free_
	char *where = NULL;
	int r;

	given = fs_open_dir(AT_FDCWD, dir, err);
	if (given < 0)
		return given;
	fd = choose_dir(dir, given, &where, err);
	if (fd < 0)
		return fd;
	r = run_in(where, fd, NULL, ret, err);
	*ret_dir = TAKE(where, NULL);
	return r;
}

/* While a debugger holds the guest, only its time stands still. The profile of the guest's own
 * watchdogs goes by the heartbeat, and is kept. */
static void unlimit(struct settings *s)
{
	const struct guest *g = &s->guest;
	char *cmdline;

	s->guest.hang = machine_hang_profile(s, g->accel == ACCEL_KVM);
	s->limits.boot = s->limits.settle = LIMIT_LONGEST;
	s->limits.soak = 365 * LIMIT_LONGEST;
	s->limits.heartbeat = s->limits.silence = s->limits.progress = TIME_NEVER;
	if (machine_cmdline_has(s, "nokaslr"))
		return;
	cmdline = xasprintf("%s%snokaslr", g->cmdline, *g->cmdline ? " " : "");
	free(s->guest.cmdline);
	s->guest.cmdline = cmdline;
}

static int make_debug_dir(const char *dir, int dirfd, char **ret, struct err *err)
{
	_cleanup_json_ json_t *j = NULL;
	struct spec spec = { 0 };
	int fd = -1, r = trial_spec_read(dirfd, &spec, err);

	if (r == 0 && str_eq(spec.settings.guest.backend, "fake")) {
		err_set(err, EINVAL, "a fake guest runs no kernel that could be debugged");
		r = err_exit(err, EXIT_BAD_USAGE);
	}
	if (r == 0)
		r = fd = make_beside(dir, dirfd, "debug", ret, err);
	if (fd >= 0) {
		unlimit(&spec.settings);
		j = spec_to_json(&spec);
		r = json_write(fd, "spec.json", j, err);
	}
	spec_done(&spec);
	if (r >= 0)
		return fd;
	if (fd >= 0)
		close(fd);
	return r;
}

int trial_debug(const char *dir, const struct trial_debug *debug, struct verdict *ret,
		char **ret_dir, struct err *err)
{
	_cleanup_close_ int given = fs_open_dir(AT_FDCWD, dir, err), fd = -1;

	if (given < 0)
		return given;
	fd = make_debug_dir(dir, given, ret_dir, err);
	if (fd < 0)
		return fd;
	debug->ready(debug->arg, *ret_dir);
	return run_in(*ret_dir, fd, debug, ret, err);
}

int trial_describe(const struct spec *spec, struct buf *out, struct err *err)
{
	const struct vm_backend *b = vm_backend_by_name(spec->settings.guest.backend);
	struct files found = { 0 };
	struct machine_made made;
	struct disks disks;
	int r = str_eq(b->name, "fake") ? 0 : files_find(&spec->settings, true, &found, err);

	if (r < 0)
		return r;
	disks_plan(&spec->settings, "results/RUN/trials/TRIAL", NULL, &disks);
	if (found.root)
		guest_add_root(found.root, &disks);
	machine_make(spec,
		     &(struct machine_files){ found.kernel, found.initrd,
					      "results/RUN/trials/TRIAL/console.log",
					      "/run/kernsoak/work", 0, disks.item, disks.n },
		     &made);
	r = b->describe(&made.m, out, err);
	machine_made_done(&made);
	disks_done(&disks);
	files_done(&found);
	return r;
}
