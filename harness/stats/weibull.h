/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Weibull's law by maximum likelihood: S(t) = exp(-(t / scale)^shape). A shape below 1 says that
 * who survived the beginning is safer (infant mortality), above 1 that it wears out, 1 that age
 * does not matter (the exponential law).
 */
#ifndef KS_STATS_WEIBULL_H
#define KS_STATS_WEIBULL_H

#include "stats/interval.h"
#include "stats/sample.h"
#include "stats/tail.h"

struct weibull {
	bool exists;
	const char *reason; /* why it does not exist (static); NULL where it does */
	size_t n_event;
	double shape, scale, log_lik;
	double expo_log_lik; /* of the exponential law on the same data */
	double se_log_scale, se_log_shape, cov_log_scale_log_shape;
};

/* Exists with at least one failure before the largest time, and no lifetime of zero. */
void weibull_fit(const struct sample *s, struct weibull *ret);

/* Wald on the log scale. */
struct interval weibull_shape_ci_wald(const struct weibull *w, double conf);
struct interval weibull_scale_ci_wald(const struct weibull *w, double conf);

/* Profile likelihood, the ones to show below 20 failures. An end beyond what a double holds is NaN.
 */
struct interval weibull_shape_ci_profile(const struct sample *s, const struct weibull *w,
					 double conf);
struct interval weibull_scale_ci_profile(const struct sample *s, const struct weibull *w,
					 double conf);

double weibull_mttf(const struct weibull *w);
double weibull_quantile(const struct weibull *w, double p); /* 0.5: median, 0.1: b10 */

/* Is the shape 1? Likelihood ratio; call it approximate below 15 failures (its true size at 20 runs
 * cut at one MTTF is 7 % for a nominal 5 %). */
struct chisq weibull_test_shape_1(const struct weibull *w);

#endif
