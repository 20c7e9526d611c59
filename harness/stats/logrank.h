/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Do the arms live equally long? Observed against expected failures, k arms, with strata (hosts,
 * snapshot clusters) and weights: rho = 0 is the log-rank test, rho = 1 Peto and Peto's, which
 * looks harder at the early failures.
 */
#ifndef KS_STATS_LOGRANK_H
#define KS_STATS_LOGRANK_H

#include "stats/interval.h"
#include "stats/sample.h"
#include "stats/tail.h"

struct logrank {
	size_t n_arms;
	double *observed, *expected; /* [n_arms]; owned */
	double *var;                 /* [n_arms * n_arms], of observed - expected; owned */
	struct chisq test;           /* df: arms with something expected, less one */
	const char *reason;          /* why there is no test (static); NULL where there is */
};

#define _cleanup_logrank_ _cleanup_(logrank_done)
void logrank_fit(const struct sample *s, double rho, bool stratified, struct logrank *ret);
void logrank_done(struct logrank *l);

/* Peto's one-step hazard ratio of arm 1 over arm 0: there even when an arm has no failure, and
 * biased towards 1 for large effects. NaN without variance. Two arms only. */
struct peto {
	double log_hr, se, hr;
	struct interval ci; /* of hr */
};

struct peto logrank_peto(const struct logrank *l, double conf);

#endif
