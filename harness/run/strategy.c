/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "run/strategy.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/exit.h"
#include "model/controls.h"
#include "run/bisect.h"
#include "run/cascade.h"
#include "run/decided.h"

/* ---- the plan as it was laid out, each lost trial replaced by another ---- */

struct walk {
	struct strategy base;
	char (*why)[sizeof(((struct wish *)0)->why)]; /* by arm: of the last loss */
};

static int walk_load(const struct campaign *c, const json_t *params, struct strategy **ret,
		     struct err *err)
{
	struct walk *w = xcalloc(1, sizeof(*w));

	(void)params;
	(void)err;
	w->why = xcalloc(c->scenario.n_arms, sizeof(*w->why));
	*ret = &w->base;
	return 0;
}

static void walk_free(struct strategy *s)
{
	struct walk *w = (struct walk *)s;

	free(w->why);
	free(w);
}

static bool walk_next(struct strategy *s, const struct campaign *c, uint64_t now_ns,
		      struct wish *ret)
{
	const struct walk *w = (struct walk *)s;

	(void)now_ns;
	for (uint64_t arm = 0; arm < c->scenario.n_arms; arm++)
		if (campaign_owed(c, arm)) {
			*ret = (struct wish){ .arm = arm };
			snprintf(ret->why, sizeof(ret->why), "%s", w->why[arm]);
			return true;
		}
	return false;
}

static void walk_ended(struct strategy *s, const struct campaign *c, const struct planned *t,
		       const struct verdict *v)
{
	struct walk *w = (struct walk *)s;

	(void)c;
	if (v->outcome == OUTCOME_INFRA || v->outcome == OUTCOME_STOPPED)
		snprintf(w->why[t->arm], sizeof(w->why[t->arm]),
			 "in place of trial %" PRIu64 ": %.200s", t->trial, v->reason);
}

/* What became of the arms, and what of the controls. */
struct walk_sum {
	uint64_t planned, outcome[OUTCOME_COUNT]; /* of arms that are no controls */
	bool held, broke;                         /* a control did */
};

static struct walk_sum walk_sum(const struct campaign *c)
{
	struct walk_sum sum = { 0 };

	for (size_t i = 0; i < c->scenario.n_arms; i++) {
		const struct tally *t = &c->tally[i];
		const enum control control = control_of(c->scenario.arm[i].name);

		sum.broke |= control_state(control, t->outcome) == CONTROL_BROKE;
		sum.held |= control_state(control, t->outcome) == CONTROL_HELD;
		if (control != CONTROL_NONE)
			continue;
		sum.planned += t->planned;
		for (size_t o = 0; o < OUTCOME_COUNT; o++)
			sum.outcome[o] += t->outcome[o];
	}
	return sum;
}

static int walk_exit_code(const struct strategy *s, const struct campaign *c, bool over_budget)
{
	const struct walk_sum sum = walk_sum(c);

	(void)s;
	if (sum.broke) /* the others' ends are not to be believed */
		return EXIT_INCONCLUSIVE;
	if (sum.outcome[OUTCOME_FAILED])
		return EXIT_REPRODUCED;
	if (over_budget)
		return EXIT_TIME_LIMIT;
	if (sum.planned == 0) /* controls only: that they hold was the goal */
		return sum.held ? EXIT_GOAL_MET : EXIT_INFRA;
	return sum.outcome[OUTCOME_SURVIVED] + sum.outcome[OUTCOME_OTHER] ? EXIT_GOAL_MET
									  : EXIT_INFRA;
}

const struct strategy_ops strategy_plan = {
	.name = "plan",
	.laid_out = true,
	.load = walk_load,
	.free = walk_free,
	.next = walk_next,
	.ended = walk_ended,
	.exit_code = walk_exit_code,
};

/* ---- all of them ---- */

static const struct strategy_ops *const strategies[] = {
	&strategy_plan,
	&strategy_bisect,
	&strategy_until_decided,
	&strategy_cascade,
};

const struct strategy_ops *strategy_by_name(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(strategies); i++)
		if (str_eq(strategies[i]->name, name))
			return strategies[i];
	return NULL;
}

int strategy_load(const struct strategy_ops *ops, const struct campaign *c, const json_t *params,
		  struct strategy **ret, struct err *err)
{
	int r = ops->load(c, params, ret, err);

	if (r == 0)
		(*ret)->ops = ops;
	return r;
}

struct strategy *strategy_free(struct strategy *s)
{
	if (s)
		s->ops->free(s);
	return NULL;
}

bool strategy_enough(struct strategy *s, const struct campaign *c, const struct planned *t,
		     uint64_t age_ns)
{
	return s->ops->enough && s->ops->enough(s, c, t, age_ns);
}

bool strategy_decided(struct strategy *s, const struct campaign *c, uint64_t now_ns)
{
	return s->ops->decided && s->ops->decided(s, c, now_ns);
}

void strategy_sentence(const struct strategy *s, const struct campaign *c, struct buf *out)
{
	if (s->ops->sentence)
		s->ops->sentence(s, c, out);
}

void strategy_say(struct strategy *s, const struct campaign *c, uint64_t now_ns, struct buf *out)
{
	if (s->ops->say)
		s->ops->say(s, c, now_ns, out);
}

void strategy_ready(struct strategy *s, const struct campaign *c, uint64_t arm, double took_s)
{
	if (s->ops->ready)
		s->ops->ready(s, c, arm, took_s);
}

void strategy_unable(struct strategy *s, const struct campaign *c, uint64_t arm, const char *why)
{
	if (s->ops->unable)
		s->ops->unable(s, c, arm, why);
}

void strategy_page(struct strategy *s, const struct campaign *c, const struct progress_style *style,
		   struct buf *out)
{
	if (s->ops->page)
		s->ops->page(s, c, style, out);
}
