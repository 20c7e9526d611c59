/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One failed trial as the text of a mail to a kernel list (Documentation/admin-guide/
 * reporting-issues.rst): title, release, command line, the report verbatim, how often it happens
 * and how long that takes, and the steps. Plain text; lines of the console are not wrapped.
 */
#ifndef KS_REPORT_MAIL_H
#define KS_REPORT_MAIL_H

#include "report/places.h"
#include "store/layout.h"

/* What the guest said of itself when it had booted; "" and 0 where it did not. Borrowed. */
struct mail_guest {
	const char *version, *cmdline; /* uname -v; /proc/cmdline */
	uint64_t cpus, memory;
};

/* `places` may be NULL. -EINVAL for a trial without a crash, -ENOENT for one without a verdict. */
int mail_trial(const struct run_dir *run, uint64_t trial, const struct mail_guest *guest,
	       struct places *places, struct buf *out, struct err *err);

#endif
