/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "unit.h"

#include "model/controls.h"
#include "model/scenario.h"

static int parse(const char *text, const char *only, struct scenario *ret, struct err *err)
{
	struct scenario_options opt = { 0 };
	int r;

	if (only)
		strv_add(&opt.only_arms, only);
	r = scenario_parse("x.yaml", text, strlen(text), &opt, ret, err);
	strv_done(&opt.only_arms);
	return r;
}

#define BASE "guest: { backend: fake }\nload: { shell: { script: x } }\n"
#define CONTROLS                                                                                   \
	"controls: { negative: { fake: { scale: none } }, positive: { fake: { scale: 1s } } }\n"

static void controls_are_arms_with_names_of_their_own(void **state)
{
	struct scenario s = { 0 };
	struct err err = { 0 };

	(void)state;
	assert_ok(parse(BASE CONTROLS "arms: { a: , b: }\n", NULL, &s, &err));
	assert_int_equal(s.n_arms, 4);
	assert_string_equal(s.arm[1].name, "b");
	assert_int_equal(control_of(s.arm[1].name), CONTROL_NONE);
	assert_int_equal(control_of(s.arm[2].name), CONTROL_NEGATIVE);
	assert_true(s.arm[2].settings.fake.scale == TIME_NEVER);
	assert_int_equal(control_of(s.arm[3].name), CONTROL_POSITIVE);
	assert_true(s.arm[3].settings.fake.scale == NS_PER_S);
	scenario_done(&s);
	assert_ok(parse(BASE CONTROLS, "positive-control", &s, &err));
	assert_int_equal(s.n_arms, 1);
	scenario_done(&s);
}

static void a_sequential_test_is_of_the_other_arms(void **state)
{
	struct scenario s = { 0 };
	struct err err = { 0 };

	(void)state;
	assert_ok(parse(BASE CONTROLS "arms: { a: , b: }\nstop: { decided: { factor: 2 } }\n", NULL,
			&s, &err));
	assert_int_equal(s.stop.arms.n, 2);
	assert_string_equal(s.stop.arms.item[1], "b");
	scenario_done(&s);
	assert_true(parse(BASE CONTROLS "stop: { decided: { factor: 2 } }\n", NULL, &s, &err) < 0);
}

static void a_control_holds_where_all_its_trials_end_as_they_should(void **state)
{
	static const struct {
		enum control control;
		uint64_t failed, other, survived, stopped, infra;
		enum control_state want;
	} rows[] = {
		{ CONTROL_POSITIVE, 5, 0, 0, 0, 0, CONTROL_HELD },
		{ CONTROL_POSITIVE, 5, 0, 0, 2, 1, CONTROL_HELD },
		{ CONTROL_POSITIVE, 4, 0, 1, 0, 0, CONTROL_BROKE },
		{ CONTROL_POSITIVE, 0, 1, 0, 0, 0, CONTROL_BROKE },
		{ CONTROL_POSITIVE, 0, 0, 0, 3, 3, CONTROL_OPEN },
		{ CONTROL_NEGATIVE, 0, 0, 5, 0, 0, CONTROL_HELD },
		{ CONTROL_NEGATIVE, 1, 0, 5, 0, 0, CONTROL_BROKE },
		{ CONTROL_NEGATIVE, 0, 1, 5, 0, 0, CONTROL_BROKE },
		{ CONTROL_NONE, 5, 0, 0, 0, 0, CONTROL_OPEN },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const uint64_t outcome[OUTCOME_COUNT] = {
			[OUTCOME_FAILED] = rows[i].failed,     [OUTCOME_OTHER] = rows[i].other,
			[OUTCOME_SURVIVED] = rows[i].survived, [OUTCOME_STOPPED] = rows[i].stopped,
			[OUTCOME_INFRA] = rows[i].infra,
		};

		assert_int_equal(control_state(rows[i].control, outcome), rows[i].want);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(controls_are_arms_with_names_of_their_own),
		test(a_sequential_test_is_of_the_other_arms),
		test(a_control_holds_where_all_its_trials_end_as_they_should),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
