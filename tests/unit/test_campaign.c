/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "unit.h"

#include "base/json.h"
#include "model/scenario.h"
#include "run/campaign.h"

static const char text[] = "name: two\n"
			   "guest: { backend: fake }\n"
			   "fail: { target: { class: divide-error } }\n"
			   "arms:\n"
			   "  a:\n"
			   "  b: { fake: { scale: 1s } }\n"
			   "stop: { trials: 3, budget: 1h }\n";

static void make(struct campaign *c)
{
	struct scenario s;
	struct err err = { 0 };

	assert_ok(scenario_parse("two.yaml", text, sizeof(text) - 1, NULL, &s, &err));
	campaign_init(c, &s, 42, true);
}

static void ends(struct campaign *c, uint64_t trial, enum outcome o)
{
	struct verdict v = { .outcome = o, .exposure_ns = 10 * NS_PER_S };

	campaign_ended(c, trial, &v);
}

static uint64_t nth_of(const struct campaign *c, uint64_t arm, size_t n)
{
	for (size_t i = 0; i < c->plan.n; i++)
		if (c->plan.trial[i].arm == arm && n-- == 0)
			return c->plan.trial[i].trial;
	fail();
	return 0;
}

static void trials_come_in_the_order_of_the_plan_once_each(void **state)
{
	struct campaign c;

	(void)state;
	make(&c);
	for (uint64_t trial = 1; trial <= 6; trial++) {
		assert_int_equal(campaign_next(&c)->trial, trial);
		c.state[trial - 1] = TRIAL_RUNNING;
	}
	assert_null(campaign_next(&c));
	assert_null(campaign_trial(&c, 0));
	assert_null(campaign_trial(&c, 7));
	campaign_done(&c);
}

static void a_lost_trial_is_owed_until_one_is_added(void **state)
{
	struct campaign c;

	(void)state;
	make(&c);
	ends(&c, nth_of(&c, 0, 0), OUTCOME_FAILED);
	ends(&c, nth_of(&c, 0, 1), OUTCOME_OTHER);
	ends(&c, nth_of(&c, 0, 2), OUTCOME_SURVIVED);
	assert_int_equal(campaign_owed(&c, 0), 0);
	ends(&c, nth_of(&c, 1, 0), OUTCOME_INFRA);
	ends(&c, nth_of(&c, 1, 1), OUTCOME_STOPPED);
	assert_int_equal(campaign_owed(&c, 1), 2);
	assert_int_equal(campaign_add(&c, 1, 0)->trial, 7);
	assert_int_equal(campaign_next(&c)->arm, 1);
	assert_int_equal(campaign_owed(&c, 1), 1);
	assert_int_equal(campaign_add(&c, 1, 0)->trial, 8);
	assert_int_equal(campaign_owed(&c, 1), 0);
	campaign_done(&c);
}

static void what_is_excluded_lends_no_exposure(void **state)
{
	struct campaign c;

	(void)state;
	make(&c);
	ends(&c, nth_of(&c, 0, 0), OUTCOME_SURVIVED);
	ends(&c, nth_of(&c, 0, 1), OUTCOME_INFRA); /* soaked without progress */
	assert_true(c.tally[0].exposure_s == 10);
	campaign_done(&c);
}

static void three_losses_and_nothing_else_are_hopeless(void **state)
{
	struct campaign c;

	(void)state;
	make(&c);
	ends(&c, nth_of(&c, 1, 0), OUTCOME_INFRA);
	ends(&c, nth_of(&c, 1, 1), OUTCOME_INFRA);
	assert_int_equal(campaign_hopeless(&c), -1);
	ends(&c, nth_of(&c, 1, 2), OUTCOME_INFRA);
	assert_int_equal(campaign_hopeless(&c), 1);
	ends(&c, campaign_add(&c, 1, 0)->trial, OUTCOME_SURVIVED);
	assert_int_equal(campaign_hopeless(&c), -1);
	campaign_done(&c);
}

static void more_losses_than_two_a_trial_are_hopeless_too(void **state)
{
	struct campaign c;

	(void)state;
	make(&c);
	ends(&c, nth_of(&c, 1, 0), OUTCOME_FAILED);
	for (int i = 0; i < 6; i++)
		ends(&c, campaign_add(&c, 1, 0)->trial, i % 2 ? OUTCOME_INFRA : OUTCOME_STOPPED);
	assert_int_equal(campaign_hopeless(&c), -1);
	ends(&c, campaign_add(&c, 1, 0)->trial, OUTCOME_STOPPED);
	assert_int_equal(campaign_hopeless(&c), 1);
	campaign_done(&c);
}

static void what_was_enough_is_not_lost(void **state)
{
	struct verdict v = { .outcome = OUTCOME_STOPPED, .enough = true };
	struct campaign c;

	(void)state;
	make(&c);
	for (int i = 0; i < 20; i++)
		campaign_ended(&c, campaign_add(&c, 1, 0)->trial, &v);
	assert_int_equal(campaign_owed(&c, 1), 0);
	assert_int_equal(campaign_hopeless(&c), -1);
	campaign_done(&c);
}

static void a_trial_has_an_age_while_it_soaks_and_is_in_limbo_until_its_verdict(void **state)
{
	struct campaign c;

	(void)state;
	make(&c);
	c.state[1] = TRIAL_RUNNING;
	assert_int_equal(campaign_age_ns(&c, 2, 1000), 0);
	c.soak[1].from_ns = 400;
	assert_int_equal(campaign_age_ns(&c, 2, 1000), 600);
	assert_int_equal(campaign_age_ns(&c, 2, 300), 0);
	assert_false(campaign_in_limbo(&c));
	c.soak[1].over_ns = 900;
	assert_int_equal(campaign_age_ns(&c, 2, 1000), 500);
	assert_true(campaign_in_limbo(&c));
	ends(&c, 2, OUTCOME_FAILED);
	assert_int_equal(campaign_age_ns(&c, 2, 1000), 0);
	assert_false(campaign_in_limbo(&c));
	campaign_done(&c);
}

static void a_plan_that_is_not_laid_out_grows_by_wishes(void **state)
{
	struct campaign c;
	struct scenario s;
	struct err err = { 0 };

	(void)state;
	assert_ok(scenario_parse("two.yaml", text, sizeof(text) - 1, NULL, &s, &err));
	campaign_init(&c, &s, 42, false);
	assert_null(campaign_next(&c));
	assert_int_equal(campaign_add(&c, 1, 7)->soak_ns, 7);
	assert_int_equal(campaign_next(&c)->trial, 1);
	assert_int_equal(campaign_next(&c)->arm, 1);
	campaign_done(&c);
}

/* The host may have been mended: a resumed run gives each arm its chances anew. */
static void what_was_lost_before_a_resume_is_no_omen(void **state)
{
	struct campaign c;

	(void)state;
	make(&c);
	for (size_t i = 0; i < 3; i++)
		ends(&c, nth_of(&c, 1, i), OUTCOME_INFRA);
	campaign_taken_up(&c);
	assert_int_equal(campaign_owed(&c, 1), 3);
	ends(&c, nth_of(&c, 0, 0), OUTCOME_SURVIVED);
	assert_int_equal(campaign_hopeless(&c), -1);
	campaign_done(&c);
}

static void plan_json_is_all_that_a_resume_needs(void **state)
{
	_cleanup_json_ json_t *j = NULL;
	struct campaign c, again;
	struct err err = { 0 };

	(void)state;
	make(&c);
	j = campaign_to_json(&c);
	assert_ok(campaign_from_json(j, &again, &err));
	assert_int_equal(again.plan.n, 6);
	assert_int_equal(again.plan.seed, 42);
	assert_int_equal(again.scenario.stop.budget_ns, 3600 * NS_PER_S);
	assert_string_equal(again.scenario.arm[1].name, "b");
	assert_int_equal(again.scenario.arm[1].settings.fake.scale, NS_PER_S);
	/* a replacement is the same trial, whoever makes it */
	for (int i = 0; i < 3; i++)
		assert_memory_equal(campaign_add(&c, 1, 0), campaign_add(&again, 1, 0),
				    sizeof(struct planned));
	campaign_done(&c);
	campaign_done(&again);
}

static void a_broken_plan_is_refused_with_its_name(void **state)
{
	static const char *const bad[] = {
		"{}",
		"[]",
		"{\"arms\": [\"a\"], \"settings\": []}",
		"{\"arms\": [\"a\"], \"settings\": [null]}",
		"{\"arms\": [\"a\"], \"settings\": [{}]}",
		"{\"arms\": [\"a\"], \"settings\": [{}], \"trials\": [{\"trial\": 2, \"arm\": 0}]}",
		"{\"arms\": [\"a\"], \"settings\": [{}], \"trials\": [{\"trial\": 1, \"arm\": 1}]}",
		"{\"arms\": [\"a\"], \"settings\": [{\"guest\": {\"backend\": \"xen\"}}], "
		"\"trials\": []}",
		"{\"scenario\": 7, \"arms\": [\"a\"], \"settings\": [{}], \"trials\": []}",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		_cleanup_json_ json_t *j = json_loads(bad[i], 0, NULL);
		struct campaign c;
		struct err err = { 0 };

		assert_true(campaign_from_json(j, &c, &err) < 0);
		assert_non_null(strstr(err.msg, "plan.json"));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(trials_come_in_the_order_of_the_plan_once_each),
		test(a_lost_trial_is_owed_until_one_is_added),
		test(what_is_excluded_lends_no_exposure),
		test(three_losses_and_nothing_else_are_hopeless),
		test(more_losses_than_two_a_trial_are_hopeless_too),
		test(what_was_enough_is_not_lost),
		test(a_trial_has_an_age_while_it_soaks_and_is_in_limbo_until_its_verdict),
		test(a_plan_that_is_not_laid_out_grows_by_wishes),
		test(what_was_lost_before_a_resume_is_no_omen),
		test(plan_json_is_all_that_a_resume_needs),
		test(a_broken_plan_is_refused_with_its_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
