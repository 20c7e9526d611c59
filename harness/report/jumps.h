/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What jumped before a failure: of all that the guest sampled each second, what went from one level
 * to another, and when.
 *
 * Each series (a CPU's share of its time in a mode, a counter's rate, a size) is cut in two where
 * that takes away most of its variance (least squares, as the first step of binary segmentation:
 * Scott and Knott 1974). The cut is a jump where nine tenths of the values before it lie below
 * nine tenths of those behind it, and the difference is one that people would call a jump.
 */
#ifndef KS_REPORT_JUMPS_H
#define KS_REPORT_JUMPS_H

#include "base/buf.h"
#include "model/verdict.h"
#include "report/series.h"

struct jump {
	char what[64]; /* "CPU 1's system time", "pgscan_kswapd"; from the guest's keys */
	enum series_unit unit;
	double before, after; /* medians */
	double at_s;          /* host's clock of the last sample before it */
	double weight;        /* how much of a jump it is, 0 to 1 or so */
	int cpu;              /* whose work in the kernel it shows; -1: no CPU's */
	bool host;            /* as the host sees that CPU */
};

enum {
	JUMPS_MAX = 6,
};

/* What jumped in a trial before it failed. */
struct jumps {
	size_t n, n_samples; /* samples: of the guest's agent */
	struct jump jump[JUMPS_MAX];
	double failed_s, last_s; /* host's clock: of the failure, of the last sample before it */
	bool stands_out;         /* jump[0] says of which CPU the work in the kernel jumped most */
};

/* The largest first, at most max of them. Pure. */
size_t jumps_find(const struct samples *s, size_t max, struct jump *ret);

/* From the beginning of the trial's exposure to its failure. False where it did not fail, or fewer
 * than two samples came. */
bool jumps_before(int trial_dir, const struct verdict *v, struct jumps *ret);

/*
 * Puts the jump of the CPU that stands out first: by the guest's own samples while they come, by
 * the host's view of its vCPUs when the guest's have ended `silent_s` before the failure; false
 * where none does. Pure.
 */
bool jumps_lead(struct jump *jump, size_t n, double silent_s);

/* "CPU 1's system time rose from 3 % to 100 %, 21 s before" */
void jump_text(const struct jump *j, double failed_at_s, struct buf *out);

/* Which CPU stands out, if any, and the first `max` of them, each on a line of its own with two
 * blanks before it. */
void jumps_put(const struct jumps *j, size_t max, struct buf *out);

#endif
