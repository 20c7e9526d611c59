/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Wanted values: R 4.2.2, survival 3.5-3 (survdiff). */
#include "numbers.h"

#include "stats/logrank.h"

static void two_arms_are_compared_as_r_does(void **state)
{
	_cleanup_sample_ struct sample s = sample_from(AML);
	_cleanup_logrank_ struct logrank l = { 0 };

	(void)state;
	logrank_fit(&s, 0, false, &l);
	assert_close(l.observed[0], 7, 0);
	assert_close(l.observed[1], 11, 0);
	assert_close(l.expected[0], 10.6893359923007, 1e-10);
	assert_close(l.expected[1], 7.31066400769928, 1e-10);
	assert_close(l.var[0], 4.00755074593873, 1e-10);
	assert_close(l.var[1], -4.00755074593873, 1e-10);
	assert_close(l.test.chisq, 3.3963886989776, 1e-10);
	assert_close(l.test.p, 0.0653393220405051, 1e-10);
	assert_int_equal(l.test.df, 1);
	assert_null(l.reason);
}

static void three_arms_full_of_ties_too(void **state)
{
	_cleanup_sample_ struct sample s = sample_from(TIES);
	_cleanup_logrank_ struct logrank l = { 0 }, early = { 0 };

	(void)state;
	logrank_fit(&s, 0, false, &l);
	assert_close(l.expected[2], 12.39470899470899, 1e-10);
	assert_close(l.var[1 * 3 + 2], -2.48980487371292, 1e-10);
	assert_close(l.test.chisq, 5.84058652703003, 1e-10);
	assert_int_equal(l.test.df, 2);
	logrank_fit(&s, 1, false, &early);
	assert_close(early.test.chisq, 5.39621158457969, 1e-10);
	assert_close(logrank_peto(&l, 0.95).hr, NAN, 0); /* two arms only */
}

static void strata_are_summed(void **state)
{
	_cleanup_sample_ struct sample s = sample_ovarian();
	_cleanup_logrank_ struct logrank l = { 0 };

	(void)state;
	logrank_fit(&s, 0, true, &l);
	assert_close(l.test.chisq, 1.27964345120336, 1e-10);
	assert_close(l.expected[0], 5.09519647019647, 1e-10);
	assert_close(l.var[0], 2.83538081153778, 1e-10);
}

static void petos_ratio_stands_without_any_failure_in_an_arm(void **state)
{
	_cleanup_sample_ struct sample s = sample_from("1 2 3 | 9+ 9+ 9+");
	_cleanup_logrank_ struct logrank l = { 0 };
	struct peto p;

	(void)state;
	logrank_fit(&s, 0, false, &l);
	p = logrank_peto(&l, 0.95);
	/* expected in arm 0: 1/2 + 2/5 + 1/4, variance 1/4 + 6/25 + 3/16 */
	assert_close(p.log_hr, -(3 - 1.15) / 0.6775, 1e-12);
	assert_close(p.se, 1 / sqrt(0.6775), 1e-12);
	assert_close(p.ci.hi, exp(p.log_hr + 1.959963984540054 * p.se), 1e-12);
}

static void without_variance_there_is_no_test(void **state)
{
	_cleanup_sample_ struct sample tied = sample_from("5 | 5"), none = sample_from("5+ | 7+"),
				       apart = sample_from("1+ | 5 6");
	_cleanup_logrank_ struct logrank l = { 0 }, m = { 0 }, n = { 0 };

	(void)state;
	logrank_fit(&tied, 0, false, &l);
	assert_close(l.test.chisq, NAN, 0);
	assert_string_equal(l.reason, "zero variance");
	logrank_fit(&none, 0, false, &m);
	assert_close(m.test.p, NAN, 0);
	logrank_fit(&apart, 0, false, &n); /* arm 0 had left before anything happened */
	assert_close(n.test.chisq, NAN, 0);
	assert_int_equal(n.test.df, 0);
}

static void an_arm_that_was_never_at_risk_costs_no_degree_of_freedom(void **state)
{
	_cleanup_sample_ struct sample s = sample_from("1 3 4 8+ | 2 5 6 7 | 0+ 0.5+"),
				       two = sample_from("1 3 4 8+ | 2 5 6 7");
	_cleanup_logrank_ struct logrank l = { 0 }, want = { 0 };

	(void)state;
	logrank_fit(&s, 0, false, &l);
	logrank_fit(&two, 0, false, &want);
	assert_int_equal(l.test.df, 1);
	assert_close(l.test.chisq, want.test.chisq, 1e-12);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(two_arms_are_compared_as_r_does),
		test(three_arms_full_of_ties_too),
		test(strata_are_summed),
		test(petos_ratio_stands_without_any_failure_in_an_arm),
		test(without_variance_there_is_no_test),
		test(an_arm_that_was_never_at_risk_costs_no_degree_of_freedom),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
