/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Cascades as a run's journal and verdicts tell of them (docs/RESULTS.md: place, cascade-end). */
#ifndef KS_REPORT_CASCADE_COLLECT_H
#define KS_REPORT_CASCADE_COLLECT_H

#include "report/view.h"

/*
 * Fills in v->cascades, whose arms are v's. A run without any has none; a journal that cannot be
 * read has those before the broken line, as v->about tells of the damage already.
 */
int cascades_read(const struct run_dir *run, struct view *v, struct err *err);

#endif
