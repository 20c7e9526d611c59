/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "numbers.h"

#include "base/rng.h"
#include "stats/drift.h"

/* A campaign of lives as a bisection sees them on the bad side: until so many have crashed, each
 * watched for half an MTTF to two. */
struct campaign {
	size_t crashes;
	double shape;
	double later; /* from half the crashes on lives last so much longer */
};

static void play(const struct campaign *c, uint64_t seed, struct drift *ret)
{
	struct rng r = rng_make(seed);
	struct drift_life life[400];
	size_t n = 0, crashes = 0;

	while (crashes < c->crashes && n < ARRAY_SIZE(life)) {
		double limit = 0.5 + 1.5 * rng_unit(&r), t = rng_weibull(&r, 1, c->shape);

		if (2 * crashes >= c->crashes)
			t *= c->later;
		life[n].crash = t < limit;
		life[n].seconds = fmin(t, limit);
		crashes += life[n++].crash;
	}
	drift_test(life, n, ret);
}

struct shares {
	double order, age;
};

static struct shares shares(size_t crashes, double shape, double later, int repeats)
{
	struct campaign c = { crashes, shape, later };
	struct shares s = { 0 };

	for (int i = 0; i < repeats; i++) {
		struct drift d;

		play(&c, (uint64_t)i + 1000, &d);
		s.order += drift_in_order(&d) / (double)repeats;
		s.age += drift_with_age(&d) / (double)repeats;
	}
	return s;
}

/* Promised: 1.5 % and 1 %; the standard error over 4,000 is 0.2 %. */
static void few_are_said_to_drift_that_do_not(void **state)
{
	static const size_t crashes[] = { 4, 6, 9, 15, 30 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(crashes); i++) {
		struct shares s = shares(crashes[i], 1, 1, 4000);

		if (s.order > 0.019 || s.age > 0.015)
			fail_msg("%zu crashes: %.4f by order, %.4f by age", crashes[i], s.order,
				 s.age);
		assert_true(s.order + s.age >= 0.005); /* it can be said */
	}
}

static void a_host_that_is_busy_later_is_seen(void **state)
{
	(void)state;
	assert_true(shares(12, 1, 10, 1000).order >= 0.45);
	assert_true(shares(12, 1, 0.1, 1000).order >= 0.45);
	assert_true(shares(24, 1, 3, 1000).order >= 0.28);
	assert_true(shares(24, 1, 10, 1000).order >= 0.9);
}

static void a_hazard_that_age_changes_is_seen(void **state)
{
	(void)state;
	assert_true(shares(12, 3, 1, 1000).age >= 0.9);
	assert_true(shares(24, 2, 1, 1000).age >= 0.8);
	assert_true(shares(24, 0.5, 1, 1000).age >= 0.8);
}

static void a_drift_has_its_figures(void **state)
{
	static const struct drift_life later[] = { { 10, true },  { 10, true }, { 10, true },
						   { 10, true },  { 10, true }, { 10, true },
						   { 10, true },  { 10, true }, { 80, false },
						   { 80, false }, { 80, false } };
	struct drift d;

	(void)state;
	drift_test(later, ARRAY_SIZE(later), &d);
	assert_int_equal(d.crashes, 8);
	assert_close(d.mttf_s[0], 20, 1e-12);
	assert_true(isinf(d.mttf_s[1]));
	/* by hand: crashes at 10, 20 ... 80 of 320; z = (45 - 160) / (320 / sqrt(96)) */
	assert_close(d.order_p, 0.000429, 2e-3);
	assert_true(drift_in_order(&d));
	drift_test(later, 3, &d);
	assert_int_equal(d.crashes, 3);
	assert_true(isnan(d.order_p) && isnan(d.age_p));
	assert_false(drift_in_order(&d) || drift_with_age(&d));
}

static void a_crash_that_ends_the_soak_is_no_evidence(void **state)
{
	static const struct drift_life even[] = { { 10, true }, { 10, true }, { 10, true },
						  { 10, true }, { 10, true }, { 10, true } };
	struct drift d;

	(void)state;
	drift_test(even, ARRAY_SIZE(even), &d);
	assert_close(d.order_p, 1, 1e-12);
	drift_test(NULL, 0, &d);
	assert_int_equal(d.crashes, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(few_are_said_to_drift_that_do_not),
		test(a_host_that_is_busy_later_is_seen),
		test(a_hazard_that_age_changes_is_seen),
		test(a_drift_has_its_figures),
		test(a_crash_that_ends_the_soak_is_no_evidence),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
