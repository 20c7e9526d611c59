/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "numbers.h"

#include "stats/solve.h"

static double cube_less_two(double x, const void *arg)
{
	(void)arg;
	return x * x * x - 2;
}

static double wall(double x, const void *arg)
{
	(void)arg;
	return x < 3 ? -INFINITY : 1;
}

static double never(double x, const void *arg)
{
	(void)arg;
	return 1 + exp(-x);
}

static void a_root_is_found_to_the_last_bits(void **state)
{
	(void)state;
	assert_close(solve_root(cube_less_two, NULL, 0, 100), cbrt(2), 1e-15);
	assert_close(solve_root(cube_less_two, NULL, 100, -100), cbrt(2), 1e-15);
}

static void infinite_values_do_not_mislead_it(void **state)
{
	(void)state;
	assert_close(solve_root(wall, NULL, 0, 10), 3, 1e-15);
}

static void without_a_change_of_sign_there_is_no_root(void **state)
{
	(void)state;
	assert_close(solve_root(never, NULL, 0, 10), NAN, 0);
	assert_close(solve_outward(never, NULL, 0, 1, 1e6), NAN, 0);
}

static void walking_outward_finds_a_far_root_on_either_side(void **state)
{
	(void)state;
	assert_close(solve_outward(cube_less_two, NULL, -1000, 0.1, 1e6), cbrt(2), 1e-15);
	assert_close(solve_outward(cube_less_two, NULL, 1000, -0.1, -1e6), cbrt(2), 1e-15);
	assert_close(solve_outward(cube_less_two, NULL, -1000, 0.1, 0), NAN, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(a_root_is_found_to_the_last_bits),
		test(infinite_values_do_not_mislead_it),
		test(without_a_change_of_sign_there_is_no_root),
		test(walking_outward_finds_a_far_root_on_either_side),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
