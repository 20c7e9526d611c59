/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Wanted values: R 4.2.2, survival 3.5-3 (coxph, cox.zph). */
#include "numbers.h"

#include "stats/cox.h"

static void efrons_ties_are_rs(void **state)
{
	_cleanup_sample_ struct sample s = sample_from(AML);
	_cleanup_cox_ struct cox c = { 0 };

	(void)state;
	cox_fit(&s, COX_EFRON, false, &c);
	assert_true(c.exists);
	assert_int_equal(c.n_coef, 1);
	assert_close(c.log_hr[0], 0.915532575014718, 1e-8);
	assert_close(c.se[0], 0.511934275172005, 1e-8);
	assert_close(c.log_lik[0], -42.7248392627602, 1e-10);
	assert_close(c.log_lik[1], -41.0326155964584, 1e-10);
	assert_close(c.score.chisq, 3.4167343955173, 1e-9);
	assert_close(c.wald.chisq, 3.19829992215945, 1e-8);
	assert_close(c.lrt.chisq, 3.38444733260368, 1e-8);
	assert_interval(cox_hr_ci_wald(&c, 0, 0.95), 0.915907257436408, 6.8134957660633, 1e-8);
	assert_interval(cox_hr_ci_profile(&s, &c, 0.95), 0.94253838227218, 7.30852571239947, 1e-6);
}

static void breslows_ties_are_rs(void **state)
{
	_cleanup_sample_ struct sample s = sample_from(AML);
	_cleanup_cox_ struct cox c = { 0 };

	(void)state;
	cox_fit(&s, COX_BRESLOW, false, &c);
	assert_close(c.log_hr[0], 0.9042197236857, 1e-8);
	assert_close(c.se[0], 0.512247907304151, 1e-8);
	assert_interval(cox_hr_ci_profile(&s, &c, 0.95), 0.931348155106036, 7.2301974580521, 1e-6);
}

static void three_arms_full_of_ties_have_two_coefficients(void **state)
{
	_cleanup_sample_ struct sample s = sample_from(TIES);
	_cleanup_cox_ struct cox c = { 0 };

	(void)state;
	cox_fit(&s, COX_EFRON, false, &c);
	assert_int_equal(c.n_coef, 2);
	assert_close(c.log_hr[0], -0.53835695384730, 1e-8);
	assert_close(c.log_hr[1], -1.34398161307671, 1e-8);
	assert_close(c.se[0], 0.516537222120060, 1e-8);
	assert_close(c.se[1], 0.575487929335714, 1e-8);
	assert_close(c.log_lik[1], -58.5194566684381, 1e-10);
	assert_close(c.score.chisq, 5.96573377007, 1e-9);
	assert_int_equal(c.score.df, 2);
	assert_interval(cox_hr_ci_profile(&s, &c, 0.95), NAN, NAN, 0);
}

static void strata_have_hazards_of_their_own(void **state)
{
	_cleanup_sample_ struct sample s = sample_ovarian();
	_cleanup_cox_ struct cox c = { 0 };

	(void)state;
	cox_fit(&s, COX_EFRON, true, &c);
	assert_close(c.log_hr[0], -0.662632002803563, 1e-8);
	assert_close(c.se[0], 0.595487021451824, 1e-8);
	assert_close(c.log_lik[1], -26.7072794609292, 1e-10);
}

static void robust_errors_take_the_strata_as_clusters(void **state)
{
	_cleanup_sample_ struct sample s = sample_ovarian();
	_cleanup_cox_ struct cox c = { 0 };
	double se;

	(void)state;
	cox_fit(&s, COX_EFRON, false, &c);
	assert_close(c.log_hr[0], -0.596380049392283, 1e-8);
	cox_robust_se(&s, &c, &se);
	assert_close(se, 0.51453163114676, 1e-8);
}

static void a_drifting_ratio_is_tested_for(void **state)
{
	_cleanup_sample_ struct sample s = sample_ovarian(), t = sample_from(AML),
				       u = sample_from(TIES);
	_cleanup_cox_ struct cox c = { 0 }, d = { 0 }, e = { 0 };

	(void)state;
	cox_fit(&s, COX_EFRON, false, &c);
	assert_close(cox_test_proportional(&s, &c).chisq, 2.68184939282272, 1e-8);
	assert_close(cox_test_proportional(&s, &c).p, 0.101497793623749, 1e-8);
	cox_fit(&t, COX_EFRON, false, &d);
	assert_close(cox_test_proportional(&t, &d).chisq, 0.00787507772332374, 1e-8);
	cox_fit(&u, COX_EFRON, false, &e);
	assert_close(cox_test_proportional(&u, &e).chisq, 0.207619387368314, 1e-8);
	assert_int_equal(cox_test_proportional(&u, &e).df, 2);
}

static void an_arm_that_never_fails_has_an_upper_bound_only(void **state)
{
	_cleanup_sample_ struct sample s = sample_from("1 2 3 4 5 | 9+ 9+ 9+ 9+ 9+"),
				       t = sample_from("9+ 9+ 9+ 9+ 9+ | 1 2 3 4 5");
	_cleanup_cox_ struct cox c = { 0 }, d = { 0 };
	struct interval low, high;

	(void)state;
	cox_fit(&s, COX_EFRON, false, &c);
	cox_fit(&t, COX_EFRON, false, &d);
	assert_false(c.exists);
	assert_non_null(c.reason);
	assert_close(c.log_lik[1], -log(120), 1e-9); /* 1/5 * 1/4 * ... of arm 0 alone */
	assert_close(d.log_lik[1], -log(120), 1e-9);
	low = cox_hr_ci_profile(&s, &c, 0.95);
	high = cox_hr_ci_profile(&t, &d, 0.95);
	assert_close(low.lo, 0, 0);
	assert_true(low.hi > 0 && low.hi < 1);
	assert_close(high.lo, 1 / low.hi, 1e-9);
	assert_close(high.hi, INFINITY, 0);
	assert_interval(cox_hr_ci_wald(&c, 0, 0.95), NAN, NAN, 0);
}

static void arms_that_do_not_overlap_have_no_estimate(void **state)
{
	_cleanup_sample_ struct sample s = sample_from("1 2 3 | 7 8 9");
	_cleanup_cox_ struct cox c = { 0 };

	(void)state;
	cox_fit(&s, COX_EFRON, false, &c);
	assert_false(c.exists);
	assert_close(c.log_lik[1], -2 * log(6), 1e-9);
}

static void of_three_arms_each_must_be_tied_to_the_others(void **state)
{
	/* arm 2 fails before all others, so it can be moved away from them */
	_cleanup_sample_ struct sample s = sample_from("3 5 7 | 4 6 8 | 1 2");
	_cleanup_cox_ struct cox c = { 0 };

	(void)state;
	cox_fit(&s, COX_EFRON, false, &c);
	assert_false(c.exists);
	assert_close(c.score.df, 2, 0);
}

static void without_failures_nothing_is_known(void **state)
{
	_cleanup_sample_ struct sample s = sample_from("1+ | 2+"), one = sample_from("1 2");
	_cleanup_cox_ struct cox c = { 0 }, d = { 0 };

	(void)state;
	cox_fit(&s, COX_EFRON, false, &c);
	assert_false(c.exists);
	assert_interval(cox_hr_ci_profile(&s, &c, 0.95), 0, INFINITY, 0);
	assert_close(cox_test_proportional(&s, &c).p, NAN, 0);
	cox_fit(&one, COX_EFRON, false, &d);
	assert_int_equal(d.n_coef, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(efrons_ties_are_rs),
		test(breslows_ties_are_rs),
		test(three_arms_full_of_ties_have_two_coefficients),
		test(strata_have_hazards_of_their_own),
		test(robust_errors_take_the_strata_as_clusters),
		test(a_drifting_ratio_is_tested_for),
		test(an_arm_that_never_fails_has_an_upper_bound_only),
		test(arms_that_do_not_overlap_have_no_estimate),
		test(of_three_arms_each_must_be_tied_to_the_others),
		test(without_failures_nothing_is_known),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
