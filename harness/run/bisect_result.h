/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A bisection as its folder (or its log) tells it, at any moment: question, evidence, posterior,
 * answer. The log is JSON, one object a line:
 *
 *	{"kernsoak-bisect": 1, "run": "2026...", "soak_s": 30, "params": {...}}
 *	{"trial": 1, "version": "6.1.0-54-cloud", "outcome": "FAILED", "seconds": 4.51, ...}
 *	{"skip": "6.1.0-50-cloud", "why": "its build ended with 2: ..."}
 *
 * Nothing of the search itself is in it: who replays the lines, in any order, gets the same answer.
 */
#ifndef KS_RUN_BISECT_RESULT_H
#define KS_RUN_BISECT_RESULT_H

#include "model/sighting.h"
#include "run/bisect_params.h"
#include "run/bisection.h"
#include "store/layout.h"

#define BISECT_STRATEGY "bisect"
#define RUN_ANSWER_TEXT "answer.txt"

struct bisect_result {
	char run[RUN_ID_LEN];
	struct bisect_params p;
	struct bisection b;
	struct bisection_view v;
	char **why;           /* [axis.n]: why it cannot be run; NULL: it can */
	double misfit;        /* p-value; below 0.001 there is more than one change */
	size_t odd;           /* the version that fits least */
	struct drift drift;   /* of the bad side's lives, in the order of trials */
	bool has_crash;       /* the target's, of the bad version nearest to the boundary: */
	uint64_t crash_trial; /*   from a run's folder whole, from a log id and title only */
	struct sighting crash;
	size_t crash_version;
	struct strv changelog; /* entries between the two sides that touch the crash's stack */
	size_t changelog_all;  /* so many there were */
	char *changelog_of;    /* the package; NULL: no changelog was read */
	struct strv warnings;  /* whole sentences */
};

#define _cleanup_bisect_result_ _cleanup_(bisect_result_done)
void bisect_result_done(struct bisect_result *r);

/* Is the run's folder that of a bisection? */
bool bisect_is_one(const struct run_dir *run);

/* The lines of the log, as an array of objects. The caller owns it. */
int bisect_log(const struct run_dir *run, json_t **ret, struct err *err);

/* From lines; then what only the folder and the cache know (crash, changelog) is added. */
int bisect_replay(const json_t *lines, struct bisect_result *ret, struct err *err);
int bisect_load(const struct run_dir *run, struct bisect_result *ret, struct err *err);

/* What a verdict is to the posterior. */
struct bisection_item bisect_item(size_t version, const struct verdict *v);

/* "found", "narrowed", ...: the states of bisection.h as the JSON calls them. */
const char *bisect_state_name(enum bisection_state s);

/* The exit code of a bisection in that state. */
int bisect_exit_code(enum bisection_state s);

#endif
