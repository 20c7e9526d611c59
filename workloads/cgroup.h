/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Control groups (v2) for loads that run things of their own. Paths are whole ones. */
#ifndef KS_WORKLOADS_CGROUP_H
#define KS_WORKLOADS_CGROUP_H

#include <stddef.h>
#include <stdint.h>

/* The group that this process is in: 0 or -errno. */
int cgroup_own(char *ret, size_t size);

/*
 * Moves this process into a group `self` below its own, so that its group may have others beside
 * it, and turns the controllers on for them ("memory pids"; "" none) from the root down. A memory
 * controller is the whole guest's affair: it is on for all loads then.
 */
int cgroup_split(const char *own, const char *controllers);

/* A new group of that path, with these limits (0: none); it is no error where it stands already. */
int cgroup_make(const char *path, uint64_t memory_bytes, uint64_t pids);

/* Removes it, waiting up to a second for processes that are on their way out. */
int cgroup_remove(const char *path);

#endif
