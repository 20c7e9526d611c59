/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "run/night.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/stat.h>

#include "base/exit.h"
#include "base/loop.h"
#include "base/proc.h"
#include "model/units.h"
#include "store/journal.h"
#include "store/layout.h"

enum {
	LOOK_EVERY_MS = 500, /* at STOP, and at a runner that still ends */
	ATTEMPTS = 3,        /* of a run whose process was killed */
};

void night_done(struct night *n)
{
	cleanup_close(&n->fd);
	json_decref(n->state);
	*n = (struct night){ .fd = -1 };
}

static const char *text_of(const json_t *o, const char *key)
{
	const char *s = NULL;

	json_get_str(o, key, &s, NULL);
	return s ? s : "";
}

static int save(const struct night *n, struct err *err)
{
	return json_write(n->fd, NIGHT_STATE, n->state, err);
}

/* ---- its beginning ---- */

static json_t *entry_of(const struct night_config *c, const struct night_job *j)
{
	json_t *o = json_object();

	json_set_str(o, "name", j->name);
	json_set_str(o, "scenario", j->scenario);
	if (j->profile)
		json_set_str(o, "profile", j->profile);
	json_object_set_new(o, "set", json_texts(&j->set));
	json_object_set_new(o, "arms", json_texts(&j->arms));
	json_set_u64(o, "budget_ns", j->budget_ns);
	json_set_u64(o, "jobs", c->jobs);
	json_set_str(o, "state", "waiting");
	return o;
}

static json_t *state_of(const struct night_config *c, uint64_t number)
{
	json_t *o = json_object(), *entries = json_array();

	json_set_u64(o, "version", 1);
	json_set_str(o, "name", c->name);
	json_set_u64(o, "number", number);
	json_set_u64(o, "started_s", (uint64_t)clock_wall_s());
	json_set_str(o, "state", "open");
	for (size_t i = 0; i < c->n; i++)
		json_array_append_new(entries, entry_of(c, &c->job[i]));
	json_object_set_new(o, "entries", entries);
	return o;
}

/* NULL where there is none: it was killed before that was written, which is all or nothing. */
static int read_state(const struct night *n, json_t **ret, struct err *err)
{
	_cleanup_free_
	char *path = nights_path(n->nights, n->number);
	_cleanup_json_ json_t *state = NULL;
	struct err why = { 0 };
	struct stat st;
	int r = json_read(n->fd, NIGHT_STATE, &state, &why);

	if (r == 0 && !json_is_object(state))
		r = err_set(&why, EINVAL, NIGHT_STATE " is no object");
	if (r == -ENOENT || (r < 0 && fstatat(n->fd, NIGHT_STATE, &st, 0) == 0 && st.st_size == 0))
		return 0;
	if (r < 0)
		return err_set(err, -r,
			       "the last night, %s, cannot be read: %s; --new begins another", path,
			       why.msg);
	*ret = TAKE(state, NULL);
	return 0;
}

/* The last night, where it is open: to go on with if it is young enough, else it is closed. */
static int take_last(const struct night_config *c, const struct night_options *opt, struct night *n,
		     struct err *err)
{
	uint64_t started_s = 0;
	int r;

	n->number = n->nights->number[n->nights->n - 1];
	n->fd = nights_dir(n->nights, n->number, err);
	if (n->fd < 0)
		return n->fd;
	r = read_state(n, &n->state, err);
	if (r == 0 && !n->state)
		return 0;
	if (r < 0 && !opt->fresh)
		return r;
	json_get_u64(n->state, "started_s", &started_s, NULL);
	if (str_eq(text_of(n->state, "state"), "open")) {
		if (!opt->fresh &&
		    ((uint64_t)clock_wall_s() - started_s) < c->resume_ns / NS_PER_S) {
			n->continued = true;
			return 0;
		}
		json_set_str(n->state, "state", "abandoned");
		if (save(n, err) < 0)
			return -EIO;
	}
	cleanup_close(&n->fd);
	n->fd = -1;
	json_decref(TAKE(n->state, NULL));
	return 0;
}

int night_begin(const struct night_config *c, struct nights *nights,
		const struct night_options *opt, struct night *ret, struct err *err)
{
	_cleanup_night_ struct night n = { .nights = nights, .fd = -1 };
	int r = nights->n ? take_last(c, opt, &n, err) : 0;

	if (r == 0 && n.fd < 0) {
		r = nights_add(nights, &n.number, err);
		if (r == 0)
			r = n.fd = nights_dir(nights, n.number, err);
	}
	if (r >= 0 && !n.state) {
		n.state = state_of(c, n.number);
		r = save(&n, err);
	}
	if (r < 0)
		return r;
	*ret = TAKE(n, (struct night){ .fd = -1 });
	return 0;
}

/* ---- a run's process ---- */

struct work {
	struct night *n;
	struct loop *loop;
	struct proc proc;
	struct loop_source *end, *look;
	const char *results;
	const char *waiting_for; /* a run whose runner still ends; NULL: for none */
	bool stop;               /* STOP was obeyed */
	int status;              /* of the process */
};

static void on_end(void *arg, uint32_t events)
{
	struct work *w = arg;

	(void)events;
	w->end = loop_remove(w->loop, w->end);
	w->status = proc_wait(&w->proc);
	loop_quit(w->loop, 0);
}

static void on_signal(void *arg, int signo)
{
	struct work *w = arg;

	if (!w->n->signal)
		w->n->signal = signo;
	if (w->proc.pidfd >= 0)
		proc_kill(&w->proc, signo);
	else
		loop_quit(w->loop, 0);
}

static bool runner_lives(const char *results, const char *run)
{
	_cleanup_run_dir_ struct run_dir dir = RUN_DIR_INIT;
	pid_t pid;

	return run_dir_open(results, run, &dir, NULL) == 0 && journal_holder(dir.fd, &pid) == 1;
}

static void look(void *arg)
{
	struct work *w = arg;

	if (!w->stop && nights_stop_asked(w->n->nights)) {
		w->stop = true;
		if (w->proc.pidfd >= 0)
			proc_kill(&w->proc, SIGTERM);
		else
			loop_quit(w->loop, 0);
	}
	if (w->waiting_for && !runner_lives(w->results, w->waiting_for))
		loop_quit(w->loop, 0);
	w->look = loop_add_timer(w->loop, loop_now(w->loop) + LOOK_EVERY_MS * NS_PER_MS, look, w);
}

static int watch(struct work *w, const struct strv *words, struct err *err)
{
	_cleanup_free_
	const char **argv = xcalloc(words->n + 1, sizeof(*argv));
	const struct proc_options opt = { .death_signal = SIGTERM,
					  .own_group = true,
					  .self = true };
	int r;

	for (size_t i = 0; i < words->n; i++)
		argv[i] = words->item[i];
	r = proc_spawn(argv, &opt, &w->proc, err);
	if (r < 0)
		return r;
	w->end = loop_add_fd(w->loop, w->proc.pidfd, EPOLLIN, on_end, w);
	if (!w->end) {
		proc_kill(&w->proc, SIGKILL);
		proc_wait(&w->proc);
		return err_set(err, errno, "cannot watch a run: %s", strerror(errno));
	}
	return loop_run(w->loop);
}

static void add_value(struct strv *a, const char *option, const char *value)
{
	strv_take(a, xasprintf("--%s=%s", option, value));
}

static void add_each(struct strv *a, const char *option, const json_t *values)
{
	for (size_t i = 0; i < json_array_size(values); i++)
		add_value(a, option, json_string_value(json_array_get(values, i)));
}

static void add_common(struct strv *a, const json_t *entry, const struct night_options *opt)
{
	char text[UNIT_TEXT];
	uint64_t budget_ns = 0, jobs = 0;

	json_get_u64(entry, "budget_ns", &budget_ns, NULL);
	json_get_u64(entry, "jobs", &jobs, NULL);
	strv_add(a, "--no-report");
	add_value(a, "results", opt->results);
	if (opt->quiet)
		strv_add(a, "--quiet");
	if (opt->uri)
		add_value(a, "uri", opt->uri);
	if (budget_ns)
		add_value(a, "budget", duration_format(text, budget_ns));
	if (jobs) {
		snprintf(text, sizeof(text), "%" PRIu64, jobs);
		add_value(a, "jobs", text);
	}
}

static void args_of_run(struct strv *a, const json_t *entry, const char *tag, uint64_t seed,
			const struct night_options *opt)
{
	char text[UNIT_TEXT];

	strv_add(a, "run");
	add_common(a, entry, opt);
	add_value(a, "tag", tag);
	if (*text_of(entry, "profile"))
		add_value(a, "profile", text_of(entry, "profile"));
	add_each(a, "set", json_object_get(entry, "set"));
	add_each(a, "arm", json_object_get(entry, "arms"));
	if (seed) {
		snprintf(text, sizeof(text), "%" PRIu64, seed);
		add_value(a, "seed", text);
	}
	strv_add(a, "--");
	strv_add(a, text_of(entry, "scenario"));
}

/* ---- one of its scenarios ---- */

static bool has_tag(const char *results, const char *id, const char *tag)
{
	_cleanup_run_dir_ struct run_dir dir = RUN_DIR_INIT;
	_cleanup_json_ json_t *plan = NULL;

	return run_dir_open(results, id, &dir, NULL) == 0 &&
	       json_read(dir.fd, RUN_PLAN, &plan, NULL) == 0 && str_eq(text_of(plan, "tag"), tag);
}

/* The run that has this tag; NULL: none. Runs are named by when they began. */
static char *find_run(const char *results, const char *tag, int64_t since_s)
{
	_cleanup_strv_ struct strv ids = { 0 };

	if (run_dir_list(results, &ids, NULL) < 0)
		return NULL;
	for (size_t i = ids.n; i-- > 0 && run_id_started(ids.item[i]) + 1 >= since_s;)
		if (has_tag(results, ids.item[i], tag))
			return xstrdup(ids.item[i]);
	return NULL;
}

static void note_run(struct night *n, json_t *entry, const char *tag, const char *results)
{
	uint64_t started_s = 0;
	_cleanup_free_
	char *run = NULL;

	json_get_u64(n->state, "started_s", &started_s, NULL);
	run = find_run(results, tag, (int64_t)started_s);
	if (run)
		json_set_str(entry, "run", run);
}

/* A runner whose night was killed is on its way to its end: SIGTERM was sent to it. */
static void wait_for_runner(struct work *w, const char *run)
{
	w->waiting_for = run;
	if (!w->stop && !w->n->signal && runner_lives(w->results, run))
		loop_run(w->loop);
	w->waiting_for = NULL;
}

static int one_attempt(struct work *w, json_t *entry, const char *tag, uint64_t seed,
		       const struct night_options *opt, struct err *err)
{
	_cleanup_strv_ struct strv a = { 0 };
	int r;

	strv_add(&a, "kernsoak");
	note_run(w->n, entry, tag, opt->results);
	if (*text_of(entry, "run")) {
		wait_for_runner(w, text_of(entry, "run"));
		strv_add(&a, "resume");
		add_common(&a, entry, opt);
		strv_add(&a, text_of(entry, "run"));
	} else {
		args_of_run(&a, entry, tag, seed, opt);
	}
	r = watch(w, &a, err);
	note_run(w->n, entry, tag, opt->results);
	return r;
}

/* What a run's exit code says of the night: it was run, it was cut, or it could not be. */
static const char *entry_state(const struct work *w)
{
	switch (w->status) {
	case EXIT_GOAL_MET:
	case EXIT_REPRODUCED:
	case EXIT_DIFFER:
	case EXIT_INCONCLUSIVE:
	case EXIT_INFRA:
	case EXIT_TIME_LIMIT: return "ended";
	case EXIT_SIGINT:
	case EXIT_SIGTERM:
		if (w->stop)
			return "stopped";
		return w->n->signal ? "running" : "failed";
	default: return "failed";
	}
}

static int run_entry(struct work *w, size_t i, const struct night_options *opt, struct err *err)
{
	json_t *entry = json_array_get(json_object_get(w->n->state, "entries"), i);
	_cleanup_free_
	char *tag = xasprintf("%s/%" PRIu64 "/%s", w->n->nights->name, w->n->number,
			      text_of(entry, "name"));
	const uint64_t seed = opt->seed ? opt->seed + w->n->number * 1000003 + i : 0;
	int r = 0;

	json_set_str(entry, "state", "running");
	r = save(w->n, err);
	w->status = 256;
	for (int k = 0; k < ATTEMPTS && r == 0 && w->status >= 256 && !w->stop && !w->n->signal;
	     k++)
		r = one_attempt(w, entry, tag, seed, opt, err);
	if (r < 0)
		return r;
	json_set_str(entry, "state", entry_state(w));
	json_set_u64(entry, "exit", (uint64_t)w->status);
	return save(w->n, err);
}

/* ---- all of them ---- */

static bool is_over(const json_t *entry)
{
	const char *state = text_of(entry, "state");

	return str_eq(state, "ended") || str_eq(state, "failed") || str_eq(state, "stopped");
}

/* The name is what a file says that others may have written. */
static void say_begins(const struct night *n, const char *entry, size_t i, size_t of)
{
	_cleanup_buf_ struct buf name = BUF_INIT;

	str_sanitise(&name, entry, strlen(entry), false);
	fprintf(stderr, "night %" PRIu64 " of %s: %s (%zu of %zu)\n", n->number, n->nights->name,
		buf_str(&name), i, of);
}

static int run_entries(struct work *w, const struct night_options *opt, struct err *err)
{
	const json_t *entries = json_object_get(w->n->state, "entries");
	const size_t n = json_array_size(entries);
	int r = 0;

	for (size_t i = 0; i < n && r == 0; i++) {
		const json_t *entry = json_array_get(entries, i);

		w->stop = w->stop || nights_stop_asked(w->n->nights);
		if (w->stop || w->n->signal)
			return 0;
		if (is_over(entry))
			continue;
		if (!opt->quiet)
			say_begins(w->n, text_of(entry, "name"), i + 1, n);
		r = run_entry(w, i, opt, err);
	}
	return r;
}

/* It is still open: it closes when it has been reported on. */
static int finish(struct work *w, struct err *err)
{
	struct night *n = w->n;

	if (n->signal)
		return 0;
	if (w->stop)
		nights_stop_obeyed(n->nights);
	json_set_str(n->state, "end", w->stop ? "stopped" : "done");
	json_set_u64(n->state, "ended_s", (uint64_t)clock_wall_s());
	return save(n, err);
}

int night_close(struct night *n, struct err *err)
{
	json_set_str(n->state, "state", text_of(n->state, "end"));
	return save(n, err);
}

int night_run(struct night *n, const struct night_options *opt, struct err *err)
{
	struct clock clock = { 0 };
	struct work w = { .n = n, .proc = PROC_INIT, .results = opt->results };
	int r;

	if (n->continued && !opt->quiet)
		fprintf(stderr, "going on with night %" PRIu64 " of %s, which was interrupted\n",
			n->number, n->nights->name);
	if (*text_of(n->state, "end")) /* killed while it reported */
		return 0;
	r = loop_new(&clock, &w.loop, err);
	if (r < 0)
		return r;
	loop_add_signal(w.loop, SIGINT, on_signal, &w);
	loop_add_signal(w.loop, SIGTERM, on_signal, &w);
	look(&w);
	r = run_entries(&w, opt, err);
	if (r == 0)
		r = finish(&w, err);
	loop_free(w.loop);
	return r;
}
