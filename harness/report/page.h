/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One trial on one page: what failed, when, where its console says so, and what lies there. */
#ifndef KS_REPORT_PAGE_H
#define KS_REPORT_PAGE_H

#include "report/places.h"
#include "report/text.h"

/* The trial of an open run; `places` (NULL: none) puts file:line beneath the frames of its console.
 * -ENOENT where it has no verdict. */
/* The same of a trial's folder that lies anywhere, alone perhaps: all that is told stands in it. */
int page_folder(const char *path, const struct text_style *style, struct places *places,
		struct buf *out, struct err *err);

int page_trial(const struct run_dir *run, uint64_t trial, const struct text_style *style,
	       struct places *places, struct buf *out, struct err *err);

#endif
