/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A dossier as one page of HTML (html.h), top to bottom: the verdict, the figures, the crashes,
 * what was censored, what it ran on, how to have it again. Each section is a row of a table here
 * and a file html_NAME.c; docs/REPORTS.md says what each figure means.
 */
#ifndef KS_REPORT_HTML_REPORT_H
#define KS_REPORT_HTML_REPORT_H

#include "report/dossier.h"
#include "report/html.h"
#include "report/svg.h"

void html_report(const struct dossier *d, struct buf *out);

/* The sections. Each adds nothing where it has nothing to say. */
void html_verdict(const struct dossier *d, struct html *h); /* html_verdict.c */
void html_grid(const struct dossier *d, struct html *h);    /* html_grid.c */
void html_findings(const struct dossier *d, struct html *h);
void html_cascade(const struct dossier *d, struct html *h);   /* html_cascade.c */
void html_hunt(const struct dossier *d, struct html *h);      /* html_hunt.c */
void html_survival(const struct dossier *d, struct html *h);  /* html_survival.c */
void html_ratios(const struct dossier *d, struct html *h);    /* html_ratios.c */
void html_incidence(const struct dossier *d, struct html *h); /* html_incidence.c */
void html_kernels(const struct dossier *d, struct html *h);   /* html_crashes.c */
void html_crashes(const struct dossier *d, struct html *h);
void html_before(const struct dossier *d, struct html *h); /* html_before.c */
void html_ledger(const struct dossier *d, struct html *h); /* html_report.c */
void html_guests(const struct dossier *d, struct html *h);
void html_again(const struct dossier *d, struct html *h);

/* The style of the arm: the same in every figure. */
static inline size_t html_style_of(size_t arm)
{
	return arm % SVG_STYLES;
}

#endif
