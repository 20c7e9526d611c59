/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "numbers.h"

#include "duels.h"
#include "stats/power.h"

/* By hand for one shape is not possible (31 are mixed), but for one failure the shape drops out of
 * the likelihood's ratio when all were watched for the same time. */
static void one_failure_says_little(void **state)
{
	struct duel d = duel_make(2, 0.05, 0.8);
	struct duel_look look;

	(void)state;
	duel_add(&d, 0, 10, true);
	duel_add(&d, 1, 10, false);
	look = duel_look(&d);
	assert_close(look.log_e_less, log(2 / 1.5), 1e-12);
	assert_close(look.log_e_more, log(2 / 3.0), 1e-12);
	assert_true(fabs(look.log_e) < 1e-12); /* 4/3 and 2/3: their mean is 1 */
	assert_int_equal(look.verdict, DUEL_CONTINUE);
	assert_close(look.p, 1, 1e-12);
}

static void before_anything_has_failed_nothing_is_known(void **state)
{
	struct duel d = duel_make(2, 0.05, 0.8);

	(void)state;
	assert_int_equal(duel_look(&d).verdict, DUEL_CONTINUE);
	duel_add(&d, 0, 100, false);
	duel_add(&d, 1, 100, false);
	assert_close(duel_look(&d).log_e, 0, 0);
	assert_true(duel_look(&d).failures_to_differ > 10);
}

static void the_arms_may_change_places(void **state)
{
	struct duel a = duel_make(2, 0.05, 0.8), b = a;

	(void)state;
	for (int i = 1; i < 12; i++) {
		duel_add(&a, i % 3 == 0, i, i % 4 != 0);
		duel_add(&b, i % 3 != 0, i, i % 4 != 0);
	}
	assert_close(duel_look(&a).log_e, duel_look(&b).log_e, 1e-9);
	assert_close(duel_look(&a).log_e_less, duel_look(&b).log_e_more, 1e-9);
}

static void the_unit_of_time_does_not_matter(void **state)
{
	struct duel a = duel_make(2, 0.05, 0.8), b = a;

	(void)state;
	for (int i = 1; i < 12; i++) {
		duel_add(&a, i % 2, i, i % 4 != 0);
		duel_add(&b, i % 2, 3600e9 * i, i % 4 != 0);
	}
	assert_close(duel_look(&a).log_e, duel_look(&b).log_e, 1e-9);
}

static void clear_cases_are_decided_the_right_way(void **state)
{
	struct duel d = duel_make(2, 0.05, 0.8), e = d;

	(void)state;
	for (int i = 0; i < 12; i++) {
		duel_add(&d, 0, 1 + i / 12.0, true);
		duel_add(&d, 1, 20, false);
		duel_add(&e, 1, 1 + i / 12.0, true);
		duel_add(&e, 0, 20, false);
	}
	assert_string_equal(duel_verdict_name(duel_look(&d).verdict), "less");
	assert_string_equal(duel_verdict_name(duel_look(&e).verdict), "more");
	assert_true(duel_look(&d).p < 0.05);
}

static void exposure_is_best_shared_about_evenly_and_costs_pull_it(void **state)
{
	struct duel d = duel_make(2, 0.05, 0.8);
	struct duel_look none = duel_look(&d), less = none;
	const double same[] = { 1, 1 }, dear[] = { 1, 3 };

	(void)state;
	less.log_e_less = 5;
	less.log_e_more = -5;
	assert_close(duel_share(&d, &none, same), 0.5, 1e-9);
	assert_close(duel_share(&d, &less, same), 0.53, 1e-9);
	assert_true(duel_share(&d, &less, dear) < 0.45);
}

/* ---- what it promises, over simulated campaigns of fixed seed ---- */

static int false_claims(double shape, double horizon, int n)
{
	struct world w = { shape, horizon, 1 };
	struct tally t = duel_campaigns(&w, n, 20261121);

	assert_int_equal(t.undecided, 0);
	return t.less + t.more;
}

static void false_claims_stay_below_alpha_though_it_looks_after_every_trial(void **state)
{
	int claims = false_claims(1, 1, 2000);

	(void)state;
	assert_true(claims <= 100);
	assert_true(claims >= 20); /* else this test could not fail */
}

static void whatever_the_law_of_the_lifetimes(void **state)
{
	(void)state;
	assert_true(false_claims(0.6, 10, 600) <= 30);
	assert_true(false_claims(2, 10, 600) <= 30);
	assert_true(false_claims(1, 0.1, 600) <= 30);
}

static void the_factor_is_seen_as_often_as_promised_and_sooner_than_by_a_fixed_plan(void **state)
{
	struct world half = { 1, 1, 0.5 }, twice = { 1.5, 2, 2 };
	struct tally t = duel_campaigns(&half, 600, 1), u = duel_campaigns(&twice, 600, 2);

	(void)state;
	assert_true(t.less >= 480);
	assert_true(u.more >= 480);
	assert_true(t.more + u.less == 0);
	assert_true(t.failures < power_events(2, 0.05, 0.8, 0.5, 2));
	assert_true(u.failures < power_events(2, 0.05, 0.8, 0.5, 2));
}

static void a_stronger_effect_is_seen_sooner(void **state)
{
	struct world w = { 1, 1, 0.2 };
	struct tally t = duel_campaigns(&w, 300, 3);

	(void)state;
	assert_int_equal(t.less, 300);
	assert_true(t.failures < 30);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(one_failure_says_little),
		test(before_anything_has_failed_nothing_is_known),
		test(the_arms_may_change_places),
		test(the_unit_of_time_does_not_matter),
		test(clear_cases_are_decided_the_right_way),
		test(exposure_is_best_shared_about_evenly_and_costs_pull_it),
		test(false_claims_stay_below_alpha_though_it_looks_after_every_trial),
		test(whatever_the_law_of_the_lifetimes),
		test(the_factor_is_seen_as_often_as_promised_and_sooner_than_by_a_fixed_plan),
		test(a_stronger_effect_is_seen_sooner),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
