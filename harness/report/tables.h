/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The tables of arms that reports and comparisons share: what became of the trials, how long they
 * lived, and the words that stand over the columns. */
#ifndef KS_REPORT_TABLES_H
#define KS_REPORT_TABLES_H

#include "report/columns.h"
#include "report/view.h"

enum { TABLES_ARM_COLUMNS = 20 };

/* As cells, and printed for a terminal. */
void tables_make_outcomes(const struct view_arm *const *arm, size_t n, struct columns *ret);
void tables_make_lives(const struct view_arm *const *arm, size_t n, struct columns *ret);

void tables_outcomes(const struct view_arm *const *arm, size_t n, unsigned width, struct buf *out);
void tables_lives(const struct view_arm *const *arm, size_t n, unsigned width, struct buf *out);
/* What was seen and how often, per work and per hour; nothing where each ended its trial. */
void tables_seen(const struct view_arm *const *arm, size_t n, unsigned width, struct buf *out);
void tables_words(const struct view_arm *const *arm, size_t n, unsigned width, struct buf *out);

#endif
