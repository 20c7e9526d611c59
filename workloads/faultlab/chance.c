/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "chance.h"

typedef unsigned __int128 u128;

#define LN2  2977044472ull /* Q32 */
#define MOST (~0ull)

/* splitmix64: the seed's n-th step, scrambled. Neighbouring seeds give unrelated numbers. */
u64 chance_bits(u64 seed, u64 n)
{
	u64 z = seed * 0x9e3779b97f4a7c15ull + (n + 1) * 0xd1342543de82ef95ull;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
	z ^= z >> 31;
	z = (z ^ (z >> 32)) * 0xd6e8feb86659fd93ull;
	return z ^ (z >> 32);
}

/* log2 of an integer above 0, Q32: the whole part by counting, the rest by squaring. */
static u64 log2_of(u64 x)
{
	int shift = __builtin_clzll(x);
	u64 m = x << shift, result = (u64)(63 - shift) << 32;
	int i;

	for (i = 31; i >= 0; i--) {
		u128 square = (u128)m * m;

		if (square >> 127) {
			result |= 1ull << i;
			m = (u64)(square >> 64);
		} else {
			m = (u64)(square >> 63);
		}
	}
	return result;
}

/* 2^x of a Q32, as Q32: the fraction by the series of e^y, the whole part by shifting. */
static u64 power_of_2(s64 x)
{
	s64 whole = x >> 32;
	u64 y = (u64)(((u128)(u64)(x & 0xffffffff) * LN2) >> 32) << 30; /* Q62 */
	u64 sum = 1ull << 62, term = 1ull << 62;
	int n;

	for (n = 1; term; n++) {
		term = (u64)(((u128)term * y) >> 62) / n;
		sum += term;
	}
	whole -= 30; /* Q62 to Q32 */
	if (whole > 0)
		return MOST;
	return whole > -64 ? sum >> -whole : 0;
}

u64 chance_minus_ln(u64 u)
{
	u64 bits = u ? (64ull << 32) - log2_of(u) : 0;

	return (u64)(((u128)bits * LN2) >> 32);
}

u64 chance_root(u64 x, u64 shape)
{
	s64 log;

	if (!x)
		return 0;
	log = (s64)log2_of(x) - (32ll << 32);
	/* |log| is below 2^38: with 1000 behind it there is room */
	return power_of_2(log * 1000 / (s64)shape);
}

u64 chance_lifetime(u64 seed, u64 n, u64 scale, u64 shape)
{
	u64 e = chance_minus_ln(chance_bits(seed, n));
	u128 life = (u128)scale * (shape == 1000 ? e : chance_root(e, shape)) >> 32;

	return life > MOST ? MOST : (u64)life;
}

/* -ln(1 - p) of a p below 1/1000, Q48, by the series: Q32 would leave three digits of a millionth.
 */
static u64 minus_ln_small(u64 rate)
{
	u64 p = (rate << 48) / 1000000;
	u64 p2 = (u64)(((u128)p * p) >> 48), p3 = (u64)(((u128)p2 * p) >> 48);

	return p + p2 / 2 + p3 / 3;
}

u64 chance_tries(u64 seed, u64 n, u64 rate)
{
	u64 e = chance_minus_ln(chance_bits(seed, n));

	if (rate >= 1000000)
		return 1;
	if (!rate)
		return MOST >> 1;
	if (rate < 1000)
		return (e << 16) / minus_ln_small(rate) + 1;
	/* 2^64 / 1000000 */
	return e / chance_minus_ln((1000000 - rate) * 18446744073709ull) + 1;
}
