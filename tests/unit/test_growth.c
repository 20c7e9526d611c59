/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Wanted values: the formulas of MIL-HDBK-189C in R 4.2.2. */
#include "numbers.h"

#include "stats/growth.h"

static void failures_that_thin_out_show_growth(void **state)
{
	static const double t[] = { 4, 10, 21, 40, 78, 120, 180, 290, 410, 600 };
	struct growth g = growth_fit(t, ARRAY_SIZE(t), 1000, 0.95);

	(void)state;
	assert_true(g.exists);
	assert_close(g.beta, 0.381168067108655, 1e-9);
	assert_close(g.lambda, 0.718614206537286, 1e-9);
	assert_close(g.beta_unbiased, 0.34305126039779, 1e-9);
	assert_interval(g.beta_ci, 0.182784904033949, 0.651218150850873, 1e-9);
	assert_close(g.mtbf_now, 262.351462856132, 1e-9);
	assert_close(g.p_hpp, 0.000194397749142915, 1e-9);
	assert_close(g.cvm, 0.0710540803605672, 1e-9);
}

static void the_order_of_the_failures_does_not_matter(void **state)
{
	static const double t[] = { 600, 4, 78, 21, 40, 10, 120, 290, 180, 410 };

	(void)state;
	assert_close(growth_fit(t, ARRAY_SIZE(t), 1000, 0.95).cvm, 0.0710540803605672, 1e-9);
}

static void without_failures_there_is_no_growth(void **state)
{
	static const double zero[] = { 0, 5 };

	(void)state;
	assert_false(growth_fit(NULL, 0, 1000, 0.95).exists);
	assert_false(growth_fit(zero, 2, 1000, 0.95).exists);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(failures_that_thin_out_show_growth),
		test(the_order_of_the_failures_does_not_matter),
		test(without_failures_there_is_no_growth),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
