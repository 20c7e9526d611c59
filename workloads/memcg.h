/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The memory controller for the cgroup that the agent made for a load. It is off until a load asks:
 * with it, what the load uses is reclaimed for the load, and shrinkers that know nothing of cgroups
 * (ext4's extents) are left out of that.
 */
#ifndef KS_WORKLOADS_MEMCG_H
#define KS_WORKLOADS_MEMCG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Turns the controller on; ends the load with a sentence where that is not possible. */
void memcg_enable(void);
bool memcg_enabled(void);
/* Writes a limit of ours, `memory.max`, and proves it by reading it back. */
void memcg_limit(const char *file, uint64_t bytes);
/* The path of a file of our group. */
void memcg_path(const char *file, char *ret, size_t size);

#endif
