/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a run says while it runs, on stderr: a line for each trial that ended and, on a terminal,
 * one line at the bottom that is drawn anew (trials done, failures, MTTF per arm).
 */
#ifndef KS_RUN_PROGRESS_H
#define KS_RUN_PROGRESS_H

#include "run/campaign.h"

struct progress;

struct progress_style { /* what a page of text may use */
	unsigned width; /* columns */
	bool utf8, colour;
};

struct progress *progress_new(const struct campaign *c, bool quiet);
struct progress *progress_free(struct progress *p); /* wipes the bottom line */

void progress_ended(struct progress *p, const struct planned *t, const struct verdict *v);
struct progress_style progress_style(const struct progress *p); /* of stderr */

void progress_draw(struct progress *p, uint64_t elapsed_ns, size_t running,
		   const char *how); /* about once a second; how: the strategy's words, or "" */
void progress_say(struct progress *p, const char *fmt, ...) PRINTF(2, 3); /* a remark of its own */

#endif
