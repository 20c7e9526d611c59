/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A comparison for a terminal, and as JSON (docs/RESULTS.md; it only grows while its version is the
 * same). */
#ifndef KS_REPORT_COMPARE_H
#define KS_REPORT_COMPARE_H

#include "report/contrast.h"
#include "report/sides.h"
#include "report/text.h"

enum { COMPARE_VERSION = 1 };

struct comparison {
	const struct sides_run *run; /* as they were named */
	size_t n_runs;
	const struct contrast *contrast;
};

void compare_text(const struct comparison *of, const struct text_style *style, struct buf *out);
json_t *compare_json(const struct comparison *of); /* owned by the caller */

/* "differ" where any pair does, "alike" where all rule the factor out, else "undecided". */
enum compare_answer { COMPARE_DIFFER, COMPARE_ALIKE, COMPARE_UNDECIDED };
enum compare_answer compare_answer(const struct contrast *c);

#endif
