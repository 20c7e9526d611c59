/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The question of a bisection, as plan.json keeps it (strategy.params): all that a resumed run
 * needs. */
#ifndef KS_RUN_BISECT_PARAMS_H
#define KS_RUN_BISECT_PARAMS_H

#include "model/axis.h"
#include "model/scenario.h"

struct bisect_params {
	struct axis axis;
	bool first_good;
	double confidence;
	char *scenario;      /* the file as it was given, for the commands of the result */
	char *arm, *profile; /* "" none: the scenario's first */
	struct strv set;     /* as given with --set */
	char *build, *built; /* commits: the command, and what it makes ("" the usual) */
	char *target;        /* what counts as the bug, in words */
};

#define _cleanup_bisect_params_ _cleanup_(bisect_params_done)
void bisect_params_done(struct bisect_params *p);
json_t *bisect_params_to_json(const struct bisect_params *p);
int bisect_params_from_json(const json_t *j, struct bisect_params *ret, struct err *err);

/* fail.target in words: "divide-error in fib_rebalance". The caller frees. */
char *bisect_target_words(const struct target *t);

/*
 * The scenario's bytes with the arm that is meant and `over` laid over it: one arm, which has that
 * name. `name` is what complaints call the file.
 */
int bisect_scenario(const char *name, const struct buf *source, const struct bisect_params *p,
		    const struct strv *over, struct scenario *ret, struct err *err);

/* One arm for each value of the axis, in its order; the rest as in the scenario. */
int bisect_arms(const char *name, const struct buf *source, const struct bisect_params *p,
		struct scenario *ret, struct err *err);

#endif
