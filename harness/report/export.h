/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A run in forms that other programs read. What each says of a trial is docs/EXPORTS.md; a new one
 * is a file export_NAME.c and a row in export.c.
 */
#ifndef KS_REPORT_EXPORT_H
#define KS_REPORT_EXPORT_H

#include "report/view.h"

#define EXPORT_ORIGIN "kernsoak" /* who submits, where nobody says */

struct export_run {
	const struct run_dir *dir; /* borrowed; stays open */
	const char *origin;        /* of KCIDB; borrowed */
	struct view view;
	struct verdict *trial; /* by number; those at work have no result yet, and are left out */
	size_t n;
};

#define _cleanup_export_run_ _cleanup_(export_run_done)
void export_run_done(struct export_run *x);

int export_run_load(const struct run_dir *dir, struct export_run *ret, struct err *err);

struct export_format {
	const char *name, *what;
	void (*write)(const struct export_run *x, struct buf *out);
};

const struct export_format *export_format_nth(size_t i);             /* NULL at the end */
const struct export_format *export_format_by_name(const char *name); /* NULL: there is none */

/* May it be KCIDB's name of a submitter? a-z, 0-9 and _. */
bool export_origin_ok(const char *origin);

#endif
