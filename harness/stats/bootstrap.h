/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Intervals for what has no formula (a ratio of medians, a difference of restricted means): draw
 * the sample again from itself, many times, each arm from its own rows, and see how the figure
 * varies. Rows that are alike (one snapshot, one host) are to be drawn together: by stratum.
 */
#ifndef KS_STATS_BOOTSTRAP_H
#define KS_STATS_BOOTSTRAP_H

#include "stats/interval.h"
#include "stats/sample.h"

/* The figure; NaN where this sample has none. Gets a sorted sample. */
typedef double (*bootstrap_fn)(const struct sample *s, const void *arg);

struct bootstrap_options {
	size_t rounds; /* 2000 */
	uint64_t seed; /* same seed, same interval */
	double conf;   /* 0.95 */
	bool by_stratum;
};

struct bootstrap {
	double estimate; /* of the sample itself */
	double se;
	struct interval
		ci;     /* percentiles, corrected for bias (Efron 1982); NaN where too many are */
	size_t without; /* rounds in which there was no figure */
};

void bootstrap_run(const struct sample *s, bootstrap_fn fn, const void *arg,
		   const struct bootstrap_options *opt, struct bootstrap *ret);

#endif
