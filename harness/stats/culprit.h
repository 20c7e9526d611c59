/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Which of these options causes it, where they have no order: stats/posterior.h for sets. A run has
 * some of the options on. Hypotheses: option i alone is enough (it crashes wherever i is on), a
 * pair i and j is needed, or none of them matters (it crashes without any, too). What is not enough
 * has rho times the hazard, as a good version has.
 */
#ifndef KS_STATS_CULPRIT_H
#define KS_STATS_CULPRIT_H

#include "stats/posterior.h"

enum { CULPRIT_OPTIONS_MAX = 32 };

/* A stretch of one guest's life, as struct bisect_run. */
struct culprit_run {
	uint64_t on; /* bit i: option i */
	double start, end;
	bool crash;
};

enum culprit_kind { CULPRIT_ONE, CULPRIT_PAIR, CULPRIT_NONE };

struct culprit_answer {
	enum culprit_kind kind;
	size_t a, b; /* CULPRIT_ONE: a; CULPRIT_PAIR: a < b */
	double mass;
};

struct culprits {
	size_t n;
	double *p;         /* [n]: option i alone is enough */
	double pair, none; /* it takes two of them; it takes none */
	struct culprit_answer best;
	struct posterior inner; /* its own: one segment a hypothesis */
};

/* The options are alike beforehand, prior->weight is not looked at; pairs have 0.1 together, as
 * none has. 1 <= n <= CULPRIT_OPTIONS_MAX; the order of the runs does not matter. */
void culprit_fit(size_t n, const struct bisect_prior *prior, const struct culprit_run *run,
		 size_t n_runs, struct culprits *ret);
void culprit_done(struct culprits *c);

#define _cleanup_culprits_ _cleanup_(culprit_done)

struct culprit_bench {
	double boot_s, switch_s;
	size_t n_slots;   /* guests side by side: 0 is 1 */
	bool one_at_most; /* the options exclude one another: sets of one, and none */
	bool any, alive;  /* there was a guest, and it is still there, clean, */
	uint64_t on;      /*   with these options */
	double age_s;     /*   at this age (one slot only) */
};

struct culprit_action {
	uint64_t on;
	bool fresh; /* else the living guest goes on */
	double tau_s, cost_s, score;
	struct bisect_probe probe;
};

/* The set to run next and for how long at most; false where nothing is left to be learnt. There was
 * a crash. */
bool culprit_choose(const struct culprits *c, const struct culprit_bench *bench,
		    struct culprit_action *ret);

#endif
