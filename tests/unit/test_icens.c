/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Wanted values: R 4.2.2, survreg with Surv(type = "interval2"). */
#include "numbers.h"

#include "stats/icens.h"

static void lifetimes_between_looks_are_fitted(void **state)
{
	static const struct between row[] = {
		{ 0, 60 },    { 60, 120 },  { 60, 180 },       { 120, 180 },
		{ 180, 240 }, { 240, 360 }, { 300, INFINITY }, { 300, INFINITY },
	};
	struct icens f;

	(void)state;
	icens_fit(row, ARRAY_SIZE(row), &f);
	assert_true(f.exists);
	assert_close(f.shape, 1.41439803984316, 1e-8);
	assert_close(f.scale, 243.418857992315, 1e-8);
	assert_close(f.log_lik, -12.8086976478389, 1e-10);
	assert_close(f.se_log_scale, 0.290846420636202, 1e-8);
	assert_close(f.se_log_shape, 0.394186185236758, 1e-8);
	assert_close(f.expo_mttf, 247.583656790308, 1e-8);
	assert_close(f.expo_log_lik, -13.1473657483623, 1e-10);
	assert_close(f.expo_se_log, 0.410243397012286, 1e-8);
}

static void a_detector_that_looks_back_two_minutes(void **state)
{
	static const struct between row[] = {
		{ 100, 220 }, { 220, 340 },      { 340, 460 },
		{ 700, 820 }, { 900, INFINITY }, { 1200, INFINITY },
	};
	struct icens f;

	(void)state;
	icens_fit(row, ARRAY_SIZE(row), &f);
	assert_close(f.shape, 1.18898176209796, 1e-8);
	assert_close(f.scale, 896.921090639337, 1e-8);
	assert_close(f.se_log_shape, 0.4325912875281, 1e-8);
	assert_close(f.expo_mttf, 923.701243935483, 1e-8);
}

static void what_never_failed_has_no_fit(void **state)
{
	static const struct between row[] = { { 900, INFINITY }, { 1200, INFINITY } };
	struct icens f;

	(void)state;
	icens_fit(row, ARRAY_SIZE(row), &f);
	assert_false(f.exists);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(lifetimes_between_looks_are_fitted),
		test(a_detector_that_looks_back_two_minutes),
		test(what_never_failed_has_no_fit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
