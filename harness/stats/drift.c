/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "stats/drift.h"

#define MATHLIB_STANDALONE
#include <Rmath.h>

#include "stats/weibull.h"

/* The likelihood ratio's law is chi-square only for many crashes: with six of them 1.2 % of lives
 * of shape 1 are below that p, with fifteen 0.7 %. */
static const double order_alpha = 0.015, age_alpha = 0.005;

static double total(const struct drift_life *life, size_t n)
{
	double sum = 0;

	for (size_t i = 0; i < n; i++)
		sum += life[i].seconds;
	return sum;
}

static void test_order(const struct drift_life *life, size_t n, struct drift *d)
{
	const double all = total(life, n);
	double clock = 0, sum = 0, k = (double)d->crashes;
	size_t early = 0;

	for (size_t i = 0; i < n; i++) {
		clock += life[i].seconds;
		if (!life[i].crash)
			continue;
		early += clock <= all / 2;
		sum += clock;
	}
	d->mttf_s[0] = all / 2 / (double)early;
	d->mttf_s[1] = all / 2 / (double)(d->crashes - early);
	if (life[n - 1].crash) {
		sum -= all;
		k--;
	}
	d->order_p = 2 * pnorm(-fabs(sum / k - all / 2) / (all * sqrt(1 / (12 * k))), 0, 1, 1, 0);
}

static void test_age(const struct drift_life *life, size_t n, struct drift *d)
{
	_cleanup_sample_ struct sample s = SAMPLE_INIT;
	struct weibull w;

	for (size_t i = 0; i < n; i++)
		sample_add(&s,
			   (struct lifetime){ .time = life[i].seconds, .failed = life[i].crash });
	sample_sort(&s);
	weibull_fit(&s, &w);
	if (!w.exists)
		return;
	d->age_p = weibull_test_shape_1(&w).p;
	d->shape = w.shape;
	d->shape95 = weibull_shape_ci_profile(&s, &w, 0.95);
}

void drift_test(const struct drift_life *life, size_t n, struct drift *ret)
{
	struct drift d = { .order_p = NAN,
			   .mttf_s = { NAN, NAN },
			   .age_p = NAN,
			   .shape = NAN,
			   .shape95 = interval_none() };

	for (size_t i = 0; i < n; i++)
		d.crashes += life[i].crash;
	if (d.crashes >= DRIFT_CRASHES_ORDER)
		test_order(life, n, &d);
	if (d.crashes >= DRIFT_CRASHES_AGE)
		test_age(life, n, &d);
	*ret = d;
}

bool drift_in_order(const struct drift *d)
{
	return d->order_p < order_alpha;
}

bool drift_with_age(const struct drift *d)
{
	return d->age_p < age_alpha;
}
