/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A report for a terminal, for somebody who sees one for the first time: the answer in sentences,
 * the tables, the crashes, the curve, what makes the figures doubtful, what was left out.
 * Nothing that a guest or a file said reaches the terminal unsanitised.
 */
#ifndef KS_REPORT_TEXT_H
#define KS_REPORT_TEXT_H

#include "report/view.h"

struct text_style {
	unsigned width; /* columns; 60 is the least that is used */
	bool utf8;      /* box characters in the curve */
	bool color;     /* bold headings, coloured lines */
};

/* A line of its own, bold where there is colour, after an empty one. */
void text_heading(const struct text_style *style, const char *words, struct buf *out);

void text_report(const struct view *v, const struct text_style *style, struct buf *out);

#endif
