/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The guest's disks: found by their serial number, mounted, read back. */
#ifndef KS_AGENT_DISKS_H
#define KS_AGENT_DISKS_H

#include <stdbool.h>
#include <stddef.h>

/*
 * The tokens of a `disk` line of docs/PROTOCOL.md. 0 with a sentence of what is there now, or -1
 * with one of what is wrong.
 */
int disk_setup(const char *tokens, char *said, size_t size);

/* The name of the block device (vda) with this serial number below `dir` (/sys/block): 0 or -1. */
int disk_find(const char *dir, const char *serial, char *ret, size_t size);

/*
 * mount(8)'s options taken apart: the flags of mount(2), and what is left, with commas, for the
 * file system. -1 where that does not fit.
 */
int disk_options(const char *options, unsigned long *ret_flags, char *data, size_t size);

/* The options of the mount at `path` in the text of /proc/mounts, of that device and file system:
 * 0 or -1. The last mount at a path is the one that counts. */
int disk_mounted(const char *mounts, const char *device, const char *path, const char *fs,
		 char *ret, size_t size);

#endif
