/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the formats of export.h have in common. For these files only; the door is export.h. */
#ifndef KS_REPORT_EXPORT_PARTS_H
#define KS_REPORT_EXPORT_PARTS_H

#include "report/export.h"

/* What a trial's end is to those who know only tests. */
enum result {
	RESULT_PASS,   /* lived to the limit */
	RESULT_FAIL,   /* the crash that the scenario is after */
	RESULT_OTHER,  /* another crash */
	RESULT_CUT,    /* ended by us or by the host: no more is known than that it lived so long */
	RESULT_LOST,   /* it never came to soak */
	RESULT_WANTED, /* a positive control failed, as it should */
	RESULT_COUNT
};

enum result export_result(const struct verdict *v);

/* Why, as one line without control bytes: the crash's title, or the verdict's reason. "" for
 * RESULT_PASS. The caller frees. */
char *export_why(const struct verdict *v, enum result r);

/* An arm's name; "unknown" for trials whose verdict does not say one. */
const char *export_arm(const char *name);

/* Does the trial have a life that statistics stand on? */
bool export_counts(const struct verdict *v);

/* How long the arm's guests took to boot, mean; NaN: none did. */
double export_boot_s(const struct export_run *x, const char *arm);

/* "2026-11-21T14:22:33", and `zone` behind it; UTC. */
void export_instant(struct buf *out, int64_t at_s, const char *zone);

/* The report on the trial's console, sanitised, whole lines of at most `max` bytes together. */
void export_console(const struct export_run *x, const struct verdict *v, size_t max,
		    struct buf *out);

void export_ktap(const struct export_run *x, struct buf *out);
void export_junit(const struct export_run *x, struct buf *out);
void export_csv(const struct export_run *x, struct buf *out);
void export_jsonl(const struct export_run *x, struct buf *out);
void export_kcidb(const struct export_run *x, struct buf *out);
void export_openmetrics(const struct export_run *x, struct buf *out);

#endif
