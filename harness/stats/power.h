/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Planning: how much must be run before a question can be answered. Times are in the unit that the
 * MTTF is given in.
 */
#ifndef KS_STATS_POWER_H
#define KS_STATS_POWER_H

#include "base/macro.h"

/* ---- one arm: show that the MTTF is at least k times a known one ---- */

struct demo_plan {
	bool reachable;  /* false: the true MTTF is no better than the claim, or hardly */
	size_t allowed;  /* failures that may happen and the claim still stands */
	double exposure; /* to run for */
	double power;    /* the chance to succeed, if the truth is as assumed */
};

/* mttf_true INFINITY: the bug is gone. The fewest allowed failures that give power 1 - beta. */
struct demo_plan power_demo(double mttf0, double k, double alpha, double beta, double mttf_true);

/* ---- two arms: the base rate is itself an estimate, d0 failures in T0 ---- */

/* Exposure of the fixed arm, with d1 failures in it, that shows its MTTF to be more than k times
 * the base arm's. 3.0 MTTFs is what it takes after endless base runs; after one failure, 19. */
double power_fixed_arm(size_t d0, double t0, size_t d1, double k, double alpha);

struct power_needed {
	double p_now;     /* exact: this good, or better, by chance alone */
	bool claim_now;   /* p_now <= alpha */
	double t1_needed; /* in all, if no more failures come */
	double still;     /* from now on; 0 where the claim stands */
};

struct power_needed power_still_needed(size_t d0, double t0, size_t d1, double t1, double k,
				       double alpha);

/* ---- two arms compared by their hazards (Schoenfeld 1981) ---- */

/* Failures needed in both arms together to see the hazard ratio `hr`; `share` of the exposure is
 * arm 1's; `sides` is 1 or 2. */
double power_events(double hr, double alpha, double power, double share, int sides);

/*
 * The same for the exact test of two rates, where failures are few: `share` is arm 1's share of the
 * exposure (time, not trials), `ratio` its rate over arm 0's. From so many failures on, in both
 * arms together, the power is there. INFINITY: not with 5,000.
 */
double power_events_exact(double ratio, double alpha, double power, double share);

/* The other way round: the smallest effect that so many failures show, as a ratio above 1 (its
 * inverse is seen as well). */
double power_detectable(double events, double alpha, double power, double share, int sides);

/*
 * What is still to be run, per arm, until the hazards of two arms can be told apart by a factor:
 * `had` failures are in, arm 0 fails at rate0 and arm 1 at rate0 * hr. 0 where it is enough.
 */
double power_more_exposure(double hr, double alpha, double power, double had, double rate0);

#endif
