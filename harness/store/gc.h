/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Old raw evidence thinned. What statistics and verdicts are made of stays: journals, plans, specs,
 * verdicts, sightings. Of a failed trial's console its reports stay where they are, the rest of the
 * file becomes a hole: offsets hold, and `show` reads it as before. What goes: consoles of trials
 * without a crash, samples, memory dumps, disks, reruns.
 *
 * Never touched: a run that a runner holds; trials without a final verdict; the first trial of each
 * crash id of a run.
 */
#ifndef KS_STORE_GC_H
#define KS_STORE_GC_H

#include "base/err.h"

struct gc_limits {
	uint64_t age_s;      /* runs that were last at work before that; 0: no limit */
	uint64_t size_bytes; /* of everything under results, the oldest go first; 0: no limit */
	bool dry_run;
};

struct gc_freed {
	uint64_t bytes, before_bytes, after_bytes; /* on the disk; before, after: all of results */
	size_t runs, trials, busy;                 /* busy: runs that were left alone */
};

/* Told of each run that was thinned, or would be. */
typedef void (*gc_fn)(void *arg, const char *run, size_t trials, uint64_t bytes);

int gc_collect(const char *results, const struct gc_limits *limits, gc_fn fn, void *arg,
	       struct gc_freed *ret, struct err *err);

#endif
