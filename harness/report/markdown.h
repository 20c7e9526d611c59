/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A dossier as Markdown, for a mail or an issue: read as it is, and rendered by GitHub's dialect.
 * Text of guests and files stands in code spans, where nothing in it means anything.
 */
#ifndef KS_REPORT_MARKDOWN_H
#define KS_REPORT_MARKDOWN_H

#include "report/dossier.h"

void markdown_report(const struct dossier *d, struct buf *out);

#endif
