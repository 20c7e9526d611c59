/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "pattern.h"

#include <string.h>

#define WORDS (PATTERN_BLOCK / 8)
#define STEP  0x9e3779b97f4a7c15ull

void pattern_fill(void *block, uint64_t key)
{
	char *at = block;

	for (int i = 0; i < WORDS; i++, key += STEP)
		memcpy(at + 8 * i, &key, 8);
}

bool pattern_is(const void *block, uint64_t *ret_key)
{
	const char *at = block;
	uint64_t first, word, want;

	memcpy(&first, at, 8);
	want = first;
	for (int i = 0; i < WORDS; i++, want += STEP) {
		memcpy(&word, at + 8 * i, 8);
		if (word != want)
			return false;
	}
	*ret_key = first;
	return true;
}
