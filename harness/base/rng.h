/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * xoshiro256** by Blackman and Vigna (2018), seeded through splitmix64. Same seed, same draws, on
 * every machine: plans and fake guests can be repeated.
 */
#ifndef KS_BASE_RNG_H
#define KS_BASE_RNG_H

#include <math.h>

#include "base/macro.h"

struct rng {
	uint64_t s[4];
};

static inline uint64_t rng_splitmix(uint64_t *x)
{
	uint64_t z = (*x += UINT64_C(0x9e3779b97f4a7c15));

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

static inline struct rng rng_make(uint64_t seed)
{
	struct rng r;

	for (size_t i = 0; i < ARRAY_SIZE(r.s); i++)
		r.s[i] = rng_splitmix(&seed);
	return r;
}

static inline uint64_t rng_rotl(uint64_t x, int k)
{
	return (x << k) | (x >> (64 - k));
}

static inline uint64_t rng_u64(struct rng *r)
{
	uint64_t result = rng_rotl(r->s[1] * 5, 7) * 9, t = r->s[1] << 17;

	r->s[2] ^= r->s[0];
	r->s[3] ^= r->s[1];
	r->s[1] ^= r->s[2];
	r->s[0] ^= r->s[3];
	r->s[2] ^= t;
	r->s[3] = rng_rotl(r->s[3], 45);
	return result;
}

/* Uniform on (0, 1): never 0, so that a logarithm may follow. */
static inline double rng_unit(struct rng *r)
{
	return ((double)(rng_u64(r) >> 11) + 0.5) * 0x1p-53;
}

/* Uniform on 0..n-1, n > 0. The bias of the multiplication is below n / 2^64. */
static inline uint64_t rng_below(struct rng *r, uint64_t n)
{
	return (uint64_t)(((unsigned __int128)rng_u64(r) * n) >> 64);
}

/* Weibull with the given scale and shape; shape 1 is the exponential law with mean `scale`. */
static inline double rng_weibull(struct rng *r, double scale, double shape)
{
	return scale * pow(-log(rng_unit(r)), 1 / shape);
}

#endif
