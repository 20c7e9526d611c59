/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Survival curves in text: the arms in one plot, told apart by the style of their line (light,
 * heavy, double, dashed), so that it reads without colour and on paper too.
 */
#ifndef KS_REPORT_CURVE_H
#define KS_REPORT_CURVE_H

#include "base/buf.h"
#include "stats/km.h"

struct curve_line {
	const char *name; /* printable already */
	const struct km *km;
	const struct sample *sample; /* the same lifetimes: where the censored ones left */
};

struct curve_style {
	unsigned width; /* of the whole plot, columns */
	unsigned rows;  /* of the plotted area */
	bool utf8;      /* box characters; otherwise ASCII */
	bool color;
};

enum { CURVE_LINES_MAX = 6 }; /* further ones are not drawn, and the legend says so */

/* Time is in seconds. Draws nothing where no line has any time. */
void curve_text(const struct curve_line *line, size_t n, const struct curve_style *style,
		struct buf *out);

#endif
