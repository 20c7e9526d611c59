/* SPDX-License-Identifier: GPL-3.0-or-later */
/* FNV-1a, 64 bits (Fowler, Noll, Vo): stable names for crashes and cache entries, not a defence. */
#ifndef KS_BASE_HASH_H
#define KS_BASE_HASH_H

#include "base/macro.h"

#define HASH_INIT UINT64_C(0xcbf29ce484222325)

static inline uint64_t hash_bytes(uint64_t h, const void *data, size_t n)
{
	const unsigned char *p = data;

	while (n--)
		h = (h ^ *p++) * UINT64_C(0x100000001b3);
	return h;
}

/* The string with its NUL, so that ("ab", "c") and ("a", "bc") differ. */
static inline uint64_t hash_str(uint64_t h, const char *s)
{
	return hash_bytes(h, s, strlen(s) + 1);
}

#endif
