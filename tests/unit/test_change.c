/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "unit.h"

#include <math.h>

#include "base/buf.h"
#include "base/rng.h"
#include "stats/change.h"
#include "stats/share.h"

enum { NIGHTS = 16, REPEATS = 1000 };

#define ALPHA 0.01

struct world {
	double shape, horizon; /* lives of scale 1, cut there */
	size_t trials;         /* a night */
	size_t changes_at;     /* the first night of another hazard; NIGHTS: none */
	double ratio;          /* of it to the one before */
};

static void live(const struct world *w, struct rng *rng, struct duel *night, size_t nights)
{
	for (size_t i = 0; i < nights; i++) {
		const double ratio = i >= w->changes_at ? w->ratio : 1;

		night[i] = duel_make(2, ALPHA, 0.5);
		for (size_t t = 0; t < w->trials; t++) {
			const double life = rng_weibull(rng, pow(ratio, -1 / w->shape), w->shape);

			duel_add(&night[i], 0, fmin(life, w->horizon), life < w->horizon);
		}
	}
}

/* Of REPEATS histories those that had an alarm at all; in *ret_second those that had one after the
 * second night. */
static int alarms(const struct world *w, uint64_t seed, int *ret_second)
{
	int any = 0;

	*ret_second = 0;
	for (int r = 0; r < REPEATS; r++) {
		struct rng rng = rng_make(seed * 1000003 + (uint64_t)r);
		struct duel night[NIGHTS];
		struct change_look look[NIGHTS];
		bool alarm = false;

		live(w, &rng, night, NIGHTS);
		change_track(night, NIGHTS, 2, ALPHA, look);
		for (size_t i = 0; i < NIGHTS; i++)
			alarm = alarm || look[i].verdict != CHANGE_NONE;
		any += alarm;
		*ret_second += look[1].verdict != CHANGE_NONE;
	}
	return any;
}

/* The bound is (N - 1) * alpha in N nights: 15 % of the histories, 1 % after the second night. */
static void nights_without_change_alarm_no_more_often_than_stated(void **state)
{
	static const struct world still[] = {
		{ 1, 1, 8, NIGHTS, 1 },
		{ 0.5, 0.5, 8, NIGHTS, 1 },
		{ 2, 3, 8, NIGHTS, 1 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(still); i++) {
		int second, any = alarms(&still[i], i + 1, &second);

		if (any > (NIGHTS - 1) * ALPHA * REPEATS || second > ALPHA * REPEATS)
			fail_msg("world %zu: %d of %d, %d after the second night", i, any, REPEATS,
				 second);
	}
}

static void a_doubled_hazard_is_seen_the_same_night_where_lives_are_many(void **state)
{
	const struct world w = { 1, 10, 150, 1, 2 };
	int seen = 0;

	(void)state;
	for (int r = 0; r < 100; r++) {
		struct rng rng = rng_make((uint64_t)r);
		struct duel night[2];
		struct change_look look;

		live(&w, &rng, night, 2);
		look = change_look(night, 2, 2, ALPHA);
		seen += look.verdict == CHANGE_MORE && look.since == 1;
	}
	assert_true(seen >= 95);
}

static void where_they_are_few_it_is_seen_after_some_nights_and_dated_right(void **state)
{
	const struct world w = { 1, 1, 30, 6, 0.4 };
	int seen = 0, dated = 0;

	(void)state;
	for (int r = 0; r < 100; r++) {
		struct rng rng = rng_make((uint64_t)r + 777);
		struct duel night[NIGHTS];
		struct change_look look[NIGHTS];
		size_t first = 0;

		live(&w, &rng, night, NIGHTS);
		change_track(night, NIGHTS, 2, ALPHA, look);
		while (first < NIGHTS && look[first].verdict == CHANGE_NONE)
			first++;
		if (first == NIGHTS || first < 6)
			continue;
		seen += look[first].verdict == CHANGE_LESS;
		dated += look[first].since >= 5 && look[first].since <= 7;
	}
	assert_true(seen >= 90);
	assert_true(dated >= 80);
}

static void a_change_is_told_once_and_its_way_back_too(void **state)
{
	struct duel night[6];
	struct change_look look[6];

	(void)state;
	for (size_t i = 0; i < 6; i++) {
		struct rng rng = rng_make(5 + i);
		const double scale = i >= 2 && i < 4 ? 0.3 : 1;

		night[i] = duel_make(2, ALPHA, 0.5);
		for (int t = 0; t < 150; t++)
			duel_add(&night[i], 0, rng_weibull(&rng, scale, 1), true);
	}
	change_track(night, 6, 2, ALPHA, look);
	assert_int_equal(look[0].verdict, CHANGE_NONE);
	assert_int_equal(look[1].verdict, CHANGE_NONE);
	assert_int_equal(look[2].verdict, CHANGE_MORE);
	assert_int_equal(look[2].since, 2);
	assert_int_equal(look[3].verdict, CHANGE_NONE);
	assert_int_equal(look[4].verdict, CHANGE_LESS);
	assert_int_equal(look[4].since, 4);
	assert_int_equal(look[5].verdict, CHANGE_NONE);
}

static void a_change_below_the_factors_root_is_not_claimed(void **state)
{
	const struct world w = { 1, 10, 50, 6, 1.2 };
	int second, any = alarms(&w, 9, &second);

	(void)state;
	assert_true(any < REPEATS / 3);
}

static void nothing_is_said_without_a_night_before(void **state)
{
	struct duel night = duel_make(2, ALPHA, 0.5);
	struct change_look look;

	(void)state;
	duel_add(&night, 0, 1, true);
	look = change_look(&night, 1, 2, ALPHA);
	assert_int_equal(look.verdict, CHANGE_NONE);
	assert_true(isinf(look.log_e) && look.log_e < 0);
}

/* By hand: all 3 of 3 now, none of 3 then: 1 / choose(6, 3). */
static void shares_are_compared_exactly(void **state)
{
	(void)state;
	assert_true(fabs(share_more_p(0, 3, 3, 3) - 1 / 20.0) < 1e-12);
	assert_true(fabs(share_more_p(1, 10, 0, 10) - 1) < 1e-12);
	assert_true(share_more_p(2, 200, 10, 40) < 1e-6);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(nights_without_change_alarm_no_more_often_than_stated),
		test(a_doubled_hazard_is_seen_the_same_night_where_lives_are_many),
		test(where_they_are_few_it_is_seen_after_some_nights_and_dated_right),
		test(a_change_is_told_once_and_its_way_back_too),
		test(a_change_below_the_factors_root_is_not_claimed),
		test(nothing_is_said_without_a_night_before),
		test(shares_are_compared_exactly),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
