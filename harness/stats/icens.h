/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Lifetimes known only to lie between two looks: detectors that look back (hung_task: 120 s, soft
 * lockup: 20 s) say that it happened, not when. Use it where the detector's latency is more than a
 * tenth of the median.
 */
#ifndef KS_STATS_ICENS_H
#define KS_STATS_ICENS_H

#include "base/macro.h"
#include "stats/interval.h"

struct between {
	double lo, hi; /* failed after lo and no later than hi; hi INFINITY: still alive at lo */
};

struct icens {
	bool exists; /* false: the likelihood has no maximum that the search could find */
	double shape, scale, log_lik;
	double se_log_scale, se_log_shape;
	double expo_mttf, expo_log_lik, expo_se_log;
};

/* Weibull and exponential law by maximum likelihood. Rows with lo = hi are refused by assertion. */
void icens_fit(const struct between *row, size_t n, struct icens *ret);

#endif
