/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Two failure rates compared exactly: given d0 + d1 failures in all, arm 1's share is binomial with
 * probability T1 / (T0 + T1) where the rates are equal. The primary test while an arm has five
 * failures or fewer, and the only one that copes with none.
 */
#ifndef KS_STATS_RATE_H
#define KS_STATS_RATE_H

#include "stats/interval.h"
#include "stats/sample.h"

struct rate_ratio {
	size_t d[2];
	double total_time[2];
	double ratio; /* rate of arm 1 over arm 0; INFINITY or NaN where arm 0 has no failure */
	struct interval ci; /* Clopper-Pearson, exact */
	double p_two_sided; /* all outcomes no likelier than this one */
	double p_less;      /* this few failures, or fewer, in arm 1 */
	double score_chisq; /* the normal approximation, for comparison */
};

struct rate_ratio rate_compare(size_t d0, double t0, size_t d1, double t1, double conf);

/* Two-sided exact binomial test: the probability of all outcomes no likelier than x of n. */
double binomial_test(size_t x, size_t n, double p);

#endif
