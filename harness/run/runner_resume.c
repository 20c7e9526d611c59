/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "run/runner_resume.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>

#include "base/exit.h"
#include "base/json.h"
#include "run/runner_arms.h"

/* ---- the journal, before any trial is looked at ---- */

struct telling {
	struct runner *r;
	int64_t from_s, last_s; /* of one runner; from_s 0: none yet */
	struct err err;
};

static int on_add(struct telling *t, const struct journal_record *rec)
{
	struct campaign *c = &t->r->campaign;
	size_t i = 0;

	while (i < c->scenario.n_arms && !str_eq(c->scenario.arm[i].name, rec->arm))
		i++;
	if (i == c->scenario.n_arms || rec->trial != c->plan.n + 1)
		return err_set(&t->err, EBADMSG,
			       RUN_JOURNAL " adds trial %" PRIu64 " of the arm \"%s\", which does "
					   "not fit " RUN_PLAN,
			       rec->trial, rec->arm);
	campaign_add(c, i, rec->soak_ns);
	return 0;
}

static void on_decided(struct runner *r, const struct journal_record *rec)
{
	r->decided = true;
	r->decided_exit = (int)rec->exit;
	snprintf(r->answer, sizeof(r->answer), "%s", rec->why);
}

/* What the runner that wrote these records has spent of the budget. A clock that was set back in
 * between is not paid for. */
static void settle_time(struct telling *t)
{
	if (t->from_s && t->last_s > t->from_s)
		t->r->spent_ns += (uint64_t)(t->last_s - t->from_s) * NS_PER_S;
}

static void recall(struct runner *r, const struct journal_record *rec)
{
	if (r->strategy->ops->recall && (rec->event == JOURNAL_ADD || rec->event == JOURNAL_PLACE ||
					 rec->event == JOURNAL_CASCADE_END))
		r->strategy->ops->recall(r->strategy, &r->campaign, rec);
}

static int on_record(void *arg, const struct journal_record *rec)
{
	struct telling *t = arg;
	int code;

	if (rec->event == JOURNAL_BEGIN || rec->event == JOURNAL_RESUME) {
		settle_time(t);
		t->from_s = rec->at_s;
	}
	t->last_s = rec->at_s;
	if (rec->event == JOURNAL_DECIDED)
		on_decided(t->r, rec);
	code = rec->event == JOURNAL_ADD ? on_add(t, rec) : 0;
	if (code == 0)
		recall(t->r, rec);
	return code;
}

static int read_journal(struct runner *r, struct err *err)
{
	struct journal_record resume = { .event = JOURNAL_RESUME, .pid = getpid() };
	struct telling t = { .r = r };
	int code = journal_open(r->dir.fd, &r->journal, err);

	if (code == -EBUSY)
		return err_exit(err, EXIT_BAD_USAGE);
	if (code == 0)
		code = journal_read(r->dir.fd, on_record, &t, err);
	if (code < 0 && t.err.code)
		*err = t.err;
	settle_time(&t);
	return code < 0 ? code : journal_append(r->journal, &resume, err);
}

/* Runs of before there were strategies have none written down: theirs is the plan. */
static int read_strategy(struct runner *r, const json_t *plan, struct err *err)
{
	const json_t *o = json_object_get(plan, "strategy"), *params = json_object_get(o, "params");
	const struct strategy_ops *ops;
	const char *name = strategy_plan.name;
	int code = o ? json_get_str(o, "name", &name, err) : 0;

	if (code < 0)
		return err_wrap(err, RUN_PLAN);
	ops = strategy_by_name(name);
	if (!ops)
		return err_set(err, EINVAL,
			       RUN_PLAN ": no strategy is called '%s'; a newer kernsoak may "
					"know it",
			       name);
	code = strategy_load(ops, &r->campaign, params, &r->strategy, err);
	return code < 0 ? err_wrap(err, RUN_PLAN) : 0;
}

int runner_read_run(struct runner *r, struct err *err)
{
	_cleanup_json_ json_t *j = NULL;
	int code = json_read(r->dir.fd, RUN_PLAN, &j, err);

	if (code == -ENOENT) {
		err_set(err, ENOENT, "%s was never begun: it has no plan", r->dir.path);
		return err_exit(err, EXIT_BAD_USAGE);
	}
	if (code == 0)
		code = campaign_from_json(j, &r->campaign, err);
	if (code == 0)
		code = read_strategy(r, j, err);
	return code < 0 ? code : read_journal(r, err);
}

/* ---- the trials ---- */

struct ended { /* what the journal says of the n trials, in the order of their ends */
	struct end {
		uint64_t trial, exposure_ns;
		enum outcome outcome;
	} * end;
	size_t n_ended;
	bool *known; /* by trial - 1 */
	size_t n;
};

static void ended_done(struct ended *e)
{
	free(e->end);
	free(e->known);
}

static int on_end_record(void *arg, const struct journal_record *rec)
{
	struct ended *e = arg;

	if (rec->event != JOURNAL_END || rec->trial < 1 || rec->trial > e->n ||
	    e->known[rec->trial - 1])
		return 0;
	e->known[rec->trial - 1] = true;
	e->end[e->n_ended++] = (struct end){ rec->trial, rec->exposure_ns, rec->outcome };
	return 0;
}

static bool was_started(const struct runner *r, uint64_t trial)
{
	_cleanup_close_ int fd = trial_dir_open(r->dir.fd, trial, NULL);

	return fd >= 0 && faccessat(fd, TRIAL_SPEC, F_OK, 0) == 0;
}

/* Where somebody made room, what the journal says must do: its number is not given again. */
static int take_up_ended(struct runner *r, const struct end *end, struct err *err)
{
	struct verdict v = { .outcome = end->outcome, .exposure_ns = end->exposure_ns };
	int code = was_started(r, end->trial) ? runner_settle(r, end->trial, &v, err) : 0;

	if (code == 0)
		runner_count(r, end->trial, &v);
	return code;
}

/* One that was started and has no END: it was interrupted, and is settled now. */
static int take_up_interrupted(struct runner *r, uint64_t trial, struct err *err)
{
	runner_note_end(r, trial, -1);
	if (r->given_up)
		*err = r->err;
	return r->given_up ? -MAX(r->err.code, 1) : 0;
}

int runner_take_up(struct runner *r, struct err *err)
{
	size_t n = r->campaign.plan.n;
	_cleanup_(ended_done) struct ended e = { .n = n };
	int code;

	e.end = xcalloc(MAX(n, (size_t)1), sizeof(*e.end));
	e.known = xcalloc(MAX(n, (size_t)1), sizeof(*e.known));
	runner_tell_begin(r);
	runner_arms_begin(r);
	code = journal_read(r->dir.fd, on_end_record, &e, err);
	for (size_t i = 0; i < e.n_ended && code == 0; i++)
		code = take_up_ended(r, &e.end[i], err);
	for (uint64_t trial = 1; trial <= n && code == 0; trial++)
		if (!e.known[trial - 1] && was_started(r, trial))
			code = take_up_interrupted(r, trial, err);
	campaign_taken_up(&r->campaign);
	return code;
}
