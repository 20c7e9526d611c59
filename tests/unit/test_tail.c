/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "numbers.h"

#include "stats/matrix.h"
#include "stats/tail.h"

static void the_usual_numbers_are_the_usual_numbers(void **state)
{
	struct chisq t = chisq_test(5.991464547107979, 2);

	(void)state;
	assert_close(tail_z(0.95), 1.959963984540054, 1e-14);
	assert_close(tail_chisq(0.95), 3.841458820694124, 1e-13);
	assert_close(t.p, 0.05, 1e-12);
	assert_close(chisq_test(4, 0).p, NAN, 0);
	assert_close(chisq_test(NAN, 1).p, NAN, 0);
}

static void several_p_values_are_worth_less(void **state)
{
	double p[] = { 0.04, 0.01, NAN, 0.03, 0.9 };

	(void)state;
	holm_adjust(p, ARRAY_SIZE(p)); /* R: p.adjust(c(.04, .01, .03, .9), "holm") */
	assert_close(p[0], 0.09, 1e-12);
	assert_close(p[1], 0.04, 1e-12);
	assert_close(p[2], NAN, 0);
	assert_close(p[3], 0.09, 1e-12);
	assert_close(p[4], 0.9, 1e-12);
}

static void a_matrix_is_inverted(void **state)
{
	double a[] = { 4, 2, 1, 2, 5, 3, 1, 3, 6 }, inverse[9];
	double u[] = { 1, 2, 3 }, v[3], w[3];

	(void)state;
	memcpy(inverse, a, sizeof(a));
	assert_int_equal(matrix_invert(inverse, 3), 3);
	matrix_times(inverse, u, 3, v);
	matrix_times(a, v, 3, w);
	for (size_t i = 0; i < 3; i++)
		assert_close(w[i], u[i], 1e-14);
	assert_close(matrix_form(a, u, 3), 4 + 20 + 54 + 2 * (4 + 3 + 18), 1e-14);
}

static void a_direction_that_says_nothing_is_left_out(void **state)
{
	double a[] = { 2, -2, 0, -2, 2, 0, 0, 0, 5 };

	(void)state;
	assert_int_equal(matrix_invert(a, 3), 2);
	assert_close(a[0], 0.5, 1e-15);
	assert_close(a[4], 0, 0);
	assert_close(a[1], 0, 0);
	assert_close(a[8], 0.2, 1e-15);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(the_usual_numbers_are_the_usual_numbers),
		test(several_p_values_are_worth_less),
		test(a_matrix_is_inverted),
		test(a_direction_that_says_nothing_is_left_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
