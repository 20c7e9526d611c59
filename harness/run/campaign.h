/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a run still has to do: the plan with what became of each trial. Pure bookkeeping, in which
 * "a lost trial is censored and a new one is added" is written down once.
 */
#ifndef KS_RUN_CAMPAIGN_H
#define KS_RUN_CAMPAIGN_H

#include "model/plan.h"
#include "model/verdict.h"

enum trial_state { TRIAL_WAITING, TRIAL_RUNNING, TRIAL_ENDED };

struct tally { /* of one arm */
	uint64_t planned, outcome[OUTCOME_COUNT];
	double exposure_s; /* of all that soaked */
	uint64_t added;    /* in place of lost ones */
};

struct campaign {
	struct scenario scenario; /* arms and stopping rule; owned */
	struct plan plan;
	enum trial_state *state; /* by trial number - 1 */
	struct tally *tally;     /* by arm */
};

/* Takes the scenario over. */
void campaign_init(struct campaign *c, struct scenario *s, uint64_t seed);
void campaign_done(struct campaign *c);

/* plan.json: everything that is needed to go on without the scenario file. */
json_t *campaign_to_json(const struct campaign *c);
int campaign_from_json(const json_t *j, struct campaign *ret, struct err *err);

const struct planned *campaign_next(const struct campaign *c); /* the first waiting; NULL: none */
const struct planned *campaign_trial(const struct campaign *c, uint64_t trial); /* NULL: no such */

/*
 * Notes how a trial ended. True where it was lost (INFRA, or STOPPED by the host) and another of
 * its arm should take its place: campaign_add() then makes it.
 */
bool campaign_ended(struct campaign *c, uint64_t trial, const struct verdict *v, bool stopping);
const struct planned *campaign_add(struct campaign *c, uint64_t arm);

/* So many of an arm's trials were lost that going on is pointless: the arm, or -1. */
int campaign_hopeless(const struct campaign *c);

#endif
