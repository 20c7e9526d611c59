/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Wanted values: R 4.2.2. */
#include "numbers.h"

#include "stats/expo.h"

static void eighteen_failures_give_exact_intervals(void **state)
{
	_cleanup_sample_ struct sample s = sample_from(AML);
	struct expo e = expo_fit(&s);

	(void)state;
	assert_int_equal(e.n_event, 18);
	assert_close(e.mttf, 37.6666666666667, 1e-12);
	assert_close(e.rate, 0.0265486725663717, 1e-12);
	assert_close(e.log_lik, -83.3179595407962, 1e-12);
	assert_interval(expo_mttf_ci(&e, 0.95), 23.8331592232205, 63.5549084829667, 1e-9);
	assert_interval(expo_mttf_ci(&e, 0.80), 27.3869793242358, 52.8793098529984, 1e-9);
	assert_interval(expo_rate_ci(&e, 0.95), 1 / 63.5549084829667, 1 / 23.8331592232205, 1e-9);
	assert_close(expo_mttf_lower(&e, 0.95), 25.4010877543134, 1e-9);
	assert_interval(expo_mttf_ci_failure_truncated(&e, 0.95), 24.9093940850791,
			63.5549084829667, 1e-9);
	assert_interval(expo_mttf_ci_lr(&e, 0.95), 24.5276578962089, 62.1296930957077, 1e-9);
	assert_interval(expo_mttf_ci_wald(&e, 0.95), 23.7316022597106, 59.7843231253902, 1e-9);
}

static void ten_clean_hours_promise_a_third_of_their_sum(void **state)
{
	struct expo e = expo_of(0, 36000);

	(void)state;
	assert_close(e.mttf, NAN, 0);
	assert_close(e.rate, 0, 0);
	assert_interval(expo_mttf_ci(&e, 0.95), 9759.06110454541, INFINITY, 1e-9);
	assert_close(expo_mttf_lower(&e, 0.95), 12017.095225032, 1e-9);
	assert_close(expo_mttf_lower(&e, 0.95), 36000 / 2.995732273553991, 1e-12);
	assert_interval(expo_mttf_ci_failure_truncated(&e, 0.95), NAN, NAN, 0);
	assert_interval(expo_mttf_ci_lr(&e, 0.95), NAN, NAN, 0);
	assert_interval(expo_mttf_ci_wald(&e, 0.95), NAN, NAN, 0);
	assert_interval(expo_rate_ci(&e, 0.95), 0, 1 / 9759.06110454541, 1e-9);
}

static void one_failure_leaves_a_wide_interval(void **state)
{
	struct expo e = expo_of(1, 33600);

	(void)state;
	assert_interval(expo_mttf_ci(&e, 0.95), 6030.53670926666, 1327129.11089496, 1e-9);
	assert_interval(expo_mttf_ci_lr(&e, 0.95), 7631.12573083194, 588864.752414596, 1e-9);
}

/* formulas.json, exp_ci. */
static void any_confidence_will_do(void **state)
{
	static const struct {
		size_t d;
		double total, conf, lo, hi, one_sided, truncated;
	} row[] = {
		{ 0, 1, 0.9, 0.333808200695334, INFINITY, 0.434294481903252, NAN },
		{ 2, 100, 0.9, 15.8836210343035, 281.403576328213, 18.7887976770471,
		  21.07986001968 },
		{ 10, 1e6, 0.8, 64907.0740882135, 160737.990414444, 73256.1715458396,
		  70392.8398819465 },
		{ 100, 1e9, 0.99, 7766352.08591979, 13137066.2909693, 7946683.92489033,
		  7835020.92748708 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(row); i++) {
		struct expo e = expo_of(row[i].d, row[i].total);

		assert_interval(expo_mttf_ci(&e, row[i].conf), row[i].lo, row[i].hi, 1e-9);
		assert_close(expo_mttf_lower(&e, row[i].conf), row[i].one_sided, 1e-9);
		assert_close(expo_mttf_ci_failure_truncated(&e, row[i].conf).lo, row[i].truncated,
			     1e-9);
	}
}

static void a_million_failures_still_have_an_interval(void **state)
{
	struct expo e = expo_of(1000000, 1e6);
	struct interval exact = expo_mttf_ci(&e, 0.95), wald = expo_mttf_ci_wald(&e, 0.95);

	(void)state;
	assert_close(exact.lo, wald.lo, 1e-5);
	assert_close(exact.hi, wald.hi, 1e-5);
	assert_close(expo_mttf_ci_lr(&e, 0.95).hi, wald.hi, 1e-5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(eighteen_failures_give_exact_intervals),
		test(ten_clean_hours_promise_a_third_of_their_sum),
		test(one_failure_leaves_a_wide_interval),
		test(any_confidence_will_do),
		test(a_million_failures_still_have_an_interval),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
