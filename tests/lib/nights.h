/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Whole campaigns of a strategy without processes: campaign and strategy as the runner uses them,
 * the law and the seeds of the fake VM, several guests at once, looks in between. Thousands take
 * seconds, so that error rates can be counted.
 */
#ifndef KS_TESTS_NIGHTS_H
#define KS_TESTS_NIGHTS_H

#include "base/exit.h"
#include "run/decided.h"
#include "vm/vm_fake.h"

enum { NIGHT_SLOTS_MAX = 8 };

struct night {
	const char *scenario; /* YAML, guest.backend fake, stop.decided */
	size_t slots;
	uint64_t look_ns;     /* between two looks, besides one at each end */
	uint64_t trials_most; /* then it is given up: undecided */
	/* The policy that looks harmless: a trial lost to the host is thrown away. */
	bool forget_lost;
};

struct night_end {
	int exit_code;
	bool less, more; /* of the first pair */
	size_t failures, trials;
	double guest_s, exposure_s[2], wall_s;
};

struct night_guest {
	uint64_t trial, soak_ns, end_ns; /* trial 0: idle */
	struct verdict v;
};

/* What becomes of the trial: the earliest of its fates, or its limit. */
static inline void night_spawn(struct night_guest *g, const struct campaign *c,
			       const struct planned *p, uint64_t now_ns)
{
	const struct settings *s = &c->scenario.arm[p->arm].settings;
	struct fake_fate f = fake_fate_draw(&s->fake, p->seed);
	uint64_t limit = p->soak_ns ? p->soak_ns : s->limits.soak, t = limit;

	*g = (struct night_guest){ .trial = p->trial, .soak_ns = now_ns + s->fake.boot };
	g->v.outcome = OUTCOME_SURVIVED;
	if (f.host_fault < t) {
		t = f.host_fault;
		g->v.outcome = OUTCOME_STOPPED;
	}
	if (f.other < t) {
		t = f.other;
		g->v.outcome = OUTCOME_OTHER;
	}
	if (f.target < t) {
		t = f.target;
		g->v.outcome = OUTCOME_FAILED;
	}
	g->end_ns = g->soak_ns + t;
	g->v.exposure_ns = t;
	g->v.wall_ns = s->fake.boot + t;
}

struct night_now {
	const struct night *n;
	struct campaign c;
	struct strategy *s;
	struct night_guest guest[NIGHT_SLOTS_MAX];
	uint64_t now_ns;
	struct night_end end;
};

static inline void night_end_one(struct night_now *w, struct night_guest *g)
{
	const struct planned *p = campaign_trial(&w->c, g->trial);

	if (w->n->forget_lost && g->v.outcome == OUTCOME_STOPPED)
		g->v.outcome = OUTCOME_INFRA;
	campaign_ended(&w->c, g->trial, &g->v);
	w->s->ops->ended(w->s, &w->c, p, &g->v);
	w->end.failures += g->v.outcome == OUTCOME_FAILED;
	w->end.guest_s += (double)g->v.wall_ns / 1e9;
	w->end.exposure_s[p->arm != 0] += (double)g->v.exposure_ns / 1e9;
	g->trial = 0;
}

static inline void night_fill(struct night_now *w)
{
	for (size_t i = 0; i < w->n->slots; i++) {
		const struct planned *p;
		struct wish wish;

		if (w->guest[i].trial || !w->s->ops->next(w->s, &w->c, w->now_ns, &wish))
			continue;
		p = campaign_add(&w->c, wish.arm, wish.soak_ns);
		night_spawn(&w->guest[i], &w->c, p, w->now_ns);
		w->c.state[p->trial - 1] = TRIAL_RUNNING;
		w->c.soak[p->trial - 1].from_ns = w->guest[i].soak_ns;
	}
}

/* To the next end, or the next look; false where nothing runs. */
static inline bool night_step(struct night_now *w)
{
	struct night_guest *next = NULL;
	uint64_t look = w->now_ns + w->n->look_ns;

	for (size_t i = 0; i < w->n->slots; i++)
		if (w->guest[i].trial && (!next || w->guest[i].end_ns < next->end_ns))
			next = &w->guest[i];
	if (!next)
		return false;
	w->now_ns = MIN(look, next->end_ns);
	if (next->end_ns <= look)
		night_end_one(w, next);
	return true;
}

/* What still runs when it is decided has cost its time as well. */
static inline void night_stop(struct night_now *w)
{
	for (size_t i = 0; i < w->n->slots; i++) {
		struct night_guest *g = &w->guest[i];
		uint64_t left = g->trial ? g->end_ns - w->now_ns : 0;

		if (!g->trial)
			continue;
		g->v.outcome = OUTCOME_STOPPED;
		g->v.enough = true;
		g->v.exposure_ns -= MIN(left, g->v.exposure_ns);
		g->v.wall_ns -= MIN(left, g->v.wall_ns);
		night_end_one(w, g);
	}
}

static inline void night_direction(struct night_now *w)
{
	_cleanup_json_ json_t *j = w->s->ops->answer(w->s, &w->c);
	const char *verdict = json_string_value(json_at(j, "pairs.0.verdict"));

	w->end.less = verdict && str_eq(verdict, "less");
	w->end.more = verdict && str_eq(verdict, "more");
}

static inline struct night_end night_play(const struct night *n, uint64_t seed)
{
	struct night_now w = { .n = n, .now_ns = NS_PER_S };
	struct scenario s;
	struct err err = { 0 };
	_cleanup_json_ json_t *params = NULL;

	if (scenario_parse("night.yaml", n->scenario, strlen(n->scenario), NULL, &s, &err) < 0 ||
	    decided_params(&s, &params, &err) < 0)
		abort();
	campaign_init(&w.c, &s, seed, false);
	if (strategy_load(&strategy_until_decided, &w.c, params, &w.s, &err) < 0)
		abort();
	do {
		if (strategy_decided(w.s, &w.c, w.now_ns))
			break;
		night_fill(&w);
	} while (w.c.plan.n < n->trials_most && night_step(&w));
	night_stop(&w);
	night_direction(&w);
	w.end.exit_code = w.s->ops->exit_code(w.s, &w.c, false);
	w.end.trials = w.c.plan.n;
	w.end.wall_s = (double)w.now_ns / 1e9 - 1;
	strategy_free(w.s);
	campaign_done(&w.c);
	return w.end;
}

struct nights { /* of many campaigns; means but for the counts */
	int n, differ, alike, undecided, less, more;
	double failures, guest_s, wall_s, share; /* share: of exposure, the other arms' */
};

static inline struct nights nights_play(const struct night *n, int times, uint64_t seed)
{
	struct nights sum = { .n = times };

	for (int i = 0; i < times; i++) {
		struct night_end e = night_play(n, seed * 1000003 + (uint64_t)i);

		sum.differ += e.exit_code == EXIT_DIFFER;
		sum.alike += e.exit_code == EXIT_GOAL_MET;
		sum.undecided += e.exit_code == EXIT_INCONCLUSIVE;
		sum.less += e.less;
		sum.more += e.more;
		sum.failures += (double)e.failures / times;
		sum.guest_s += e.guest_s / times;
		sum.wall_s += e.wall_s / times;
		sum.share += e.exposure_s[1] / (e.exposure_s[0] + e.exposure_s[1]) / times;
	}
	return sum;
}

#endif
