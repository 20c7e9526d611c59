/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "stats/tail.h"

#define MATHLIB_STANDALONE
#include <Rmath.h>

#include "base/buf.h"

double tail_z(double conf)
{
	return qnorm((1 - conf) / 2, 0, 1, 0, 0);
}

double tail_chisq(double conf)
{
	return qchisq(1 - conf, 1, 0, 0);
}

struct chisq chisq_test(double chisq, size_t df)
{
	struct chisq t = { .chisq = df ? chisq : NAN, .df = df, .p = NAN };

	if (!isnan(t.chisq))
		t.p = pchisq(chisq, (double)df, 0, 0);
	return t;
}

struct interval interval_exp(double log_estimate, double se, double conf)
{
	double z = tail_z(conf);

	return (struct interval){ exp(log_estimate - z * se), exp(log_estimate + z * se) };
}

static int by_value(const void *a, const void *b)
{
	double x = **(double *const *)a, y = **(double *const *)b;

	return (x > y) - (x < y);
}

void holm_adjust(double *p, size_t n)
{
	_cleanup_free_
	double **order = xcalloc(n ? n : 1, sizeof(*order));
	size_t m = 0;
	double most = 0;

	for (size_t i = 0; i < n; i++)
		if (!isnan(p[i]))
			order[m++] = &p[i];
	qsort(order, m, sizeof(*order), by_value);
	for (size_t i = 0; i < m; i++) {
		most = fmax(most, fmin(1, *order[i] * (double)(m - i)));
		*order[i] = most;
	}
}
