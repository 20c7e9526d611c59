/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Counts by name, as a guest tells them: what the attempts of a load came to ("told-by-fsync": 3,
 * "silent-loss": 1). Names are few, short and of a-z, 0-9 and - only, whoever says them.
 */
#ifndef KS_MODEL_COUNTS_H
#define KS_MODEL_COUNTS_H

#include "base/json.h"

enum { COUNTS_NAMES = 16, COUNTS_NAME_LEN = 32 };

struct counts { /* plain data, in the order of the first of each */
	struct {
		char name[COUNTS_NAME_LEN];
		uint64_t count;
	} item[COUNTS_NAMES];
	size_t n;
};

/* False where it is no name, or one too many; then nothing has changed. */
bool counts_add(struct counts *c, const char *name, uint64_t count);
/* All of `more`; what finds no place is left out. */
void counts_add_all(struct counts *c, const struct counts *more);
uint64_t counts_sum(const struct counts *c);

json_t *counts_to_json(const struct counts *c);
int counts_from_json(const json_t *j, struct counts *ret, struct err *err);

#endif
