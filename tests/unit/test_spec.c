/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "unit.h"

#include "model/scenario.h"
#include "model/spec.h"

static const char text[] = "kernel: ./k\nguest: { vcpus: 2 }\nload: { fib-rebalance: }\n";

static void specs_survive_json_both_ways(void **state)
{
	struct scenario sc = { 0 };
	struct err err = { 0 };
	struct spec s = { .run = "20261121-142233-x",
			  .scenario = "x",
			  .arm = "bad",
			  .trial = 17,
			  .block = 5,
			  .slot = 1,
			  .seed = 99,
			  .uri = "qemu:///system" };
	struct spec back;
	json_t *j, *again;

	(void)state;
	assert_ok(scenario_parse("x.yaml", text, strlen(text), NULL, &sc, &err));
	s.settings = sc.arm[0].settings;
	j = spec_to_json(&s);
	assert_ok(spec_from_json(j, &back, &err));
	assert_string_equal(back.run, s.run);
	assert_string_equal(back.scenario, "x");
	assert_string_equal(back.arm, "bad");
	assert_string_equal(back.uri, "qemu:///system");
	assert_int_equal(back.trial, 17);
	assert_int_equal(back.block, 5);
	assert_int_equal(back.slot, 1);
	assert_int_equal(back.seed, 99);
	assert_int_equal(back.settings.n_loads, 1);
	again = spec_to_json(&back);
	assert_true(json_equal(j, again));
	json_decref(j);
	json_decref(again);
	spec_done(&back);
	scenario_done(&sc);
}

static void an_unset_text_is_written_as_empty(void **state)
{
	struct spec s = { .trial = 1 }, back;
	struct err err = { 0 };
	json_t *j = json_loads("{\"trial\": 1, \"settings\": {}}", 0, NULL);

	(void)state;
	assert_ok(spec_from_json(j, &s, &err));
	assert_string_equal(s.uri, "");
	free(s.uri);
	s.uri = NULL;
	json_decref(j);
	j = spec_to_json(&s);
	assert_ok(spec_from_json(j, &back, &err));
	assert_string_equal(back.uri, "");
	json_decref(j);
	spec_done(&s);
	spec_done(&back);
}

static void a_spec_without_number_or_settings_is_refused(void **state)
{
	static const char *const bad[] = {
		"[]",
		"{\"settings\": {}}",
		"{\"trial\": 0, \"settings\": {}}",
		"{\"trial\": null, \"settings\": {}}",
		"{\"trial\": 1}",
		"{\"trial\": 1, \"settings\": []}",
		"{\"trial\": 1, \"run\": 4, \"settings\": {}}",
		"{\"trial\": 1, \"settings\": {\"guest\": {\"memory\": 1}}}",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		json_t *j = json_loads(bad[i], 0, NULL);
		struct spec s = { 0 };
		struct err err = { 0 };

		assert_non_null(j);
		if (spec_from_json(j, &s, &err) >= 0)
			fail_msg("accepted: %s", bad[i]);
		assert_true(err.msg[0]);
		assert_null(s.run);
		json_decref(j);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(specs_survive_json_both_ways),
		test(an_unset_text_is_written_as_empty),
		test(a_spec_without_number_or_settings_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
