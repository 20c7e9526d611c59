/* SPDX-License-Identifier: GPL-3.0-or-later */
/* guest.disks as values. */
#ifndef KS_MODEL_DISKS_H
#define KS_MODEL_DISKS_H

#include "model/settings.h"

enum { DISKS_MAX = 12 }; /* each takes a slot of the guest's first bus */

/* Words of the schema; end with NULL. */
extern const char *const disk_file_systems[], *const disk_caches[], *const disk_events[];

/* Strings belong to the settings, "" where nothing is said. */
struct disk {
	const char *name;
	uint64_t bytes; /* whole sectors; 0: the image's */
	const char *fs; /* "none": no file system */
	const char *mount, *mount_options, *mkfs_options, *image, *cache;
	bool read_only, keep;
};

void disk_of(const struct named *named, struct disk *ret);

/* Of guest.disk-faults. */
struct disk_fault {
	const char *disk, *event; /* read, write, flush, discard */
	uint64_t sector;          /* of 512 bytes; UINT64_MAX: any */
	bool once;
};

void disk_fault_of(const struct named *named, struct disk_fault *ret);

/*
 * What no single key can tell. On -EINVAL the sentence has no position, and path[] says which key
 * is to blame ("guest.disks.data.size").
 */
int disks_consistent(const struct settings *s, char path[static 128], struct err *err);

bool swap_wanted(const struct swap *s);

/* Of swap that there is: whole pages. */
uint64_t swap_bytes(const struct swap *s);

#endif
