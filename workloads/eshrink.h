/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What ext4's shrinker does to the cache of extents of one file system.
 *
 * /proc/fs/ext4/DEV/es_shrinker_info (6.1 and 6.12 alike) says how many extents are cached, and how
 * many of them could be reclaimed. Its "shrunk objects" is no counter: it is a moving average, over
 * the shrinker's calls, of the extents that a call freed: (new + 3 * old) / 4, cut to a whole
 * number. So the extents shrunk are summed up by the kernel itself, from the event that each call
 * ends with (ext4:ext4_es_shrink, its nr_shrunk), in a histogram of tracefs: nothing is lost
 * between two reads, and the average only shows that the two agree.
 */
#ifndef KS_WORKLOADS_ESHRINK_H
#define KS_WORKLOADS_ESHRINK_H

#include <stdint.h>

/* Of the file system that the descriptor is on. Where something is missing, the load ends. */
void eshrink_open(int fd);

/* Extents in the cache now. */
uint64_t eshrink_cached(void);

/* Extents shrunk since eshrink_open(). */
uint64_t eshrink_total(void);

/* The file system's device, "vda". */
const char *eshrink_device(void);

#endif
