/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Arms x repeats as numbered, seeded trials in randomised complete blocks: every block holds each
 * arm once, in random order, so that what drifts on the host meets all arms alike.
 */
#ifndef KS_MODEL_PLAN_H
#define KS_MODEL_PLAN_H

#include "base/json.h"
#include "model/scenario.h"

struct planned {
	uint64_t trial; /* 1.. */
	uint64_t block;
	uint64_t arm; /* index into the scenario's arms */
	uint64_t seed;
	uint64_t soak_ns; /* at most so long; 0: the arm's own limit */
};

struct plan {
	uint64_t seed;
	size_t n_arms;
	struct planned *trial;
	size_t n;
};

/* So many trials of each arm. The seed is kept to 63 bits, since JSON's integers have no more. */
void plan_make(const struct scenario *s, uint64_t trials, uint64_t seed, struct plan *ret);
void plan_done(struct plan *p);

/* One more trial of the arm: in place of one lost to the host, or because a strategy wishes it
 * (run/strategy.h). Same seed and history: same trial. soak_ns as in struct planned. */
const struct planned *plan_add(struct plan *p, uint64_t arm, uint64_t soak_ns);

json_t *plan_to_json(const struct plan *p, const struct scenario *s);
int plan_from_json(const json_t *j, struct plan *ret, struct err *err);

#endif
