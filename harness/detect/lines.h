/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Console bytes to clean lines. A byte-at-a-time machine with a fast lane for plain text, so that
 * every chunking of the same bytes gives the same lines.
 *
 * \n, \r\n and \r\r\n end a line; a bare \r ends a segment, which counts as a line (a progress bar
 * that a crash message landed on). NUL and other control bytes but the tab go; so do ANSI escapes,
 * wherever a chunk cuts them. What is longer than LINE_KEPT is counted, not kept.
 */
#ifndef KS_DETECT_LINES_H
#define KS_DETECT_LINES_H

#include "base/macro.h"

enum { LINE_KEPT = 2048 };

struct line {
	const char *text; /* NUL-terminated; valid during the call */
	size_t len;
	uint64_t offset, end; /* bytes of the raw log: [offset, end), its line end included */
	bool cut;             /* longer than LINE_KEPT */
};

typedef void (*line_fn)(void *arg, const struct line *line);

/* Open, because the detector embeds it; only lines.c touches the fields. */
struct lines {
	line_fn fn;
	void *arg;
	uint64_t offset; /* of the next byte */
	uint64_t start;  /* where the current line began */
	size_t len;
	bool cut;
	unsigned char state;
	char text[LINE_KEPT + 1];
};

void lines_init(struct lines *l, line_fn fn, void *arg);
void lines_feed(struct lines *l, const void *data, size_t n);
void lines_finish(struct lines *l); /* delivers a last line without its end, if there is one */

/* No byte of the current line has arrived yet: whole lines may be skipped (lines_skip). */
bool lines_at_start(const struct lines *l);

/* How many bytes from the front come out as they are, line ends aside: no escape, no control byte?
 */
size_t lines_plain(const void *data, size_t n);

/* n bytes of whole plain lines in which somebody else has looked for all there is to find. */
void lines_skip(struct lines *l, size_t n);

#endif
