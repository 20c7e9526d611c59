/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The two halves of contrast_make() that are no estimates: for contrast.c only. */
#ifndef KS_REPORT_CONTRAST_PARTS_H
#define KS_REPORT_CONTRAST_PARTS_H

#include "report/contrast.h"

/* Pools the parts of each side: arms with their lives, strata, crashes; all but the pairs. */
void contrast_collect(struct contrast *c, const struct contrast_side *side);

/* Writes the sentences of doubt: c->warnings, and the notes of each pair. */
void contrast_note(struct contrast *c, const struct contrast_side *side);

#endif
