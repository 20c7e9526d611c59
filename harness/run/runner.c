/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "run/runner.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/sysinfo.h>

#include "base/exit.h"
#include "base/fs.h"
#include "base/loop.h"
#include "run/accel.h"
#include "run/campaign.h"
#include "run/confine.h"
#include "run/files.h"
#include "run/host.h"
#include "run/progress.h"
#include "run/recover.h"
#include "run/slots.h"
#include "run/trial_process.h"
#include "store/index.h"
#include "store/journal.h"
#include "store/layout.h"
#include "vm/vm_libvirt.h"

struct runner {
	struct clock clock;
	struct loop *loop;
	struct campaign campaign;
	struct run_dir dir;
	struct journal *journal;
	struct progress *progress;
	struct slots *slots;
	const struct run_options *opt;
	uint64_t started_ns;
	int stop_signal;  /* the first that came; 0: none */
	unsigned signals; /* how many came */
	bool over_budget;
	bool given_up; /* hopeless, or the disk is full: err says */
	struct err err;
	char last_loss[512]; /* why the last INFRA trial was lost */
};

static bool stopping(const struct runner *r)
{
	return r->stop_signal || r->over_budget || r->given_up;
}

static void give_up(struct runner *r, const struct err *err)
{
	if (!r->given_up)
		r->err = *err;
	r->given_up = true;
	slots_signal(r->slots, SIGTERM);
}

static void write_down(struct runner *r, const struct journal_record *rec)
{
	struct err err = { 0 };

	if (journal_append(r->journal, rec, &err) < 0 && !r->given_up)
		give_up(r, &err);
}

/* ---- one trial's end ---- */

/* The verdict as the trial left it, or made from its folder where the trial did not come to one. */
static int settle_verdict(struct runner *r, uint64_t trial, struct verdict *ret, struct err *err)
{
	_cleanup_close_ int fd = trial_dir_open(r->dir.fd, trial, err);
	_cleanup_json_ json_t *j = NULL, *fresh = NULL;
	int code;

	if (fd < 0)
		return fd;
	/* A trial whose runner died may still be writing its last words. */
	if (flock(fd, LOCK_EX | LOCK_NB) < 0) {
		progress_say(r->progress, "waiting for trial %" PRIu64 ": its process still ends",
			     trial);
		flock(fd, LOCK_EX);
	}
	if (json_read(fd, TRIAL_VERDICT, &j, NULL) == 0 && verdict_from_json(j, ret, NULL) == 0 &&
	    ret->final)
		return 0;
	vm_sweep(NULL); /* its process is gone for sure: no QEMU of it may write on */
	code = recover_verdict(fd, ret, err);
	if (code < 0)
		return code;
	fresh = verdict_to_json(ret);
	return json_write(fd, TRIAL_VERDICT, fresh, err);
}

/* What counts as lost gets another trial of its arm, unless we are about to stop: resume does it.
 */
static void replace_lost(struct runner *r, uint64_t arm, const char *why)
{
	while (!stopping(r) && campaign_owed(&r->campaign, arm)) {
		struct journal_record add = { .event = JOURNAL_ADD };

		add.trial = campaign_add(&r->campaign, arm)->trial;
		snprintf(add.arm, sizeof(add.arm), "%s", r->campaign.scenario.arm[arm].name);
		snprintf(add.why, sizeof(add.why), "%s", why);
		write_down(r, &add);
	}
}

static void note_end(struct runner *r, uint64_t trial, int exit_status)
{
	struct journal_record rec = { .event = JOURNAL_END, .trial = trial, .exit = exit_status };
	char why[512];
	struct verdict v;
	struct err err = { 0 };

	vm_sweep(NULL); /* the trial's process is gone: no QEMU of it may be left */
	if (settle_verdict(r, trial, &v, &err) < 0) {
		err_wrap(&err, "trial %" PRIu64, trial);
		give_up(r, &err);
		return;
	}
	campaign_ended(&r->campaign, trial, &v);
	rec.outcome = v.outcome;
	write_down(r, &rec);
	progress_ended(r->progress, campaign_trial(&r->campaign, trial), &v);
	if (v.outcome == OUTCOME_INFRA)
		snprintf(r->last_loss, sizeof(r->last_loss), "%s", v.reason);
	if (exit_status == EXIT_CANNOT_WRITE) {
		err_set(&err, ENOSPC, "trial %" PRIu64 " could not write its results", trial);
		err_exit(&err, EXIT_CANNOT_WRITE);
		give_up(r, &err);
	}
	snprintf(why, sizeof(why), "trial %" PRIu64 ": %.400s", trial, v.reason);
	replace_lost(r, campaign_trial(&r->campaign, trial)->arm, why);
}

static void check_hope(struct runner *r)
{
	int arm = campaign_hopeless(&r->campaign);
	struct err err = { 0 };

	if (arm < 0 || stopping(r))
		return;
	err_set(&err, EIO,
		"giving up: the trials of %s are lost to the host, the last one because: %s",
		r->campaign.scenario.arm[arm].name, r->last_loss);
	err_exit(&err, EXIT_INFRA);
	give_up(r, &err);
}

/* ---- spawning ---- */

static int write_spec(struct runner *r, const struct planned *p, size_t slot, struct err *err)
{
	struct arm *arm = &r->campaign.scenario.arm[p->arm];
	_cleanup_close_ int fd = trial_dir_create(r->dir.fd, p->trial, err);
	_cleanup_json_ json_t *j = NULL;
	struct spec spec = {
		.run = r->dir.id,
		.scenario = r->campaign.scenario.name,
		.arm = arm->name,
		.trial = p->trial,
		.block = p->block,
		.slot = slot,
		.seed = p->seed,
		.uri = (char *)(uintptr_t)(r->opt->uri ? r->opt->uri : ""),
		.settings = arm->settings, /* borrowed for the moment */
	};

	if (fd < 0)
		return fd;
	j = spec_to_json(&spec);
	return json_write(fd, TRIAL_SPEC, j, err);
}

static void start_trial(struct runner *r, int slot, const struct planned *p)
{
	struct journal_record rec = { .event = JOURNAL_SPAWN, .trial = p->trial };
	_cleanup_free_
	char *dir = NULL;
	char name[TRIAL_NAME_LEN];
	struct err err = { 0 };
	pid_t pid;

	trial_name(p->trial, name);
	dir = xasprintf("%s/%s", r->dir.path, name);
	r->campaign.state[p->trial - 1] = TRIAL_RUNNING;
	if (write_spec(r, p, (size_t)slot, &err) < 0 ||
	    slots_spawn(r->slots, slot, p->trial, dir, &pid, &err) < 0) {
		give_up(r, &err);
		return;
	}
	rec.pid = pid;
	rec.slot = (uint64_t)slot;
	write_down(r, &rec);
}

static void fill_slots(struct runner *r)
{
	int slot;

	while (!stopping(r) && (slot = slots_idle(r->slots)) >= 0) {
		const struct planned *p = campaign_next(&r->campaign);

		if (!p)
			break;
		start_trial(r, slot, p);
	}
	if (slots_running(r->slots) == 0)
		loop_quit(r->loop, 0);
}

static void on_trial_end(void *arg, uint64_t trial, int exit_status)
{
	struct runner *r = arg;

	note_end(r, trial, exit_status);
	check_hope(r);
	fill_slots(r);
}

/* ---- what interrupts ---- */

static void stop(struct runner *r, const char *why)
{
	struct journal_record rec = { .event = JOURNAL_STOP };

	snprintf(rec.why, sizeof(rec.why), "%s", why);
	write_down(r, &rec);
	slots_signal(r->slots, SIGTERM);
	if (slots_running(r->slots) == 0)
		loop_quit(r->loop, 0);
}

static void on_signal(void *arg, int signo)
{
	struct runner *r = arg;

	if (r->signals++ == 0) {
		r->stop_signal = signo;
		progress_say(r->progress,
			     "stopping: the running trials end as STOPPED (once more kills them)");
		stop(r, strsignal(signo));
	} else {
		progress_say(r->progress, "killing the running trials");
		slots_signal(r->slots, SIGKILL);
	}
}

static void on_budget(void *arg)
{
	struct runner *r = arg;

	r->over_budget = true;
	progress_say(r->progress, "the budget is used up");
	stop(r, "budget");
}

static void on_second(void *arg)
{
	struct runner *r = arg;

	progress_draw(r->progress, loop_now(r->loop) - r->started_ns, slots_running(r->slots));
	loop_add_timer(r->loop, loop_now(r->loop) + NS_PER_S, on_second, r);
}

/* ---- a run's beginning and end ---- */

static size_t slots_that_fit(const struct scenario *s)
{
	uint64_t vcpus = 1, cpus = (uint64_t)get_nprocs();

	for (size_t i = 0; i < s->n_arms; i++)
		vcpus = MAX(vcpus, s->arm[i].settings.guest.vcpus);
	return (size_t)MAX(cpus / vcpus, (uint64_t)1);
}

static int exit_code_of(const struct runner *r)
{
	uint64_t sum[OUTCOME_COUNT] = { 0 };

	for (size_t i = 0; i < r->campaign.scenario.n_arms; i++)
		for (size_t o = 0; o < OUTCOME_COUNT; o++)
			sum[o] += r->campaign.tally[i].outcome[o];
	if (r->given_up)
		return r->err.exit_code ? r->err.exit_code : EXIT_INTERNAL;
	if (r->stop_signal)
		return r->stop_signal == SIGINT ? EXIT_SIGINT : EXIT_SIGTERM;
	if (sum[OUTCOME_FAILED])
		return EXIT_REPRODUCED;
	if (r->over_budget)
		return EXIT_TIME_LIMIT;
	return sum[OUTCOME_SURVIVED] + sum[OUTCOME_OTHER] ? EXIT_GOAL_MET : EXIT_INFRA;
}

static void update_index(struct runner *r)
{
	struct index *ix = NULL;

	/* Derived: whoever misses it can have it made anew. */
	if (index_open(results_path(r->opt->results), &ix, NULL) == 0)
		index_ingest_run(ix, &r->dir, NULL);
	index_close(ix);
}

static void run_loop(struct runner *r)
{
	uint64_t budget = r->campaign.scenario.stop.budget_ns;

	r->started_ns = loop_now(r->loop);
	loop_add_signal(r->loop, SIGINT, on_signal, r);
	loop_add_signal(r->loop, SIGTERM, on_signal, r);
	if (budget != TIME_NEVER)
		loop_add_timer(r->loop, r->started_ns + budget, on_budget, r);
	loop_add_timer(r->loop, r->started_ns, on_second, r);
	fill_slots(r);
	if (slots_running(r->slots))
		loop_run(r->loop);
	if (!stopping(r)) {
		struct journal_record done = { .event = JOURNAL_DONE,
					       .why = "every trial has ended" };

		write_down(r, &done);
	}
	update_index(r);
}

static int runner_init(struct runner *r, const struct run_options *opt, struct err *err)
{
	r->opt = opt;
	r->dir = (struct run_dir)RUN_DIR_INIT;
	return loop_new(&r->clock, &r->loop, err);
}

static int finish(struct runner *r, int code, struct run_result *ret, struct err *err)
{
	r->progress = progress_free(r->progress);
	ret->path = r->dir.path ? xstrdup(r->dir.path) : NULL;
	if (code == 0) {
		ret->exit_code = exit_code_of(r);
		if (r->given_up) {
			*err = r->err;
			code = -MAX(r->err.code, 1);
		}
	}
	r->journal = journal_free(r->journal);
	r->slots = slots_free(r->slots);
	r->loop = loop_free(r->loop);
	run_dir_done(&r->dir);
	campaign_done(&r->campaign);
	return code;
}

static void make_slots(struct runner *r)
{
	size_t n = r->opt->slots ? r->opt->slots : slots_that_fit(&r->campaign.scenario);

	r->slots = slots_new(r->loop, n, on_trial_end, r);
	r->progress = progress_new(&r->campaign, r->opt->quiet);
}

/* Whether this host has what guests need: without QEMU every trial would be lost, one by one. */
static int check_host(const struct scenario *s, const char *uri, struct err *err)
{
	const char *last = "";
	int r = 0;

	for (size_t i = 0; i < s->n_arms && r == 0; i++) {
		const char *name = s->arm[i].settings.guest.backend;

		if (str_eq(name, last))
			continue;
		last = name;
		r = vm_check(vm_backend_by_name(name), uri, err);
		if (r == 0 && !str_eq(name, "fake"))
			r = confine_check(err);
	}
	return r;
}

/* Kernels, images and accelerators of all arms: what fails here fails before anything is written.
 */
static int prepare_arms(struct scenario *s, const char *uri, struct err *err)
{
	for (size_t i = 0; i < s->n_arms; i++) {
		struct settings *set = &s->arm[i].settings;
		struct files f = { 0 };
		int r;

		if (str_eq(set->guest.backend, "fake"))
			continue;
		r = files_find(set, true, &f, err);
		if (r == 0)
			r = accel_resolve(set, &f, uri, err);
		files_done(&f);
		if (r < 0)
			return s->n_arms > 1 ? err_wrap(err, "arm %s", s->arm[i].name) : r;
	}
	return 0;
}

static int write_run(struct runner *r, struct err *err)
{
	_cleanup_json_ json_t *plan = campaign_to_json(&r->campaign), *host = host_describe();
	const struct buf *source = &r->campaign.scenario.source;
	struct journal_record begin = { .event = JOURNAL_BEGIN, .pid = getpid() };
	int code = fs_write(r->dir.fd, RUN_SCENARIO, buf_str(source), source->len, err);

	snprintf(begin.run, sizeof(begin.run), "%s", r->dir.id);
	if (code == 0)
		code = json_write(r->dir.fd, RUN_HOST, host, err);
	if (code == 0)
		code = json_write(r->dir.fd, RUN_PLAN, plan, err);
	if (code == 0)
		code = journal_open(r->dir.fd, &r->journal, err);
	return code < 0 ? code : journal_append(r->journal, &begin, err);
}

/* What could not be written whole is not left there to be resumed. */
static int begin_run(struct runner *r, struct scenario *s, struct err *err)
{
	const char *results = results_path(r->opt->results);
	uint64_t seed = r->opt->seed ? r->opt->seed : (uint64_t)clock_wall_s();
	int code = run_dir_create(results, s->name, clock_wall_s(), &r->dir, err);

	if (code < 0)
		return code;
	vm_sweep(NULL);
	campaign_init(&r->campaign, s, seed);
	make_slots(r);
	code = write_run(r, err);
	if (code == 0)
		return 0;
	err_wrap(err, "%s", r->dir.path);
	fs_remove_tree(AT_FDCWD, r->dir.path, NULL);
	run_dir_done(&r->dir);
	return code;
}

int runner_start(struct scenario *s, const struct run_options *opt, struct run_result *ret,
		 struct err *err)
{
	struct runner r = { 0 };
	int code = runner_init(&r, opt, err);

	*ret = (struct run_result){ 0 };
	if (code == 0)
		code = check_host(s, opt->uri ? opt->uri : "", err);
	if (code == 0)
		code = prepare_arms(s, opt->uri ? opt->uri : "", err);
	if (code == 0)
		code = begin_run(&r, s, err);
	if (code == 0)
		run_loop(&r);
	return finish(&r, code, ret, err);
}

/* ---- resume ---- */

static int on_record(void *arg, const struct journal_record *rec)
{
	struct runner *r = arg;
	size_t i = 0;

	if (rec->event != JOURNAL_ADD)
		return 0;
	while (i < r->campaign.scenario.n_arms &&
	       !str_eq(r->campaign.scenario.arm[i].name, rec->arm))
		i++;
	if (i == r->campaign.scenario.n_arms || rec->trial != r->campaign.plan.n + 1)
		return err_set(&r->err, EBADMSG,
			       RUN_JOURNAL " adds trial %" PRIu64 " of the arm \"%s\", which does "
					   "not fit " RUN_PLAN,
			       rec->trial, rec->arm);
	campaign_add(&r->campaign, i);
	return 0;
}

static bool was_started(const struct runner *r, uint64_t trial)
{
	_cleanup_close_ int fd = trial_dir_open(r->dir.fd, trial, NULL);

	return fd >= 0 && faccessat(fd, TRIAL_SPEC, F_OK, 0) == 0;
}

struct ended { /* what the journal says of the first n trials */
	bool *trial;
	enum outcome *outcome;
	size_t n;
};

static int on_end_record(void *arg, const struct journal_record *rec)
{
	struct ended *e = arg;

	if (rec->event == JOURNAL_END && rec->trial >= 1 && rec->trial <= e->n) {
		e->trial[rec->trial - 1] = true;
		e->outcome[rec->trial - 1] = rec->outcome;
	}
	return 0;
}

/* Counts one trial as it is; one that was started and has no END is settled now. */
static int take_up_trial(struct runner *r, uint64_t trial, const struct ended *e, struct err *err)
{
	struct verdict v = { 0 };
	bool ended = e->trial[trial - 1], started = was_started(r, trial);
	int code = 0;

	if (!ended && started) {
		note_end(r, trial, -1);
		if (r->given_up)
			*err = r->err;
		return r->given_up ? -MAX(r->err.code, 1) : 0;
	}
	if (!ended)
		return 0;
	if (started)
		code = settle_verdict(r, trial, &v, err);
	else /* somebody made room: what the journal says must do, its number is not given again */
		v.outcome = e->outcome[trial - 1];
	if (code == 0)
		campaign_ended(&r->campaign, trial, &v);
	return code;
}

/*
 * An interrupted trial is never redone: it is censored and a new one is added. Of those that were
 * lost before, too, where the last runner had no time to: it was stopped, or killed in between.
 */
static int take_up(struct runner *r, struct err *err)
{
	size_t n = r->campaign.plan.n; /* before replacements are added */
	struct ended e = { .n = n };
	int code;

	e.trial = xcalloc(n, sizeof(*e.trial));
	e.outcome = xcalloc(n, sizeof(*e.outcome));
	code = journal_read(r->dir.fd, on_end_record, &e, err);
	for (uint64_t trial = 1; trial <= n && code == 0; trial++)
		code = take_up_trial(r, trial, &e, err);
	for (size_t i = 0; i < r->campaign.scenario.n_arms && code == 0; i++)
		replace_lost(r, i, "in place of one that was lost before this runner");
	campaign_taken_up(&r->campaign);
	free(e.trial);
	free(e.outcome);
	return code;
}

static int read_run(struct runner *r, struct err *err)
{
	_cleanup_json_ json_t *j = NULL;
	struct journal_record resume = { .event = JOURNAL_RESUME, .pid = getpid() };
	int code = json_read(r->dir.fd, RUN_PLAN, &j, err);

	if (code == -ENOENT) {
		err_set(err, ENOENT, "%s was never begun: it has no plan", r->dir.path);
		return err_exit(err, EXIT_BAD_USAGE);
	}
	if (code == 0)
		code = campaign_from_json(j, &r->campaign, err);
	if (code == 0)
		code = journal_open(r->dir.fd, &r->journal, err);
	if (code == -EBUSY)
		return err_exit(err, EXIT_BAD_USAGE);
	if (code == 0)
		code = journal_read(r->dir.fd, on_record, r, err);
	if (code < 0 && r->err.code)
		*err = r->err;
	return code < 0 ? code : journal_append(r->journal, &resume, err);
}

static int open_run(struct runner *r, const char *ref, struct err *err)
{
	int code = run_dir_open(results_path(r->opt->results), ref, &r->dir, err);

	return code < 0 ? err_exit(err, EXIT_BAD_USAGE) : 0;
}

int runner_resume(const char *ref, const struct run_options *opt, struct run_result *ret,
		  struct err *err)
{
	struct runner r = { 0 };
	int code = runner_init(&r, opt, err);

	*ret = (struct run_result){ 0 };
	if (code == 0)
		code = open_run(&r, ref, err);
	if (code == 0)
		code = read_run(&r, err);
	if (code == 0)
		code = check_host(&r.campaign.scenario, opt->uri ? opt->uri : "", err);
	if (code < 0)
		run_dir_done(&r.dir); /* not begun: it is not ours to speak of */
	if (code == 0) {
		make_slots(&r);
		vm_sweep(NULL);
		code = take_up(&r, err);
	}
	if (code == 0)
		code = prepare_arms(&r.campaign.scenario, opt->uri ? opt->uri : "", err);
	if (code == 0)
		run_loop(&r);
	return finish(&r, code, ret, err);
}

/* ---- --dry-run ---- */

int runner_describe(struct scenario *s, const struct run_options *opt, struct buf *out,
		    struct err *err)
{
	struct campaign c;
	int code = prepare_arms(s, opt->uri ? opt->uri : "", err);

	if (code < 0)
		return code;
	campaign_init(&c, s, opt->seed ? opt->seed : (uint64_t)clock_wall_s());
	buf_printf(out, "# %s: %zu trials of %zu arms, %zu at once\n", c.scenario.name, c.plan.n,
		   c.scenario.n_arms,
		   opt->slots ? (size_t)opt->slots : slots_that_fit(&c.scenario));
	buf_puts(out, "# trial block arm seed\n");
	for (size_t i = 0; i < c.plan.n; i++)
		buf_printf(out, "%6" PRIu64 " %5" PRIu64 " %s %" PRIu64 "\n", c.plan.trial[i].trial,
			   c.plan.trial[i].block, c.scenario.arm[c.plan.trial[i].arm].name,
			   c.plan.trial[i].seed);
	for (size_t i = 0; i < c.scenario.n_arms && code == 0; i++) {
		struct spec spec = {
			.run = (char *)"RUN",
			.trial = i + 1,
			.arm = c.scenario.arm[i].name,
			.uri = (char *)(uintptr_t)(opt->uri ? opt->uri : ""),
			.settings = c.scenario.arm[i].settings,
		};

		buf_printf(out, "\n# arm %s\n", c.scenario.arm[i].name);
		code = trial_describe(&spec, out, err);
	}
	campaign_done(&c);
	return code;
}
