/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * From what a user named (runs, arms of runs) to what is compared with what:
 *
 *	one run			its arms, each with the first
 *	RUN:ARM ...		these arms, each with the first (a RUN without arm: all of its arms)
 *	several runs		arms of the same name, each with that of the first run
 *	several runs, pooled	arms of the same name are one, with a stratum a run; each with the
 *first
 */
#ifndef KS_REPORT_SIDES_H
#define KS_REPORT_SIDES_H

#include "report/contrast.h"

struct sides_run {
	const char
		*label;  /* what the user called it; NULL: "1", "2", ... where there are several */
	const char *arm; /* NULL: all */
	const struct view *view;
};

struct sides {
	struct contrast_side *side;
	size_t n;
	struct contrast_versus *versus;
	size_t n_pairs;
	struct strv names;          /* of the sides */
	struct contrast_part *part; /* all sides' */
};

#define _cleanup_sides_ _cleanup_(sides_done)
void sides_done(struct sides *s);

/*
 * `baseline`: the side to compare the others with, by its name or its arm's; with several runs by
 * name the run, by its label. NULL: the first. -EINVAL with a sentence where that cannot be done:
 * no such arm, nothing to compare it with, runs that may not be pooled.
 */
int sides_make(const struct sides_run *run, size_t n, const char *baseline, bool pool,
	       struct sides *ret, struct err *err);

/*
 * For a report, which shows whatever there is: all arms that have trials, controls too. Each is
 * compared with the first of its run, with several runs with its namesake of the first run that has
 * it; where there are no namesakes, with the first of all. Controls are not compared.
 */
void sides_all(const struct sides_run *run, size_t n, struct sides *ret);

/* Are they all one run? Then its label is not shown. */
bool sides_one_run(const struct sides_run *run, size_t n);

/* The label of run i, as names have it. The caller frees. */
char *sides_label(const struct sides_run *run, size_t n, size_t i);

#endif
