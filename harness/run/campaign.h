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
	uint64_t since[OUTCOME_COUNT]; /* the same, but what came before campaign_taken_up() */
	double exposure_s;             /* of all that count */
	uint64_t added;                /* that the plan had not */
	uint64_t lost, lost_since;     /* INFRA, and STOPPED but for what was enough */
};

/* What is known of a running trial's soak: instants of the runner's clock. */
struct soak {
	bool begun;       /* its guest's loads work, or wait for their orders */
	uint64_t from_ns; /* since when it counts; 0: it does not yet, as far as we have heard */
	uint64_t over_ns; /* it ended then and its verdict is still to come; 0: it goes on */
};

struct campaign {
	struct scenario scenario; /* arms and stopping rule; owned */
	struct plan plan;
	enum trial_state *state; /* by trial number - 1 */
	struct soak *soak;       /* likewise */
	struct tally *tally;     /* by arm */
};

/* Takes the scenario over. `laid_out`: its arms x stop.trials are planned now; else there is no
 * trial before the first campaign_add(). */
void campaign_init(struct campaign *c, struct scenario *s, uint64_t seed, bool laid_out);
void campaign_done(struct campaign *c);

/* plan.json: everything that is needed to go on without the scenario file. */
json_t *campaign_to_json(const struct campaign *c);
int campaign_from_json(const json_t *j, struct campaign *ret, struct err *err);

const struct planned *campaign_next(const struct campaign *c); /* the first waiting; NULL: none */
const struct planned *campaign_trial(const struct campaign *c, uint64_t trial); /* NULL: no such */

void campaign_ended(struct campaign *c, uint64_t trial, const struct verdict *v);

/*
 * How many trials of the arm were lost (INFRA, or STOPPED: by the host, by Ctrl-C) and have none in
 * their place yet: campaign_add() makes one. A count, not an event: a runner that was killed
 * between a trial's end and its replacement still owes it.
 */
uint64_t campaign_owed(const struct campaign *c, uint64_t arm);
const struct planned *campaign_add(struct campaign *c, uint64_t arm, uint64_t soak_ns);

/*
 * For how long a running trial has soaked: its exposure so far, which counts as censored while it
 * lives. 0 for one that has not begun to, or does not run.
 */
uint64_t campaign_age_ns(const struct campaign *c, uint64_t trial, uint64_t now_ns);

/*
 * Is there a trial whose soak is over and whose verdict is not yet in? It failed, most likely, and
 * nobody may look at the others before that is known: "alive until now" would be a lie.
 */
bool campaign_in_limbo(const struct campaign *c);

/* A runner took the run up again: what was lost until now says nothing about today's host. */
void campaign_taken_up(struct campaign *c);

/* So many of an arm's trials were lost since then that going on is pointless: the arm, or -1. */
int campaign_hopeless(const struct campaign *c);

#endif
