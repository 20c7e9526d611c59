/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "numbers.h"

#include "bisects.h"

static const struct bisect_prior time_only = { 0 };
static const struct bisect_run bad_end[] = { { 15, 0, 200, true },
					     { 15, 0, 900, true },
					     { 15, 0, 400, true } };

static void the_first_probe_is_left_of_the_middle(void **state)
{
	_cleanup_posterior_ struct posterior p = { 0 };
	struct bisect_bench bench = { .boot_s = 30, .switch_s = 60 };
	struct bisect_action a;

	(void)state;
	posterior_fit(16, &time_only, bad_end, 3, &p);
	assert_close(posterior_scale(&p), 500, 1e-9);
	assert_true(bisect_choose(&p, &bench, &a));
	/* a crash tells more than a clean run: better likely to be bad than not is not best */
	assert_true(a.version >= 4 && a.version <= 8);
	assert_close(a.age_s, 0, 0);
	assert_close(a.score, a.probe.gain / (90 + a.probe.expected_run), 1e-12);
}

static void a_clean_guest_goes_on_when_booting_is_dear(void **state)
{
	_cleanup_posterior_ struct posterior p = { 0 };
	struct bisect_run run[4] = { bad_end[0], bad_end[1], bad_end[2], { 6, 0, 60, false } };
	struct bisect_bench bench = { .boot_s = 300,
				      .switch_s = 600,
				      .any = true,
				      .version = 6,
				      .alive = true,
				      .age_s = 60 };
	struct bisect_action a;

	(void)state;
	posterior_fit(16, &time_only, run, 4, &p);
	assert_true(bisect_choose(&p, &bench, &a));
	assert_int_equal(a.version, 6);
	assert_close(a.age_s, 60, 0);
	bench.alive = false;
	assert_true(bisect_choose(&p, &bench, &a));
	assert_close(a.age_s, 0, 0);
}

static void what_does_not_boot_is_never_chosen_and_joins_its_neighbours(void **state)
{
	_cleanup_posterior_ struct posterior p = { 0 };
	bool unusable[16] = { [4] = true, [5] = true, [6] = true, [7] = true };
	struct bisect_bench bench = { .boot_s = 30, .switch_s = 60, .unusable = unusable };
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
	struct bisect_bench bench = { .boot_s = 30, .unusable = unusable };
	struct bisect_action a;

	(void)state;
	memset(unusable, true, sizeof(unusable));
	unusable[0] = unusable[15] = false;
	posterior_fit(16, &time_only, bad_end, 3, &p);
	assert_false(bisect_choose(&p, &bench, &a));
	assert_close(bisect_answer(&p, unusable).mass, 1, 1e-12);
}

/* The bounds are those of `make bench`, which plays more of them and the longer ones. */
static void simulated_bisections_are_right_and_no_dearer_than_promised(void **state)
{
	static const struct history h16 = { 16, 900, 1, 0, 30, 60 },
				    h64 = { 64, 900, 1, 0, 30, 60 };
	struct searches a = search_many(&h16, &time_only, 300, 1),
			b = search_many(&h64, &time_only, 300, 2);

	(void)state;
	assert_true(a.wrong <= 300 * 0.075);
	assert_true(a.cost_mttf <= 12.5);
	assert_true(b.wrong <= 300 * 0.075);
	assert_true(b.cost_mttf <= 19);
}

static void stray_crashes_of_good_versions_do_not_lead_it_astray(void **state)
{
	static const struct history h = { 16, 900, 1, 0.05, 30, 60 };
	struct searches full = search_many(&h, &bisect_prior_full, 30, 3),
			naive = search_many(&h, &time_only, 30, 3);

	(void)state;
	assert_true(full.wrong <= 3);
	assert_true(naive.wrong > full.wrong);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(the_first_probe_is_left_of_the_middle),
		test(a_clean_guest_goes_on_when_booting_is_dear),
		test(what_does_not_boot_is_never_chosen_and_joins_its_neighbours),
		test(when_nothing_between_is_usable_there_is_nothing_to_do),
		test(simulated_bisections_are_right_and_no_dearer_than_promised),
		test(stray_crashes_of_good_versions_do_not_lead_it_astray),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
