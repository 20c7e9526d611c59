/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a bisection says: the table of each step, the result for people, for programs, for a mail.
 */
#ifndef KS_RUN_BISECT_TEXT_H
#define KS_RUN_BISECT_TEXT_H

#include "run/bisect_result.h"
#include "run/progress.h"

/* Versions with trials, hours, events, and the posterior as a bar. */
void bisect_table(const struct axis *a, const struct bisection *b, const struct bisection_view *v,
		  const struct progress_style *style, struct buf *out);

/* One sentence: how it stands. */
void bisect_sentence(const struct bisect_params *p, const struct bisection *b,
		     const struct bisection_view *v, struct buf *out);

void bisect_text(const struct bisect_result *r, const struct progress_style *style,
		 struct buf *out);
json_t *bisect_json(const struct bisect_result *r);

/* A text to be mailed to a maintainer; "" where nothing was found. */
void bisect_mail(const struct bisect_result *r, struct buf *out);

#endif
