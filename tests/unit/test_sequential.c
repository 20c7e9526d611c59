/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Wanted values: R 4.2.2; the bounds at five equal looks are also in the literature (ldbounds). */
#include "numbers.h"

#include "base/rng.h"
#include "stats/sequential.h"

static void walds_test_continues_until_a_bound_is_passed(void **state)
{
	struct sprt a = sprt_look(0, 5, 1, 0.2, 0.05, 0.1), b = sprt_look(3, 2, 1, 0.2, 0.05, 0.1),
		    c = sprt_look(1, 3, 1, 0.2, 0.05, 0.1);

	(void)state;
	assert_close(a.llr, 4, 1e-12);
	assert_close(a.upper, 2.89037175789616, 1e-12);
	assert_close(a.lower, -2.25129179860649, 1e-12);
	assert_int_equal(a.decision, SPRT_ACCEPT_RATE1);
	assert_close(b.llr, -3.2283137373023, 1e-12);
	assert_int_equal(b.decision, SPRT_ACCEPT_RATE0);
	assert_close(c.llr, 0.7905620875659, 1e-12);
	assert_string_equal(sprt_decision_name(c.decision), "continue");
}

static void the_evidence_of_one_arm_is_rs(void **state)
{
	static const struct {
		size_t d;
		double t, mixture, one_sided;
	} row[] = {
		{ 0, 4, 2.90138771133189, 3.28039941054854 },
		{ 0, 8, 6.58339332797189, 6.96507109375697 },
		{ 1, 10, 5.43321634341487, 5.81482620799329 },
		{ 5, 5, -1.3372390728973, -1.54118674961462 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(row); i++) {
		struct evalue e = evalue_look(row[i].d, row[i].t, 1, 0.5, 0.5);

		assert_close(e.log_e_mixture, row[i].mixture, 1e-9);
		assert_close(e.log_e_one_sided, row[i].one_sided, 1e-9);
	}
}

static void a_thousand_hours_without_a_failure_do_not_overflow(void **state)
{
	struct evalue e = evalue_look(0, 1e6, 1, 0.5, 0.5);

	(void)state;
	assert_true(isfinite(e.log_e_one_sided));
	assert_true(e.log_e_one_sided > 9e5);
}

static void the_evidence_of_two_arms_grows_failure_by_failure(void **state)
{
	static const int arm[] = { 0, 0, 0, 1, 0, 0 };
	static const double want[] = { 0.510825623765991, 1.02165124753198,  1.53247687129797,
				       0.433864582629863, 0.944690206395853, 1.45551583016184 };
	struct safe_logrank s = { .theta = 0.2 }, shrinking = { .theta = 0.5 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(arm); i++) {
		safe_logrank_add(&s, arm[i], 4, 4);
		assert_close(s.log_e, want[i], 1e-12);
	}
	for (int y0 = 8; y0 >= 1; y0--)
		safe_logrank_add(&shrinking, 0, y0, 8);
	assert_close(shrinking.log_e, 3.25809653802148, 1e-12);
}

static void the_published_bounds_come_out(void **state)
{
	static const double info[] = { 0.2, 0.4, 0.6, 0.8, 1 }, uneven[] = { 0.3, 0.7, 1 };
	static const double want[] = { 4.87688494879077, 3.35701189234199, 2.68027950594541,
				       2.28981587586088, 2.03103089839863 };
	static const double want_uneven[] = { 3.92857254262604, 2.43874230171411,
					      2.00000801227084 };
	double z[5], spent[5];

	(void)state;
	group_bounds(info, 5, 0.05, z, spent);
	for (size_t i = 0; i < 5; i++)
		assert_close(z[i], want[i], 1e-6);
	assert_close(spent[0], 1.07774252581174e-06, 1e-9);
	assert_close(spent[2], 0.00761612662197864, 1e-9);
	assert_close(spent[4], 0.05, 1e-9);
	group_bounds(uneven, 3, 0.05, z, spent);
	for (size_t i = 0; i < 3; i++)
		assert_close(z[i], want_uneven[i], 1e-6);
}

static void one_look_is_a_plain_test(void **state)
{
	double info = 1, z, spent;

	(void)state;
	group_bounds(&info, 1, 0.05, &z, &spent);
	assert_close(z, 1.959963984540054, 1e-9);
}

/* Nightly looks at an arm that is no better: who stops at log(20) claims a cure. */
static bool claims_falsely(struct rng *r)
{
	double t = 0;
	size_t d = 0;

	for (double next = rng_weibull(r, 1, 1), look = 0.25; look <= 40; look += 0.25) {
		for (; next <= look; next += rng_weibull(r, 1, 1))
			d++;
		t = look;
		if (evalue_look(d, t, 1, 0.5, 0.5).log_e_one_sided >= log(20))
			return true;
	}
	return false;
}

static void looking_every_night_claims_no_more_than_it_may(void **state)
{
	struct rng r = rng_make(20261121);
	int claims = 0, n = 2000;

	(void)state;
	for (int i = 0; i < n; i++)
		claims += claims_falsely(&r);
	assert_true(claims <= n * 0.05); /* measured over 20,000: 3.8 % */
	assert_true(claims >= n * 0.02);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(walds_test_continues_until_a_bound_is_passed),
		test(the_evidence_of_one_arm_is_rs),
		test(a_thousand_hours_without_a_failure_do_not_overflow),
		test(the_evidence_of_two_arms_grows_failure_by_failure),
		test(the_published_bounds_come_out),
		test(one_look_is_a_plain_test),
		test(looking_every_night_claims_no_more_than_it_may),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
