/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Doubles in order. */
#ifndef KS_BASE_ORDER_H
#define KS_BASE_ORDER_H

#include <stddef.h>
#include <stdlib.h>

/* For qsort() of doubles, the smallest first. */
static inline int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* The p-quantile of n > 0 sorted values: one of them. */
static inline double quantile_of(const double *sorted, size_t n, double p)
{
	return sorted[(size_t)(p * (double)(n - 1) + 0.5)];
}

#endif
