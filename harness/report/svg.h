/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Parts of figures, as SVG within a page (html.h). A figure is as wide as the page and its letters
 * stay as large as the page's: the <svg> is the plotted area itself, in percent; labels hang over
 * its edges, where the style sheet leaves room. Lines are drawn in an inner one that is stretched.
 */
#ifndef KS_REPORT_SVG_H
#define KS_REPORT_SVG_H

#include "report/ticks.h"
#include "stats/interval.h"

enum {
	SVG_STYLES = 6, /* lines that can be told apart: colour and dashes, classes s0 to s5 */
	SVG_X = 1000,
	SVG_Y = 500 /* of the inner area */
};

/* `label` says what the figure shows, for whoever cannot see it; escaped here. `class`: plot, mini,
 * rows. Height in pixels, 0: as the class has it. */
void svg_begin(struct buf *out, const char *class, unsigned height, const char *label);
void svg_end(struct buf *out);

/* Grid lines and labels. x from 0 to max, labels in units of the scale. */
void svg_axis_x(struct buf *out, const struct ticks *t, double max, struct scale scale,
		const char *title);
/* y from 0 to max, a share: labels are percent. */
void svg_axis_share(struct buf *out, double max);

/* The stretched area, (0,0) to (SVG_X, SVG_Y), y downwards. */
void svg_area(struct buf *out);
void svg_area_end(struct buf *out);

/* A point of a step function: from x on it has the value y; both as shares of the axes, 0 to 1. */
struct svg_step {
	double x, y;
};

/* A path's `d`: it starts at (0, start), and ends at x = end. */
void svg_steps(struct buf *out, double start, const struct svg_step *s, size_t n, double end);
/* The area between two step functions of the same x. */
void svg_band(struct buf *out, const struct svg_step *lo, const struct svg_step *hi, size_t n,
	      double start, double end);
/* A line through points; values that are NaN leave a gap. */
void svg_line(struct buf *out, const struct svg_step *s, size_t n);

/* A row of intervals: text on the left and on the right above it, a line from lo to hi with a
 * square at the estimate. Shares of the width; NaN estimate: no square; ends outside [0, 1] are
 * arrows. `y`: pixels from the top; SVG_ROW of them a row. */
enum { SVG_ROW = 52 };
void svg_interval(struct buf *out, unsigned y, double at, struct interval ci, const char *left,
		  const char *right, const char *class);

#endif
