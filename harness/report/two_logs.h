/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The kernel's log as two witnesses heard it, the serial console and netconsole: each line once, in
 * the order of both, and what one of them lacks. Guest text, made harmless.
 */
#ifndef KS_REPORT_TWO_LOGS_H
#define KS_REPORT_TWO_LOGS_H

#include "base/buf.h"

struct two_counts {
	size_t serial, netconsole; /* lines of the kernel's that each has */
	size_t lost;               /* records that netconsole's sequence numbers lack */
	size_t only_serial, only_netconsole;
};

/* False: the trial had no netconsole. */
bool two_logs_count(int trial_dir, struct two_counts *ret);

/* "serial 12 lines, netconsole 11 lines, 1 lost; ..." */
void two_counts_text(const struct two_counts *c, struct buf *out);

/*
 * The log, a line a line, behind a mark: `s` for what only the serial console has, `n` for what
 * only netconsole has, none for what both have; where records were lost stands how many. Of a trial
 * without netconsole the console as it is.
 */
void two_logs_text(int trial_dir, struct buf *out);

#endif
