/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "stats/share.h"

#define MATHLIB_STANDALONE
#include <Rmath.h>

#include "stats/tail.h"

struct share share_wilson(size_t k, size_t n, double conf)
{
	struct share s = { .k = k, .n = n, .share = NAN, .ci = interval_none() };
	double z, p, mid, half, m = (double)n;

	if (!n)
		return s;
	z = tail_z(conf);
	p = (double)k / m;
	mid = (p + z * z / (2 * m)) / (1 + z * z / m);
	half = z * sqrt(p * (1 - p) / m + z * z / (4 * m * m)) / (1 + z * z / m);
	s.share = p;
	s.ci = (struct interval){ k ? mid - half : 0, k < n ? mid + half : 1 };
	return s;
}

double share_more_p(size_t x0, size_t n0, size_t x1, size_t n1)
{
	const double all = (double)(x0 + x1), rest = (double)(n0 + n1) - all;

	return phyper((double)x1 - 1, all, rest, (double)n1, 0, 0);
}
