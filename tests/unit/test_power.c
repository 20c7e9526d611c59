/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Wanted values: R 4.2.2 (qchisq, qbeta, pbinom, qnorm). */
#include "numbers.h"

#include "stats/power.h"

static void a_demonstration_allows_as_few_failures_as_it_can(void **state)
{
	static const struct {
		double mttf0, k, alpha, beta, truth;
		size_t allowed;
		double hours, power;
	} row[] = {
		{ 1, 1, 0.05, 0.1, INFINITY, 0, 2.99573227355399, 1 },
		{ 1, 1, 0.05, 0.2, 10, 1, 4.74386451839058, 0.917461636102824 },
		{ 43, 1, 0.05, 0.2, 430, 1, 203.986174290795, 0.917461636102824 },
		{ 2, 5, 0.05, 0.2, 40, 3, 77.5365652793272, 0.868061863525784 },
		{ 1, 10, 0.05, 0.2, 15, 36, 475.407333346216, 0.805763789690066 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(row); i++) {
		struct demo_plan p =
			power_demo(row[i].mttf0, row[i].k, row[i].alpha, row[i].beta, row[i].truth);

		assert_true(p.reachable);
		assert_int_equal(p.allowed, row[i].allowed);
		assert_close(p.exposure, row[i].hours, 1e-9);
		assert_close(p.power, row[i].power, 1e-9);
	}
}

static void a_truth_no_better_than_the_claim_cannot_be_demonstrated(void **state)
{
	(void)state;
	assert_false(power_demo(10, 2, 0.05, 0.2, 20).reachable);
	assert_false(power_demo(10, 2, 0.05, 0.2, 5).reachable);
	assert_false(power_demo(10, 1, 0.05, 0.2, 10.001).reachable);
	assert_true(power_demo(10, 1, 0.05, 0.2, 10.5).reachable);
}

static void an_estimated_base_rate_costs_more_clean_time(void **state)
{
	(void)state;
	assert_close(power_fixed_arm(1, 1, 0, 1, 0.05), 19, 1e-9);
	assert_close(power_fixed_arm(3, 3, 0, 1, 0.05), 5.14325284978472, 1e-9);
	assert_close(power_fixed_arm(5, 10, 1, 1, 0.05), 13.9121987630609, 1e-9);
	assert_close(power_fixed_arm(8, 8, 0, 10, 0.05), 36.3372346759163, 1e-9);
	assert_close(power_fixed_arm(8, 8, 0, 10, 0.05), 80 * (pow(0.05, -1.0 / 8) - 1), 1e-9);
	assert_close(power_fixed_arm(0, 100, 0, 1, 0.05), INFINITY, 0);
}

static void what_is_still_needed_is_said(void **state)
{
	struct power_needed a = power_still_needed(5, 20, 0, 10, 1, 0.05),
			    b = power_still_needed(5, 20, 1, 60, 1, 0.05),
			    c = power_still_needed(3, 129, 0, 400, 1, 0.05);

	(void)state;
	assert_close(a.p_now, 0.131687242798354, 1e-9);
	assert_false(a.claim_now);
	assert_close(a.t1_needed, 16.4112840605216, 1e-9);
	assert_close(a.still, 6.4112840605216, 1e-9);
	assert_close(b.p_now, 0.004638671875, 1e-9);
	assert_true(b.claim_now);
	assert_close(b.t1_needed, 27.8243975261218, 1e-9);
	assert_close(b.still, 0, 0);
	assert_close(c.p_now, 0.0145011389771841, 1e-9);
	assert_close(c.t1_needed, 221.159872540743, 1e-9);
}

static void schoenfelds_failures(void **state)
{
	(void)state;
	assert_close(power_events(0.5, 0.05, 0.8, 0.5, 2), 65.3456592588709, 1e-9);
	assert_close(power_events(0.1, 0.05, 0.9, 0.5, 1), 6.4609671270316, 1e-9);
	assert_close(power_events(2, 0.05, 0.8, 0.25, 2), 87.1275456784945, 1e-9);
}

static void the_smallest_visible_effect_is_its_inverse(void **state)
{
	double d = power_events(0.5, 0.05, 0.8, 0.5, 2);

	(void)state;
	assert_close(power_detectable(d, 0.05, 0.8, 0.5, 2), 2, 1e-12);
}

static void the_hours_that_are_missing_shrink_with_every_failure(void **state)
{
	double all = power_more_exposure(0.5, 0.05, 0.8, 0, 10);

	(void)state;
	assert_close(all, 65.3456592588709 / 15, 1e-9);
	assert_close(power_more_exposure(0.5, 0.05, 0.8, 30, 10), 35.3456592588709 / 15, 1e-9);
	assert_close(power_more_exposure(0.5, 0.05, 0.8, 66, 10), 0, 0);
}

/* R: the power of each number of failures by pbinom, the first from which it stays. */
static void the_exact_test_needs_a_few_failures_more(void **state)
{
	(void)state;
	assert_close(power_events_exact(0.5, 0.05, 0.8, 0.5), 77, 0);
	assert_close(power_events_exact(2, 0.05, 0.8, 0.5), 77, 0);
	assert_close(power_events_exact(0.1, 0.05, 0.8, 0.5), 12, 0);
	assert_close(power_events_exact(0.25, 0.05, 0.8, 0.6), 20, 0);
	assert_close(power_events_exact(0.1, 0.05, 0.9, 0.5), 15, 0);
	assert_true(isinf(power_events_exact(0.99, 0.05, 0.8, 0.5)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(a_demonstration_allows_as_few_failures_as_it_can),
		test(a_truth_no_better_than_the_claim_cannot_be_demonstrated),
		test(an_estimated_base_rate_costs_more_clean_time),
		test(what_is_still_needed_is_said),
		test(schoenfelds_failures),
		test(the_smallest_visible_effect_is_its_inverse),
		test(the_exact_test_needs_a_few_failures_more),
		test(the_hours_that_are_missing_shrink_with_every_failure),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
