/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Wanted values: R 4.2.2, survival 3.5-3 (survreg), profiles by its optimiser. */
#include "numbers.h"

#include "stats/weibull.h"

static void the_leukaemia_fit_is_rs(void **state)
{
	_cleanup_sample_ struct sample s = sample_from(AML);
	struct weibull w;

	(void)state;
	weibull_fit(&s, &w);
	assert_true(w.exists);
	assert_close(w.shape, 1.09660908580279, 1e-9);
	assert_close(w.scale, 38.1868109957284, 1e-9);
	assert_close(w.log_lik, -83.1786692328052, 1e-10);
	assert_close(w.se_log_scale, 0.217076496501385, 1e-8);
	assert_close(w.se_log_shape, 0.169484968685119, 1e-8);
	assert_close(w.cov_log_scale_log_shape, 0.00515227943908848, 1e-8);
	assert_close(weibull_mttf(&w), 36.8845887901803, 1e-9);
	assert_close(weibull_quantile(&w, 0.5), 27.3376899689645, 1e-9);
	assert_close(weibull_quantile(&w, 0.1), 4.90559193514413, 1e-9);
	assert_interval(weibull_shape_ci_wald(&w, 0.95), 0.786658016897739, 1.52868395317142, 1e-8);
	assert_interval(weibull_scale_ci_wald(&w, 0.95), 24.9538490058569, 58.437178716647, 1e-8);
}

static void its_profiles_are_rs(void **state)
{
	_cleanup_sample_ struct sample s = sample_from(AML);
	struct weibull w;

	(void)state;
	weibull_fit(&s, &w);
	assert_interval(weibull_shape_ci_profile(&s, &w, 0.95), 0.754629403887279, 1.47929099345083,
			1e-9);
	assert_interval(weibull_scale_ci_profile(&s, &w, 0.95), 24.7654713888894, 60.9323517596899,
			1e-9);
}

static void the_test_of_shape_1_is_a_likelihood_ratio(void **state)
{
	_cleanup_sample_ struct sample s = sample_from(AML);
	struct weibull w;

	(void)state;
	weibull_fit(&s, &w);
	assert_close(w.expo_log_lik, -83.3179595407962, 1e-10);
	assert_close(weibull_test_shape_1(&w).chisq, 0.278580615981838, 1e-8);
	assert_close(weibull_test_shape_1(&w).p, 0.597633043856417, 1e-8);
	assert_int_equal(weibull_test_shape_1(&w).df, 1);
}

static void one_failure_has_a_fit_and_a_scale_that_nothing_bounds_in_practice(void **state)
{
	_cleanup_sample_ struct sample s = sample_from("1200 3600+ 3600+ 3600+ 3600+ 3600+ 3600+ "
						       "3600+ 3600+ 3600+");
	struct weibull w;

	(void)state;
	weibull_fit(&s, &w);
	assert_close(w.shape, 0.946011841043038, 1e-9);
	assert_interval(weibull_shape_ci_profile(&s, &w, 0.95), 0.0553648070743605,
			4.05248956035548, 1e-9);
	assert_interval(weibull_scale_ci_profile(&s, &w, 0.95), 5241.69384290159,
			1.55040028523533e+23, 1e-8);
}

static void expect_none(const char *text, const char *reason)
{
	_cleanup_sample_ struct sample s = sample_from(text);
	struct weibull w;

	weibull_fit(&s, &w);
	assert_false(w.exists);
	assert_string_equal(w.reason, reason);
	assert_interval(weibull_shape_ci_profile(&s, &w, 0.95), NAN, NAN, 0);
	assert_interval(weibull_scale_ci_wald(&w, 0.95), NAN, NAN, 0);
	assert_close(weibull_test_shape_1(&w).p, NAN, 0);
}

static void where_no_fit_exists_it_says_why(void **state)
{
	(void)state;
	expect_none("5+ 6+", "no failures");
	expect_none("0 5 6+", "a time is zero: log t undefined");
	expect_none("3+ 120 120", "every failure is at the largest time: shape -> infinity");
	expect_none("7", "every failure is at the largest time: shape -> infinity");
}

static void the_unit_of_time_does_not_matter(void **state)
{
	static const double unit[] = { 1e-300, 1e-9, 1e12, 1e300 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(unit); i++) {
		_cleanup_sample_ struct sample s = sample_from(AML);
		struct interval ci;
		struct weibull w;

		for (size_t j = 0; j < s.n; j++)
			s.life[j].time *= unit[i];
		weibull_fit(&s, &w);
		assert_close(w.shape, 1.09660908580279, 1e-9);
		assert_close(w.scale, 38.1868109957284 * unit[i], 1e-9);
		ci = weibull_scale_ci_profile(&s, &w, 0.95);
		assert_close(ci.hi, 60.9323517596899 * unit[i], 1e-9);
	}
}

static void a_steep_law_is_found(void **state)
{
	_cleanup_sample_ struct sample s = sample_from("1000 1000.001 1000.002");
	struct weibull w;

	(void)state;
	weibull_fit(&s, &w);
	assert_true(w.exists);
	assert_true(w.shape > 1e6);
	assert_close(w.scale, 1000.0014, 1e-6);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(the_leukaemia_fit_is_rs),
		test(its_profiles_are_rs),
		test(the_test_of_shape_1_is_a_likelihood_ratio),
		test(one_failure_has_a_fit_and_a_scale_that_nothing_bounds_in_practice),
		test(where_no_fit_exists_it_says_why),
		test(the_unit_of_time_does_not_matter),
		test(a_steep_law_is_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
