/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Wanted values: computed independently in Python and R, which agree to 6e-16. */
#include "numbers.h"

#include "base/rng.h"
#include "stats/posterior.h"

static const struct bisect_prior plain = { 0 };

static void before_any_other_run_all_versions_are_alike(void **state)
{
	static const struct bisect_run run[] = { { 15, 0, 200, true },
						 { 15, 0, 900, true },
						 { 15, 0, 400, true } };
	_cleanup_posterior_ struct posterior p = { 0 };
	struct bisect_probe probe;

	(void)state;
	posterior_fit(16, &plain, run, 3, &p);
	assert_close(p.p[0], 1.0 / 15, 1e-12);
	assert_close(p.p[14], 1.0 / 15, 1e-12);
	assert_close(p.entropy, 2.70805020110221, 1e-12);
	probe = posterior_probe(&p, 7, 500, 0);
	assert_close(probe.p_crash, 0.269791666666667, 1e-9);
	assert_close(probe.gain, 0.265302856246373, 1e-9);
	assert_close(probe.expected_run, 419.791666666667, 1e-9);
	probe = posterior_probe(&p, 5, 100, 0);
	assert_close(probe.gain, 0.0682021696774546, 1e-9);
	assert_close(probe.expected_run, 96.9401041666667, 1e-9);
	probe = posterior_probe(&p, 14, 500, 0);
	assert_close(probe.gain, 0.0545128970038857, 1e-9);
}

static const struct bisect_run mixed[] = { { 15, 0, 200, true },  { 15, 0, 900, true },
					   { 15, 0, 400, true },  { 6, 0, 350, true },
					   { 3, 0, 1200, false }, { 2, 0, 800, false } };

static void a_crash_excludes_and_a_clean_run_persuades(void **state)
{
	_cleanup_posterior_ struct posterior p = { 0 };
	struct bisect_probe probe;

	(void)state;
	posterior_fit(16, &plain, mixed, ARRAY_SIZE(mixed), &p);
	assert_close(p.p[0], 0.0164449523457124, 1e-9);
	assert_close(p.p[2], 0.0417518938757044, 1e-9);
	assert_close(p.p[5], 0.308452733810957, 1e-9);
	assert_close(p.p[6], 0, 0);
	assert_close(p.entropy, 1.35610149293826, 1e-9);
	probe = posterior_probe(&p, 3, 500, 1200); /* the clean guest goes on */
	assert_close(probe.p_crash, 0.0317115377095017, 1e-9);
	assert_close(probe.gain, 0.0899290954090937, 1e-9);
	assert_close(probe.expected_run, 491.153089675006, 1e-9);
	probe = posterior_probe(&p, 5, 500, 0);
	assert_close(probe.gain, 0.215877227502882, 1e-9);
}

static void a_stray_crash_of_a_good_version_is_survived(void **state)
{
	static const double rho[] = { 0, 0.01, 0.03, 0.1, 0.3 };
	static const struct bisect_prior prior = { .rho = rho, .n_rhos = 5 };
	static const struct bisect_run run[] = {
		{ 7, 0, 300, true },   { 7, 0, 500, true },   { 7, 0, 100, true },
		{ 2, 0, 250, true },   { 4, 0, 4000, false }, { 3, 0, 3000, false },
		{ 0, 0, 2000, false },
	};
	_cleanup_posterior_ struct posterior p = { 0 };
	struct bisect_probe probe;

	(void)state;
	posterior_fit(8, &prior, run, ARRAY_SIZE(run), &p);
	assert_close(p.p[0], 0.00933247397067734, 1e-9);
	assert_close(p.p[2], 0.000787704874531087, 1e-9);
	assert_close(p.p[6], 0.325813866949652, 1e-9);
	assert_close(p.rho[0], 0.00403866100670738, 1e-9);
	assert_close(p.rho[2], 0.421493369968757, 1e-9);
	probe = posterior_probe(&p, 4, 500, 4000);
	assert_close(probe.p_crash, 0.0621952549323189, 1e-9);
	assert_close(probe.gain, 0.00313031374253048, 1e-9);
	assert_close(probe.expected_run, 484.133463498244, 1e-9);
}

static void the_shape_is_learnt_and_ages_count(void **state)
{
	static const double shape[] = { 0.5, 0.7, 1, 1.4, 2 };
	static const struct bisect_prior prior = { .shape = shape, .n_shapes = 5 };
	static const struct bisect_run run[] = {
		{ 11, 0, 20, true }, { 11, 0, 45, true },  { 11, 0, 900, true },
		{ 11, 0, 60, true }, { 4, 0, 300, false }, { 4, 300, 1500, false },
		{ 7, 0, 80, true },
	};
	_cleanup_posterior_ struct posterior p = { 0 };
	struct bisect_probe probe;

	(void)state;
	posterior_fit(12, &prior, run, ARRAY_SIZE(run), &p);
	assert_close(p.p[0], 0.0152386051920809, 1e-9);
	assert_close(p.p[4], 0.313015193077225, 1e-9);
	assert_close(p.shape[1], 0.438799130307362, 1e-9);
	assert_close(p.shape[4], 3.93913937970984e-05, 1e-9);
	probe = posterior_probe(&p, 4, 300, 1500);
	assert_close(probe.p_crash, 0.0132008734840538, 1e-9);
	assert_close(probe.gain, 0.0383891480405791, 1e-9);
	assert_close(probe.expected_run, 297.888881588622, 1e-9);
	probe = posterior_probe(&p, 5, 300, 0);
	assert_close(probe.gain, 0.347325687067967, 1e-9);
	assert_close(probe.expected_run, 243.375197466911, 1e-7);
}

static void a_suspect_named_beforehand_counts(void **state)
{
	static const double weight[] = { 1, 1, 8, 1, 1 };
	static const struct bisect_prior prior = { .weight = weight };
	static const struct bisect_run run[] = { { 5, 0, 10, true },
						 { 5, 0, 30, true },
						 { 2, 0, 25, false } };
	_cleanup_posterior_ struct posterior p = { 0 };
	struct bisect_probe probe;

	(void)state;
	posterior_fit(6, &prior, run, ARRAY_SIZE(run), &p);
	assert_close(p.p[0], 0.0352035203520352, 1e-9);
	assert_close(p.p[2], 0.743674367436744, 1e-9);
	assert_close(p.entropy, 0.897532523779685, 1e-9);
	probe = posterior_probe(&p, 3, 20, 0);
	assert_close(probe.gain, 0.127832691481588, 1e-9);
	assert_close(probe.expected_run, 14.7108436333829, 1e-9);
}

static void the_order_of_the_runs_does_not_matter(void **state)
{
	_cleanup_posterior_ struct posterior want = { 0 };
	struct bisect_run run[ARRAY_SIZE(mixed)];
	struct rng r = rng_make(7);

	(void)state;
	memcpy(run, mixed, sizeof(run));
	posterior_fit(16, &bisect_prior_full, mixed, ARRAY_SIZE(mixed), &want);
	for (int round = 0; round < 20; round++) {
		_cleanup_posterior_ struct posterior p = { 0 };

		for (size_t i = ARRAY_SIZE(run) - 1; i > 0; i--) {
			size_t j = rng_below(&r, i + 1);
			struct bisect_run t = run[i];

			run[i] = run[j];
			run[j] = t;
		}
		posterior_fit(16, &bisect_prior_full, run, ARRAY_SIZE(run), &p);
		for (size_t c = 0; c < 15; c++)
			assert_close(p.p[c], want.p[c], 1e-12);
		assert_close(posterior_probe(&p, 4, 300, 0).gain,
			     posterior_probe(&want, 4, 300, 0).gain, 1e-12);
	}
}

static void without_a_crash_the_prior_stands(void **state)
{
	static const struct bisect_run run[] = { { 3, 0, 1000, false } };
	_cleanup_posterior_ struct posterior p = { 0 };

	(void)state;
	posterior_fit(5, &bisect_prior_full, run, 1, &p);
	for (size_t c = 0; c < 4; c++)
		assert_close(p.p[c], 0.25, 1e-12);
	assert_close(p.shape[2], 0.4, 1e-12);
	assert_close(posterior_probe(&p, 2, 100, 0).gain, NAN, 0);
}

static void the_gain_is_the_entropy_that_an_outcome_takes_away(void **state)
{
	struct bisect_run run[ARRAY_SIZE(mixed) + 1];
	_cleanup_posterior_ struct posterior now = { 0 }, clean = { 0 };
	struct bisect_probe probe;
	double later = 0, tau = 700;

	(void)state;
	memcpy(run, mixed, sizeof(mixed));
	posterior_fit(16, &bisect_prior_full, run, ARRAY_SIZE(mixed), &now);
	run[ARRAY_SIZE(mixed)] = (struct bisect_run){ 4, 0, tau, false };
	posterior_fit(16, &bisect_prior_full, run, ARRAY_SIZE(run), &clean);
	probe = posterior_probe(&now, 4, tau, 0);
	/* p = P(crash) p(.|crash) + P(clean) p(.|clean): the other branch from the two known ones
	 */
	for (size_t c = 0; c < 15; c++) {
		double q = (now.p[c] - (1 - probe.p_crash) * clean.p[c]) / probe.p_crash;

		later -= q > 1e-15 ? probe.p_crash * q * log(q) : 0;
	}
	later += (1 - probe.p_crash) * clean.entropy;
	assert_close(probe.gain, now.entropy - later, 1e-9);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(before_any_other_run_all_versions_are_alike),
		test(a_crash_excludes_and_a_clean_run_persuades),
		test(a_stray_crash_of_a_good_version_is_survived),
		test(the_shape_is_learnt_and_ages_count),
		test(a_suspect_named_beforehand_counts),
		test(the_order_of_the_runs_does_not_matter),
		test(without_a_crash_the_prior_stands),
		test(the_gain_is_the_entropy_that_an_outcome_takes_away),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
