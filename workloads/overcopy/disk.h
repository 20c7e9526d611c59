/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Block devices by ioctl, so that the image needs neither losetup nor dmsetup. */
#ifndef KS_WORKLOADS_OVERCOPY_DISK_H
#define KS_WORKLOADS_OVERCOPY_DISK_H

#include <stddef.h>
#include <stdint.h>

/* A loop device over the file: its descriptor, or -errno. It lives as long as that is open. */
int loop_make(const char *file, int *ret_number);

struct dm_target {
	uint64_t start_bytes, bytes;
	const char *type, *args;
};

/* The number of the new device (/dev/dm-N), or -errno. */
int dm_make(const char *name, const struct dm_target *target, size_t n);
int dm_remove(const char *name);

#endif
