/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Does it get better from night to night? Crow's (AMSAA) model of one system that is repaired and
 * goes on: failures by time t number lambda t^beta in the mean. beta < 1: they thin out.
 */
#ifndef KS_STATS_GROWTH_H
#define KS_STATS_GROWTH_H

#include "base/macro.h"
#include "stats/interval.h"

struct growth {
	bool exists; /* at least one failure after time 0 */
	size_t n;
	double beta, lambda;
	double beta_unbiased;
	struct interval beta_ci;
	double mtbf_now; /* at the end: what the next failure is to be expected by */
	double p_hpp;    /* two-sided, of beta = 1: a constant rate */
	double cvm; /* Cramer-von Mises: how badly the model fits; 0.17-0.22 is the 95 % point */
};

/* Failure times on one clock, in any order, watched up to `end`. */
struct growth growth_fit(const double *times, size_t n, double end, double conf);

#endif
