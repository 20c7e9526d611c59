/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Bisections of made-up worlds by the dozen: what a policy costs, and how often it is wrong. The
 * policies are ours (time, full, known) and those of others (stats/rivals.h).
 */
#ifndef KS_STATS_SIMULATE_H
#define KS_STATS_SIMULATE_H

#include "stats/posterior.h"
#include "stats/rivals.h"

struct simulated {
	double cost_mttf, cost_se; /* seconds of guests: mean and its standard error, in MTTFs */
	double wall_mttf;          /* what a person waits */
	double error;              /* share of wrong answers; to give up is one */
	double gave_up;            /* of these */
};

/* Policy i's name and what it is; NULL at the end. Ours come first. */
const char *policy_name(size_t i);
const char *policy_sentence(size_t i);

/* Repeat i of a seed is the same world, with the same first crashes, for every policy. */
void simulate(size_t policy, const struct world *w, size_t repeats, uint64_t seed,
	      struct simulated *ret);

/*
 * The seconds of guests, in MTTFs, below which no policy can be, even one that is told the rate and
 * boots for nothing: the capacity of a Poisson channel without dark current, 1/(e MTTF) nats a
 * second (Kabanov 1978), with Fano's inequality at 5 % wrong answers.
 */
double simulate_bound_mttf(size_t versions);

/* One bisection by our rule, until the answer has the mass `stop_at`; `ends`: the choice looks out
 * for that. */
struct verdict_range simulate_own(struct game *g, const struct bisect_prior *prior, double stop_at,
				  bool ends);

#endif
