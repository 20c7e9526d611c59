/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "unit.h"

#include "model/plan.h"
#include "model/scenario.h"

#define BASE "kernel: ./k\nload: { overcopy: }\n"
#define GRID                                                                                       \
	BASE "grid:\n"                                                                             \
	     "  load.overcopy.policy: [enospc, retry]\n"                                           \
	     "  load.overcopy.percent: [80, 100, 140]\n"                                           \
	     "  load.overcopy.capacity: [8MiB, 16MiB]\n"

static struct scenario parsed(const char *text, const struct scenario_options *opt)
{
	struct scenario sc = { 0 };
	struct err err = { 0 };

	assert_ok(scenario_parse("g.yaml", text, strlen(text), opt, &sc, &err));
	return sc;
}

static const char *param(const struct scenario *sc, size_t arm, const char *key)
{
	return pairs_get(&sc->arm[arm].settings.load[0].args, key);
}

static void every_combination_is_an_arm_named_by_its_values(void **state)
{
	struct scenario sc = parsed(GRID, NULL);

	(void)state;
	assert_int_equal(sc.n_arms, 12);
	assert_string_equal(sc.arm[0].name, "enospc-80-8MiB");
	assert_string_equal(sc.arm[1].name, "enospc-80-16MiB");
	assert_string_equal(sc.arm[2].name, "enospc-100-8MiB");
	assert_string_equal(sc.arm[11].name, "retry-140-16MiB");
	assert_string_equal(param(&sc, 0, "policy"), "enospc");
	assert_string_equal(param(&sc, 0, "capacity"), "8388608");
	assert_string_equal(param(&sc, 11, "policy"), "retry");
	assert_string_equal(param(&sc, 11, "percent"), "140");
	assert_string_equal(param(&sc, 11, "capacity"), "16777216");
	scenario_done(&sc);
}

static void a_cell_is_laid_over_what_the_scenario_says_besides(void **state)
{
	struct scenario sc = parsed("kernel: ./k\nload: { overcopy: { fsync: no, percent: 7 } }\n"
				    "grid: { load.overcopy.percent: [80, 90] }\n",
				    NULL);

	(void)state;
	assert_int_equal(sc.n_arms, 2);
	assert_string_equal(param(&sc, 1, "percent"), "90");
	assert_string_equal(param(&sc, 1, "fsync"), "0");
	scenario_done(&sc);
}

static void a_profile_narrows_the_grid_or_takes_a_key_out_of_it(void **state)
{
	const char text[] = GRID "profiles:\n"
				 "  fast: { grid: { load.overcopy.capacity: 8MiB } }\n"
				 "  flat: { grid: { load.overcopy.capacity: } }\n"
				 "  arms: { grid: , arms: { a: , b: } }\n"
				 "  none: { grid: }\n";
	struct scenario_options opt = { .profile = "fast" };
	struct scenario sc = parsed(text, &opt);

	(void)state;
	assert_int_equal(sc.n_arms, 6);
	assert_string_equal(sc.arm[5].name, "retry-140-8MiB");
	scenario_done(&sc);
	opt.profile = "flat";
	sc = parsed(text, &opt);
	assert_int_equal(sc.n_arms, 6);
	assert_string_equal(sc.arm[5].name, "retry-140");
	scenario_done(&sc);
	opt.profile = "arms";
	sc = parsed(text, &opt);
	assert_int_equal(sc.grid.n, 0);
	assert_string_equal(sc.arm[1].name, "b");
	scenario_done(&sc);
	opt.profile = "none";
	sc = parsed(text, &opt);
	assert_string_equal(sc.arm[0].name, "baseline");
	scenario_done(&sc);
}

static void arms_are_chosen_by_pattern(void **state)
{
	char *only[] = { "*-80-*", "retry-140-16MiB" };
	struct scenario_options opt = { .only_arms = { only, 2 } };
	struct scenario sc = parsed(GRID, &opt);

	(void)state;
	assert_int_equal(sc.n_arms, 5);
	assert_string_equal(sc.arm[0].name, "enospc-80-8MiB");
	assert_string_equal(sc.arm[4].name, "retry-140-16MiB");
	scenario_done(&sc);
}

static void controls_stand_beside_the_cells(void **state)
{
	struct scenario sc = parsed(GRID "controls: { positive: , negative: }\n", NULL);

	(void)state;
	assert_int_equal(sc.n_arms, 14);
	assert_string_equal(sc.arm[12].name, "positive-control");
	assert_int_equal(grid_cells(&sc.grid), 12);
	scenario_done(&sc);
}

static void keys_may_end_in_names_with_dots(void **state)
{
	struct scenario sc = parsed(BASE "grid: { guest.sysctl.vm.swappiness: [1, 60] }\n", NULL);

	(void)state;
	assert_string_equal(pairs_get(&sc.arm[1].settings.guest.sysctl, "vm.swappiness"), "60");
	scenario_done(&sc);
}

static void what_a_name_may_not_hold_becomes_a_dash(void **state)
{
	struct scenario sc = parsed("load: { overcopy: }\n"
				    "grid: { kernel: [\"debian:6.1.0-54-cloud\", ./k] }\n",
				    NULL);

	(void)state;
	assert_string_equal(sc.arm[0].name, "debian-6.1.0-54-cloud");
	assert_string_equal(sc.arm[0].settings.kernel, "debian:6.1.0-54-cloud");
	assert_string_equal(sc.arm[1].name, "k");
	scenario_done(&sc);
}

static void plan_json_says_what_the_axes_are(void **state)
{
	struct scenario sc = parsed(GRID, NULL);
	_cleanup_grid_ struct grid again = { 0 };
	_cleanup_json_ json_t *j = NULL;
	struct plan plan = { 0 };
	struct err err = { 0 };

	(void)state;
	plan_make(&sc, 1, 7, &plan);
	j = plan_to_json(&plan, &sc);
	assert_ok(grid_from_json(json_object_get(j, "grid"), &again, &err));
	assert_int_equal(again.n, 3);
	assert_string_equal(again.axis[1].key, "load.overcopy.percent");
	for (size_t i = 0; i < grid_cells(&again); i++) {
		_cleanup_free_
		char *name = grid_cell_name(&again, i);

		assert_string_equal(name, sc.arm[i].name);
	}
	plan_done(&plan);
	scenario_done(&sc);
}

static void a_cell_knows_its_place(void **state)
{
	struct scenario sc = parsed(GRID, NULL);
	size_t at[GRID_AXES];

	(void)state;
	grid_place(&sc.grid, 9, at);
	assert_int_equal(at[0], 1);
	assert_int_equal(at[1], 1);
	assert_int_equal(at[2], 1);
	scenario_done(&sc);
}

static void a_broken_plan_has_no_grid(void **state)
{
	static const char *const broken[] = {
		"[{}]",
		"[{\"key\": 7, \"values\": [\"a\"]}]",
		"[{\"key\": \"a\", \"values\": []}]",
		"[{\"key\": \"a\", \"values\": [\"a\"]}, 1]",
		"[{\"key\": \"a\", \"values\": [\"a\"]}, {\"key\": \"a\", \"values\": [\"a\"]},"
		" {\"key\": \"a\", \"values\": [\"a\"]}, {\"key\": \"a\", \"values\": [\"a\"]}]",
		"[{\"key\": \"a\", \"values\": [1, 2, 3, 4, 5, 6, 7, 8, 9]},"
		" {\"key\": \"b\", \"values\": [1, 2, 3, 4, 5, 6, 7, 8]}]",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(broken); i++) {
		_cleanup_json_ json_t *j = json_loads(broken[i], 0, NULL);
		struct grid g = { 0 };
		struct err err = { 0 };

		assert_non_null(j);
		assert_true(grid_from_json(j, &g, &err) < 0);
		assert_int_equal(g.n, 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(every_combination_is_an_arm_named_by_its_values),
		test(a_cell_is_laid_over_what_the_scenario_says_besides),
		test(a_profile_narrows_the_grid_or_takes_a_key_out_of_it),
		test(arms_are_chosen_by_pattern),
		test(controls_stand_beside_the_cells),
		test(keys_may_end_in_names_with_dots),
		test(what_a_name_may_not_hold_becomes_a_dash),
		test(plan_json_says_what_the_axes_are),
		test(a_cell_knows_its_place),
		test(a_broken_plan_has_no_grid),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
