/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a bisection does next: which version, and for how long at most. The choice is the one that
 * promises the most knowledge per second of a guest, boot and build included; a clean guest may go
 * on living, which costs no boot.
 */
#ifndef KS_STATS_CHOICE_H
#define KS_STATS_CHOICE_H

#include "stats/posterior.h"

/* One place for a guest. */
struct bisect_slot {
	bool any;       /* it has run a guest already: */
	size_t version; /*   of this version, last, */
	bool alive;     /*   which is still there, clean, */
	double age_s;   /*   at this age */
};

struct bisect_bench {
	double boot_s;                  /* of a new guest */
	double switch_s;                /* more, where its version is not the slot's last one */
	const bool *unusable;           /* [n]: does not build or boot; NULL: all do */
	const struct bisect_slot *slot; /* [n_slots], 1 or more */
	size_t n_slots;
	double stop_at; /* an answer's mass that ends the search: worth something of its own; 0: not
			 */
};

/*
 * So many guests run the version side by side, until the first crash: living guests of it go on,
 * unless `fresh` (then they too are replaced), the others are new. Guests of other versions have
 * nothing more to tell.
 */
struct bisect_action {
	size_t version;
	size_t guests; /* 1 .. n_slots */
	bool fresh;
	double tau_s;  /* to run for, at most */
	double cost_s; /* expected, of all guests: boots, switches, lives */
	double wall_s; /* expected, until the next decision */
	double score;  /* what is won, in nats, per second: of guests and of waiting, their mean */
	struct bisect_probe probe;
};

/* False where nothing is left to be learnt: every version between is unusable. */
bool bisect_choose(const struct posterior *p, const struct bisect_bench *bench,
		   struct bisect_action *ret);

/*
 * The mass at which an answer is given with that confidence: a third of the doubt that is allowed
 * is kept for what no grid holds. Measured: with this, and only with this, worlds in which good
 * versions crash too stay well below the errors promised (docs/STATISTICS.md).
 */
double bisect_stop_at(double confidence);

/*
 * The most probable answer: versions first..last that unusable versions between them keep from
 * being told apart, usually one.
 */
struct bisect_answer {
	size_t first, last;
	double mass;
};

struct bisect_answer bisect_answer(const struct posterior *p, const bool *unusable);

#endif
