/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A world to bisect in, played by the clock of a random number generator: versions of which one was
 * the first bad one, guests that live as long as a law says, boots and switches that cost time.
 * What the policies of stats/simulate.h are measured in.
 *
 * Times are seconds. The cost is that of guests: boots, switches and lives of all slots; a slot
 * that stands idle costs nothing. The wall is what a person waits.
 */
#ifndef KS_STATS_GAME_H
#define KS_STATS_GAME_H

#include "base/rng.h"

enum { GAME_SLOTS_MAX = 64, GAME_FIRST_MAX = 32 };

struct world {
	size_t versions; /* 2 or more: 0 is good, the last one is bad */
	double mttf_s;   /* of bad versions */
	double shape;    /* Weibull's; 1: exponential */
	double stray;    /* hazard of good versions over that of bad ones */
	double other;    /* crashes of another kind, in every version: rate times mttf_s */
	double unusable; /* share of versions that do not boot */
	double boot_s, switch_s;
	size_t slots;         /* 1 .. GAME_SLOTS_MAX */
	double confidence;    /* what is wanted of the answer; the rivals promise 0.95 */
	bool random;          /* world_draw() makes another of it for each game */
	size_t first_crashes; /* seen at the bad end before the search, free: 1 .. GAME_FIRST_MAX */
};

/* 64 versions, MTTF 900 s, exponential, 30 s to boot, 60 s to switch, one slot, 3 first crashes. */
extern const struct world world_default;

/*
 * A world drawn from what the full model believes beforehand: shape and stray by the weights of
 * bisect_prior_full, 4 to w->versions versions, an MTTF of 2 boots to 100. The rest is as in w.
 */
struct world world_draw(const struct world *w, uint64_t seed);

struct game {
	const struct world *w;
	struct rng rng;
	size_t culprit; /* the first bad version */
	bool *unusable; /* [versions] */
	double first[GAME_FIRST_MAX];
	double cost_s, wall_s;
	struct {
		bool any;
		size_t version;
	} slot[GAME_SLOTS_MAX]; /* what it ran last */
};

/* The world of a seed; afterwards the draws are those of `player`, so that two policies meet the
 * same culprit and the same first crashes, but not the same lives. */
void game_init(struct game *g, const struct world *w, uint64_t seed, uint64_t player);
void game_done(struct game *g);

/* Seconds that slot `i` needs before it runs a new guest of this version; it is then switched. */
double game_boot(struct game *g, size_t i, size_t version);

enum game_end { GAME_CLEAN, GAME_CRASH, GAME_OTHER };

/* How a guest of that age goes on, for `limit` seconds at most; ret_s: for how long. */
enum game_end game_run(struct game *g, size_t version, double age, double limit, double *ret_s);

/* The mean of the first crashes: all that a user knows of the MTTF. */
double game_mttf_seen(const struct game *g);

#endif
