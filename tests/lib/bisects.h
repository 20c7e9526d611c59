/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Simulated bisections for harness/stats/choice.h: the unit test and the benchmark play the same.
 */
#ifndef KS_TESTS_BISECTS_H
#define KS_TESTS_BISECTS_H

#include "base/buf.h"
#include "base/rng.h"
#include "stats/choice.h"

enum { FIRST_CRASHES = 3, RUNS_MAX = 3000 };

/* Versions 0 .. n-1; what crashes at the bad end first is free, as for a user who asks for a
 * bisection. */
struct history {
	size_t n;
	double mttf, shape;
	double stray; /* rate in good versions over the rate in bad ones */
	double boot_s, switch_s;
};

struct searches {
	double cost_mttf; /* mean seconds of guests, in MTTFs */
	int wrong;
};

struct search {
	const struct history *h;
	struct rng *r;
	size_t culprit, n_runs;
	struct bisect_run run[RUNS_MAX];
	struct bisect_bench bench;
	double cost;
};

/* How long a guest of that age has still to live. */
static inline double search_draw(struct search *s, size_t version, double age)
{
	double rate = version >= s->culprit ? 1 : s->h->stray, k = s->h->shape,
	       scale = s->h->mttf / tgamma(1 + 1 / k);

	if (rate == 0)
		return INFINITY;
	return fmax(1e-9,
		    scale * pow(pow(age / scale, k) - log(rng_unit(s->r)) / rate, 1 / k) - age);
}

static inline void search_act(struct search *s, const struct bisect_action *a)
{
	double t = search_draw(s, a->version, a->age_s), run = fmin(t, a->tau_s);
	bool other = !s->bench.any || s->bench.version != a->version;

	if (a->age_s == 0)
		s->cost += s->h->boot_s + (other ? s->h->switch_s : 0);
	s->cost += run;
	s->run[s->n_runs++] =
		(struct bisect_run){ a->version, a->age_s, a->age_s + run, t <= a->tau_s };
	s->bench.any = true;
	s->bench.version = a->version;
	s->bench.alive = t > a->tau_s;
	s->bench.age_s = a->age_s + run;
}

/* Whether the answer is right. */
static inline bool search_play(struct search *s, const struct bisect_prior *prior)
{
	for (size_t i = 0; i < FIRST_CRASHES; i++)
		s->run[s->n_runs++] =
			(struct bisect_run){ s->h->n - 1, 0, search_draw(s, s->h->n - 1, 0), true };
	while (s->n_runs < RUNS_MAX) {
		_cleanup_posterior_ struct posterior p = { 0 };
		struct bisect_action action;
		struct bisect_answer answer;

		posterior_fit(s->h->n, prior, s->run, s->n_runs, &p);
		answer = bisect_answer(&p, NULL);
		if (answer.mass >= 0.95)
			return answer.first <= s->culprit && s->culprit <= answer.last;
		if (!bisect_choose(&p, &s->bench, &action))
			return false;
		search_act(s, &action);
	}
	return false;
}

static inline struct searches search_many(const struct history *h, const struct bisect_prior *prior,
					  int times, uint64_t seed)
{
	struct rng r = rng_make(seed);
	struct searches sum = { 0 };
	struct search *s = xcalloc(1, sizeof(*s));

	for (int i = 0; i < times; i++) {
		*s = (struct search){ .h = h, .r = &r, .culprit = 1 + rng_below(&r, h->n - 1) };
		s->bench = (struct bisect_bench){ .boot_s = h->boot_s, .switch_s = h->switch_s };
		sum.wrong += !search_play(s, prior);
		sum.cost_mttf += s->cost / h->mttf / times;
	}
	free(s);
	return sum;
}

#endif
