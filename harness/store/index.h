/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * results/index.sqlite: all runs and trials, to be asked quickly. Derived from the run folders and
 * from nothing else; missing, damaged, of another version or on a read-only disk it is rebuilt, or
 * built in memory, and never a reason to fail. All SQL of the project is in index.c, index_take.c
 * and schema.sql.
 */
#ifndef KS_STORE_INDEX_H
#define KS_STORE_INDEX_H

#include "base/err.h"
#include "model/verdict.h"
#include "store/layout.h"

#define INDEX_FILE "index.sqlite"

struct index;

/* Opens the index of a results folder, or makes one. It may be stale: index_refresh(). With NULL it
 * is an empty one in memory, for a run that lies elsewhere: index_ingest_run(). */
int index_open(const char *results, struct index **ret, struct err *err);
struct index *index_close(struct index *ix); /* returns NULL */

/* Why it lives in memory only (then every refresh reads all runs); NULL where it is a file. */
const char *index_note(const struct index *ix);

/* Takes in one run as it now is, in one transaction. Doing it twice changes nothing. */
int index_ingest_run(struct index *ix, const struct run_dir *run, struct err *err);

/* Takes in the runs whose files changed since, and forgets those that are gone. */
int index_refresh(struct index *ix, struct err *err);

/* From nothing. Unlike the rest it insists on a file: exit code 73 where none can be written. */
int index_rebuild(const char *results, struct index **ret, struct err *err);

/* A run as `ls` shows it. Strings are valid during the call. */
struct index_run {
	const char *run, *scenario;
	const char *state, *why; /* "open", "stopped", "done": the journal's last word */
	int64_t started_s;       /* -1 not known */
	uint64_t planned;
	uint64_t outcome[OUTCOME_COUNT]; /* trials with a final verdict, and interrupted ones */
	uint64_t unfinished;             /* of INFRA: without a final verdict */
	uint64_t exposure_ns;            /* of the trials that count */
};

struct index_trial {
	uint64_t trial;
	const char *arm, *reason, *title, *crash_id, *unit, *kernel;
	enum outcome outcome;
	bool final;
	uint64_t exposure_ns;
	double exposure_work; /* NaN not known */
	int64_t started_s;
};

typedef int (*index_run_fn)(void *arg, const struct index_run *run);
typedef int (*index_trial_fn)(void *arg, const struct index_trial *trial);

int index_runs(struct index *ix, index_run_fn fn, void *arg, struct err *err); /* oldest first */
int index_trials(struct index *ix, const char *run, index_trial_fn fn, void *arg, struct err *err);

#endif
