/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How others bisect a crash that comes when it likes, each a row of a table: what kernsoak's own
 * policy is compared with. None of them uses seconds, chooses a duration, or counts a run that was
 * cut short as evidence.
 */
#ifndef KS_STATS_RIVALS_H
#define KS_STATS_RIVALS_H

#include "stats/game.h"

/* What a policy answers: the first bad version is one of first..last; first = 0: it gave up. */
struct verdict_range {
	size_t first, last;
};

struct rival {
	const char *name, *sentence;
	struct verdict_range (*play)(struct game *g);
};

const struct rival *rival_nth(size_t i); /* NULL at the end */

/* ---- what they share ---- */

/* Some runs of one version over the slots. */
struct rival_round {
	size_t version, runs;
	double length_s;
	bool all;       /* each runs to its end; else a crash ends all others */
	bool any_crash; /* a foreign crash counts as a crash; else it boots again and goes on */
};

struct rival_count {
	bool unusable;
	size_t crashed, clean;
};

struct rival_count rival_play(struct game *g, const struct rival_round *round);

/* stats/bernoulli.c: tests of one length. */
struct verdict_range bernoulli_play(struct game *g, double length_s);

#endif
