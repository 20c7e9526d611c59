/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Names under results/, and nothing else: which folder is which run, which trial.
 *
 *	results/20261121-142233-fib-rebalance/{scenario.yaml,plan.json,journal,host.json}
 *	results/20261121-142233-fib-rebalance/trials/000017/{spec.json,verdict.json,console.log,...}
 *
 * Every name is made of numbers and checked words; no byte of a guest ever reaches one.
 */
#ifndef KS_STORE_LAYOUT_H
#define KS_STORE_LAYOUT_H

#include "base/err.h"
#include "base/str.h"

/* The files of a run's folder... */
#define RUN_SCENARIO "scenario.yaml"
#define RUN_PLAN     "plan.json"
#define RUN_JOURNAL  "journal"
#define RUN_HOST     "host.json"
#define RUN_ANSWER   "answer.json"
#define RUN_VERSIONS "versions"
#define RUN_TRIALS   "trials"
/* ... and of a trial's. */
#define TRIAL_SPEC       "spec.json"
#define TRIAL_VERDICT    "verdict.json"
#define TRIAL_CONSOLE    "console.log"
#define TRIAL_NETCONSOLE "netconsole.log"
#define TRIAL_SAMPLES    "samples.tsv"
#define TRIAL_AGENT      "agent.log"
#define TRIAL_SOAK       "soak"
#define TRIAL_DOMAIN     "domain.xml"
#define TRIAL_EVIDENCE   "evidence"
#define TRIAL_SIGHTINGS  "sightings.json"

enum {
	RUN_NAME_LEN = 64,   /* of a scenario's name within a run's id */
	RUN_ID_LEN = 96,     /* with the NUL */
	TRIAL_NAME_LEN = 32, /* "trials/000017", with the NUL */
	TRIAL_NUMBER_MAX = 999999,
};

/* An open run. Plain data; run_dir_done() closes and frees. */
struct run_dir {
	char id[RUN_ID_LEN]; /* its folder's name */
	char *path;          /* for people and for argv: "results/20261121-142233-fib-rebalance" */
	int fd;              /* of the folder */
};

#define RUN_DIR_INIT                                                                               \
	{                                                                                          \
		.fd = -1                                                                           \
	}
#define _cleanup_run_dir_ _cleanup_(run_dir_done)
void run_dir_done(struct run_dir *r);

/* Where results are: the --results option, else $KERNSOAK_RESULTS, else "results". Borrowed. */
const char *results_path(const char *option);

/* May `name` stand in a run's id? Letters, digits, - _ . ; the first a letter or digit; at most 64.
 */
bool run_name_ok(const char *name);

/*
 * Makes RESULTS (mkdir -p) and RESULTS/YYYYMMDD-HHMMSS-NAME (UTC of wall_s), with an empty trials/.
 * A name that is taken gets -2, -3, ...: two runs never share a folder, not even when they start in
 * the same second. -EINVAL for a name that may not be one; write failures carry exit code 73.
 */
int run_dir_create(const char *results, const char *name, int64_t wall_s, struct run_dir *ret,
		   struct err *err);

/*
 * Opens an existing run: "last" (the newest), an id, a prefix that only one id has, or a path to a
 * run's folder wherever it lies. NULL is "last". -ENOENT, with the nearest names, where there is
 * none; -EEXIST, naming them, where several fit.
 */
int run_dir_open(const char *results, const char *ref, struct run_dir *ret, struct err *err);

/* Ids of the runs under results, oldest first. A missing results folder has none. */
int run_dir_list(const char *results, struct strv *ret, struct err *err);

/* Seconds since 1970 that the id tells; -1 where it tells none (a folder that was renamed). */
int64_t run_id_started(const char *id);

/* "trials/000017" */
void trial_name(uint64_t trial, char ret[static TRIAL_NAME_LEN]);

/* The folder of one trial: fd or -errno. Creating one that exists opens it (resume). */
int trial_dir_create(int run_fd, uint64_t trial, struct err *err);
int trial_dir_open(int run_fd, uint64_t trial, struct err *err);

/* Numbers of the trials that have a folder, ascending; the caller frees *ret. Other names there are
 * passed over. */
int trial_dir_list(int run_fd, uint64_t **ret, size_t *ret_n, struct err *err);

/*
 * A trial as people name it: "RUN/17" (RUN as above, "last/17" too), "17" (of the last run), or a
 * path to its folder. Opens the run and says the number; the trial's folder exists.
 */
int trial_ref_open(const char *results, const char *ref, struct run_dir *ret_run,
		   uint64_t *ret_trial, struct err *err);

#endif
