/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The bounds are those of `make bench`, which plays more of them and the longer ones. */
#include "numbers.h"

#include "base/str.h"
#include "stats/simulate.h"

static struct simulated play(const char *name, const struct world *w, size_t repeats)
{
	struct simulated s;
	size_t i = 0;

	while (!str_eq(policy_name(i), name))
		i++;
	simulate(i, w, repeats, 1, &s);
	return s;
}

static void bisections_are_right_and_no_dearer_than_promised(void **state)
{
	struct world w = world_default;
	struct simulated s = play("time", &w, 300);

	(void)state;
	assert_true(s.error <= 0.075);
	assert_true(s.cost_mttf <= 19);
	w.versions = 16;
	s = play("time", &w, 300);
	assert_true(s.error <= 0.075);
	assert_true(s.cost_mttf <= 12.5);
}

static void told_the_rate_it_comes_near_the_bound(void **state)
{
	struct simulated s = play("known", &world_default, 200);

	(void)state;
	assert_true(simulate_bound_mttf(64) / s.cost_mttf >= 0.75);
	assert_close(simulate_bound_mttf(64), 10.16, 0.01);
}

static void stray_crashes_of_good_versions_do_not_lead_it_astray(void **state)
{
	struct world w = world_default;
	struct simulated full, naive;

	(void)state;
	w.versions = 16;
	w.stray = 0.05;
	full = play("full", &w, 40);
	naive = play("time", &w, 40);
	assert_true(full.error <= 0.1);
	assert_true(naive.error > full.error);
}

static void every_policy_finds_what_is_easy_to_find(void **state)
{
	struct world w = world_default;

	(void)state;
	w.versions = 8;
	w.mttf_s = 60;
	w.slots = 3;
	for (size_t i = 0; policy_name(i); i++) {
		struct simulated s = play(policy_name(i), &w, 60);

		if (s.error > 0.25)
			fail_msg("%s: %g wrong", policy_name(i), s.error);
		assert_true(s.wall_mttf <= s.cost_mttf * (1 + 1e-9));
	}
}

static void versions_that_do_not_boot_are_answered_as_a_range(void **state)
{
	struct world w = world_default;

	(void)state;
	w.versions = 8;
	w.unusable = 0.5;
	assert_true(play("full", &w, 40).error <= 0.15);
	assert_true(play("safe", &w, 40).error <= 0.15);
}

/* tests/e2e/bisect-honest plays 2,000 of them, at 95 % too. */
static void what_is_said_at_80_percent_is_right_in_80_percent(void **state)
{
	struct world w = world_default;

	(void)state;
	w.random = true;
	w.versions = 24;
	w.confidence = 0.8;
	assert_true(play("full", &w, 200).error <= 0.2 + 0.055); /* two standard errors */
}

/* The world that a seed draws is the same on every machine. */
static void random_worlds_differ_and_stay_within_their_limits(void **state)
{
	struct world w = world_default;
	size_t shapes = 0, strays = 0;

	(void)state;
	w.versions = 20;
	for (uint64_t seed = 0; seed < 200; seed++) {
		struct world drawn = world_draw(&w, seed);

		assert_true(drawn.versions >= 4 && drawn.versions <= 20);
		assert_true(drawn.mttf_s >= 60 && drawn.mttf_s <= 3000);
		shapes += drawn.shape != 1;
		strays += drawn.stray > 0;
	}
	assert_true(shapes > 80 && shapes < 160);
	assert_true(strays > 40 && strays < 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(bisections_are_right_and_no_dearer_than_promised),
		test(told_the_rate_it_comes_near_the_bound),
		test(stray_crashes_of_good_versions_do_not_lead_it_astray),
		test(every_policy_finds_what_is_easy_to_find),
		test(versions_that_do_not_boot_are_answered_as_a_range),
		test(what_is_said_at_80_percent_is_right_in_80_percent),
		test(random_worlds_differ_and_stay_within_their_limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
