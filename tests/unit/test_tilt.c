/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "numbers.h"

#include "base/rng.h"
#include "stats/tail.h"
#include "stats/tilt.h"

/* n lives by Gompertz' law, each watched for `limit` at most. */
static struct tilt_fit gompertz(size_t n, double h, double g, double limit, uint64_t seed)
{
	_cleanup_tilt_ struct tilt t = TILT_INIT;
	struct rng r = rng_make(seed);

	for (size_t i = 0; i < n; i++) {
		const double e = -log(rng_unit(&r)), life = g ? log1p(g * e / h) / g : e / h;
		const double seen = life > 0 && life < limit ? life : limit; /* g < 0: for ever */

		tilt_watch(&t, 0, seen);
		if (seen < limit)
			tilt_event(&t, seen);
	}
	return tilt_fit(&t, 0.95);
}

static void a_gompertz_law_is_found_again(void **state)
{
	static const double growth[] = { -0.8, 0, 0.5, 2 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(growth); i++) {
		struct tilt_fit f = gompertz(20000, 0.3, growth[i], 3, i + 1);

		if (fabs(f.x - growth[i]) > 0.08 || fabs(f.rate - 0.3) > 0.03)
			fail_msg("%g: %g, %g", growth[i], f.x, f.rate);
	}
}

/* Two lives of 1, watched from 0 on, events at 1/4 and 3/4 by one's own reckoning: the mean is the
 * middle, so nothing grows. */
static void events_in_the_middle_show_no_growth(void **state)
{
	_cleanup_tilt_ struct tilt t = TILT_INIT;
	struct tilt_fit f;

	(void)state;
	tilt_watch(&t, 0, 1);
	tilt_watch(&t, 0, 1);
	tilt_event(&t, 0.25);
	tilt_event(&t, 0.75);
	f = tilt_fit(&t, 0.95);
	assert_true(fabs(f.x) < 1e-9);
	assert_close(f.rate, 1, 1e-9);
	assert_close(f.p, 1, 1e-6);
	assert_close(-f.x_ci.lo, f.x_ci.hi, 1e-9);
}

/* Atoms: 10 units at 0 with 1 event, 10 at 1 with 4: a ratio of 4, as rates are compared. */
static void two_places_are_a_ratio_of_rates(void **state)
{
	_cleanup_tilt_ struct tilt t = TILT_INIT;
	struct tilt_fit f;

	(void)state;
	tilt_watch_at(&t, 0, 10);
	tilt_watch_at(&t, 1, 10);
	tilt_watch_at(&t, 7, 0); /* nothing */
	tilt_event(&t, 0);
	for (int i = 0; i < 4; i++)
		tilt_event(&t, 1);
	f = tilt_fit(&t, 0.95);
	assert_close(f.x, log(4), 1e-9);
	assert_close(f.rate, 0.1, 1e-9);
	/* the binomial likelihood ratio by hand: 2 (log .2 + 4 log .8 - 5 log .5) = 1.9275 */
	assert_close(2 * (f.log_lik - f.log_lik_flat), 1.927451, 1e-5);
	assert_close(f.p, chisq_test(1.927451 / 1.4, 1).p, 1e-4); /* corrected for five events */
}

/* With few events, too: uncorrected it would be 12 % of four. */
static void what_does_not_grow_is_seldom_said_to(void **state)
{
	static const struct {
		size_t lives;
		double limit;
	} kind[] = { { 4, 50 }, { 12, 2 }, { 12, 0.7 }, { 40, 50 } };

	(void)state;
	for (size_t k = 0; k < ARRAY_SIZE(kind); k++) {
		double excluded = 0, below = 0;

		for (uint64_t i = 0; i < 3000; i++) {
			struct tilt_fit f = gompertz(kind[k].lives, 1, 0, kind[k].limit, 100 + i);

			excluded += f.x_ci.lo > 0 || f.x_ci.hi < 0;
			below += f.p < 0.05;
		}
		if (excluded / 3000 > 0.062 || excluded / 3000 < 0.015)
			fail_msg("%zu lives up to %g: %g", kind[k].lives, kind[k].limit,
				 excluded / 3000);
		assert_close(excluded, below, 1e-12);
	}
}

static void the_interval_holds_the_truth(void **state)
{
	double held = 0;

	(void)state;
	for (uint64_t i = 0; i < 2000; i++) {
		struct tilt_fit f = gompertz(12, 0.5, 1, 2, 5000 + i);

		held += f.x_ci.lo <= 1 && f.x_ci.hi >= 1;
	}
	if (held / 2000 < 0.94 || held / 2000 > 0.975)
		fail_msg("%g", held / 2000);
}

/* Of a microsecond or of years. */
static void the_unit_of_time_does_not_matter(void **state)
{
	static const double unit[] = { 1e-6, 1, 1e9 };
	struct tilt_fit first = { 0 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(unit); i++) {
		_cleanup_tilt_ struct tilt t = TILT_INIT;
		struct tilt_fit f;

		for (int k = 1; k <= 5; k++) {
			tilt_watch(&t, 0, k * unit[i]);
			if (k > 2)
				tilt_event(&t, k * unit[i]);
		}
		f = tilt_fit(&t, 0.95);
		first = i ? first : f;
		assert_true(f.x > 0 && f.x_ci.hi > f.x);
		assert_close(f.x * unit[i], first.x * unit[0], 1e-9);
		assert_close(f.x_ci.lo * unit[i], first.x_ci.lo * unit[0], 1e-6);
		assert_close(f.p, first.p, 1e-9);
	}
}

static void where_there_is_no_maximum_there_is_no_estimate(void **state)
{
	_cleanup_tilt_ struct tilt none = TILT_INIT, last = TILT_INIT, at = TILT_INIT;
	struct tilt_fit f = tilt_fit(&none, 0.95);

	(void)state;
	assert_true(isnan(f.x) && isnan(f.p) && isnan(f.x_ci.lo));
	tilt_watch(&last, 0, 3);
	tilt_watch(&last, 0, 3);
	f = tilt_fit(&last, 0.95);
	assert_true(isnan(f.x));
	tilt_event(&last, 3); /* all at once, at the end */
	tilt_event(&last, 3);
	f = tilt_fit(&last, 0.95);
	assert_true(isnan(f.x) && isnan(f.x_ci.hi) && isfinite(f.log_lik_flat));
	tilt_watch_at(&at, 0, 5); /* z is always 0 */
	tilt_event(&at, 0);
	f = tilt_fit(&at, 0.95);
	assert_true(isnan(f.x) && isnan(f.p));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(a_gompertz_law_is_found_again),
		test(events_in_the_middle_show_no_growth),
		test(two_places_are_a_ratio_of_rates),
		test(what_does_not_grow_is_seldom_said_to),
		test(the_interval_holds_the_truth),
		test(the_unit_of_time_does_not_matter),
		test(where_there_is_no_maximum_there_is_no_estimate),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
