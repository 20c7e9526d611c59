/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The file system that is copied to, new for each copy: overfs, or ext4 on a loop device whose file
 * runs out of room, or on a device mapper's device that is good up to the capacity and fails
 * (dm-error) or forgets (dm-flakey) what is written after it.
 */
#ifndef KS_WORKLOADS_OVERCOPY_BACKING_H
#define KS_WORKLOADS_OVERCOPY_BACKING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "../overfs/overfs.h"

enum backing_kind {
	BACKING_OVERFS,
	BACKING_LOOP,
	BACKING_DM_ERROR,
	BACKING_DM_FLAKEY,
};

struct backing {
	/* what it shall be */
	enum backing_kind kind;
	struct overfs_config overfs; /* mountpoint and capacity are for all kinds */
	uint64_t claims_bytes;       /* ext4: as large as it believes to be */
	const char *on_errors;       /* ext4: continue, remount-ro, panic */
	bool loose;                  /* overfs: no limit of its own on dirty pages */
	const char *dir;             /* where the loop's file goes */
	/* what it is */
	pid_t server;
	int loop, loop_number;
	char limits[64]; /* what became of `loose` */
};

/* Makes and mounts it; ends the load with a sentence where that cannot be. */
void backing_make(struct backing *b);

/* Ends overfs's server: who waits for it gets an error. */
void backing_abort(struct backing *b);

/* Unmounts and takes all apart; 0 or -errno of the unmount. */
int backing_unmake(struct backing *b);

#endif
