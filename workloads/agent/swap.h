/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Swap: on a disk, in a file, or compressed in memory. */
#ifndef KS_AGENT_SWAP_H
#define KS_AGENT_SWAP_H

#include <stddef.h>
#include <stdint.h>

/* The tokens of a `swap` line of docs/PROTOCOL.md: as disk_setup(). */
int swap_setup(const char *tokens, char *said, size_t size);

/* What mkswap(8) writes into the first page: version 1, `bytes` in all, `page` bytes a page. */
void swap_header(void *page_of_bytes, size_t page, uint64_t bytes);

/* The size in bytes that the text of /proc/swaps says of `path`: 0 or -1 where it is not there. */
int swap_active(const char *swaps, const char *path, uint64_t *ret_bytes);

#endif
