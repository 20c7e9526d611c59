/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "run/runner_loop.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <sys/file.h>

#include "base/exit.h"
#include "base/fs.h"
#include "model/spec.h"
#include "run/evidence.h"
#include "run/recover.h"
#include "run/runner_arms.h"
#include "run/trial.h"
#include "run/trial_process.h"
#include "vm/sweep.h"

#define ORDERS_NS (200 * NS_PER_MS) /* between two questions for orders */

bool runner_stopping(const struct runner *r)
{
	return r->stop_signal || r->over_budget || r->decided || r->given_up;
}

void runner_give_up(struct runner *r, const struct err *err)
{
	if (!r->given_up)
		r->err = *err;
	r->given_up = true;
	slots_signal(r->slots, SIGTERM);
	version_signal(r->job, SIGTERM);
}

void runner_write_down(struct runner *r, const struct journal_record *rec)
{
	struct err err = { 0 };

	if (journal_append(r->journal, rec, &err) < 0 && !r->given_up)
		runner_give_up(r, &err);
	if (rec->event != JOURNAL_END) /* events_end() says more of it */
		events_record(r->events, rec);
}

void runner_tell_begin(struct runner *r)
{
	events_begin(r->events, &r->campaign,
		     &(struct events_begin){
			     .id = r->dir.id,
			     .path = r->dir.path,
			     .strategy = r->strategy->ops->name,
			     .resumed = r->resumed,
			     .slots = slots_count(r->slots),
		     });
}

/* How it stands, for who listens: after each trial, and every ten seconds. */
static void tell_progress(struct runner *r, const char *how)
{
	const uint64_t now = loop_now(r->loop);

	r->told_ns = now;
	events_progress(r->events, &r->campaign, r->live, now, r->spent_ns + now - r->started_ns,
			how);
}

/* ---- one trial's end ---- */

int runner_settle(struct runner *r, uint64_t trial, struct verdict *ret, struct err *err)
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

void runner_count(struct runner *r, uint64_t trial, const struct verdict *v)
{
	campaign_ended(&r->campaign, trial, v);
	live_count(r->live, campaign_trial(&r->campaign, trial), v);
	r->strategy->ops->ended(r->strategy, &r->campaign, campaign_trial(&r->campaign, trial), v);
}

static void say_page(struct runner *r)
{
	const struct progress_style style = progress_style(r->progress);
	_cleanup_buf_ struct buf page = BUF_INIT;

	strategy_page(r->strategy, &r->campaign, &style, &page);
	if (page.len)
		progress_say(r->progress, "%s", buf_str(&page));
}

static void hear_soak(struct runner *r, uint64_t trial)
{
	_cleanup_close_ int fd = trial_dir_open(r->dir.fd, trial, NULL);
	struct soak *s = &r->campaign.soak[trial - 1];
	const uint64_t before = s->from_ns;

	if (fd >= 0)
		s->begun = evidence_soak_read(fd, &s->from_ns, &s->over_ns);
	if (!before && s->from_ns)
		events_soak(r->events, &r->campaign, trial);
}

void runner_note_end(struct runner *r, uint64_t trial, int exit_status)
{
	struct journal_record rec = { .event = JOURNAL_END, .trial = trial, .exit = exit_status };
	struct verdict v;
	struct err err = { 0 };

	vm_sweep(NULL); /* the trial's process is gone: no QEMU of it may be left */
	if (runner_settle(r, trial, &v, &err) < 0) {
		err_wrap(&err, "trial %" PRIu64, trial);
		runner_give_up(r, &err);
		return;
	}
	if (exit_status >= 0) /* it may have begun and ended since we last looked */
		hear_soak(r, trial);
	rec.outcome = v.outcome;
	rec.exposure_ns = v.exposure_ns;
	runner_write_down(r, &rec);
	runner_count(r, trial, &v);
	progress_ended(r->progress, campaign_trial(&r->campaign, trial), &v);
	events_end(r->events, &v, exit_status);
	tell_progress(r, "");
	say_page(r);
	if (v.outcome == OUTCOME_INFRA)
		snprintf(r->last_loss, sizeof(r->last_loss), "%s", v.reason);
	if (exit_status == EXIT_CANNOT_WRITE) {
		err_set(&err, ENOSPC, "trial %" PRIu64 " could not write its results", trial);
		err_exit(&err, EXIT_CANNOT_WRITE);
		runner_give_up(r, &err);
	}
}

static void check_hope(struct runner *r)
{
	int arm = campaign_hopeless(&r->campaign);
	struct err err = { 0 };

	/* a lazy strategy passes over what cannot be run, and says itself where that is the end */
	if (arm < 0 || r->arm || runner_stopping(r))
		return;
	err_set(&err, EIO,
		"giving up: the trials of %s are lost to the host, the last one because: %s",
		r->campaign.scenario.arm[arm].name, r->last_loss);
	err_exit(&err, EXIT_INFRA);
	runner_give_up(r, &err);
}

/* ---- the answer ---- */

static void decide(struct runner *r)
{
	_cleanup_buf_ struct buf why = BUF_INIT;
	struct journal_record rec = { .event = JOURNAL_DECIDED };

	strategy_sentence(r->strategy, &r->campaign, &why);
	r->decided = true;
	r->decided_exit = r->strategy->ops->exit_code(r->strategy, &r->campaign, false);
	snprintf(r->answer, sizeof(r->answer), "%s", buf_str(&why));
	rec.exit = r->decided_exit;
	snprintf(rec.why, sizeof(rec.why), "%s", r->answer);
	runner_write_down(r, &rec);
	slots_signal(r->slots, TRIAL_ENOUGH);
	version_signal(r->job, SIGTERM);
}

/* What runs, as far as it is known now. */
static void hear(struct runner *r)
{
	for (size_t i = 0; i < r->campaign.plan.n; i++)
		if (r->campaign.state[i] == TRIAL_RUNNING)
			hear_soak(r, i + 1);
}

static bool has_orders(const struct runner *r)
{
	return r->strategy->ops->orders && !runner_stopping(r);
}

/* Written down first. A trial that does not take its order has ended, and tells so itself. */
static void give_orders(struct runner *r)
{
	const uint64_t now_ns = loop_now(r->loop);
	struct order o = { 0 };

	while (has_orders(r) && r->strategy->ops->orders(r->strategy, &r->campaign, now_ns, &o)) {
		o.rec.at_ms = clock_wall_ms() -
			      (int64_t)(loop_now(r->loop) - o.at_ns) / (int64_t)NS_PER_MS;
		runner_write_down(r, &o.rec);
		if (*o.line && !r->given_up)
			slots_order(r->slots, o.rec.trial, o.line);
		o = (struct order){ 0 };
	}
}

static void on_orders(void *arg)
{
	struct runner *r = arg;

	hear(r);
	give_orders(r);
	if (has_orders(r))
		loop_add_timer(r->loop, loop_now(r->loop) + ORDERS_NS, on_orders, r);
}

/* Has the strategy its answer, or enough of a trial? Not while a trial is in its last words. */
static void look(struct runner *r)
{
	const struct campaign *c = &r->campaign;
	uint64_t now = loop_now(r->loop);

	hear(r);
	give_orders(r);
	if (runner_stopping(r) || campaign_in_limbo(c))
		return;
	if (strategy_decided(r->strategy, c, now)) {
		decide(r);
		return;
	}
	for (size_t i = 0; i < c->plan.n; i++)
		if (c->state[i] == TRIAL_RUNNING &&
		    strategy_enough(r->strategy, c, &c->plan.trial[i],
				    campaign_age_ns(c, i + 1, now)))
			slots_signal_trial(r->slots, i + 1, TRIAL_ENOUGH);
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
	if (p->soak_ns)
		spec.settings.limits.soak = p->soak_ns;
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
		runner_give_up(r, &err);
		return;
	}
	rec.pid = pid;
	rec.slot = (uint64_t)slot;
	snprintf(rec.arm, sizeof(rec.arm), "%s", r->campaign.scenario.arm[p->arm].name);
	runner_write_down(r, &rec);
}

/* What the strategy wishes, as a trial of the plan. Written down first: its number is then taken.
 */
static const struct planned *add_wish(struct runner *r, const struct wish *w)
{
	struct journal_record add = { .event = JOURNAL_ADD };

	add.trial = campaign_add(&r->campaign, w->arm, w->soak_ns)->trial;
	add.soak_ns = w->soak_ns;
	snprintf(add.arm, sizeof(add.arm), "%s", r->campaign.scenario.arm[w->arm].name);
	snprintf(add.why, sizeof(add.why), "%s", w->why);
	runner_write_down(r, &add);
	return r->given_up ? NULL : campaign_trial(&r->campaign, add.trial);
}

/* The next trial, of an arm that is ready. NULL: none, or its arm is being made ready first. */
static const struct planned *next_trial(struct runner *r)
{
	const struct planned *p;
	struct wish w = { 0 };

	while ((p = campaign_next(&r->campaign))) {
		if (runner_arm_ready(r, p->arm))
			return p;
		if (r->job || r->given_up)
			return NULL;
		r->campaign.state[p->trial - 1] = TRIAL_ENDED; /* it cannot be run any more */
	}
	if (!r->strategy->ops->next(r->strategy, &r->campaign, loop_now(r->loop), &w) ||
	    !runner_arm_ready(r, w.arm))
		return NULL;
	if (r->arm)
		progress_say(r->progress, "next: %s, %s", r->campaign.scenario.arm[w.arm].name,
			     w.why);
	return add_wish(r, &w);
}

static void fill_slots(struct runner *r)
{
	int slot;

	while (!runner_stopping(r) && !r->job && (slot = slots_idle(r->slots)) >= 0) {
		const struct planned *p = next_trial(r);

		if (!p)
			break;
		start_trial(r, slot, p);
	}
	if (slots_running(r->slots) == 0 && !r->job)
		loop_quit(r->loop, 0);
}

void runner_go_on(struct runner *r)
{
	look(r);
	fill_slots(r);
}

static void on_trial_end(void *arg, uint64_t trial, int exit_status)
{
	struct runner *r = arg;

	runner_note_end(r, trial, exit_status);
	check_hope(r);
	runner_go_on(r);
}

void runner_make_slots(struct runner *r, size_t n)
{
	r->slots = slots_new(r->loop, n, on_trial_end, r);
}

/* ---- what interrupts ---- */

static void stop(struct runner *r, const char *why)
{
	struct journal_record rec = { .event = JOURNAL_STOP };

	snprintf(rec.why, sizeof(rec.why), "%s", why);
	runner_write_down(r, &rec);
	slots_signal(r->slots, SIGTERM);
	version_signal(r->job, SIGTERM);
	if (slots_running(r->slots) == 0 && !r->job)
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
		version_signal(r->job, SIGKILL);
	}
}

static void on_budget(void *arg)
{
	struct runner *r = arg;

	if (runner_stopping(r))
		return;
	r->over_budget = true;
	progress_say(r->progress, "the budget is used up");
	stop(r, "budget");
}

static void on_second(void *arg)
{
	struct runner *r = arg;
	uint64_t now = loop_now(r->loop);
	_cleanup_buf_ struct buf how = BUF_INIT;

	look(r);
	strategy_say(r->strategy, &r->campaign, now, &how);
	progress_draw(r->progress, &(struct progress_now){
					   .now_ns = now,
					   .elapsed_ns = r->spent_ns + now - r->started_ns,
					   .running = slots_running(r->slots),
					   .how = buf_str(&how),
				   });
	if (now - r->told_ns >= 10 * NS_PER_S)
		tell_progress(r, buf_str(&how));
	loop_add_timer(r->loop, now + NS_PER_S, on_second, r);
}

/* ---- from the first spawn to the last end ---- */

static void write_answer(struct runner *r)
{
	const struct strategy *s = r->strategy;
	_cleanup_json_ json_t *j = s->ops->answer ? s->ops->answer(s, &r->campaign) : NULL;
	struct err err = { 0 };

	if (j && json_write(r->dir.fd, RUN_ANSWER, j, &err) < 0)
		runner_give_up(r, &err);
}

static void end_run(struct runner *r)
{
	struct journal_record done = { .event = JOURNAL_DONE };
	_cleanup_buf_ struct buf why = BUF_INIT;

	if (r->decided)
		buf_puts(&why, r->answer);
	else
		strategy_sentence(r->strategy, &r->campaign, &why);
	if (!r->stop_signal && !r->given_up) {
		write_answer(r);
		if (why.len)
			progress_say(r->progress, "%s", buf_str(&why));
	}
	snprintf(done.why, sizeof(done.why), "%s",
		 why.len ? buf_str(&why) : "every trial has ended");
	if (!r->stop_signal && !r->given_up && !r->over_budget)
		runner_write_down(r, &done);
}

/* Nothing is left that could use it: then a budget that is used up is no news. */
static bool has_more(struct runner *r)
{
	struct wish w;

	return campaign_next(&r->campaign) ||
	       r->strategy->ops->next(r->strategy, &r->campaign, loop_now(r->loop), &w);
}

static void watch_budget(struct runner *r)
{
	uint64_t budget = r->campaign.scenario.stop.budget_ns;

	if (budget == TIME_NEVER)
		return;
	if (budget > r->spent_ns)
		loop_add_timer(r->loop, r->started_ns + budget - r->spent_ns, on_budget, r);
	else if (has_more(r))
		on_budget(r);
}

void runner_loop(struct runner *r)
{
	r->started_ns = loop_now(r->loop);
	loop_add_signal(r->loop, SIGINT, on_signal, r);
	loop_add_signal(r->loop, SIGTERM, on_signal, r);
	loop_add_timer(r->loop, r->started_ns, on_second, r);
	if (has_orders(r))
		loop_add_timer(r->loop, r->started_ns, on_orders, r);
	look(r);
	watch_budget(r);
	fill_slots(r);
	if (slots_running(r->slots) || r->job)
		loop_run(r->loop);
	end_run(r);
}
