/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Tails of the normal and chi-square laws, and what several p-values at once are worth. */
#ifndef KS_STATS_TAIL_H
#define KS_STATS_TAIL_H

#include "base/macro.h"
#include "stats/interval.h"

struct chisq {
	double chisq; /* NaN: the test does not exist for these data */
	size_t df;
	double p;
};

double tail_z(double conf);     /* 1.96 for 0.95 */
double tail_chisq(double conf); /* 3.84 for 0.95: one degree of freedom */
struct chisq chisq_test(double chisq, size_t df);

/* exp(log_estimate -+ z se): ratios and scales. */
struct interval interval_exp(double log_estimate, double se, double conf);

/* Holm 1979, in place: the adjusted p-values hold for all n comparisons together. NaNs stay. */
void holm_adjust(double *p, size_t n);

#endif
