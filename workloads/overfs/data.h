/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a file of overfs holds, in blocks of 4 KiB: a hole, zeros, a pattern (8 bytes of memory), or
 * any other bytes (4 KiB of memory). A block counts against the space once it was written, whatever
 * it costs us.
 */
#ifndef KS_WORKLOADS_OVERFS_DATA_H
#define KS_WORKLOADS_OVERFS_DATA_H

#include <stddef.h>
#include <stdint.h>

#define DATA_MAX_BYTES ((uint64_t)1 << 40) /* of one file */

struct space {
	uint64_t capacity, used; /* blocks */
	uint64_t raw;            /* those that cost 4 KiB of memory */
};

struct chunk;

struct data {
	struct chunk **chunk; /* of 512 blocks each; NULL: holes */
	size_t n;
	uint64_t blocks; /* that are no holes */
};

/* The blocks that a write there would take: holes now. */
uint64_t data_wants(const struct data *d, uint64_t off, size_t n);

/* 0, -EFBIG or -ENOMEM. Takes no heed of the capacity: who calls has asked data_wants(). */
int data_write(struct data *d, struct space *s, const void *bytes, size_t n, uint64_t off);

/* Holes, and what is beyond the end, read as zeros. */
void data_read(const struct data *d, void *ret, size_t n, uint64_t off);

/* Frees what is beyond `size`; the rest of its last block becomes zeros. */
void data_cut(struct data *d, struct space *s, uint64_t size);

#endif
