/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The part of a console that is about one crash: guest text, raw. */
#ifndef KS_REPORT_EXCERPT_H
#define KS_REPORT_EXCERPT_H

#include "base/buf.h"
#include "model/sighting.h"

struct excerpt {
	struct buf text;
	size_t report; /* byte of `text` at which the report begins; some lines come before */
};

#define EXCERPT_INIT                                                                               \
	{                                                                                          \
		.text = BUF_INIT                                                                   \
	}

static inline void excerpt_done(struct excerpt *e)
{
	buf_done(&e->text);
}
#define _cleanup_excerpt_ _cleanup_(excerpt_done)

/* The file that its offsets are of. */
const char *excerpt_file(const struct sighting *s);

/* Reads the sighting's bytes of the trial's console, 64 KiB at most, and 4 KiB before them; what
 * netconsole saw comes in the form of a console. False: it has none there. */
bool excerpt_read(int trial_dir, const struct sighting *s, struct excerpt *ret);

struct excerpt_line {
	const char *text; /* no NUL behind it */
	size_t len;       /* without its CR and newline */
};

/* The line at byte *at, which goes to the next one. */
bool excerpt_next(const struct excerpt *e, size_t *at, struct excerpt_line *ret);

/* Where the last `lines` whole lines before the report begin. */
size_t excerpt_back(const struct excerpt *e, unsigned lines);

/* The text of the report's line that names the guilty function: its RIP line, else the first line
 * of a trace ("name+0x"), else the first that has the name at all; the first line where none has.
 */
const char *excerpt_guilty(const struct excerpt *e, const char *function);

#endif
