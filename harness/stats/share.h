/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How many of so many: a share with Wilson's score interval, which stays within 0 to 1 and is of
 * use where none or all of a few did; and two of them compared. */
#ifndef KS_STATS_SHARE_H
#define KS_STATS_SHARE_H

#include "base/macro.h"
#include "stats/interval.h"

struct share {
	size_t k, n;
	double share; /* NaN of none */
	struct interval ci;
};

struct share share_wilson(size_t k, size_t n, double conf);

/* x0 of n0 then, x1 of n1 now: the chance of that many now, or more, if both are of one share
 * (Fisher's exact test, one-sided). */
double share_more_p(size_t x0, size_t n0, size_t x1, size_t n1);

#endif
