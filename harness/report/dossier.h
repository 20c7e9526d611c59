/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One run or several with all that a long report tells: the views, the arms against each other, and
 * trial by trial what a view adds up. Data only; html, markdown, text_more and json say it.
 *
 * Text in it is the guest's and the files': sanitise before printing.
 */
#ifndef KS_REPORT_DOSSIER_H
#define KS_REPORT_DOSSIER_H

#include "report/excerpt.h"
#include "report/sides.h"
#include "store/layout.h"

/* A run as it was named. Of a bisection also its answer and its log, as docs/RESULTS.md has them:
 * report/ does not know how bisections are run. All borrowed. */
struct dossier_run {
	const char *label; /* NULL: none was given */
	const struct run_dir *dir;
	const struct view *view;
	const json_t *answer, *log; /* NULL: it is no bisection */
};

struct dossier_trial {
	size_t run;  /* index */
	size_t side; /* index into contrast.arm */
	uint64_t trial;
	enum outcome outcome;
	enum step step;
	bool final, enough, going;
	bool counted;    /* the statistics stand on it */
	double time_s;   /* its life; NaN: not known */
	int64_t ended_s; /* wall clock; -1 not known */
	uint64_t seed;
	size_t crash;  /* that ended its life, index into contrast.crash; SIZE_MAX: none */
	size_t kernel; /* index into dossier.kernels; SIZE_MAX: not known */
	char *reason;
};

/* A crash id: contrast.crash[] has its title and how many, this what a reader wants next. */
struct dossier_crash {
	size_t first, last;    /* trials, by when they ended: indices into dossier.trial */
	size_t example;        /* the first whose report is whole, else the first */
	struct sighting shown; /* of the example */
	uint64_t life_ns;      /* of the example */
};

struct dossier {
	const struct dossier_run *run;
	size_t n_runs;
	struct sides_run *named; /* the runs, as sides.h names them */
	struct sides sides;
	struct contrast contrast;    /* its arms are the sides */
	struct dossier_trial *trial; /* run by run, by number */
	size_t n_trials;
	struct dossier_crash *crash;    /* [contrast.n_crashes] */
	struct strv kernels;            /* as guests call them, by version */
	bool grid;                      /* of a run's arms: then none is compared with the first */
	const struct dossier_run *hunt; /* the first run that is a bisection; NULL: none is */
};

#define _cleanup_dossier_ _cleanup_(dossier_done)
void dossier_done(struct dossier *d);

/* The runs and what they point to must outlive *ret. */
int dossier_load(const struct dossier_run *run, size_t n, struct dossier *ret, struct err *err);

/* "results/2026.../17": RUN/TRIAL, as kernsoak takes it. The caller frees. */
char *dossier_ref(const struct dossier *d, const struct dossier_trial *t);

/* The console of a crash's example. False: it has none. */
bool dossier_excerpt(const struct dossier *d, size_t crash, struct excerpt *ret);

/* Lives of one arm that this crash ended, and their MTTF with exact 95 % interval: exposure of the
 * whole arm over them. */
size_t dossier_deaths(const struct dossier *d, size_t side, size_t crash);
struct expo dossier_rate(const struct dossier *d, size_t side, size_t crash);

#endif
