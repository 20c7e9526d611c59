/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "stats/share.h"

#define MATHLIB_STANDALONE
#include <Rmath.h>

double share_more_p(size_t x0, size_t n0, size_t x1, size_t n1)
{
	const double all = (double)(x0 + x1), rest = (double)(n0 + n1) - all;

	return phyper((double)x1 - 1, all, rest, (double)n1, 0, 0);
}
