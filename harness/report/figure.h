/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Figures as people read them: three digits at most, one unit for an estimate and its interval. */
#ifndef KS_REPORT_FIGURE_H
#define KS_REPORT_FIGURE_H

#include "base/buf.h"
#include "base/json.h"
#include "stats/interval.h"

struct scale {
	double per;       /* so many of the base make one of the unit */
	const char *unit; /* " s", " min", ...; "" for counts */
};

struct scale scale_of_seconds(double s); /* the unit in which s reads best */
struct scale scale_of_counts(void);

/* 0.012, 5.1, 180; "-" for NaN. */
void figure_number(struct buf *out, double v);
/* The same, but whole numbers without a point: something that was counted. */
void figure_count(struct buf *out, double v);
/* As figure_number(), but near 1 with the digits that show on which side of it a ratio lies. */
void figure_ratio(struct buf *out, double v);
/* "5.1 s" */
void figure_scaled(struct buf *out, double v, struct scale scale);
/* "5.1 s [2.6, 12.0]"; an end that does not exist is "-"; without any, no interval. */
void figure_interval(struct buf *out, double v, struct interval ci, struct scale scale);

/* {"estimate", "lo", "hi"}: null where it does not exist. */
json_t *figure_json(double v, struct interval ci);

/* Columns that a terminal shows for the string: code points, as far as reports use them. */
size_t figure_columns(const char *s);

#endif
