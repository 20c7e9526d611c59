/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the sieve looks for: a few bytes of each literal, its key, and the keys in eight buckets, so
 * that kernel text seldom looks like one of them.
 */
#ifndef KS_DETECT_KEYS_H
#define KS_DETECT_KEYS_H

#include "base/macro.h"

enum {
	KEY_SPAN = 5,    /* bytes of a key */
	KEY_MIN = 4,     /* of them; a literal of so few has a key whose last byte may be any */
	KEY_BUCKETS = 8, /* bits of a byte */
};

/* Keys that are looked for together. */
struct bucket {
	uint16_t row[KEY_SPAN][8]; /* ASCII bytes at each place: bit c & 15 of row c >> 4 */
	float chance;              /* that KEY_SPAN bytes of kernel text fit */
};

/*
 * The places of the keys of n literals, each ASCII and of KEY_MIN bytes or more, and the buckets.
 * `halves`: a bucket's bytes are told by their halves, so that it has all that can be made of them.
 */
void keys_choose(const char *const *literal, size_t n, bool halves, uint16_t *ret_at,
		 struct bucket ret[KEY_BUCKETS]);

#endif
