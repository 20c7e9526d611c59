/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The parent of a run: slots, one process per trial, the journal, the rules for stopping.
 * It knows nothing of guests; what a trial was is read from its folder.
 */
#ifndef KS_RUN_RUNNER_H
#define KS_RUN_RUNNER_H

#include "model/plan.h"
#include "model/verdict.h"

struct run_options {
	const char *results;  /* NULL: as store/layout.h says */
	uint64_t slots;       /* guests at once; 0: as many as the host's processors carry */
	uint64_t seed;        /* of the plan; 0: from the clock */
	const char *uri;      /* libvirt's; "" the default */
	uint64_t budget_ns;   /* of the whole run; 0: what the scenario says */
	bool quiet;           /* no progress on stderr */
	int events_fd;        /* what happens, as lines of JSON (run/events.h); 0: nobody listens */
	const char *strategy; /* of a new run: run/strategy.h; NULL: the scenario's plan */
	const json_t *params; /* the strategy's; NULL: none. Borrowed */
	const char *tag;      /* kept in a new run's plan.json; NULL: none */
};

struct run_result {
	char *path;    /* of the run's folder; freed by the caller */
	int exit_code; /* what the run says: enum exit_code */
};

/*
 * Runs a scenario from its plan to its end. 0 where the run took place, however it went (the
 * result's exit code says); -errno where nothing was begun, or it had to be given up: then *ret
 * is filled in as far as the run's folder exists.
 */
int runner_start(struct scenario *s, const struct run_options *opt, struct run_result *ret,
		 struct err *err);

/* Takes up a run that was interrupted: recovers what was lost, runs what is left. */
int runner_resume(const char *ref, const struct run_options *opt, struct run_result *ret,
		  struct err *err);

/* Guests at once where nobody says how many: as many as the processors of this host carry. */
size_t runner_slots(const struct scenario *s);

/* The plan and, for each arm, the machine that its first trial would be: for --dry-run. */
int runner_describe(struct scenario *s, const struct run_options *opt, struct buf *out,
		    struct err *err);

#endif
