/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a dossier comes to, in sentences that every form of the report says. Not sanitised. */
#ifndef KS_REPORT_GIST_H
#define KS_REPORT_GIST_H

#include "report/dossier.h"

/* The verdict in one sentence: a bisection's answer, what differs, or what the only arm did. The
 * caller frees. */
char *gist_verdict(const struct dossier *d);

/* Controls that did not hold, and what else makes one disbelieve the verdict; may be empty. */
void gist_alarms(const struct dossier *d, struct strv *ret);

/* What is said of each pair of arms, on both clocks, as far as the verdict has not said it. */
void gist_sentences(const struct dossier *d, struct strv *ret);

/* What makes the figures doubtful: of the arms, and of what is compared. */
void gist_doubts(const struct dossier *d, struct strv *ret);

/* How the run stands: "fib-pauses: done; 23 of 23 trials ended, 17 failed. Begun ..., took ..." */
void gist_state(const struct view *v, struct buf *out);

/* What the page is called. */
char *gist_title(const struct dossier *d);

#endif
