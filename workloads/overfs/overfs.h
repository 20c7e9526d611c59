/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A file system with a capacity and a way to behave when it is reached, served over FUSE. One
 * request after the other, so that `latency` is a rate; the data are kept in memory (data.h) and
 * gone with the server.
 */
#ifndef KS_WORKLOADS_OVERFS_OVERFS_H
#define KS_WORKLOADS_OVERFS_OVERFS_H

#include <stdbool.h>
#include <stdint.h>

/* What becomes of a write that does not fit. */
enum overfs_policy {
	OVERFS_ENOSPC,   /* refused: by write(2), or at writeback where the page cache took it */
	OVERFS_EIO,      /* likewise, with EIO */
	OVERFS_RETRY,    /* held until there is room; all else is answered */
	OVERFS_STALL,    /* neither it nor anything after it is answered */
	OVERFS_DROP,     /* acknowledged and forgotten */
	OVERFS_FAIL_ALL, /* refused, and so is everything after it, with EIO */
};

struct overfs_config {
	const char *mountpoint;
	uint64_t capacity_bytes;
	uint64_t latency_ns; /* of each read and write */
	enum overfs_policy policy;
	bool writeback;     /* the kernel's page cache takes writes and brings them later */
	bool statfs_lies;   /* it is always empty */
	const char *prefix; /* of the lines that it writes to stdout */
};

/* -1: no such policy. */
int overfs_policy_by_name(const char *name);

struct overfs;

/* Mounts; NULL with errno where that fails. Needs root and /dev/fuse. */
struct overfs *overfs_mount(const struct overfs_config *config);

/* Answers until it is unmounted. 0, or -errno. */
int overfs_serve(struct overfs *fs);

#endif
