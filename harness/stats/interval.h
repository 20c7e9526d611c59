/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What every estimator of this room returns beside its estimate. An end that does not exist (the
 * band never crosses, the variance is undefined) is NaN and prints as "not reached" or null; an end
 * that is known to be without bound (MTTF after no failure at all) is INFINITY.
 *
 * Confidence levels are fractions: 0.95, never 95.
 */
#ifndef KS_STATS_INTERVAL_H
#define KS_STATS_INTERVAL_H

#include <math.h>

struct interval {
	double lo, hi;
};

static inline struct interval interval_none(void)
{
	return (struct interval){ .lo = NAN, .hi = NAN };
}

#endif
