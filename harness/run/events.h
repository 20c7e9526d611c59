/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A run as a stream of JSON objects, one a line, for programs that watch it (--jsonl);
 * docs/RESULTS.md describes them. A reader that is slow does not hold the run up: what it has not
 * taken waits here, and where that is too much the stream ends with a line that says so. One that
 * goes away ends it.
 */
#ifndef KS_RUN_EVENTS_H
#define KS_RUN_EVENTS_H

#include "base/json.h"
#include "run/live.h"
#include "store/journal.h"

struct events;

struct events *events_new(int fd);            /* borrows it; fd 0: NULL, and nobody listens */
struct events *events_free(struct events *e); /* gives the reader some seconds; returns NULL */

/* All take NULL for `e`. Takes `o`, and puts "event" and "at_s" before its keys. */
void events_put(struct events *e, const char *event, json_t *o);

/* What the journal was told, under the journal's name for it. */
void events_record(struct events *e, const struct journal_record *rec);

struct events_begin {
	const char *id, *path, *strategy;
	bool resumed;
	size_t slots;
};

void events_begin(struct events *e, const struct campaign *c, const struct events_begin *what);
void events_soak(struct events *e, const struct campaign *c, uint64_t trial); /* has begun */
void events_end(struct events *e, const struct verdict *v, int exit);
/* An arm of a lazy strategy could be made ready (why NULL), or could not. */
void events_ready(struct events *e, const char *arm, double took_s, const char *why);
void events_progress(struct events *e, const struct campaign *c, const struct live *live,
		     uint64_t now_ns, uint64_t elapsed_ns, const char *how);

#endif
