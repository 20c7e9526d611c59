/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "run/bisect.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>

#include "base/exit.h"
#include "model/units.h"
#include "run/bisect_text.h"

struct bisect {
	struct strategy base;
	struct bisect_params p;
	struct bisection ended; /* of trials that have their verdict */
	double *until;          /* by trial - 1: the age up to which nobody asks again */
	size_t *seen;           /* likewise: how much was known when that was said */
	size_t n_until;
	uint64_t now_ns;
	bool at_once; /* a soak takes no time (the fake clock): its length is all that can be said
		       */
};

static int load(const struct campaign *c, const json_t *params, struct strategy **ret,
		struct err *err)
{
	struct bisect *s = xcalloc(1, sizeof(*s));
	const struct settings *first = &c->scenario.arm[0].settings;
	int r = params ? bisect_params_from_json(params, &s->p, err)
		       : err_set(err, EINVAL, "a bisection needs its question");

	if (r == 0 && s->p.axis.n != c->scenario.n_arms)
		r = err_set(err, EINVAL, "the axis has %zu values, and the plan %zu arms",
			    s->p.axis.n, c->scenario.n_arms);
	if (r < 0) {
		bisect_params_done(&s->p);
		free(s);
		return r;
	}
	bisection_init(&s->ended,
		       &(struct bisection_question){
			       .n = s->p.axis.n,
			       .first_good = s->p.first_good,
			       .confidence = s->p.confidence,
			       .soak_s = first->limits.soak == TIME_NEVER
						 ? 3600
						 : (double)first->limits.soak / (double)NS_PER_S,
		       });
	s->at_once =
		str_eq(first->guest.backend, "fake") && first->fake.clock == FAKE_CLOCK_VIRTUAL;
	*ret = &s->base;
	return 0;
}

static void bisect_free(struct strategy *base)
{
	struct bisect *s = (struct bisect *)base;

	bisect_params_done(&s->p);
	bisection_done(&s->ended);
	free(s->until);
	free(s->seen);
	free(s);
}

/* ---- what is known now: the ended trials, and those that run, clean so far ---- */

struct known {
	struct bisection b;
	struct bisection_view v;
	size_t last; /* the version that was started last; n: none */
};

static void known_done(struct known *k)
{
	bisection_view_done(&k->v);
	bisection_done(&k->b);
}

static struct bisection_item running_item(const struct planned *t, uint64_t age_ns)
{
	return (struct bisection_item){
		.trial = t->trial,
		.version = t->arm,
		.outcome = OUTCOME_STOPPED,
		.seconds = (double)age_ns / (double)NS_PER_S,
		.running = true,
	};
}

/* now_ns 0: what runs is not counted, as nobody knows how it will end. */
static void look(const struct bisect *s, const struct campaign *c, uint64_t now_ns,
		 struct known *ret)
{
	const bool ages = now_ns && !s->at_once; /* the fake clock's soaks have no age on ours */

	struct bisection *b = &ret->b;

	bisection_init(b, &s->ended.q);
	memcpy(b->skipped, s->ended.skipped, b->q.n * sizeof(*b->skipped));
	b->prepare_s = s->ended.prepare_s;
	b->prepared = s->ended.prepared;
	for (size_t i = 0; i < s->ended.n; i++)
		bisection_add(b, &s->ended.item[i]);
	for (size_t i = 0; i < c->plan.n; i++) {
		const struct planned *t = &c->plan.trial[i];
		const uint64_t age_ns = ages ? campaign_age_ns(c, t->trial, now_ns) : 0;
		const struct bisection_item it = running_item(t, age_ns);

		if (c->state[i] != TRIAL_ENDED)
			bisection_add(b, &it);
	}
	ret->last = c->plan.n ? c->plan.trial[c->plan.n - 1].arm : b->q.n;
	bisection_look(b, &ret->v);
}

/* ---- the strategy ---- */

static void remember(struct bisect *s, uint64_t trial, double until)
{
	if (trial > s->n_until) {
		s->until = xrealloc(s->until, trial * sizeof(*s->until));
		s->seen = xrealloc(s->seen, trial * sizeof(*s->seen));
		for (; s->n_until < trial; s->n_until++)
			s->until[s->n_until] = s->seen[s->n_until] = 0;
	}
	s->until[trial - 1] = until;
	s->seen[trial - 1] = s->ended.n;
}

static void say_why(const struct bisection_step *step, char *why, size_t size)
{
	char t[UNIT_TEXT];

	duration_human(t, (uint64_t)(MAX(step->soak_s, 0) * (double)NS_PER_S));
	if (isfinite(step->p_crash))
		snprintf(why, size, "for %s or more: %s (fails with %.0f %%)", t, step->why,
			 step->p_crash * 100);
	else
		snprintf(why, size, "for up to %s: %s", t, step->why);
}

static bool next(struct strategy *base, const struct campaign *c, uint64_t now_ns, struct wish *ret)
{
	struct bisect *s = (struct bisect *)base;
	_cleanup_(known_done) struct known k = { 0 };
	struct bisection_step step;

	look(s, c, now_ns, &k);
	if (!bisection_next(&k.b, &k.v, k.last, &step))
		return false;
	*ret = (struct wish){ .arm = step.version };
	if (s->at_once && step.soak_s < s->ended.q.soak_s)
		ret->soak_ns = (uint64_t)(fmax(step.soak_s, 0.1) * (double)NS_PER_S);
	say_why(&step, ret->why, sizeof(ret->why));
	remember(s, c->plan.n + 1, step.soak_s);
	return true;
}

static void ended(struct strategy *base, const struct campaign *c, const struct planned *t,
		  const struct verdict *v)
{
	struct bisect *s = (struct bisect *)base;
	struct bisection_item it = bisect_item(t->arm, v);

	(void)c;
	it.trial = t->trial;
	bisection_add(&s->ended, &it);
}

static void ready(struct strategy *base, const struct campaign *c, uint64_t arm, double took_s)
{
	struct bisect *s = (struct bisect *)base;

	(void)c;
	(void)arm;
	s->ended.prepare_s += took_s;
	s->ended.prepared++;
}

static void unable(struct strategy *base, const struct campaign *c, uint64_t arm, const char *why)
{
	struct bisect *s = (struct bisect *)base;

	(void)c;
	(void)why;
	s->ended.skipped[arm] = true;
}

static bool enough(struct strategy *base, const struct campaign *c, const struct planned *t,
		   uint64_t age_ns)
{
	struct bisect *s = (struct bisect *)base;
	const struct bisection_item running = running_item(t, age_ns);
	_cleanup_(known_done) struct known k = { 0 };
	struct bisection_step step;

	if (s->at_once || age_ns == 0)
		return false;
	if (t->trial <= s->n_until && s->seen[t->trial - 1] == s->ended.n &&
	    running.seconds < s->until[t->trial - 1])
		return false;
	look(s, c, s->now_ns, &k);
	if (!bisection_goes_on(&k.b, &k.v, &running, &step))
		return true;
	remember(s, t->trial, running.seconds + step.soak_s);
	return false;
}

/*
 * An answer holds when nothing runs that could still contradict it. While something does, next()
 * starts nothing and enough() ends it; should its last seconds undo the answer, the search goes on.
 */
static bool decided(struct strategy *base, const struct campaign *c, uint64_t now_ns)
{
	struct bisect *s = (struct bisect *)base;
	_cleanup_(known_done) struct known k = { 0 };

	s->now_ns = now_ns;
	for (size_t i = 0; i < c->plan.n; i++)
		if (c->state[i] == TRIAL_RUNNING)
			return false;
	look(s, c, 0, &k);
	return bisection_is_over(&k.v);
}

/* The verdicts alone: what a run that ended can say. */
static int exit_code(const struct strategy *base, const struct campaign *c, bool over_budget)
{
	const struct bisect *s = (const struct bisect *)base;
	_cleanup_(known_done) struct known k = { 0 };

	(void)over_budget;
	look(s, c, 0, &k);
	return bisect_exit_code(k.v.state);
}

static void sentence(const struct strategy *base, const struct campaign *c, struct buf *out)
{
	const struct bisect *s = (const struct bisect *)base;
	_cleanup_(known_done) struct known k = { 0 };

	look(s, c, 0, &k);
	bisect_sentence(&s->p, &k.b, &k.v, out);
}

static void say(struct strategy *base, const struct campaign *c, uint64_t now_ns, struct buf *out)
{
	const struct bisect *s = (const struct bisect *)base;
	_cleanup_(known_done) struct known k = { 0 };
	char left[UNIT_TEXT];
	double seconds;

	look(s, c, now_ns, &k);
	seconds = bisection_left(&k.b, &k.v);
	if (k.v.known)
		buf_printf(out, "%s %.0f %%", s->p.axis.value[k.v.first].label, k.v.mass * 100);
	if (isfinite(seconds) && seconds > 0) {
		duration_human(left, (uint64_t)(seconds * (double)NS_PER_S));
		buf_printf(out, ", about %s of guests left", left);
	}
}

static void page(struct strategy *base, const struct campaign *c,
		 const struct progress_style *style, struct buf *out)
{
	const struct bisect *s = (const struct bisect *)base;
	_cleanup_(known_done) struct known k = { 0 };
	char left[UNIT_TEXT];
	double seconds;

	look(s, c, s->now_ns, &k);
	seconds = bisection_left(&k.b, &k.v);
	bisect_table(&s->p.axis, &k.b, &k.v, style, out);
	bisect_sentence(&s->p, &k.b, &k.v, out);
	if (isfinite(seconds) && seconds > 0) {
		duration_human(left, (uint64_t)(seconds * (double)NS_PER_S));
		buf_printf(out, "; about %s of guests left", left);
	}
}

const struct strategy_ops strategy_bisect = {
	.name = BISECT_STRATEGY,
	.lazy = true,
	.load = load,
	.free = bisect_free,
	.next = next,
	.ended = ended,
	.ready = ready,
	.unable = unable,
	.enough = enough,
	.decided = decided,
	.exit_code = exit_code,
	.sentence = sentence,
	.say = say,
	.page = page,
};
