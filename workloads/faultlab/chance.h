/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Chance, without floating point: draws that depend on a seed and a number only, so that they can
 * be made on any CPU without a lock, and come out again with the same seed.
 * Also built for user space, where tests/unit/test_chance.c compares it with the formulas.
 */
#ifndef FAULTLAB_CHANCE_H
#define FAULTLAB_CHANCE_H

#ifdef __KERNEL__
#include <linux/types.h>
#else
#include <stdint.h>
typedef uint64_t u64;
typedef int64_t s64;
#endif

#define CHANCE_ONE (1ull << 32) /* 1.0 */

/* 64 evenly spread bits; the n-th of that seed. */
u64 chance_bits(u64 seed, u64 n);

/* -ln(u) of a u in (0, 1] that is given in 2^-64ths (0: 1): exponential with mean 1, Q32. */
u64 chance_minus_ln(u64 u);

/* x^(1000/shape), both Q32 but for shape, in thousandths. Ends at 2^64 - 1. */
u64 chance_root(u64 x, u64 shape);

/* A lifetime by Weibull's law, in the unit of scale. */
u64 chance_lifetime(u64 seed, u64 n, u64 scale, u64 shape);

/* How many tries until the first success, that one included, where each has rate/1000000. */
u64 chance_tries(u64 seed, u64 n, u64 rate);

#endif
