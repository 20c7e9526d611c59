/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a bisection knows and what it wants to know next: pure. Evidence goes in (which version, how
 * long it soaked, how it ended), out come the posterior, the state of the search and the next
 * version. The live search (run/bisect), `bisect replay` and the result are this one function, so
 * they cannot disagree; the order of the evidence does not matter.
 *
 * Versions are indices into the axis, 0 .. n-1. Within, they stand in the order good -> bad;
 * "place" is an index in that order (the axis itself for first-bad, turned round for first-good).
 */
#ifndef KS_RUN_BISECTION_H
#define KS_RUN_BISECTION_H

#include "model/verdict.h"
#include "stats/choice.h"
#include "stats/drift.h"
#include "stats/interval.h"

enum {
	BISECT_FIRST_CRASHES = 3, /* to see at the bad end before the search */
	BISECT_MAX_BOOTS = 2,     /* lost before their soak: then the version cannot be tested */
};

struct bisection_question {
	size_t n;
	bool first_good;   /* the axis goes from bad to good */
	double confidence; /* of the answer; see bisect_stop_at() */
	double soak_s;     /* no guest is watched for longer */
};

struct bisection_item {
	uint64_t trial;
	size_t version;
	enum outcome outcome; /* of one that runs: STOPPED */
	double seconds;       /* of soak */
	double wall_s;        /* of the whole trial; 0 while it runs */
	bool running;
};

struct bisection {
	struct bisection_question q;
	struct bisection_item *item;
	size_t n;
	bool *skipped;    /* [q.n]: cannot be built, fetched or booted */
	double prepare_s; /* seconds that versions took to be made ready, and how many did */
	size_t prepared;
};

void bisection_init(struct bisection *b, const struct bisection_question *q);
void bisection_done(struct bisection *b);
void bisection_add(struct bisection *b, const struct bisection_item *item);

/* What the trials of one version add up to. */
struct bisection_tally {
	size_t trials, crashes, others, lost, running;
	size_t unbooted; /* of the lost ones: by their own fault, as far as one can tell */
	double seconds;
};

enum bisection_state {
	BISECT_BAD_END,  /* does it fail at all? */
	BISECT_GOOD_END, /* and the other end not? */
	BISECT_SEARCH,
	BISECT_CONFIRM, /* both sides of the boundary once more */
	BISECT_FOUND,
	BISECT_NARROWED, /* what is left cannot be told apart: versions between cannot be run */
	BISECT_BAD_END_CLEAN, /* an answer of its own: the bad end does not fail */
	BISECT_GOOD_END_FAILS,
	BISECT_END_UNTESTABLE, /* one of the ends cannot be run */
};

struct bisection_view {
	enum bisection_state state;
	struct bisection_tally *tally; /* [n], by version */
	double *p;  /* [n], by version: that this is the first bad (or first good) one; [0] is 0 */
	bool known; /* p is more than the prior: there was a crash */
	struct posterior posterior; /* over the places */
	size_t first, last; /* the answer: the first bad (or first good) version, a range where they
			       cannot be told apart; first <= last as in the axis */
	size_t bad, good;   /* the versions on its two sides */
	double mass;
	size_t low, high; /* versions that hold `confidence` (95 %) of the probability */
	double boot_s, switch_s, guest_s; /* mean cost of a boot; of all guests together */
	double scale_s;                   /* MTTF of a bad version, as the policy sees it */
};

#define _cleanup_bisection_view_ _cleanup_(bisection_view_done)
void bisection_look(const struct bisection *b, struct bisection_view *ret);
void bisection_view_done(struct bisection_view *v);

bool bisection_is_over(const struct bisection_view *v);

/* What to run next. */
struct bisection_step {
	size_t version;
	double soak_s;  /* for how long it is worth while, as it looks now */
	double nats_s;  /* expected knowledge per second; NaN: it is not the policy that wants it */
	double p_crash; /* likewise */
	const char *why;
};

/* For a slot that is idle; `last` is the version that ran last (n: none). False: nothing now. */
bool bisection_next(const struct bisection *b, const struct bisection_view *v, size_t last,
		    struct bisection_step *ret);

/* Is it worth while that this running trial goes on? Then ret says for how long more. */
bool bisection_goes_on(const struct bisection *b, const struct bisection_view *v,
		       const struct bisection_item *running, struct bisection_step *ret);

/* Seconds of guests that the search still needs, about; NaN: cannot be told yet. */
double bisection_left(const struct bisection *b, const struct bisection_view *v);

/* Events and exposure of one side of the answer, without what still runs. */
struct bisection_side {
	size_t crashes, trials;
	double seconds;
};

void bisection_sides(const struct bisection *b, const struct bisection_view *v,
		     struct bisection_side *ret_bad, struct bisection_side *ret_good);

/*
 * The least p-value of the versions of one side being alike, times their number: below 0.001 there
 * is more than one change. ret_version is the one that stands out.
 */
double bisection_misfit(const struct bisection *b, const struct bisection_view *v,
			size_t *ret_version);

/* Do the lives of the bad side change with the order of the items, or with age? */
void bisection_drift(const struct bisection *b, const struct bisection_view *v, struct drift *ret);

/* What `repeats` runs of the full soak at each step of a plain bisection would have cost. */
double bisection_fixed_cost(const struct bisection *b, const struct bisection_view *v,
			    unsigned repeats);

#endif
