/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Two arms against each other, looked at after every trial, until it is decided. The error rates
 * hold however often one looks, whatever law the lifetimes follow (Weibull of any shape), whether
 * trials run one at a time or many at once.
 *
 * Evidence is the ratio of two likelihoods: of "arm 1 has the hazard of arm 0 times or divided by
 * `factor`" to "no difference". The scale and the shape that both arms share are integrated out
 * with the priors that no change of unit (of time, or of its logarithm) can move; so the ratio has
 * the mean 1 when there is no difference, at every look, and exceeds 1 / alpha ever with a
 * probability of at most alpha (Ville). Measured over shapes 0.4 to 3 and horizons of 0.1 to 10
 * MTTFs: 3 to 5 % of false claims for alpha = 5 %. With the shape taken as 1 it had been up to 30
 *%.
 *
 *	struct duel d = duel_make(2, 0.05, 0.8);
 *	duel_add(&d, arm, lifetime_s, failed);	// each trial when it has ended
 *	copy = d;				// a look: running trials count as censored so far,
 *	duel_add(&copy, arm, age_s, false);	// else early deaths are seen before long lives
 *	look = duel_look(&copy);
 */
#ifndef KS_STATS_DUEL_H
#define KS_STATS_DUEL_H

#include "base/macro.h"

enum { DUEL_SHAPES = 31 };

struct duel {
	double factor; /* the hazard ratio of interest, above 1; its inverse is looked for as well
			*/
	double alpha, beta;
	size_t d[2];                   /* failures of arm 0 and arm 1 */
	double sum_log_t;              /* over failures */
	double hazard[2][DUEL_SHAPES]; /* sum of lifetime^shape */
};

enum duel_verdict {
	DUEL_CONTINUE,
	DUEL_LESS,  /* arm 1 fails less than arm 0 */
	DUEL_MORE,  /* arm 1 fails more */
	DUEL_ALIKE, /* a difference of `factor`, either way, is ruled out */
};

struct duel_look {
	enum duel_verdict verdict;
	double log_e;                  /* evidence of a difference; decided at log(1 / alpha) */
	double log_e_less, log_e_more; /* of each direction; ruled out at log(beta) */
	double p;                      /* valid at any look: min(1, 1 / e) */
	double failures_to_differ;     /* expected from here, if the factor is the truth */
	double failures_to_alike;      /* expected from here, if there is no difference */
};

struct duel duel_make(double factor, double alpha, double power);

/* A lifetime of 0 (below the clock's resolution) counts as a microsecond. */
void duel_add(struct duel *d, int arm, double time, bool failed);

/* n trials that were all alive at `time`: as many calls of duel_add(), faster. */
void duel_add_alive(struct duel *d, int arm, double time, size_t n);

/* The lives that `lives` has in its arm 0, as lives of `arm`. */
void duel_join(struct duel *d, int arm, const struct duel *lives);

struct duel_look duel_look(const struct duel *d);

/*
 * The share of the exposure that arm 1 should have, so that evidence grows fastest per second of a
 * guest. A second of soak in an arm costs so many seconds of a guest (boots included, 1 or more).
 * The optimum is flat: 0.53 for the arm that fails half as often, where seconds cost the same. What
 * it is not is one trial each: an arm that dies ten times as fast would have a tenth of the time.
 */
double duel_share(const struct duel *d, const struct duel_look *look, const double cost[2]);

const char *duel_verdict_name(enum duel_verdict v);

#endif
