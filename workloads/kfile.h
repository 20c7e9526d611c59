/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The kernel's small files, of /proc, /sys and cgroups: written or read at once. */
#ifndef KS_WORKLOADS_KFILE_H
#define KS_WORKLOADS_KFILE_H

#include <stddef.h>

/* The whole text by one write(2): 0 or -errno. */
int kfile_write(const char *path, const char *text);

/*
 * The whole file, though the kernel hands out a page at a time (/proc/vmstat has more than one
 * since 6.1); at most size - 1 bytes, as text. The length, or -errno (and "" then).
 */
int kfile_read(const char *path, char *ret, size_t size);
/* The same, without a last newline. */
int kfile_line(const char *path, char *ret, size_t size);

#endif
