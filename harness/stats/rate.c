/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "stats/rate.h"

#define MATHLIB_STANDALONE
#include <Rmath.h>

/* Two outcomes count as equally likely although rounding tells them apart (as binom.test does). */
#define SAME 1.0000001

/* How many of lo..hi have a probability of at most `limit`. The probabilities fall from lo to hi
 * (fall = true), or rise. */
static double count_unlikely(double lo, double hi, bool fall, double limit, double n, double p)
{
	double a = lo, b = hi + 1; /* the first (falling) or the first too likely (rising) */

	while (a < b) {
		double mid = floor((a + b) / 2);
		bool unlikely = dbinom(mid, n, p, 0) <= limit;

		if (unlikely == fall)
			b = mid;
		else
			a = mid + 1;
	}
	return fall ? hi + 1 - a : a - lo;
}

double binomial_test(size_t successes, size_t trials, double p)
{
	double x = (double)successes, n = (double)trials, mean = n * p;
	double limit = dbinom(x, n, p, 0) * SAME, m;

	if (p <= 0 || p >= 1)
		return x == (p <= 0 ? 0 : n);
	if (x == mean)
		return 1;
	if (x < mean) {
		m = count_unlikely(ceil(mean), n, true, limit, n, p);
		return fmin(1, pbinom(x, n, p, 1, 0) + pbinom(n - m, n, p, 0, 0));
	}
	m = count_unlikely(0, floor(mean), false, limit, n, p);
	return fmin(1, pbinom(m - 1, n, p, 1, 0) + pbinom(x - 1, n, p, 0, 0));
}

/* The share of the failures that are arm 1's, as a ratio of rates. */
static double ratio_of(double share, double t0, double t1)
{
	return share / (1 - share) * (t0 / t1);
}

struct rate_ratio rate_compare(size_t d0, double t0, size_t d1, double t1, double conf)
{
	double n = (double)d0 + (double)d1, x = (double)d1, a = (1 - conf) / 2;
	double share = t1 / (t0 + t1), off = x - n * share;
	struct rate_ratio r = { .d = { d0, d1 }, .total_time = { t0, t1 } };

	r.ratio = (x / t1) / ((double)d0 / t0);
	r.ci.lo = d1 ? ratio_of(qbeta(a, x, (double)d0 + 1, 1, 0), t0, t1) : 0;
	r.ci.hi = d0 ? ratio_of(qbeta(a, x + 1, (double)d0, 0, 0), t0, t1) : INFINITY;
	r.p_two_sided = binomial_test(d1, d0 + d1, share);
	r.p_less = pbinom(x, n, share, 1, 0);
	r.score_chisq = off * off / (n * share * (1 - share));
	return r;
}
