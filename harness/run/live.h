/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A run's figures while it runs: of each arm what ended, its MTTF with interval, and the survival
 * curve so far, those that still run counted as alive until now. Knows nothing of terminals.
 */
#ifndef KS_RUN_LIVE_H
#define KS_RUN_LIVE_H

#include "run/campaign.h"
#include "stats/expo.h"

struct live;

struct live *live_new(const struct campaign *c, size_t slots); /* borrows the campaign */
struct live *live_free(struct live *l);                        /* returns NULL */

/* A trial has ended so. */
void live_count(struct live *l, const struct planned *t, const struct verdict *v);

struct live_arm {
	uint64_t told, planned;  /* failed, other or survived; planned 0: as many as it takes */
	uint64_t running;        /* right now */
	struct expo expo;        /* mttf NaN without failures */
	struct interval mttf_ci; /* 95 % */
	double mttf_above;       /* one-sided, 95 %; NaN with failures, or without any soak */
};

void live_look(const struct live *l, size_t arm, uint64_t now_ns, struct live_arm *ret);

/* Trials that ended and were wanted, of the plan: 0 to 1; NaN where nothing is planned. */
double live_share(const struct live *l);

/* Seconds until the plan is through, at what a trial has taken so far and by the budget that is
 * left; INFINITY: not known. */
double live_left_s(const struct live *l, uint64_t elapsed_ns);

struct page_style {     /* what a page of text may use */
	unsigned width; /* columns */
	unsigned rows;  /* lines, at most */
	bool utf8, colour;
};

/* The arms as lines, the last without a newline: a table with small curves where there is room for
 * it, less where there is not. No line is wider than the width. Returns the lines. */
unsigned live_page(const struct live *l, uint64_t now_ns, const struct page_style *style,
		   struct buf *out);

#endif
