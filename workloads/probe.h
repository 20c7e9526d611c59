/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Probes with deadlines: things that everybody must be able to do at any time (make a network
 * namespace, load a module, sync a file system), tried at intervals by a process of its own each.
 * One that does not come back within its deadline is told to the trial (load_overdue), which then
 * fails as probe-overdue: what hangs in a kernel that prints nothing is found by trying.
 */
#ifndef KS_WORKLOADS_PROBE_H
#define KS_WORKLOADS_PROBE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Runs in a process of its own: 0, or -errno, which is noted and is no failure of the trial. */
typedef int (*probe_fn)(void *arg);

/* Open: made by the caller, kept by probe_watch(). */
struct probe {
	const char *name; /* of a-z, 0-9 and -: "netns-add" */
	probe_fn run;
	void *arg;
	/* for probe_watch() */
	pid_t pid;
	int pidfd;
	uint64_t since_ns; /* when the attempt that runs had begun */
	uint64_t told_ns;  /* how late it was when that was told; 0: not told */
	int last;          /* what the last attempt came to */
};

/* One attempt, waited for: what it returned, or -ETIME where it is not back by then (it is left to
 * its fate). For load_armed(): a probe that cannot work is no detector. */
int probe_try(const struct probe *p, uint64_t deadline_ns);

/* Forks a process that tries each probe every `every_ns`, for ever. It dies with the caller. While
 * *pause (shared memory; NULL: never) is true it begins none. */
void probe_watch(struct probe *probe, size_t n, uint64_t every_ns, uint64_t deadline_ns,
		 const _Atomic bool *pause);

#endif
