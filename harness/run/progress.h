/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a run says while it runs, on stderr: a line for each trial that ended and, on a terminal, a
 * panel at the bottom that is drawn anew (run/live.h has what it says). It writes no more than
 * text, cursor movements and colours, so a run that is killed leaves the terminal as it was.
 */
#ifndef KS_RUN_PROGRESS_H
#define KS_RUN_PROGRESS_H

#include "run/live.h"

struct progress;

struct progress_style { /* what a page of text may use */
	unsigned width; /* columns */
	bool utf8, colour;
};

/* Borrows both. */
struct progress *progress_new(const struct campaign *c, const struct live *live, bool quiet);
struct progress *progress_free(struct progress *p); /* wipes the panel */

void progress_ended(struct progress *p, const struct planned *t, const struct verdict *v);
struct progress_style progress_style(const struct progress *p); /* of stderr */

struct progress_now {
	uint64_t now_ns, elapsed_ns;
	size_t running;
	const char *how; /* the strategy's words, or "" */
};

void progress_draw(struct progress *p, const struct progress_now *now);   /* about once a second */
void progress_say(struct progress *p, const char *fmt, ...) PRINTF(2, 3); /* a remark of its own */

#endif
