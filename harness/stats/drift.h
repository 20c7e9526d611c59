/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Is it one hazard? Lives of bad versions in the order in which they began, asked two things: did
 * later ones die sooner or later than earlier ones (a host that is busy at times), and is who has
 * soaked for a while safer, or less safe, than who has just begun? A bisection supposes the first
 * is not so, and allows for the second within limits.
 *
 * Laplace's test: at a constant rate the places of the crashes on the clock of total soak are
 * uniform. A crash that ended the soak is left out, as its place is no accident. Weibull's shape by
 * likelihood ratio.
 */
#ifndef KS_STATS_DRIFT_H
#define KS_STATS_DRIFT_H

#include "base/macro.h"
#include "stats/interval.h"

struct drift_life {
	double seconds; /* of soak, more than 0 */
	bool crash;
};

struct drift {
	size_t crashes;
	double order_p;   /* NaN: too few crashes */
	double mttf_s[2]; /* of the first and the second half of the soak; no crash: INFINITY */
	double age_p;     /* NaN: too few, or there is no estimate */
	double shape;     /* below 1: safer with age */
	struct interval shape95; /* an end may be NaN */
};

/* Crashes below which nothing is asked of the order, and of age. */
enum { DRIFT_CRASHES_ORDER = 4, DRIFT_CRASHES_AGE = 6 };

/* Of lives that do not drift 1.5 % are said to do so with their order and 1 % with age; of whole
 * bisections 1.8 % in all, as many end before so many crashes (tests/unit/test_drift.c). */
void drift_test(const struct drift_life *life, size_t n, struct drift *ret);
bool drift_in_order(const struct drift *d);
bool drift_with_age(const struct drift *d);

#endif
