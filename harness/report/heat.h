/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A grid's cells as a map: the first key down, the second across, a map for each value of the
 * third; and what stands under it. A cell's share is of the trials that say something: failed, died
 * otherwise, or survived.
 */
#ifndef KS_REPORT_HEAT_H
#define KS_REPORT_HEAT_H

#include "report/columns.h"
#include "report/text.h"
#include "stats/share.h"

/* Of an arm; n is 0 where nothing has been told yet. */
struct share heat_share(const struct view_arm *a);

enum { HEAT_LEVELS = 5 };
/* 0: none failed; HEAT_LEVELS - 1: all did; in between in equal steps. */
size_t heat_level(const struct share *s);

/* How many values the axis has; 1 where the grid has it not. */
size_t heat_values(const struct view *v, size_t axis);
/* Of the cell, by its value of each axis; NULL where the run has no such arm. */
const struct view_arm *heat_arm(const struct view *v, size_t row, size_t column, size_t map);

/* "Of 24 cells 12 failed in every trial, 5 in some, 6 in none, and 1 has told nothing yet." The
 * caller frees. */
char *heat_sentence(const struct view *v);

/* Nothing where there is no grid. */
void heat_maps(const struct view *v, const struct text_style *style, struct buf *out);

/* A row a cell, for each in the plan's order: share, interval, median, what it was called. */
void heat_table(const struct view *v, struct columns *ret);

/* "told-by-fsync 12, whole 3 (of 15)"; nothing where there are none. */
void heat_findings(const struct counts *f, struct buf *out);
/* Adds a row an arm that has any, and before the first the headings. */
void heat_findings_table(const struct view *v, struct columns *c);

/* {"axes": [...], "cells": [...]}; NULL where there is no grid. */
json_t *heat_json(const struct view *v);

#endif
