/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What decided.c (which arm, and is it decided?) and decided_answer.c (in which words) share. For
 * these two files only; the door is decided.h. */
#ifndef KS_RUN_DECIDED_PARTS_H
#define KS_RUN_DECIDED_PARTS_H

#include "run/strategy.h"
#include "stats/duel.h"

struct side { /* one arm, of trials that have ended */
	uint64_t arm;
	size_t failures, soaked, told;
	double exposure_s, guest_s; /* soaks; and with all that goes round them */
};

struct rival {                     /* an arm against the first */
	enum duel_verdict verdict; /* stays, once there is one */
	struct duel_look look;     /* the last */
};

struct decided {
	struct strategy base;
	double factor, alpha, power;
	uint64_t most; /* trials of an arm; 0: as many as it takes */
	size_t n;      /* arms */
	struct side *side;
	struct duel *duel;   /* by arm, of trials that have ended; [0] is not used */
	struct rival *rival; /* likewise */
};

static inline double decided_seconds(uint64_t ns)
{
	return (double)ns / (double)NS_PER_S;
}

static inline bool decided_is_open(const struct decided *d, size_t i)
{
	return d->rival[i].verdict == DUEL_CONTINUE;
}

static inline size_t decided_n_open(const struct decided *d)
{
	size_t n = 0;

	for (size_t i = 1; i < d->n; i++)
		n += decided_is_open(d, i);
	return n;
}

int decided_exit_code(const struct strategy *s, const struct campaign *c, bool over_budget);
void decided_sentence(const struct strategy *s, const struct campaign *c, struct buf *out);
json_t *decided_answer(const struct strategy *s, const struct campaign *c);
void decided_say(struct strategy *s, const struct campaign *c, uint64_t now_ns, struct buf *out);

#endif
