/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "numbers.h"

static void rows_come_out_by_time_and_keep_their_columns(void **state)
{
	_cleanup_sample_ struct sample s = SAMPLE_INIT;

	(void)state;
	sample_add(&s, (struct lifetime){ .time = 3, .arm = 1, .failed = true });
	sample_add(&s, (struct lifetime){ .time = 1, .arm = 0, .stratum = 4 });
	sample_add(&s, (struct lifetime){ .time = 2, .arm = 2, .cause = 5, .failed = true });
	assert_false(s.sorted);
	sample_sort(&s);
	assert_true(s.sorted);
	assert_int_equal(s.life[0].stratum, 4);
	assert_int_equal(s.life[1].cause, 5);
	assert_int_equal(s.life[2].arm, 1);
	assert_int_equal(sample_arms(&s), 3);
	assert_int_equal(sample_causes(&s), 6);
	assert_int_equal(sample_strata(&s), 5);
}

static void rows_that_arrive_in_order_need_no_sorting(void **state)
{
	_cleanup_sample_ struct sample s = sample_from("1 2+ 2 7");

	(void)state;
	assert_int_equal(s.n, 4);
	assert_true(s.sorted);
	assert_int_equal(sample_failures(&s), 3);
	assert_close(sample_total_time(&s), 12, 0);
	assert_close(sample_max_time(&s), 7, 0);
}

static void an_arm_is_taken_out_whole(void **state)
{
	_cleanup_sample_ struct sample s = sample_from(AML), arm = SAMPLE_INIT;

	(void)state;
	assert_int_equal(s.n, 23);
	sample_of_arm(&s, 1, &arm);
	assert_true(arm.sorted);
	assert_int_equal(arm.n, 12);
	assert_int_equal(sample_failures(&arm), 11);
	assert_close(sample_total_time(&arm), 255, 0);
}

static void another_cause_is_a_censoring(void **state)
{
	_cleanup_sample_ struct sample s = SAMPLE_INIT, one = SAMPLE_INIT;

	(void)state;
	sample_add(&s, (struct lifetime){ .time = 1, .cause = 0, .failed = true });
	sample_add(&s, (struct lifetime){ .time = 2, .cause = 1, .failed = true });
	sample_add(&s, (struct lifetime){ .time = 3, .cause = 1 });
	sample_of_cause(&s, 1, &one);
	assert_int_equal(one.n, 3);
	assert_int_equal(sample_failures(&one), 1);
	assert_true(one.life[1].failed);
}

static void tiny_lifetimes_are_not_lost_beside_huge_ones(void **state)
{
	_cleanup_sample_ struct sample s = SAMPLE_INIT;

	(void)state;
	sample_add(&s, (struct lifetime){ .time = 1e16 });
	for (int i = 0; i < 1000; i++)
		sample_add(&s, (struct lifetime){ .time = 0.5 });
	assert_close(sample_total_time(&s), 1e16 + 500, 0);
}

static void an_empty_sample_has_nothing(void **state)
{
	_cleanup_sample_ struct sample s = SAMPLE_INIT, arm = SAMPLE_INIT;

	(void)state;
	sample_sort(&s);
	sample_of_arm(&s, 0, &arm);
	assert_true(arm.sorted);
	assert_int_equal(sample_arms(&arm) + sample_causes(&arm) + sample_strata(&arm), 0);
	assert_close(sample_max_time(&arm), 0, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(rows_come_out_by_time_and_keep_their_columns),
		test(rows_that_arrive_in_order_need_no_sorting),
		test(an_arm_is_taken_out_whole),
		test(another_cause_is_a_censoring),
		test(tiny_lifetimes_are_not_lost_beside_huge_ones),
		test(an_empty_sample_has_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
