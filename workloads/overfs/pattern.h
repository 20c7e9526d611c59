/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Blocks of 4 KiB that one number determines: the copier writes them, so that it knows what must
 * come back without keeping it; overfs keeps the number instead of the block, so that a guest of
 * 512 MiB can hold a file system of many GiB.
 */
#ifndef KS_WORKLOADS_OVERFS_PATTERN_H
#define KS_WORKLOADS_OVERFS_PATTERN_H

#include <stdbool.h>
#include <stdint.h>

#define PATTERN_BLOCK 4096

void pattern_fill(void *block, uint64_t key);
/* Is this whole block a pattern? Then of which key. */
bool pattern_is(const void *block, uint64_t *ret_key);

#endif
