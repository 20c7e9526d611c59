/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What planted faults draw, against the formulas; the kernel has no floating point to do it with.
 */
#include "unit.h"

#include <math.h>

/* The module is no part of the library: compiled in. */
#include "../../workloads/faultlab/chance.c"

#define DRAWS 200000

static double q32(u64 x)
{
	return (double)x / 4294967296.0;
}

static void the_logarithm_is_one(void **state)
{
	(void)state;
	assert_int_equal(chance_minus_ln(0), 0); /* stands for 1 */
	for (u64 i = 0; i < 2000; i++) {
		u64 u = chance_bits(1, i) >> (i % 60);

		if (u)
			assert_true(fabs(q32(chance_minus_ln(u)) + log((double)u / 0x1p64)) < 1e-8);
	}
}

static void a_root_is_one_for_every_shape(void **state)
{
	(void)state;
	for (int i = 1; i < 300; i++)
		for (u64 shape = 250; shape <= 20000; shape += 617) {
			const u64 x = (u64)i * i * 1234567;
			const double want = pow(q32(x), 1000.0 / (double)shape);

			if (want > 1e-6 && want < 4e9)
				assert_true(fabs(q32(chance_root(x, shape)) / want - 1) < 1e-3);
		}
	assert_int_equal(chance_root(0, 2000), 0);
	assert_int_equal(chance_root(44ull << 32, 100), ~0ull); /* 44^10 does not fit */
}

/* Mean and distribution: the largest gap between the sorted draws and the law (1 % critical). */
static void lifetimes_follow_the_law(void **state)
{
	static const u64 shapes[] = { 500, 1000, 2500 };

	(void)state;
	for (size_t k = 0; k < ARRAY_SIZE(shapes); k++) {
		const double shape = (double)shapes[k] / 1000;
		size_t below[64] = { 0 };
		double gap = 0;

		for (u64 i = 0; i < DRAWS; i++) {
			double t = (double)chance_lifetime(77, i, 1000000000, shapes[k]) / 1e9;

			for (int b = 0; b < 64; b++)
				below[b] += t <= (b + 1) * 0.05;
		}
		for (int b = 0; b < 64; b++)
			gap = fmax(gap, fabs((double)below[b] / DRAWS -
					     (1 - exp(-pow((b + 1) * 0.05, shape)))));
		assert_true(gap < 1.63 / sqrt(DRAWS));
	}
}

static void every_trial_of_a_plan_draws_for_itself(void **state)
{
	double mean = 0;

	(void)state;
	/* seeds of neighbours, the first draw of each: what trials do */
	for (u64 seed = 0; seed < DRAWS; seed++)
		mean += q32(chance_lifetime(seed, 0, 1ull << 32, 1000)) / DRAWS;
	assert_true(fabs(mean - 1) < 3 / sqrt(DRAWS));
	assert_int_equal(chance_lifetime(5, 0, 1000, 1000), chance_lifetime(5, 0, 1000, 1000));
}

static void tries_until_success_are_geometric(void **state)
{
	static const u64 rates[] = { 1, 100, 999, 1000, 250000, 999999 };

	(void)state;
	for (size_t k = 0; k < ARRAY_SIZE(rates); k++) {
		const double p = (double)rates[k] / 1e6;
		double mean = 0, firsts = 0;

		for (u64 i = 0; i < DRAWS; i++) {
			u64 n = chance_tries(3, i, rates[k]);

			assert_true(n >= 1);
			mean += (double)n / DRAWS;
			firsts += n == 1;
		}
		assert_true(fabs(mean * p - 1) < 4 / sqrt(DRAWS));
		assert_true(fabs(firsts / DRAWS - p) < 4 * sqrt(p / DRAWS));
	}
	assert_int_equal(chance_tries(3, 4, 1000000), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(the_logarithm_is_one),
		test(a_root_is_one_for_every_shape),
		test(lifetimes_follow_the_law),
		test(every_trial_of_a_plan_draws_for_itself),
		test(tries_until_success_are_geometric),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
