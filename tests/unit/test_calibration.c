/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Do the 95 % intervals hold the truth 95 times in 100? 2,000 simulated campaigns each, of fixed
 * seed, of guests whose fates the fake VM draws, with hosts that fail; and the policy that looks
 * harmless and is not, as the proof that this test can fail.
 */
#include "numbers.h"

#include "base/rng.h"
#include "stats/cox.h"
#include "stats/expo.h"
#include "stats/incidence.h"
#include "stats/km.h"
#include "stats/rate.h"
#include "stats/weibull.h"
#include "vm/vm_fake.h"

enum { CAMPAIGNS = 2000 };

/* The lot of every trial: a lifetime, a limit, another crash and a host that may go first (0: never
 * does). */
struct lot {
	double scale, shape, limit, host_mtbf, other;
};

/* One unit of time is as many ns, so that nothing is lost in rounding. */
static const double unit_ns = 1e12;

static uint64_t ns(double t)
{
	return t > 0 ? (uint64_t)(t * unit_ns) : TIME_NEVER;
}

static double units(uint64_t t_ns)
{
	return t_ns == TIME_NEVER ? INFINITY : (double)t_ns / unit_ns;
}

/* One attempt; whether the host was lost. */
static bool attempt(struct rng *r, const struct lot *lot, struct lifetime *ret)
{
	const struct fake law = {
		.scale = ns(lot->scale),
		.shape = lot->shape,
		.other = ns(lot->other),
		.host_fault = ns(lot->host_mtbf),
	};
	struct fake_fate f = fake_fate_draw(&law, rng_u64(r));
	double crash = units(MIN(f.target, f.other)), host = units(f.host_fault),
	       end = fmin(lot->limit, host);

	ret->time = fmin(crash, end);
	ret->failed = crash < end;
	ret->cause = f.other < f.target;
	return host < fmin(crash, lot->limit);
}

enum policy {
	KEEP, /* a lost attempt is censored where it was lost, and a new trial added */
	REDO, /* it is thrown away and done again until it ends by itself */
};

static struct sample campaign(struct rng *r, const struct lot *lot, size_t trials,
			      enum policy policy)
{
	struct sample s = SAMPLE_INIT;

	for (size_t done = 0; done < trials;) {
		struct lifetime life = { 0 };
		bool lost = attempt(r, lot, &life);

		if (!lost || policy == KEEP)
			sample_add(&s, life);
		done += !lost;
	}
	sample_sort(&s);
	return s;
}

static bool holds(struct interval ci, double truth)
{
	return ci.lo <= truth && truth <= ci.hi;
}

static void assert_covers(int held, double at_least, double at_most)
{
	double share = held / (double)CAMPAIGNS;

	print_message("# covered %.4f\n", share);
	if (share < at_least || share > at_most)
		fail_msg("covered %.4f, want %.3f to %.3f", share, at_least, at_most);
}

static int mttf_held(enum policy policy)
{
	static const struct lot lot = { .scale = 1, .shape = 1, .limit = 3, .host_mtbf = 2 };
	struct rng r = rng_make(1);
	int held = 0;

	for (int i = 0; i < CAMPAIGNS; i++) {
		_cleanup_sample_ struct sample s = campaign(&r, &lot, 30, policy);
		struct expo e = expo_fit(&s);

		held += holds(expo_mttf_ci(&e, 0.95), 1);
	}
	return held;
}

static void the_mttf_is_held_although_hosts_fail(void **state)
{
	(void)state;
	assert_covers(mttf_held(KEEP), 0.93, 0.97);
}

static void redoing_lost_trials_would_break_that(void **state)
{
	(void)state;
	assert_covers(mttf_held(REDO), 0, 0.70);
}

static void weibulls_shape_and_scale_are_held(void **state)
{
	static const struct lot lot = { .scale = 1, .shape = 0.7, .limit = 2, .host_mtbf = 5 };
	struct rng r = rng_make(2);
	int shape = 0, scale = 0;

	(void)state;
	for (int i = 0; i < CAMPAIGNS; i++) {
		_cleanup_sample_ struct sample s = campaign(&r, &lot, 40, KEEP);
		struct weibull w;

		weibull_fit(&s, &w);
		shape += holds(weibull_shape_ci_profile(&s, &w, 0.95), 0.7);
		scale += holds(weibull_scale_ci_profile(&s, &w, 0.95), 1);
	}
	assert_covers(shape, 0.93, 0.97);
	assert_covers(scale, 0.93, 0.97);
}

static void the_curve_and_the_median_are_held(void **state)
{
	static const struct lot lot = { .scale = 1, .shape = 1.5, .limit = 2, .host_mtbf = 4 };
	double t = 0.6, truth = exp(-pow(t, 1.5)), median = pow(log(2), 1 / 1.5);
	struct rng r = rng_make(3);
	int curve = 0, middle = 0;

	(void)state;
	for (int i = 0; i < CAMPAIGNS; i++) {
		_cleanup_sample_ struct sample s = campaign(&r, &lot, 60, KEEP);
		_cleanup_km_ struct km k = { 0 };

		km_fit(&s, &k);
		curve += holds(km_band(km_at(&k, t), KM_LOGLOG, 0.95), truth);
		middle += holds(km_quantile_ci(&k, 0.5, KM_LOGLOG, 0.95), median);
	}
	assert_covers(curve, 0.93, 0.97);
	assert_covers(middle, 0.93, 0.97);
}

/* Two crashes race; the first has the rate 1, the second 0.5. */
static void the_incidence_of_one_crash_among_two_is_held(void **state)
{
	static const struct lot lot = {
		.scale = 1, .shape = 1, .limit = 2, .host_mtbf = 3, .other = 2
	};
	double t = 0.8, truth = (1 - exp(-1.5 * t)) / 1.5;
	struct rng r = rng_make(4);
	int held = 0;

	(void)state;
	for (int i = 0; i < CAMPAIGNS; i++) {
		_cleanup_sample_ struct sample s = SAMPLE_INIT;
		_cleanup_incidence_ struct incidence in = { 0 };
		size_t row = 0;

		for (int j = 0; j < 100; j++) {
			struct lifetime life = { 0 };

			attempt(&r, &lot, &life);
			sample_add(&s, life);
		}
		sample_sort(&s);
		incidence_fit(&s, 2, &in);
		while (row + 1 < in.n_rows && in.time[row + 1] <= t)
			row++;
		held += fabs(in.cif[2 * row] - truth) <= 1.96 * in.se[2 * row];
	}
	assert_covers(held, 0.93, 0.97);
}

static struct sample two_arms(struct rng *r, double ratio, size_t trials)
{
	struct lot lot = { .scale = 1, .shape = 1, .limit = 1.5, .host_mtbf = 6 };
	struct sample s = campaign(r, &lot, trials, KEEP);

	lot.scale = 1 / ratio;
	for (size_t i = 0; i < trials; i++) {
		struct lifetime life = { .arm = 1 };

		attempt(r, &lot, &life);
		sample_add(&s, life);
	}
	sample_sort(&s);
	return s;
}

static struct rate_ratio rates_of(const struct sample *s)
{
	size_t d[2] = { 0 };
	double t[2] = { 0 };

	for (size_t i = 0; i < s->n; i++) {
		d[s->life[i].arm] += s->life[i].failed;
		t[s->life[i].arm] += s->life[i].time;
	}
	return rate_compare(d[0], t[0], d[1], t[1], 0.95);
}

static void hazard_and_rate_ratios_are_held(void **state)
{
	struct rng r = rng_make(5);
	int hazard = 0, rate = 0;

	(void)state;
	for (int i = 0; i < CAMPAIGNS; i++) {
		_cleanup_sample_ struct sample s = two_arms(&r, 0.4, 40);
		_cleanup_cox_ struct cox c = { 0 };

		cox_fit(&s, COX_EFRON, false, &c);
		hazard += holds(cox_hr_ci_profile(&s, &c, 0.95), 0.4);
		rate += holds(rates_of(&s).ci, 0.4);
	}
	assert_covers(hazard, 0.93, 0.97);
	assert_covers(rate, 0.94, 0.985); /* exact, so never under, and a little over */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(the_mttf_is_held_although_hosts_fail),
		test(redoing_lost_trials_would_break_that),
		test(weibulls_shape_and_scale_are_held),
		test(the_curve_and_the_median_are_held),
		test(the_incidence_of_one_crash_among_two_is_held),
		test(hazard_and_rate_ratios_are_held),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
