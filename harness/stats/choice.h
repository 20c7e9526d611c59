/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a bisection does next: which version, and for how long at most. The choice is the one that
 * promises the most knowledge per second of a guest, boot and build included; a clean guest may go
 * on living, which costs no boot.
 */
#ifndef KS_STATS_CHOICE_H
#define KS_STATS_CHOICE_H

#include "stats/posterior.h"

struct bisect_bench {
	double boot_s;        /* of a new guest */
	double switch_s;      /* more, where it is of another version than the last one */
	const bool *unusable; /* [n]: does not build or boot; NULL: all do */
	bool any;             /* a version has been run already: */
	size_t version;       /*   this one, last */
	bool alive;           /*   and its guest is still there, clean, */
	double age_s;         /*   at this age */
};

struct bisect_action {
	size_t version;
	double tau_s; /* to run for, at most */
	double age_s; /* 0: boot a new guest; else the living one goes on */
	double score; /* nats per second */
	struct bisect_probe probe;
};

/* False where nothing is left to be learnt: every version between is unusable. */
bool bisect_choose(const struct posterior *p, const struct bisect_bench *bench,
		   struct bisect_action *ret);

/*
 * The most probable answer: versions first..last that unusable versions between them keep from
 * being told apart, usually one. Stop when its mass reaches 0.95.
 */
struct bisect_answer {
	size_t first, last;
	double mass;
};

struct bisect_answer bisect_answer(const struct posterior *p, const bool *unusable);

#endif
