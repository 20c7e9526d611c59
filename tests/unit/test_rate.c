/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Wanted values: R 4.2.2 (binom.test, poisson.test). */
#include "numbers.h"

#include "stats/rate.h"

static void two_rates_are_compared_exactly(void **state)
{
	struct rate_ratio r = rate_compare(7, 423, 11, 255, 0.95);

	(void)state;
	assert_close(r.ratio, 2.60672268907563, 1e-12);
	assert_interval(r.ci, 0.922806915817414, 7.93053585160763, 1e-9);
	assert_close(r.p_two_sided, 0.050610094499413, 1e-9);
	assert_close(r.p_less, 0.988168167443698, 1e-9);
	assert_close(r.score_chisq, 4.2364807861679, 1e-9);
}

static void an_arm_without_failures_has_an_upper_bound(void **state)
{
	struct rate_ratio r = rate_compare(15, 7374.69, 0, 27000, 0.95),
			  turned = rate_compare(0, 27000, 15, 7374.69, 0.95);

	(void)state;
	assert_close(r.ratio, 0, 0);
	assert_interval(r.ci, 0, 0.0761516059748472, 1e-9);
	assert_close(r.p_two_sided, 9.38803464313465e-11, 1e-9);
	assert_close(turned.ratio, INFINITY, 0);
	assert_interval(turned.ci, 1 / 0.0761516059748472, INFINITY, 1e-9);
}

static void no_failure_at_all_says_nothing(void **state)
{
	struct rate_ratio r = rate_compare(0, 100, 0, 50, 0.95);

	(void)state;
	assert_close(r.ratio, NAN, 0);
	assert_interval(r.ci, 0, INFINITY, 0);
	assert_close(r.p_two_sided, 1, 0);
}

static void all_outcomes_no_likelier_are_counted_without_counting_them(void **state)
{
	(void)state;
	assert_close(binomial_test(2, 10, 0.5), 0.109375, 1e-12);
	assert_close(binomial_test(5, 10, 0.5), 1, 0);
	assert_close(binomial_test(682, 925, 0.75), 0.38249155957, 1e-9);
	assert_close(binomial_test(0, 3, 0), 1, 0);
	assert_close(binomial_test(1, 3, 0), 0, 0);
	assert_close(binomial_test(3, 3, 1), 1, 0);
	assert_true(binomial_test(499000000, 1000000000, 0.5) < 1e-300);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(two_rates_are_compared_exactly),
		test(an_arm_without_failures_has_an_upper_bound),
		test(no_failure_at_all_says_nothing),
		test(all_outcomes_no_likelier_are_counted_without_counting_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
