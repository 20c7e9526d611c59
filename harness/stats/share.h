/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef KS_STATS_SHARE_H
#define KS_STATS_SHARE_H

#include "base/macro.h"

/* x0 of n0 then, x1 of n1 now: the chance of that many now, or more, if both are of one share
 * (Fisher's exact test, one-sided). */
double share_more_p(size_t x0, size_t n0, size_t x1, size_t n1);

#endif
