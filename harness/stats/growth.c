/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "stats/growth.h"

#define MATHLIB_STANDALONE
#include <Rmath.h>

#include "base/buf.h"
#include "base/order.h"

static double cramer_von_mises(const double *times, size_t n, double end, double beta)
{
	_cleanup_free_
	double *t = xcalloc(n, sizeof(double));
	double sum = 1 / (12 * (double)n);

	memcpy(t, times, n * sizeof(double));
	qsort(t, n, sizeof(double), by_value);
	for (size_t i = 0; i < n; i++) {
		double off = pow(t[i] / end, beta) - (2 * (double)i + 1) / (2 * (double)n);

		sum += off * off;
	}
	return sum;
}

struct growth growth_fit(const double *times, size_t n, double end, double conf)
{
	double m = (double)n, sum = 0, a = (1 - conf) / 2, tail;
	struct growth g = { .n = n, .beta_ci = interval_none() };

	for (size_t i = 0; i < n; i++)
		sum += log(end / times[i]);
	g.exists = n > 0 && sum > 0 && isfinite(sum);
	if (!g.exists)
		return g;
	g.beta = m / sum;
	g.lambda = m / pow(end, g.beta);
	g.beta_unbiased = g.beta * (m - 1) / m;
	g.beta_ci.lo = g.beta * qchisq(a, 2 * m, 1, 0) / (2 * m);
	g.beta_ci.hi = g.beta * qchisq(a, 2 * m, 0, 0) / (2 * m);
	g.mtbf_now = end / (m * g.beta);
	tail = pchisq(2 * m / g.beta, 2 * m, 1, 0);
	g.p_hpp = 2 * fmin(tail, pchisq(2 * m / g.beta, 2 * m, 0, 0));
	g.cvm = cramer_von_mises(times, n, end, g.beta_unbiased);
	return g;
}
