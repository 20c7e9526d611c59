/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Wanted values: R 4.2.2, survival 3.5-3. */
#include "numbers.h"

#include "stats/km.h"

static void the_leukaemia_curve_is_rs(void **state)
{
	_cleanup_sample_ struct sample s = sample_from(AML_MAINTAINED);
	_cleanup_km_ struct km k = { 0 };
	const struct km_row *row;

	(void)state;
	km_fit(&s, &k);
	assert_int_equal(k.n, 11);
	assert_int_equal(k.n_event, 7);
	assert_int_equal(k.n_rows, 7);
	assert_close(k.max_time, 161, 0);
	row = &k.row[1];
	assert_close(row->time, 13, 0);
	assert_int_equal(row->n_risk, 10);
	assert_int_equal(row->n_event, 1);
	assert_int_equal(row->n_censor, 1);
	assert_close(row->surv, 0.818181818181818, 1e-12);
	assert_close(row->se_surv, 0.116291299830333, 1e-11);
	assert_close(row->se_log_surv, 0.116291299830333 / 0.818181818181818, 1e-11);
	assert_close(row->cumhaz, 0.190909090909091, 1e-12);
	assert_close(row->se_cumhaz, 0.135146079521077, 1e-12);
	row = &k.row[6];
	assert_interval(km_band(row, KM_PLAIN, 0.95), 0, 0.484931162720207, 1e-11);
	assert_interval(km_band(row, KM_LOG, 0.95), 0.0359178984891853, 0.943525769474552, 1e-11);
	assert_interval(km_band(row, KM_LOGLOG, 0.95), 0.0117384801231896, 0.525014842726641,
			1e-11);
}

static void a_quantile_has_an_interval_or_says_that_it_was_not_reached(void **state)
{
	_cleanup_sample_ struct sample s = sample_from(AML_MAINTAINED);
	_cleanup_km_ struct km k = { 0 };

	(void)state;
	km_fit(&s, &k);
	assert_close(km_quantile(&k, 0.25), 18, 0);
	assert_close(km_quantile(&k, 0.5), 31, 0);
	assert_close(km_quantile(&k, 0.95), NAN, 0);
	assert_interval(km_quantile_ci(&k, 0.5, KM_PLAIN, 0.95), 18, 48, 0);
	assert_interval(km_quantile_ci(&k, 0.5, KM_LOGLOG, 0.95), 13, NAN, 0);
}

static void one_failure_in_ten_gives_the_median_a_lower_end(void **state)
{
	_cleanup_sample_ struct sample s = sample_from("1200 3600+ 3600+ 3600+ 3600+ 3600+ 3600+ "
						       "3600+ 3600+ 3600+");
	_cleanup_km_ struct km k = { 0 };

	(void)state;
	km_fit(&s, &k);
	assert_close(km_quantile(&k, 0.5), NAN, 0);
	assert_interval(km_quantile_ci(&k, 0.5, KM_LOGLOG, 0.95), 1200, NAN, 0);
	assert_interval(km_band(&k.row[0], KM_LOGLOG, 0.95), 0.473009271362051, 0.985281393367343,
			1e-11);
	assert_close(km_rmst(&k, 3600).mean, 3360, 1e-12);
	assert_close(km_rmst(&k, 3600).se, 227.683991532123, 1e-11);
}

static void a_step_at_one_half_is_halved(void **state)
{
	_cleanup_sample_ struct sample s = sample_from("10 20 50 60"),
				       last = sample_from("10 20 40+ 40+");
	_cleanup_km_ struct km k = { 0 }, end = { 0 };

	(void)state;
	km_fit(&s, &k);
	assert_close(km_quantile(&k, 0.5), 35, 0);
	assert_close(km_median_printed(&k), 35, 0);
	km_fit(&last, &end);
	assert_close(km_quantile(&end, 0.5), 30, 0); /* 20 to the last observation */
	assert_close(km_median_printed(&end), 20, 0);
}

static void a_curve_that_falls_to_zero_has_no_band_there(void **state)
{
	_cleanup_sample_ struct sample s = sample_from("120 120 120 120 120 120 120 120");
	_cleanup_km_ struct km k = { 0 };

	(void)state;
	km_fit(&s, &k);
	assert_int_equal(k.n_rows, 1);
	assert_close(k.row[0].surv, 0, 0);
	assert_close(k.row[0].se_surv, NAN, 0);
	assert_close(k.row[0].se_cumhaz, 0.353553390593274, 1e-12);
	assert_interval(km_band(&k.row[0], KM_PLAIN, 0.95), NAN, NAN, 0);
	assert_close(km_quantile(&k, 0.75), 120, 0);
	assert_interval(km_quantile_ci(&k, 0.5, KM_LOGLOG, 0.95), NAN, NAN, 0);
	assert_close(km_rmst(&k, 120).mean, 120, 0);
	assert_close(km_rmst(&k, 120).se, 0, 0);
}

static void without_a_failure_all_survive(void **state)
{
	_cleanup_sample_ struct sample s = sample_from("3600+ 3600+"), none = SAMPLE_INIT;
	_cleanup_km_ struct km k = { 0 };

	(void)state;
	km_fit(&s, &k);
	assert_int_equal(k.n_rows, 0);
	assert_close(km_quantile(&k, 0.25), NAN, 0);
	assert_interval(km_quantile_ci(&k, 0.25, KM_PLAIN, 0.95), NAN, NAN, 0);
	assert_null(km_at(&k, 3600));
	assert_close(km_rmst(&k, 3600).mean, 3600, 0);
	assert_false(km_rmst(&k, 3600).extended);
	assert_true(km_rmst(&k, 3601).extended);
	km_fit(&none, &k);
	assert_int_equal(k.n, 0);
}

static void a_crash_at_boot_counts_at_time_zero(void **state)
{
	_cleanup_sample_ struct sample s = sample_from("0 0 5 8+ 13 21 34+");
	_cleanup_km_ struct km k = { 0 };

	(void)state;
	km_fit(&s, &k);
	assert_close(km_at(&k, 0)->surv, 5.0 / 7, 1e-12);
	assert_close(km_quantile(&k, 0.25), 0, 0);
	assert_interval(km_quantile_ci(&k, 0.25, KM_LOGLOG, 0.95), 0, 13, 0);
	assert_close(km_rmst(&k, 34).mean, 13.6666666666667, 1e-11);
	assert_close(km_rmst(&k, 34).se, 4.89079534050815, 1e-11);
}

static void one_two_and_three_nanoseconds_are_three_times(void **state)
{
	_cleanup_sample_ struct sample s = sample_from("1e-9 2e-9 3e-9");
	_cleanup_km_ struct km k = { 0 };

	(void)state;
	km_fit(&s, &k);
	assert_int_equal(k.n_rows, 3);
	assert_close(km_quantile(&k, 0.5), 2e-9, 0);
}

static void the_curve_is_looked_up_between_its_steps(void **state)
{
	_cleanup_sample_ struct sample s = sample_from("10 20 50 60");
	_cleanup_km_ struct km k = { 0 };

	(void)state;
	km_fit(&s, &k);
	assert_null(km_at(&k, 9.9));
	assert_close(km_at(&k, 10)->surv, 0.75, 1e-15);
	assert_close(km_at(&k, 49)->surv, 0.5, 1e-15);
	assert_close(km_at(&k, 1e9)->surv, 0, 0);
	assert_close(km_rmst(&k, 30).mean, 10 + 7.5 + 5, 1e-12);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(the_leukaemia_curve_is_rs),
		test(a_quantile_has_an_interval_or_says_that_it_was_not_reached),
		test(one_failure_in_ten_gives_the_median_a_lower_end),
		test(a_step_at_one_half_is_halved),
		test(a_curve_that_falls_to_zero_has_no_band_there),
		test(without_a_failure_all_survive),
		test(a_crash_at_boot_counts_at_time_zero),
		test(one_two_and_three_nanoseconds_are_three_times),
		test(the_curve_is_looked_up_between_its_steps),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
