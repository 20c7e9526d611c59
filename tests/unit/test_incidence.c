/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Wanted values: R 4.2.2, survival 3.5-3 (survfit of a factor). */
#include "numbers.h"

#include "stats/incidence.h"
#include "stats/km.h"

/* cause 1, cause 2, or 0: censored */
static struct sample twelve(void)
{
	static const int time[] = { 1, 2, 2, 3, 4, 5, 5, 6, 7, 8, 9, 10 },
			 cause[] = { 1, 2, 1, 0, 1, 2, 2, 0, 1, 0, 2, 0 };
	struct sample s = SAMPLE_INIT;

	for (size_t i = 0; i < ARRAY_SIZE(time); i++)
		sample_add(&s, (struct lifetime){ .time = time[i],
						  .failed = cause[i] > 0,
						  .cause = cause[i] ? cause[i] - 1 : 0 });
	return s;
}

static void both_curves_and_their_errors_are_rs(void **state)
{
	_cleanup_sample_ struct sample s = twelve();
	_cleanup_incidence_ struct incidence in = { 0 };

	(void)state;
	incidence_fit(&s, 2, &in);
	assert_int_equal(in.n_rows, 6);
	assert_close(in.time[1], 2, 0);
	assert_close(in.event_free[1], 0.75, 1e-12);
	assert_close(in.cif[1 * 2 + 0], 0.1666666666666667, 1e-12);
	assert_close(in.cif[1 * 2 + 1], 0.0833333333333333, 1e-12);
	assert_close(in.se[1 * 2 + 0], 0.1075828707279838, 1e-10);
	assert_close(in.event_free[5], 0.175781250000000, 1e-12);
	assert_close(in.cif[5 * 2 + 0], 0.3776041666666666, 1e-12);
	assert_close(in.cif[5 * 2 + 1], 0.4466145833333333, 1e-12);
	assert_close(in.se[5 * 2 + 0], 0.1523947490017055, 1e-10);
	assert_close(in.se[5 * 2 + 1], 0.1739879671745578, 1e-10);
	assert_int_equal(in.events[0], 4);
	assert_int_equal(in.events[1], 4);
	assert_close(in.total_time, 62, 0);
}

static void with_one_cause_it_is_kaplan_and_meier_upside_down(void **state)
{
	_cleanup_sample_ struct sample s = sample_from("1 2 2 3+ 4 5 5+ 6 6 9");
	_cleanup_incidence_ struct incidence in = { 0 };
	_cleanup_km_ struct km k = { 0 };

	(void)state;
	incidence_fit(&s, 1, &in);
	km_fit(&s, &k);
	assert_int_equal(in.n_rows, k.n_rows);
	for (size_t i = 0; i < k.n_rows; i++) {
		assert_close(in.cif[i], 1 - k.row[i].surv, 1e-12);
		if (k.row[i].surv > 0)
			assert_close(in.se[i], k.row[i].se_surv, 1e-10);
	}
}

static void when_all_have_failed_the_curves_add_up_to_one(void **state)
{
	_cleanup_sample_ struct sample s = SAMPLE_INIT;
	_cleanup_incidence_ struct incidence in = { 0 };

	(void)state;
	for (int i = 0; i < 9; i++)
		sample_add(&s, (struct lifetime){ .time = i / 2, .failed = true, .cause = i % 3 });
	incidence_fit(&s, 4, &in);
	assert_close(in.event_free[in.n_rows - 1], 0, 0);
	for (size_t k = 0; k < 3; k++)
		assert_close(in.cif[(in.n_rows - 1) * 4 + k], 1.0 / 3, 1e-12);
	assert_close(in.cif[(in.n_rows - 1) * 4 + 3], 0, 0); /* a cause that nobody had */
	assert_close(in.se[(in.n_rows - 1) * 4 + 0], sqrt(2.0 / 9 / 9), 1e-10);
}

static void without_failures_there_is_no_row(void **state)
{
	_cleanup_sample_ struct sample s = sample_from("5+ 6+");
	_cleanup_incidence_ struct incidence in = { 0 };

	(void)state;
	incidence_fit(&s, 2, &in);
	assert_int_equal(in.n_rows, 0);
	assert_int_equal(in.events[0] + in.events[1], 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(both_curves_and_their_errors_are_rs),
		test(with_one_cause_it_is_kaplan_and_meier_upside_down),
		test(when_all_have_failed_the_curves_add_up_to_one),
		test(without_failures_there_is_no_row),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
