/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Looking again and again, and stopping when it is clear. Who looks at an exact p every night and
 * stops at 0.05 claims a cure falsely in one of five (measured: 21 %); these keep their promise.
 * Evidence is kept as logarithms: log_e >= log(1 / alpha) may be acted upon at any time.
 */
#ifndef KS_STATS_SEQUENTIAL_H
#define KS_STATS_SEQUENTIAL_H

#include "base/macro.h"

/* ---- Wald's test of two rates, 1945 ---- */

enum sprt_decision { SPRT_CONTINUE, SPRT_ACCEPT_RATE0, SPRT_ACCEPT_RATE1 };

struct sprt {
	double llr, lower, upper;
	enum sprt_decision decision;
};

struct sprt sprt_look(size_t d, double total_time, double rate0, double rate1, double alpha,
		      double beta);
const char *sprt_decision_name(enum sprt_decision d);

/* ---- one arm against a known rate: is its rate below rate0? ---- */

struct evalue {
	double log_e_mixture;   /* against rate0 alone, gamma(a, b) over the other rates */
	double log_e_one_sided; /* against every rate of rate0 or more: the one to use */
};

/* a = b = 0.5 by default; b is in units of exposure (0.5 / rate0 where rate0 is not 1). */
struct evalue evalue_look(size_t d, double total_time, double rate0, double a, double b);

/* ---- two arms, failure by failure: has arm 1 theta times the hazard of arm 0? ---- */

struct safe_logrank {
	double theta; /* the hazard ratio to look for; 0.2 */
	double log_e; /* starts at 0 */
};

/* One failure in `arm` (0 or 1), while y0 and y1 guests were running, its own included. */
void safe_logrank_add(struct safe_logrank *s, int arm, double y0, double y1);

/* ---- a few planned looks: Lan and DeMets' spending after O'Brien and Fleming ---- */

/*
 * info[i] is the fraction of the planned failures that is in at look i, rising, the last usually 1.
 * ret_z[i]: stop where |z| reaches it; ret_spent[i]: the part of alpha (two-sided) used up by then.
 */
void group_bounds(const double *info, size_t n, double alpha, double *ret_z, double *ret_spent);

#endif
