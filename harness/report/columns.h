/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A table for a terminal: cells in, aligned lines out. Cells are printable already. */
#ifndef KS_REPORT_COLUMNS_H
#define KS_REPORT_COLUMNS_H

#include "base/str.h"

struct columns {
	size_t n;         /* columns in a row; set before the first cell */
	uint64_t right;   /* bit i: column i is aligned to the right; bit 63: and all behind it */
	struct strv cell; /* row by row */
};

#define _cleanup_columns_ _cleanup_(columns_done)
void columns_done(struct columns *c);
void columns_add(struct columns *c, const char *text);
void columns_addf(struct columns *c, const char *fmt, ...) PRINTF(2, 3);

/* Begins a table with its headings. */
void columns_begin(struct columns *c, size_t n, const char *const *heading, uint64_t right);
/* A cell of guest and file text, made printable() first. */
void columns_add_printable(struct columns *c, const char *text, size_t max);
/* A cell of what was put together; the buffer is empty again. */
void columns_add_buf(struct columns *c, struct buf *text);

/* Shortens one column so that lines fit `width`, but not below `least` columns. */
void columns_fit(struct columns *c, size_t column, size_t width, size_t least);

/* How wide columns_print() would be. */
size_t columns_width(const struct columns *c);

bool columns_right(const struct columns *c, size_t column);

/* Takes out the columns that have nothing but a heading. */
void columns_drop_empty(struct columns *c);

/* Two spaces between columns, none at a line's end. */
void columns_print(const struct columns *c, struct buf *out);

/* Text in lines of at most `width` columns, broken at spaces; all but the first after `indent`
 * spaces, the first after those it begins with. Ends with a newline. */
void paragraph_print(const char *text, unsigned width, unsigned indent, struct buf *out);

/* The first columns of the text, at most max of them; where some are missing the last is ~. */
void shortened(struct buf *out, const char *text, size_t max);

/* Guest and file text for a terminal, on one line of at most max columns. The caller frees. */
char *printable(const char *s, size_t max);

#endif
