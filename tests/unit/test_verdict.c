/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "unit.h"

#include <errno.h>
#include <math.h>

#include "model/verdict.h"

static struct verdict full(void)
{
	struct verdict v = {
		.outcome = OUTCOME_FAILED,
		.final = true,
		.step = STEP_SOAK,
		.reason = "divide error in fib_rebalance",
		.arm = "bad",
		.trial = 17,
		.block = 5,
		.slot = 1,
		.seed = INT64_MAX,
		.has_sighting = true,
		.n_sightings = 2,
		.exposure_ns = 4530000000,
		.exposure_work = 15,
		.unit = "replaces",
		.boot_ns = 9,
		.settle_ns = 8,
		.started_s = 1795262133,
		.wall_ns = 7,
		.kernel = "6.1.0-54-cloud-amd64",
		.accel = "tcg",
		.host_load = 2.5,
		.host_steal = NAN,
		.vcpu_ns = 6,
		.reader_lag_ns = 5,
	};

	v.sighting = (struct sighting){ .class = CRASH_DIVIDE_ERROR,
					.severity = SEVERITY_CRASH,
					.title = "divide error in fib_rebalance",
					.function = "fib_rebalance",
					.guest_s = 12.5 };
	counts_add(&v.findings, "told-by-fsync", 3);
	return v;
}

static void verdicts_survive_json_both_ways(void **state)
{
	struct verdict v = full(), back;
	struct err err = { 0 };
	json_t *j = verdict_to_json(&v), *again;
	_cleanup_free_
	char *x = NULL, *y = NULL;

	(void)state;
	assert_ok(verdict_from_json(j, &back, &err));
	assert_int_equal(back.outcome, OUTCOME_FAILED);
	assert_int_equal(back.findings.item[0].count, 3);
	assert_true(back.final);
	assert_int_equal(back.step, STEP_SOAK);
	assert_int_equal(back.trial, 17);
	assert_true(back.seed == INT64_MAX);
	assert_true(back.has_sighting);
	assert_int_equal(back.sighting.class, CRASH_DIVIDE_ERROR);
	assert_true(back.exposure_work == 15);
	assert_true(isnan(back.host_steal));
	assert_int_equal(back.started_s, 1795262133);
	again = verdict_to_json(&back);
	x = json_dumps(j, 0);
	y = json_dumps(again, 0);
	assert_string_equal(x, y);
	json_decref(j);
	json_decref(again);
}

static void
what_lives_are_counted_from_survives_json_and_older_verdicts_mean_the_begin(void **state)
{
	struct verdict v = { .exposure_starts = EXPOSURE_FIRST_RECLAIM,
			     .exposure_wait_ns = 6100000000,
			     .before_exposure = true };
	struct verdict back;
	struct err err = { 0 };
	json_t *j = verdict_to_json(&v);

	(void)state;
	assert_ok(verdict_from_json(j, &back, &err));
	assert_int_equal(back.exposure_starts, EXPOSURE_FIRST_RECLAIM);
	assert_int_equal(back.exposure_wait_ns, 6100000000);
	assert_true(back.before_exposure);
	json_object_del(j, "exposure_wait_ns");
	assert_ok(verdict_from_json(j, &back, &err));
	assert_true(back.exposure_wait_ns == TIME_NEVER); /* it never came */
	json_object_del(j, "exposure_starts");
	assert_ok(verdict_from_json(j, &back, &err));
	assert_int_equal(back.exposure_starts, EXPOSURE_BEGIN);
	assert_int_equal(back.exposure_wait_ns, 0);
	json_object_set_new(j, "exposure_starts", json_string("someday"));
	assert_int_equal(verdict_from_json(j, &back, &err), -EINVAL);
	json_decref(j);
}

static void every_outcome_and_step_has_its_own_name(void **state)
{
	(void)state;
	for (int i = 0; i < OUTCOME_COUNT; i++) {
		enum outcome o = OUTCOME_COUNT;

		assert_true(outcome_by_name(outcome_name((enum outcome)i), &o));
		assert_int_equal(o, i);
	}
	for (int i = 0; i < STEP_COUNT; i++) {
		struct verdict v = full(), back;
		struct err err = { 0 };
		json_t *j;

		v.step = (enum step)i;
		j = verdict_to_json(&v);
		assert_ok(verdict_from_json(j, &back, &err));
		assert_int_equal(back.step, i);
		json_decref(j);
	}
}

/* What is not known must not become a number: a trial without a soak has no work, not 0. */
static void what_is_missing_stays_unknown(void **state)
{
	json_t *j = json_loads("{\"outcome\": \"INFRA\"}", 0, NULL);
	struct err err = { 0 };
	struct verdict v;

	(void)state;
	assert_ok(verdict_from_json(j, &v, &err));
	assert_int_equal(v.outcome, OUTCOME_INFRA);
	assert_false(v.final);
	assert_false(v.has_sighting);
	assert_true(isnan(v.exposure_work));
	assert_true(isnan(v.host_load));
	json_decref(j);
}

static void a_damaged_verdict_is_refused_whole(void **state)
{
	static const char *const bad[] = {
		"[]",
		"{}",
		"{\"outcome\": \"WON\"}",
		"{\"outcome\": 1}",
		"{\"outcome\": \"INFRA\", \"step\": \"LUNCH\"}",
		"{\"outcome\": \"INFRA\", \"trial\": -1}",
		"{\"outcome\": \"INFRA\", \"sighting\": []}",
		"{\"outcome\": \"INFRA\", \"started_s\": \"now\"}",
		"{\"outcome\": \"INFRA\", \"final\": \"yes\"}",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		json_t *j = json_loads(bad[i], 0, NULL);
		struct verdict v = { .trial = 4711 };
		struct err err = { 0 };

		assert_non_null(j);
		if (verdict_from_json(j, &v, &err) >= 0)
			fail_msg("accepted: %s", bad[i]);
		assert_true(err.msg[0]);
		assert_int_equal(v.trial, 4711);
		json_decref(j);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(verdicts_survive_json_both_ways),
		test(what_lives_are_counted_from_survives_json_and_older_verdicts_mean_the_begin),
		test(every_outcome_and_step_has_its_own_name),
		test(what_is_missing_stays_unknown),
		test(a_damaged_verdict_is_refused_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
