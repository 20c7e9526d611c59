/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "numbers.h"

#include "base/rng.h"
#include "stats/bootstrap.h"
#include "stats/expo.h"
#include "stats/km.h"

static const struct bootstrap_options plain = { .rounds = 2000, .seed = 1, .conf = 0.95 };

static double restricted_mean(const struct sample *s, const void *arg)
{
	_cleanup_km_ struct km k = { 0 };

	km_fit(s, &k);
	return km_rmst(&k, *(const double *)arg).mean;
}

static double log_ratio_of_mttfs(const struct sample *s, const void *arg)
{
	double d[2] = { 0 }, t[2] = { 0 };

	(void)arg;
	for (size_t i = 0; i < s->n; i++) {
		d[s->life[i].arm] += s->life[i].failed;
		t[s->life[i].arm] += s->life[i].time;
	}
	return log(t[1] / d[1] / (t[0] / d[0]));
}

static double median(const struct sample *s, const void *arg)
{
	_cleanup_km_ struct km k = { 0 };

	(void)arg;
	km_fit(s, &k);
	return km_quantile(&k, 0.5);
}

static struct sample simulated(struct rng *r, size_t trials)
{
	struct sample s = SAMPLE_INIT;

	for (size_t i = 0; i < trials; i++) {
		double t = rng_weibull(r, 1 + (double)(i % 2), 1);

		sample_add(&s, (struct lifetime){ .time = fmin(t, 2),
						  .failed = t < 2,
						  .arm = i % 2,
						  .stratum = (int)(i / 10) });
	}
	sample_sort(&s);
	return s;
}

static void where_there_is_a_formula_it_agrees(void **state)
{
	_cleanup_sample_ struct sample s = sample_from(AML_NOT);
	_cleanup_km_ struct km k = { 0 };
	struct bootstrap b;
	double tau = 45, se;

	(void)state;
	km_fit(&s, &k);
	se = km_rmst(&k, tau).se;
	bootstrap_run(&s, restricted_mean, &tau, &plain, &b);
	assert_close(b.estimate, 22.7083333333333, 1e-9);
	assert_close(b.se, se, 0.1);
	assert_close(b.ci.lo, b.estimate - 1.96 * se, 0.1);
	assert_close(b.ci.hi, b.estimate + 1.96 * se, 0.1);
	assert_int_equal(b.without, 0);
}

static void the_same_seed_draws_the_same(void **state)
{
	_cleanup_sample_ struct sample s = sample_from(AML);
	struct bootstrap_options other = plain;
	struct bootstrap a, b, c;

	(void)state;
	other.seed = 2;
	bootstrap_run(&s, log_ratio_of_mttfs, NULL, &plain, &a);
	bootstrap_run(&s, log_ratio_of_mttfs, NULL, &plain, &b);
	bootstrap_run(&s, log_ratio_of_mttfs, NULL, &other, &c);
	assert_interval(a.ci, b.ci.lo, b.ci.hi, 0);
	assert_true(a.ci.lo != c.ci.lo);
}

static void a_ratio_without_a_formula_is_held(void **state)
{
	struct bootstrap_options few = { .rounds = 400, .seed = 3, .conf = 0.95 };
	struct rng r = rng_make(4);
	int held = 0, n = 300;

	(void)state;
	for (int i = 0; i < n; i++) {
		_cleanup_sample_ struct sample s = simulated(&r, 120);
		struct bootstrap b;

		few.seed++;
		bootstrap_run(&s, log_ratio_of_mttfs, NULL, &few, &b);
		held += b.ci.lo <= log(2) && log(2) <= b.ci.hi;
	}
	assert_true(held >= n * 0.91);
	assert_true(held <= n * 0.985);
}

static void rows_of_one_cluster_are_drawn_together(void **state)
{
	/* ten clusters of ten equal rows are ten facts, not a hundred */
	struct bootstrap_options together = plain;
	_cleanup_sample_ struct sample s = SAMPLE_INIT;
	struct bootstrap apart, b;
	double tau = 20;

	(void)state;
	for (int i = 0; i < 100; i++)
		sample_add(&s, (struct lifetime){
				       .time = 1 + i / 10, .failed = true, .stratum = i / 10 });
	together.by_stratum = true;
	bootstrap_run(&s, restricted_mean, &tau, &plain, &apart);
	bootstrap_run(&s, restricted_mean, &tau, &together, &b);
	assert_close(b.se, apart.se * sqrt(10), 0.1);
}

static void what_is_rarely_reached_has_no_interval(void **state)
{
	_cleanup_sample_ struct sample s = sample_from("1 2 3 4 9+ 9+ 9+ 9+ 9+ 9+");
	struct bootstrap b;

	(void)state;
	bootstrap_run(&s, median, NULL, &plain, &b);
	assert_true(b.without > 0);
	assert_interval(b.ci, NAN, NAN, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(where_there_is_a_formula_it_agrees),
		test(the_same_seed_draws_the_same),
		test(a_ratio_without_a_formula_is_held),
		test(rows_of_one_cluster_are_drawn_together),
		test(what_is_rarely_reached_has_no_interval),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
