/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Comparisons of views made by hand; what R says of the same lives is in the comments. */
#include "numbers.h"
#include "views.h"

#include "base/rng.h"
#include "report/compare.h"
#include "report/contrast.h"
#include "report/differ.h"
#include "report/say.h"
#include "report/sides.h"

/* The reference set arm_b_zero: 15 deaths, and 15 survivors of half an hour. */
#define STOCK                                                                                      \
	"85.95 452.49 825.40 137.37 277.26 665.48 250.44 689.48 255.08 55.07 143.41 452.48 "       \
	"679.58 1628.15 777.05"
#define NEVER                                                                                      \
	"1800+ 1800+ 1800+ 1800+ 1800+ 1800+ 1800+ 1800+ 1800+ 1800+ 1800+ 1800+ 1800+ 1800+ "     \
	"1800+"

static void compare(const struct view *v, const char *baseline, struct contrast *ret)
{
	const struct sides_run run = { .view = v };
	_cleanup_sides_ struct sides s = { 0 };
	struct err err = { 0 };

	assert_ok(sides_make(&run, 1, baseline, false, &s, &err));
	contrast_make(s.side, s.n, s.versus, s.n_pairs, &contrast_usual, ret);
}

static void expect_sentence(const struct contrast *c, size_t pair, const char *want)
{
	_cleanup_free_
	char *got = say_pair(c, &c->pair[pair]);

	assert_string_equal(got, want);
}

static bool noted(const struct strv *v, const char *words)
{
	for (size_t i = 0; i < v->n; i++)
		if (strstr(v->item[i], words))
			return true;
	return false;
}

/* coxph(aml): exp(coef) 2.49810532617; survdiff: chisq 3.39638869898; cox.zph: p 0.9292872434 */
static void two_arms_with_failures_are_compared_as_r_does(void **state)
{
	_cleanup_view_ struct view v = view_named("r", "h");
	_cleanup_contrast_ struct contrast c = { 0 };
	const struct contrast_clock *k;

	(void)state;
	view_add_arm(&v, "maintained", AML_MAINTAINED, 1);
	view_add_arm(&v, "not", AML_NOT, 1);
	compare(&v, NULL, &c);
	k = &c.pair[0].time;
	assert_false(k->exact);
	assert_close(k->hr, 2.49810532617, 1e-8);
	assert_close(k->logrank.chisq, 3.39638869898, 1e-9);
	assert_close(k->proportional.p, 0.9292872434, 1e-7);
	assert_close(k->ratio, k->hr, 0);
	assert_close(c.pair[0].work.hr, k->hr, 1e-9);
	assert_int_equal(c.pair[0].verdict, CONTRAST_OPEN);
	assert_int_equal(compare_answer(&c), COMPARE_UNDECIDED);
}

/* Exact: qbeta and pbinom; profile bound of Cox: 0.0438542621638883. */
static void an_arm_without_failures_has_a_bound_and_a_claim(void **state)
{
	_cleanup_view_ struct view v = view_named("r", "h");
	_cleanup_contrast_ struct contrast c = { 0 };
	const struct contrast_clock *k;

	(void)state;
	view_add_arm(&v, "stock", STOCK, NAN);
	view_add_arm(&v, "more-memory", NEVER, NAN);
	compare(&v, NULL, &c);
	k = &c.pair[0].time;
	assert_true(k->exact);
	assert_false(k->hr_exists);
	assert_close(k->hr_ci.hi, 0.0438542621638883, 1e-6);
	assert_close(k->ci.hi, 0.0761516059748472, 1e-9);
	assert_close(k->rate.p_two_sided, 9.38803464313465e-11, 1e-9);
	assert_close(k->p, 2 * 9.38803464313465e-11, 1e-9);
	assert_int_equal(c.pair[0].verdict, CONTRAST_LOWER);
	expect_sentence(&c, 0,
			"more-memory lowers the hazard at least 13.1 times, as more-memory had no "
			"failure in 7.5 h; chance alone would do this in fewer than 1 of 1,000,000 "
			"such experiments.");
	assert_null(say_work(&c, &c.pair[0]));
	assert_true(noted(&c.pair[0].notes, "few failures (stock 15, more-memory 0)"));
}

static void the_other_way_round_it_raises_as_much(void **state)
{
	_cleanup_view_ struct view v = view_named("r", "h");
	_cleanup_contrast_ struct contrast c = { 0 };

	(void)state;
	view_add_arm(&v, "stock", STOCK, NAN);
	view_add_arm(&v, "more-memory", NEVER, NAN);
	compare(&v, "more-memory", &c);
	assert_int_equal(c.pair[0].verdict, CONTRAST_HIGHER);
	expect_sentence(&c, 0,
			"stock raises the hazard at least 13.1 times, as more-memory had no "
			"failure in 7.5 h; chance alone would do this in fewer than 1 of 1,000,000 "
			"such experiments.");
}

static void two_arms_without_any_failure_say_so(void **state)
{
	_cleanup_view_ struct view v = view_named("r", "h");
	_cleanup_contrast_ struct contrast c = { 0 };

	(void)state;
	view_add_arm(&v, "a", NEVER, 1);
	view_add_arm(&v, "b", NEVER, 1);
	compare(&v, NULL, &c);
	assert_int_equal(c.pair[0].verdict, CONTRAST_EMPTY);
	expect_sentence(&c, 0,
			"no difference shown between a and b: neither has failed, in 7.5 h and 7.5 "
			"h of soak, so there is no pace to reckon with.");
}

static void an_arm_without_trials_is_no_comparison(void **state)
{
	_cleanup_view_ struct view v = view_named("r", "h");
	_cleanup_contrast_ struct contrast c = { 0 };

	(void)state;
	view_add_arm(&v, "a", STOCK, 1);
	view_add_arm(&v, "b", "", 1);
	compare(&v, NULL, &c);
	assert_int_equal(c.pair[0].verdict, CONTRAST_EMPTY);
	expect_sentence(&c, 0, "no difference shown between a and b: b has no trial that counts.");
}

/* 3 and 2 failures in 300 and 400 s of exposure: d = 5 of the 65.4 that a factor of 2 takes. */
static void an_open_question_says_what_it_would_take(void **state)
{
	_cleanup_view_ struct view v = view_named("r", "h");
	_cleanup_contrast_ struct contrast c = { 0 };

	(void)state;
	view_add_arm(&v, "a", "50 50 100 100+", NAN);
	view_add_arm(&v, "b", "100 100 100+ 100+", NAN);
	compare(&v, NULL, &c);
	assert_int_equal(c.pair[0].verdict, CONTRAST_OPEN);
	assert_close(c.pair[0].missing, 65.348 - 5, 1e-3);
	assert_close(c.pair[0].more_s, c.pair[0].missing * 700 / 5, 1e-12);
	assert_close(c.pair[0].more_wall_s, c.pair[0].more_s * 780 / 700 / 2, 1e-12);
	expect_sentence(&c, 0,
			"no difference shown between a and b: the hazard of b is 0.5 times [0.042, "
			"4.4] that of a; about 78.4 min more for a factor of 2 at 80 % power (61 "
			"more failures, 141 min of soak, 2 guests at once).");
}

/* An OTHER is censored for the target, and a failure of its own crash. */
static void other_crashes_compete(void **state)
{
	_cleanup_view_ struct view v = view_named("r", "h");
	_cleanup_contrast_ struct contrast c = { 0 };
	const struct contrast_cause *other;

	(void)state;
	view_add_arm(&v, "a", "10 20 30 40", 1);
	view_add_arm(&v, "b", "10x 20x 30x 40", 1);
	compare(&v, NULL, &c);
	assert_int_equal(c.pair[0].time.rate.d[0], 4);
	assert_int_equal(c.pair[0].time.rate.d[1], 1);
	assert_int_equal(c.n_crashes, 2);
	assert_true(c.crash[0].target);
	assert_int_equal(c.crash[0].n, 5);
	other = &c.pair[0].cause[1];
	assert_false(c.crash[1].target);
	assert_int_equal(other->d[0], 0);
	assert_int_equal(other->d[1], 3);
	assert_int_equal(other->only, 1);
	assert_close(other->p, 0.25, 1e-12); /* 2 * 0.5^3 */
	assert_close(c.arm[0].incidence[0].share, 1, 1e-12);
	assert_close(c.arm[1].incidence[1].share, 0.75, 1e-12);
}

/* Twice the life at half the speed: by the clock a gain, by the work done none. */
static void who_works_less_lives_longer_and_is_told_so(void **state)
{
	_cleanup_view_ struct view v = view_named("r", "h");
	_cleanup_contrast_ struct contrast c = { 0 };
	_cleanup_buf_ struct buf fast = BUF_INIT, slow = BUF_INIT;
	struct rng r = rng_make(5);

	(void)state;
	for (int i = 0; i < 80; i++) {
		buf_printf(&fast, "%s%.6f", i ? " " : "", rng_weibull(&r, 100, 1));
		buf_printf(&slow, "%s%.6f", i ? " " : "", rng_weibull(&r, 300, 1));
	}
	view_add_arm(&v, "fast", buf_str(&fast), 3);
	view_add_arm(&v, "slow", buf_str(&slow), 1);
	compare(&v, NULL, &c);
	assert_int_equal(c.pair[0].verdict, CONTRAST_LOWER);
	assert_true(c.pair[0].work.rate.ci.lo < 1 && c.pair[0].work.rate.ci.hi > 1);
	_cleanup_free_
	char *work = say_work(&c, &c.pair[0]);
	assert_non_null(strstr(work, "What differs may be how fast they work, not what they "
				     "survive: fast did 3.0 units a second, slow did 1.0"));
}

static void more_than_two_arms_pay_for_their_comparisons(void **state)
{
	_cleanup_view_ struct view v = view_named("r", "h");
	_cleanup_contrast_ struct contrast c = { 0 };

	(void)state;
	view_add_arm(&v, "a", AML_MAINTAINED, NAN);
	view_add_arm(&v, "b", AML_NOT, NAN);
	view_add_arm(&v, "c", NEVER, NAN);
	compare(&v, NULL, &c);
	assert_int_equal(c.n_pairs, 2);
	assert_close(c.pair[1].p_holm, 2 * c.pair[1].time.p, 1e-12);
	assert_close(c.pair[0].p_holm, c.pair[0].time.p, 1e-12);
	assert_true(c.overall.df == 2 && c.overall.p < 0.05);
}

/* Host h1 is ten times as hard as h2, and a ran mostly on h1, b on h2: pooled, a looks worse. */
static void hosts_are_strata(void **state)
{
	_cleanup_view_ struct view one = view_named("r1", "h1"), two = view_named("r2", "h2");
	const struct contrast_part a[] = { { &one, 0 }, { &two, 0 } },
				   b[] = { { &one, 1 }, { &two, 1 } };
	const struct contrast_side side[] = { { "a", a, 2 }, { "b", b, 2 } };
	const struct contrast_versus versus = { 0, 1 };
	_cleanup_contrast_ struct contrast c = { 0 };

	(void)state;
	view_add_arm(&one, "a", "1 2 3 4 5 6 7 8 9 10 11 12", NAN);
	view_add_arm(&one, "b", "1.5 6.5", NAN);
	view_add_arm(&two, "a", "15 65", NAN);
	view_add_arm(&two, "b", "10 20 30 40 50 60 70 80 90 100 110 120", NAN);
	contrast_make(side, 2, &versus, 1, &contrast_usual, &c);
	assert_int_equal(c.n_strata, 2);
	assert_true(c.pair[0].time.stratified);
	assert_int_equal(c.pair[0].verdict, CONTRAST_OPEN);
	assert_true(c.pair[0].time.rate.ci.hi < 1); /* what pooling would have claimed */
	assert_true(c.arm[0].hosts_agree.p < 0.05);
	assert_true(noted(&c.warnings, "its hosts or runs disagree"));
}

static void arms_that_never_shared_a_host_are_doubted(void **state)
{
	_cleanup_view_ struct view one = view_named("r1", "h1"), two = view_named("r2", "h2");
	const struct sides_run run[] = { { .view = &one }, { .view = &two } };
	_cleanup_sides_ struct sides s = { 0 };
	_cleanup_contrast_ struct contrast c = { 0 };
	struct err err = { 0 };

	(void)state;
	view_add_arm(&one, "a", STOCK, NAN);
	view_add_arm(&two, "a", AML_NOT, NAN);
	assert_ok(sides_make(run, 2, NULL, false, &s, &err));
	contrast_make(s.side, s.n, s.versus, s.n_pairs, &contrast_usual, &c);
	assert_string_equal(c.arm[0].all.name, "1:a");
	assert_true(c.pair[0].confounded);
	assert_false(c.pair[0].time.stratified);
	assert_true(noted(&c.pair[0].notes, "1:a ran on h1, 2:a on h2: what differs may be"));
}

/* Shape 3: wears out. */
static void a_hazard_that_ages_is_told_beside_the_mttf(void **state)
{
	_cleanup_view_ struct view v = view_named("r", "h");
	_cleanup_contrast_ struct contrast c = { 0 };
	_cleanup_buf_ struct buf old = BUF_INIT;
	struct rng r = rng_make(7);

	(void)state;
	for (int i = 0; i < 40; i++)
		buf_printf(&old, "%s%.6f", i ? " " : "", rng_weibull(&r, 100, 3));
	view_add_arm(&v, "old", buf_str(&old), NAN);
	view_add_arm(&v, "few", "90 100 120", NAN);
	compare(&v, NULL, &c);
	assert_true(noted(&c.warnings, "old: its hazard rises with age (Weibull shape "));
	assert_true(noted(&c.pair[0].notes, "which these data contradict"));
}

/* Crossing hazards: early deaths in one, late ones in the other. */
static void hazards_that_cross_are_told_beside_the_ratio(void **state)
{
	_cleanup_view_ struct view v = view_named("r", "h");
	_cleanup_contrast_ struct contrast c = { 0 };
	_cleanup_buf_ struct buf early = BUF_INIT, late = BUF_INIT;
	struct rng r = rng_make(9);

	(void)state;
	for (int i = 0; i < 60; i++) {
		buf_printf(&early, "%s%.6f", i ? " " : "", rng_weibull(&r, 100, 0.5));
		buf_printf(&late, "%s%.6f", i ? " " : "", rng_weibull(&r, 100, 4));
	}
	view_add_arm(&v, "early", buf_str(&early), NAN);
	view_add_arm(&v, "late", buf_str(&late), NAN);
	compare(&v, NULL, &c);
	assert_true(c.pair[0].time.proportional.p < 0.001);
	assert_true(noted(&c.pair[0].notes, "the hazards are not proportional"));
}

static void alike_is_said_where_the_factor_is_ruled_out(void **state)
{
	_cleanup_view_ struct view v = view_named("r", "h");
	_cleanup_contrast_ struct contrast c = { 0 };
	_cleanup_buf_ struct buf a = BUF_INIT, b = BUF_INIT;
	struct rng r = rng_make(11);

	(void)state;
	for (int i = 0; i < 300; i++) {
		buf_printf(&a, "%s%.6f", i ? " " : "", rng_weibull(&r, 100, 1));
		buf_printf(&b, "%s%.6f", i ? " " : "", rng_weibull(&r, 100, 1));
	}
	view_add_arm(&v, "a", buf_str(&a), NAN);
	view_add_arm(&v, "b", buf_str(&b), NAN);
	compare(&v, NULL, &c);
	assert_int_equal(c.pair[0].verdict, CONTRAST_ALIKE);
	assert_int_equal(compare_answer(&c), COMPARE_ALIKE);
	_cleanup_free_
	char *sentence = say_pair(&c, &c.pair[0]);
	assert_non_null(strstr(sentence, "a factor of 2 either way is ruled out"));
}

/* --- properties, over many small experiments --- */

static void random_arm(struct view *v, const char *name, struct rng *r, double scale)
{
	_cleanup_buf_ struct buf b = BUF_INIT;
	size_t n = 1 + rng_below(r, 30);

	for (size_t i = 0; i < n; i++) {
		double t = rng_weibull(r, scale, 1);

		buf_printf(&b, "%s%.6f%s", i ? " " : "", fmin(t, 100) + 1e-6,
			   t > 100           ? "+"
			   : rng_below(r, 8) ? ""
					     : "x");
	}
	view_add_arm(v, name, buf_str(&b), 2);
}

/* "lowers" and "raises" only where the interval of the pair leaves 1 out, whatever its failures. */
static void expect_modest(const struct contrast *c)
{
	const struct contrast_pair *p = &c->pair[0];
	_cleanup_free_
	char *s = say_pair(c, p);
	bool lowers = strstr(s, "lowers") != NULL, raises = strstr(s, "raises") != NULL;

	if (lowers && !(p->time.ci.hi < 1 && p->p_holm < 0.05))
		fail_msg("[%g, %g]: %s", p->time.ci.lo, p->time.ci.hi, s);
	if (raises && !(p->time.ci.lo > 1 && p->p_holm < 0.05))
		fail_msg("[%g, %g]: %s", p->time.ci.lo, p->time.ci.hi, s);
	if ((lowers || raises) == (strstr(s, "no difference shown") != NULL))
		fail_msg("%s", s);
	assert_null(strstr(s, "nan"));
	assert_null(strstr(s, "inf"));
	assert_null(strstr(s, "- times"));
}

static enum contrast_verdict mirrored(enum contrast_verdict v)
{
	return v == CONTRAST_LOWER ? CONTRAST_HIGHER : v == CONTRAST_HIGHER ? CONTRAST_LOWER : v;
}

static void naming_the_arms_the_other_way_inverts_the_ratio(void **state)
{
	static const double scales[] = { 5, 50, 500, 5000 };
	struct rng r = rng_make(3);
	int claims = 0;

	(void)state;
	for (int i = 0; i < 400; i++) {
		_cleanup_view_ struct view v = view_named("r", "h");
		_cleanup_contrast_ struct contrast ab = { 0 }, ba = { 0 };
		const struct contrast_clock *x, *y;

		random_arm(&v, "a", &r, scales[rng_below(&r, 4)]);
		random_arm(&v, "b", &r, scales[rng_below(&r, 4)]);
		compare(&v, "a", &ab);
		compare(&v, "b", &ba);
		x = &ab.pair[0].time;
		y = &ba.pair[0].time;
		if (x->exists && x->rate.d[0] + x->rate.d[1]) {
			assert_close(x->ratio, 1 / y->ratio, 1e-7);
			assert_close(x->ci.lo, 1 / y->ci.hi, 1e-6);
			assert_close(x->p, y->p, 1e-9);
		}
		assert_int_equal(ab.pair[0].verdict, mirrored(ba.pair[0].verdict));
		expect_modest(&ab);
		expect_modest(&ba);
		claims += contrast_differs(&ab.pair[0]);
	}
	assert_in_range(claims, 50, 350);
}

/* 1,000 experiments without a difference: at most 5 % are claimed to have one (0.7 % of error). */
static void identical_arms_are_seldom_told_apart(void **state)
{
	struct rng r = rng_make(13);
	int claims = 0;

	(void)state;
	for (int i = 0; i < 1000; i++) {
		_cleanup_view_ struct view v = view_named("r", "h");
		_cleanup_contrast_ struct contrast c = { 0 };

		random_arm(&v, "a", &r, 50);
		random_arm(&v, "b", &r, 50);
		compare(&v, NULL, &c);
		claims += contrast_differs(&c.pair[0]);
	}
	assert_in_range(claims, 5, 60);
}

static void chance_is_never_rounded_in_favour(void **state)
{
	static const struct {
		double p;
		const char *want;
	} of[] = {
		{ 1.0 / 3456, "1 of 3,400" },
		{ 1.0 / 3000, "1 of 3,000" },
		{ 0.049, "1 of 20" },
		{ 1e-7, "fewer than 1 of 1,000,000" },
		{ 0.3, "1 of 3" },
		{ 0.41, "5 of 10" },
		{ 1, "10 of 10" },
		{ 1.0 / 999999, "1 of 990,000" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(of); i++) {
		_cleanup_buf_ struct buf b = BUF_INIT;

		say_chance(&b, of[i].p);
		assert_string_equal(buf_str(&b), of[i].want);
	}
}

static void settings_differ_as_a_scenario_would_write_them(void **state)
{
	_cleanup_json_ json_t *a = json_loads("{\"guest\": {\"memory\": 268435456, \"vcpus\": 2},"
					      " \"limits\": {\"soak\": 60000000000}}",
					      0, NULL),
			      *b = json_loads("{\"guest\": {\"memory\": 536870912, \"vcpus\": 2},"
					      " \"limits\": {\"soak\": null}, \"kernel\": \"x\"}",
					      0, NULL);
	_cleanup_strv_ struct strv list = { 0 };

	(void)state;
	differ_settings(a, b, &list);
	assert_int_equal(list.n, 3);
	assert_string_equal(list.item[0], "guest.memory 256MiB -> 512MiB");
	assert_string_equal(list.item[1], "limits.soak 1m -> none");
	assert_string_equal(list.item[2], "kernel none -> x");
	differ_settings(a, NULL, &list);
	assert_int_equal(list.n, 3);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		test(two_arms_with_failures_are_compared_as_r_does),
		test(an_arm_without_failures_has_a_bound_and_a_claim),
		test(the_other_way_round_it_raises_as_much),
		test(two_arms_without_any_failure_say_so),
		test(an_arm_without_trials_is_no_comparison),
		test(an_open_question_says_what_it_would_take),
		test(other_crashes_compete),
		test(who_works_less_lives_longer_and_is_told_so),
		test(more_than_two_arms_pay_for_their_comparisons),
		test(hosts_are_strata),
		test(arms_that_never_shared_a_host_are_doubted),
		test(a_hazard_that_ages_is_told_beside_the_mttf),
		test(hazards_that_cross_are_told_beside_the_ratio),
		test(alike_is_said_where_the_factor_is_ruled_out),
		test(naming_the_arms_the_other_way_inverts_the_ratio),
		test(identical_arms_are_seldom_told_apart),
		test(chance_is_never_rounded_in_favour),
		test(settings_differ_as_a_scenario_would_write_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
