/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "numbers.h"

#include "stats/choice.h"

static const struct bisect_prior time_only = { 0 };
static const struct bisect_run bad_end[] = { { 15, 0, 200, true },
					     { 15, 0, 900, true },
					     { 15, 0, 400, true } };

static void the_first_probe_is_left_of_the_middle(void **state)
{
	_cleanup_posterior_ struct posterior p = { 0 };
	struct bisect_slot idle = { 0 };
	struct bisect_bench bench = { .boot_s = 30, .switch_s = 60, .slot = &idle, .n_slots = 1 };
	struct bisect_action a;

	(void)state;
	posterior_fit(16, &time_only, bad_end, 3, &p);
	assert_close(posterior_scale(&p), 500, 1e-9);
	assert_true(bisect_choose(&p, &bench, &a));
	/* a crash tells more than a clean run: better likely to be bad than not is not best */
	assert_true(a.version >= 4 && a.version <= 8);
	assert_true(a.fresh);
	assert_close(a.cost_s, 90 + a.probe.expected_run, 1e-12);
}

static void a_clean_guest_goes_on_when_booting_is_dear(void **state)
{
	_cleanup_posterior_ struct posterior p = { 0 };
	struct bisect_run run[4] = { bad_end[0], bad_end[1], bad_end[2], { 6, 0, 60, false } };
	struct bisect_slot slot = { .any = true, .version = 6, .alive = true, .age_s = 60 };
	struct bisect_bench bench = { .boot_s = 300, .switch_s = 600, .slot = &slot, .n_slots = 1 };
	struct bisect_action a;

	(void)state;
	posterior_fit(16, &time_only, run, 4, &p);
	assert_true(bisect_choose(&p, &bench, &a));
	assert_int_equal(a.version, 6);
	assert_false(a.fresh);
	slot.alive = false;
	assert_true(bisect_choose(&p, &bench, &a));
	assert_close(a.cost_s - a.probe.expected_run, a.version == 6 ? 300 : 900, 1e-12);
}

static void what_does_not_boot_is_never_chosen_and_joins_its_neighbours(void **state)
{
	_cleanup_posterior_ struct posterior p = { 0 };
	bool unusable[16] = { [4] = true, [5] = true, [6] = true, [7] = true };
	struct bisect_slot idle = { 0 };
	struct bisect_bench bench = { 30, 60, unusable, &idle, 1 };
	struct bisect_action a;
	struct bisect_answer answer;

	(void)state;
	posterior_fit(16, &time_only, bad_end, 3, &p);
	assert_true(bisect_choose(&p, &bench, &a));
	assert_false(unusable[a.version]);
	answer = bisect_answer(&p, unusable);
	assert_int_equal(answer.first, 4);
	assert_int_equal(answer.last, 8);
	assert_close(answer.mass, 5.0 / 15, 1e-12);
}

static void when_nothing_between_is_usable_there_is_nothing_to_do(void **state)
{
	_cleanup_posterior_ struct posterior p = { 0 };
	bool unusable[16];
	struct bisect_slot idle = { 0 };
	struct bisect_bench bench = { 30, 60, unusable, &idle, 1 };
	struct bisect_action a;

	(void)state;
	memset(unusable, true, sizeof(unusable));
	unusable[0] = unusable[15] = false;
	posterior_fit(16, &time_only, bad_end, 3, &p);
	assert_false(bisect_choose(&p, &bench, &a));
	assert_close(bisect_answer(&p, unusable).mass, 1, 1e-12);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(the_first_probe_is_left_of_the_middle),
		test(a_clean_guest_goes_on_when_booting_is_dear),
		test(what_does_not_boot_is_never_chosen_and_joins_its_neighbours),
		test(when_nothing_between_is_usable_there_is_nothing_to_do),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
