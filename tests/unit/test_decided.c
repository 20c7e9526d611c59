/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Trials until it is decided: whole campaigns, several guests at once, a look at each end and ten
 * in an MTTF between, hosts that fail. `test_decided 2000` plays so many of each kind; `make check`
 * plays fewer.
 */
#include "numbers.h"
#include "unit.h"

#include "nights.h"

static int campaigns = 250;

struct world {
	double ratio, shape, limit_s; /* hazard of b over that of a; a has the scale 1000 s */
	double boot_s, host_a_s, host_b_s, other_s; /* 0: none */
};

static void duration(struct buf *out, const char *key, double s)
{
	if (s > 0)
		buf_printf(out, "%s: %.0fms, ", key, 1000 * s);
	else
		buf_printf(out, "%s: none, ", key);
}

static char *scenario_of(const struct world *w, const char *arms)
{
	struct buf y = BUF_INIT;

	buf_printf(&y, "guest: { backend: fake }\nlimits: { soak: %.0fs }\nfake: { ", w->limit_s);
	duration(&y, "host-fault", w->host_a_s);
	duration(&y, "other", w->other_s);
	buf_printf(&y, "scale: 1000s, boot: %.0fs, shape: %g }\narms:\n  a:\n  b: { fake: { ",
		   w->boot_s, w->shape);
	duration(&y, "host-fault", w->host_b_s);
	buf_printf(&y, "scale: %.0fms } }\n%sstop: { decided: { factor: 2 } }\n",
		   1e6 * pow(w->ratio, -1 / w->shape), arms);
	return buf_steal(&y);
}

static struct nights play_arms(const struct world *w, const char *arms, bool forget_lost, int n)
{
	_cleanup_free_
	char *scenario = scenario_of(w, arms);
	const struct night night = {
		.scenario = scenario,
		.slots = 2,
		.look_ns = 100 * NS_PER_S,
		.trials_most = 5000,
		.forget_lost = forget_lost,
	};
	struct nights r = nights_play(&night, n, 20261121);

	print_message("# differ %.3f (less %.3f, more %.3f) alike %.3f, %.1f failures\n",
		      r.differ / (double)n, r.less / (double)n, r.more / (double)n,
		      r.alike / (double)n, r.failures);
	return r;
}

static struct nights play(const struct world *w)
{
	return play_arms(w, "", false, campaigns);
}

/* With few campaigns three standard errors are allowed on top. */
static double slack(double p)
{
	return campaigns >= 2000 ? 0 : 3 * sqrt(p * (1 - p) / campaigns);
}

static void assert_false_claims_below_alpha(const struct nights *r)
{
	assert_int_equal(r->undecided, 0);
	assert_true(r->differ <= (0.05 + slack(0.05)) * r->n);
	assert_true(r->differ > 0); /* else this test could not fail */
}

static void identical_arms_are_said_to_differ_in_fewer_than_alpha(void **state)
{
	static const struct world worlds[] = {
		{ 1, 1, 1000, .boot_s = 30 },
		{ 1, 0.6, 3000, .host_a_s = 3000, .host_b_s = 3000, .other_s = 4000 },
		{ 1, 2, 3000, .host_a_s = 3000, .host_b_s = 3000 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(worlds); i++) {
		struct nights r = play(&worlds[i]);

		assert_false_claims_below_alpha(&r);
	}
}

static void a_difference_of_the_factor_is_found_as_often_as_promised(void **state)
{
	static const struct world worlds[] = {
		{ 0.5, 1, 1000, .boot_s = 30 },
		{ 2, 0.6, 3000, .host_a_s = 3000, .host_b_s = 3000, .other_s = 4000 },
		{ 0.5, 2, 3000, .host_a_s = 3000, .host_b_s = 3000 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(worlds); i++) {
		struct nights r = play(&worlds[i]);
		int right = worlds[i].ratio < 1 ? r.less : r.more;

		assert_true(right >= (0.8 - slack(0.8)) * r.n);
		assert_true(r.differ - right <= 0.01 * r.n);
	}
}

/* The hosts of one arm fail every third of an MTTF. Who counts what was lost as censored is not
 * misled; who does it again "until it works" keeps the short lives of that arm only. */
static void hosts_that_fail_under_one_arm_mislead_only_who_forgets(void **state)
{
	static const struct world w = { 1, 1, 1000, .host_b_s = 333 };
	struct nights honest = play(&w), forgetful = play_arms(&w, "", true, 100);

	(void)state;
	assert_false_claims_below_alpha(&honest);
	assert_true(forgetful.more > 80);
}

/* One trial each would give the arm that dies ten times as fast a tenth of the time. */
static void exposure_is_shared_about_evenly_however_lives_differ(void **state)
{
	static const struct world w = { 0.1, 1, 20000, .boot_s = 10 };
	struct nights r = play_arms(&w, "", false, 100);

	(void)state;
	assert_int_equal(r.less, 100);
	print_message("# share %.3f\n", r.share);
	assert_true(r.share > 0.4 && r.share < 0.7);
}

/* Each of two comparisons has half of alpha; the first arm is in both. */
static void of_three_alike_few_are_said_to_differ(void **state)
{
	static const struct world w = { 1, 1, 1000 };
	struct nights r = play_arms(&w, "  c:\n", false, campaigns);

	(void)state;
	assert_false_claims_below_alpha(&r);
}

/* ---- one campaign, by hand ---- */

struct one {
	struct campaign c;
	struct strategy *s;
};

static void begin(struct one *o, const char *stop)
{
	_cleanup_free_
	char *text =
		xasprintf("guest: { backend: fake }\narms: { a: , b: , c: }\nstop: { %s }\n", stop);
	_cleanup_json_ json_t *params = NULL;
	struct scenario s;
	struct err err = { 0 };

	assert_ok(scenario_parse("one.yaml", text, strlen(text), NULL, &s, &err));
	assert_ok(decided_params(&s, &params, &err));
	campaign_init(&o->c, &s, 1, false);
	assert_ok(strategy_load(&strategy_until_decided, &o->c, params, &o->s, &err));
}

static void finish(struct one *o)
{
	o->s = strategy_free(o->s);
	campaign_done(&o->c);
}

static void tell(struct one *o, uint64_t arm, enum outcome outcome, uint64_t s)
{
	struct verdict v = { .outcome = outcome, .exposure_ns = s * NS_PER_S };
	uint64_t trial = campaign_add(&o->c, arm, 0)->trial;

	campaign_ended(&o->c, trial, &v);
	o->s->ops->ended(o->s, &o->c, campaign_trial(&o->c, trial), &v);
}

static void a_guest_that_lives_on_is_evidence_and_one_that_has_not_begun_is_none(void **state)
{
	struct one o;

	(void)state;
	begin(&o, "decided: { arms: [a, b] }");
	for (uint64_t i = 0; i < 12; i++)
		tell(&o, 0, OUTCOME_FAILED, 20 + i * i * 3);
	for (int i = 0; i < 4; i++)
		tell(&o, 1, OUTCOME_SURVIVED, 400);
	campaign_add(&o.c, 1, 0);
	o.c.state[16] = TRIAL_RUNNING;
	assert_false(strategy_decided(o.s, &o.c, 100000 * NS_PER_S));
	o.c.soak[16].from_ns = NS_PER_S;
	assert_false(strategy_decided(o.s, &o.c, 100 * NS_PER_S));
	assert_true(strategy_decided(o.s, &o.c, 1000 * NS_PER_S));
	assert_int_equal(o.s->ops->exit_code(o.s, &o.c, false), EXIT_DIFFER);
	finish(&o);
}

static void an_arm_that_is_decided_gets_no_more_and_its_guests_are_let_go(void **state)
{
	struct one o;
	struct wish w;

	(void)state;
	begin(&o, "decided: { arms: [a, b, c] }");
	for (int i = 0; i < 12; i++) {
		tell(&o, 0, OUTCOME_FAILED, 100);
		tell(&o, 1, OUTCOME_SURVIVED, 2000);
	}
	tell(&o, 2, OUTCOME_FAILED, 100);
	assert_false(strategy_decided(o.s, &o.c, NS_PER_S));
	campaign_add(&o.c, 1, 0);
	assert_true(strategy_enough(o.s, &o.c, campaign_trial(&o.c, o.c.plan.n), NS_PER_S));
	campaign_add(&o.c, 2, 0);
	assert_false(strategy_enough(o.s, &o.c, campaign_trial(&o.c, o.c.plan.n), NS_PER_S));
	for (int i = 0; i < 50; i++) {
		assert_true(o.s->ops->next(o.s, &o.c, NS_PER_S, &w));
		assert_int_not_equal(w.arm, 1);
		campaign_add(&o.c, w.arm, 0);
	}
	finish(&o);
}

static void lost_trials_say_nothing_and_stop_trials_is_the_most_of_each_arm(void **state)
{
	struct one o;
	struct wish w;

	(void)state;
	begin(&o, "trials: 2, decided: { arms: [a, b] }");
	for (int i = 0; i < 9; i++)
		tell(&o, i % 2, OUTCOME_INFRA, 1000);
	assert_true(o.s->ops->next(o.s, &o.c, NS_PER_S, &w));
	for (int i = 0; i < 4; i++)
		tell(&o, i % 2, OUTCOME_SURVIVED, 100);
	assert_false(o.s->ops->next(o.s, &o.c, NS_PER_S, &w));
	assert_int_equal(o.s->ops->exit_code(o.s, &o.c, false), EXIT_INCONCLUSIVE);
	finish(&o);
}

static void same_verdicts_in_the_same_order_give_the_same_next_trial(void **state)
{
	struct one a, b;

	(void)state;
	begin(&a, "decided: { arms: [a, b, c] }");
	begin(&b, "decided: { arms: [a, b, c] }");
	for (uint64_t i = 0; i < 30; i++) {
		struct wish w, x;

		assert_true(a.s->ops->next(a.s, &a.c, 7, &w));
		assert_true(b.s->ops->next(b.s, &b.c, 7, &x));
		assert_true(b.s->ops->next(b.s, &b.c, 7, &x)); /* asking changes nothing */
		assert_int_equal(w.arm, x.arm);
		tell(&a, w.arm, i % 3 ? OUTCOME_FAILED : OUTCOME_SURVIVED, 10 + i);
		tell(&b, w.arm, i % 3 ? OUTCOME_FAILED : OUTCOME_SURVIVED, 10 + i);
	}
	finish(&a);
	finish(&b);
}

static void broken_parameters_are_refused(void **state)
{
	static const char *const bad[] = {
		"{}",
		"{\"arms\": [\"a\"], \"factor\": 2, \"alpha\": 0.05, \"power\": 0.8}",
		"{\"arms\": [\"a\", \"z\"], \"factor\": 2, \"alpha\": 0.05, \"power\": 0.8}",
		"{\"arms\": [\"a\", \"b\"], \"factor\": 1, \"alpha\": 0.05, \"power\": 0.8}",
		"{\"arms\": [\"a\", 7], \"factor\": 2, \"alpha\": 0.05, \"power\": 0.8}",
		"{\"arms\": [\"a\", \"b\"], \"factor\": 2, \"alpha\": \"x\", \"power\": 0.8}",
	};
	struct one o;

	(void)state;
	begin(&o, "decided: {}");
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		_cleanup_json_ json_t *j = json_loads(bad[i], 0, NULL);
		struct strategy *s = NULL;
		struct err err = { 0 };

		assert_true(strategy_load(&strategy_until_decided, &o.c, j, &s, &err) < 0);
		assert_true(err.msg[0]);
	}
	finish(&o);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		test(identical_arms_are_said_to_differ_in_fewer_than_alpha),
		test(a_difference_of_the_factor_is_found_as_often_as_promised),
		test(hosts_that_fail_under_one_arm_mislead_only_who_forgets),
		test(exposure_is_shared_about_evenly_however_lives_differ),
		test(of_three_alike_few_are_said_to_differ),
		test(a_guest_that_lives_on_is_evidence_and_one_that_has_not_begun_is_none),
		test(an_arm_that_is_decided_gets_no_more_and_its_guests_are_let_go),
		test(lost_trials_say_nothing_and_stop_trials_is_the_most_of_each_arm),
		test(same_verdicts_in_the_same_order_give_the_same_next_trial),
		test(broken_parameters_are_refused),
	};

	if (argc > 1)
		campaigns = (int)strtol(argv[1], NULL, 10);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
