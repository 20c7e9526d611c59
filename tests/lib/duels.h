/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Simulated campaigns for harness/stats/duel.h: the unit test and the benchmark play the same. */
#ifndef KS_TESTS_DUELS_H
#define KS_TESTS_DUELS_H

#include "base/rng.h"
#include "stats/duel.h"

struct world {
	double shape, horizon, hazard_ratio; /* arm 0 has the scale 1 */
};

struct tally {
	int less, more, alike, undecided;
	double failures, exposure; /* means */
};

/* One campaign: trials take turns, one look after each. */
static inline struct duel_look duel_play(struct duel *d, const struct world *w, struct rng *r,
					 int trials_max, double *ret_exposure)
{
	double scale[] = { 1, pow(w->hazard_ratio, -1 / w->shape) }, exposure = 0;
	struct duel_look look = { 0 };

	for (int i = 0; i < trials_max && look.verdict == DUEL_CONTINUE; i++) {
		double t = rng_weibull(r, scale[i % 2], w->shape);

		duel_add(d, i % 2, fmin(t, w->horizon), t < w->horizon);
		exposure += fmin(t, w->horizon);
		look = duel_look(d);
	}
	*ret_exposure = exposure;
	return look;
}

static inline struct tally duel_campaigns(const struct world *w, int n, uint64_t seed)
{
	struct rng r = rng_make(seed);
	struct tally t = { 0 };

	for (int i = 0; i < n; i++) {
		struct duel d = duel_make(2, 0.05, 0.8);
		double exposure;
		struct duel_look look = duel_play(&d, w, &r, 3000, &exposure);

		t.less += look.verdict == DUEL_LESS;
		t.more += look.verdict == DUEL_MORE;
		t.alike += look.verdict == DUEL_ALIKE;
		t.undecided += look.verdict == DUEL_CONTINUE;
		t.failures += (double)(d.d[0] + d.d[1]) / n;
		t.exposure += exposure / n;
	}
	return t;
}

#endif
