/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a run is and how it stands, from its plan.json and journal, without reading its trials. */
#ifndef KS_STORE_ABOUT_H
#define KS_STORE_ABOUT_H

#include <sys/types.h>

#include "base/err.h"
#include "base/str.h"
#include "store/layout.h"

enum run_state {
	RUN_OPEN,    /* begun, neither stopped nor done: running, or killed */
	RUN_STOPPED, /* ended before its plan was; `resume` goes on */
	RUN_DONE,
	RUN_DAMAGED, /* its plan or its journal cannot be read; `why` says more */
};

struct about {
	char *scenario;
	struct strv arm;         /* in the scenario's order */
	uint64_t planned, added; /* trials in the plan, and added for those that were lost */
	enum run_state state;
	char why[512];
	int64_t started_s, last_s; /* wall clock of the journal's first and last record; -1 none */
	bool running;              /* a runner holds it right now */
	pid_t pid;                 /* that runner's; 0 not known */
	uint64_t *going;           /* trials that were spawned and have not ended */
	size_t n_going;
};

#define _cleanup_about_ _cleanup_(about_done)
void about_done(struct about *a);

/*
 * Never fails: a damaged run is something to say, not a reason to say nothing. A folder without
 * plan.json or journal (copied by hand, killed at its very start) is told about as far as it goes;
 * the scenario's name is then that in the run's id.
 */
void about_read(const struct run_dir *run, struct about *ret);

/* Is the trial's guest at work right now? (Spawned, not ended, and its runner lives.) */
bool about_is_going(const struct about *a, uint64_t trial);

const char *run_state_name(enum run_state s); /* "open" "stopped" "done" "damaged" */

#endif
