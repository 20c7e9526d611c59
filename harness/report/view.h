/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a report says, as data: built from a run's folder alone, so that every report of it (text,
 * JSON) says the same, a running or interrupted run has one too, and statistics can be made anew
 * from old folders.
 *
 * FAILED is an event; SURVIVED, STOPPED and OTHER are censored at their exposure; INFRA, and what
 * has no exposure, is excluded and listed.
 */
#ifndef KS_REPORT_VIEW_H
#define KS_REPORT_VIEW_H

#include "base/err.h"
#include "base/json.h"
#include "base/str.h"
#include "model/grid.h"
#include "model/verdict.h"
#include "report/cascade.h"
#include "stats/expo.h"
#include "stats/km.h"
#include "store/about.h"

#define VIEW_CONFIDENCE 0.95

/* One trial that counts, for those who put samples of their own together. */
struct view_life {
	enum outcome outcome;
	double time_s;
	double work;   /* in the arm's unit; NaN not known */
	size_t bucket; /* of the crash that ended it; SIZE_MAX: none did */
};

/* Lifetimes on one clock: seconds of soak, or units of work. */
struct lifetimes {
	struct sample sample; /* sorted; of the trials that count and whose exposure is known */
	struct expo expo;
	struct interval mttf_ci; /* exact, two-sided; hi INFINITY without failures */
	double mttf_lower;       /* one-sided: "the MTTF is above this"; NaN without exposure */
	struct km km;
	double median; /* NaN: not reached */
	struct interval median_ci;
};

/* What failures of an arm were called, though they may be one bug (one bucket). */
struct view_end {
	char title[TITLE_LEN];
	size_t n;
};

struct view_arm {
	char name[128];
	size_t outcome[OUTCOME_COUNT];
	size_t counted; /* all but INFRA: what the statistics stand on */
	size_t going;   /* at work right now; in no outcome */
	struct lifetimes time, work;
	char unit[64]; /* of `work`; "" where no trial counted any */
	struct strv kernels, accels, origins;
	double host_load, host_steal; /* mean over its trials; NaN not known */
	enum exposure_start starts;   /* what its lives are counted from */
	size_t before;                /* failures that came before that: lives of no length */
	uint64_t seen;                /* crash messages, also those that ended no trial */
	double wait_s; /* from the soak's begin to that, mean of the trials that came to it; NaN
			  none */
	struct view_life *life; /* [counted] */
	struct view_end *end;   /* of those that failed with the target */
	size_t n_ends;
	struct counts findings; /* of all its trials that count */
	double wall_s;          /* spawn to verdict, all its trials that ended together */
	json_t *settings;       /* as plan.json has them; NULL where it has none */
};

/* Trials with one crash id. */
struct bucket {
	struct sighting first; /* of the first trial */
	size_t n, n_target;    /* trials, and of those the ones that count as the target */
	size_t *by_arm;        /* n of each arm */
	uint64_t first_trial, last_trial;
};

struct excluded {
	uint64_t trial;
	size_t arm;
	bool final; /* false: interrupted before its verdict */
	enum step step;
	char reason[512];
};

struct view {
	char run[RUN_ID_LEN];
	struct about about;
	uint64_t host_cpus; /* 0 not known */
	char host[128];     /* its name, "" not known */
	struct view_arm *arm;
	size_t n_arms;
	struct bucket *bucket; /* most trials first */
	size_t n_buckets;
	struct excluded *excluded;
	size_t n_excluded;
	size_t ended, going;      /* trials with a verdict, and at work */
	size_t slots;             /* guests that were at work at once */
	struct grid grid;         /* n is 0 where the scenario has none */
	size_t *cell;             /* [grid_cells()]: its arm; SIZE_MAX: it is no arm of this run */
	struct cascades cascades; /* of a run of cascades */
	struct strv warnings;     /* whole sentences: what makes the figures doubtful */
};

#define _cleanup_view_ _cleanup_(view_done)
void view_done(struct view *v);

int view_load(const struct run_dir *run, struct view *ret, struct err *err);

size_t view_arm_named(const struct view *v, const char *name); /* its index; SIZE_MAX: none */

size_t view_failures(const struct view *v);

/* Sorts the sample and makes the rest of it. */
void lifetimes_reckon(struct lifetimes *l);
void view_arm_done(struct view_arm *a);

/* Adds the sentences on what makes figures of these arms, and their comparison, doubtful; cpus of
 * their host, 0 not known. */
void view_doubts(const struct view_arm *const *arm, size_t n, uint64_t cpus, struct strv *ret);

#endif
