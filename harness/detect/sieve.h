/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Says of benign text that it is plain and that none of a set of literals is in it, at memory
 * speed: 64 or 32 bytes at a time, five bytes of each literal are looked for by tables (eight
 * buckets at once; with AVX2 by their halves); only where all five fit is a literal compared.
 * Exact: what it finds is there.
 */
#ifndef KS_DETECT_SIEVE_H
#define KS_DETECT_SIEVE_H

#include "base/macro.h"

enum { SIEVE_LITERALS_MAX = 512, SIEVE_WIDEST = 64 };

struct sieve;

/*
 * NULL where this processor lacks AVX2, a literal has fewer than four bytes or one beyond ASCII,
 * or there are too many: use something slower. The literals outlive the sieve. `most`: how many
 * bytes at a time it may look at, SIEVE_WIDEST unless a narrower one is to be tested.
 */
struct sieve *sieve_new(const char *const *literal, size_t n, size_t most);

/*
 * The first place to look at more closely: in a literal, or a control byte that is neither a line
 * end nor a tab. Literals come in the order of the five bytes. NULL: there is none.
 */
const char *sieve_find(const struct sieve *s, const char *data, size_t n);

#endif
