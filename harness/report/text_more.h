/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What `kernsoak report` tells in the terminal besides the report that a run ends with: crashes by
 * kernel, who was censored, in what the arms differ, how to have it again. */
#ifndef KS_REPORT_TEXT_MORE_H
#define KS_REPORT_TEXT_MORE_H

#include "report/dossier.h"
#include "report/text.h"

void text_more(const struct dossier *d, const struct text_style *style, struct buf *out);

#endif
