/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where an axis is marked: at numbers that people would choose. Pure. */
#ifndef KS_REPORT_TICKS_H
#define KS_REPORT_TICKS_H

#include "report/figure.h"

enum { TICKS_MAX = 16 };

struct ticks {
	double at[TICKS_MAX];
	size_t n;
};

/* 1, 2 or 5 times a power of ten, so that about `wanted` of them make the length. */
double ticks_step(double length, unsigned wanted);

/* Of an axis from 0 to max seconds: whole units of *ret_scale, in which they should be read (steps
 * of 1, 2, 5, 10, 15 or 30 s and min, 1, 2, 3, 6 or 12 h); at most `most` of them. Values are
 * seconds. */
void ticks_time(double max_s, unsigned most, struct scale *ret_scale, struct ticks *ret);

/* From 0 to max, in steps of ticks_step(). */
void ticks_linear(double max, unsigned wanted, struct ticks *ret);

/* Within [lo, hi], both above 0: 1, 2, 5, 10, ... where that is few enough, else powers of ten. */
void ticks_log(double lo, double hi, unsigned most, struct ticks *ret);

#endif
