/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Finds all literals of a set in one pass: with Hyperscan where the processor has SSSE3, with an
 * Aho-Corasick automaton of our own elsewhere. Both give the same answer.
 */
#ifndef KS_DETECT_MATCH_H
#define KS_DETECT_MATCH_H

#include "base/err.h"

enum { LITERALS_MAX = 512 };

struct hits {
	uint64_t bit[LITERALS_MAX / 64];
};

static inline bool hits_has(const struct hits *h, unsigned i)
{
	return h->bit[i / 64] >> (i % 64) & 1;
}

struct matcher; /* used by one thread at a time */

/* n non-empty literals, case-sensitive. `plain`: without Hyperscan even where it would run. */
struct matcher *matcher_new(const char *const *literal, size_t n, bool plain, struct err *err);
struct matcher *matcher_free(struct matcher *m); /* returns NULL */

/* Which literals occur in data? Returns whether any does. */
bool matcher_run(struct matcher *m, const char *data, size_t n, struct hits *ret);

/*
 * How many bytes from the front are of no interest: before the first control byte that is neither a
 * line end nor a tab, and before some byte of the first literal.
 */
size_t matcher_benign(struct matcher *m, const char *data, size_t n);

#endif
