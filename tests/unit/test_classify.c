/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "unit.h"

#include <math.h>

#include "run/classify.h"

static struct spec spec_for(const char *class)
{
	struct spec s = { 0 };

	strv_add(&s.settings.target.classes, class);
	s.settings.target.within = 8;
	s.settings.target.text = xstrdup("");
	return s;
}

/* A soak from 100 s to 130 s with work done. */
static struct facts facts_of(enum ending ending)
{
	return (struct facts){ .spawn_ns = 90 * NS_PER_S,
			       .hello_ns = 95 * NS_PER_S,
			       .ready_ns = 99 * NS_PER_S,
			       .soak_ns = 100 * NS_PER_S,
			       .exposed_ns = 100 * NS_PER_S,
			       .last_beat_ns = 129 * NS_PER_S,
			       .end_ns = 130 * NS_PER_S,
			       .ending = ending,
			       .step = STEP_SOAK,
			       .work = 7 };
}

static struct sighting sighting_of(enum crash_class class, uint64_t at_s)
{
	struct sighting s = { .class = class, .at_ns = at_s * NS_PER_S, .guest_s = NAN };

	s.severity = crash_info(class)->severity;
	snprintf(s.title, sizeof(s.title), "something in somewhere");
	return s;
}

static struct verdict judge_from(enum exposure_start starts, const struct facts *f)
{
	struct spec spec = spec_for("divide-error");
	struct verdict v = { 0 };

	spec.settings.exposure_starts = starts;
	classify(&spec, f, &v);
	strv_done(&spec.settings.target.classes);
	free(spec.settings.target.text);
	return v;
}

static struct verdict judge(const struct facts *f)
{
	return judge_from(EXPOSURE_BEGIN, f);
}

static void the_target_fails_at_its_first_line(void **state)
{
	struct facts f = facts_of(ENDING_CRASH);
	struct verdict v;

	(void)state;
	f.has_sighting = true;
	f.sighting = sighting_of(CRASH_DIVIDE_ERROR, 112);
	v = judge(&f);
	assert_int_equal(v.outcome, OUTCOME_FAILED);
	assert_true(v.exposure_ns == 12 * NS_PER_S);
	assert_true(v.exposure_work == 7);
	assert_true(v.boot_ns == 5 * NS_PER_S);
}

static void another_crash_is_a_competing_risk(void **state)
{
	struct facts f = facts_of(ENDING_CRASH);

	(void)state;
	f.has_sighting = true;
	f.sighting = sighting_of(CRASH_GPF, 112);
	assert_int_equal(judge(&f).outcome, OUTCOME_OTHER);
}

static void what_dies_before_the_soak_is_the_hosts(void **state)
{
	struct facts f = facts_of(ENDING_CRASH);

	(void)state;
	f.has_sighting = true;
	f.sighting = sighting_of(CRASH_DIVIDE_ERROR, 98);
	assert_int_equal(judge(&f).outcome, OUTCOME_INFRA);
	f = facts_of(ENDING_HOST);
	f.soak_ns = 0;
	assert_int_equal(judge(&f).outcome, OUTCOME_INFRA);
}

static void a_soak_lost_to_the_host_is_censored_at_its_last_sign_of_life(void **state)
{
	static const enum ending lost[] = { ENDING_HOST, ENDING_LOST };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(lost); i++) {
		struct facts f = facts_of(lost[i]);
		struct verdict v = judge(&f);

		assert_int_equal(v.outcome, OUTCOME_STOPPED);
		assert_true(v.exposure_ns == 29 * NS_PER_S);
	}
}

static void survival_without_progress_tested_nothing(void **state)
{
	struct facts f = facts_of(ENDING_HORIZON);

	(void)state;
	assert_int_equal(judge(&f).outcome, OUTCOME_SURVIVED);
	f.work = 0;
	assert_int_equal(judge(&f).outcome, OUTCOME_INFRA);
	f.work = NAN;
	assert_int_equal(judge(&f).outcome, OUTCOME_INFRA);
}

static void a_lost_heartbeat_fails_at_the_last_beat(void **state)
{
	struct facts f = facts_of(ENDING_HEARTBEAT);
	struct verdict v = judge(&f);

	(void)state;
	assert_int_equal(v.outcome, OUTCOME_OTHER);
	assert_int_equal(v.sighting.class, CRASH_HEARTBEAT_LOST);
	assert_true(v.exposure_ns == 29 * NS_PER_S);
}

/* It had begun to wait long before its deadline had passed: that is when the guest was broken. */
static void an_overdue_probe_fails_at_its_beginning_and_is_named(void **state)
{
	struct facts f = facts_of(ENDING_PROBE);
	struct verdict v;

	(void)state;
	f.probe_ns = 104 * NS_PER_S;
	strcpy(f.probe, "module-load");
	strcpy(f.detail, "the load container-churn has waited 30.0 s");
	v = judge(&f);
	assert_int_equal(v.outcome, OUTCOME_OTHER);
	assert_int_equal(v.sighting.class, CRASH_PROBE_OVERDUE);
	assert_string_equal(v.sighting.title, "probe overdue: module-load");
	assert_string_equal(v.sighting.id, "k1:probe-module-load");
	assert_string_equal(v.reason, "probe overdue: module-load: the load container-churn has "
				      "waited 30.0 s");
	assert_true(v.exposure_ns == 4 * NS_PER_S);
}

/* The agent goes on beating while the loads hang: the failure is where the counts ended. */
static void work_that_ceased_fails_at_its_last_count(void **state)
{
	struct facts f = facts_of(ENDING_PROGRESS);
	struct verdict v;

	(void)state;
	f.last_progress_ns = 110 * NS_PER_S;
	v = judge(&f);
	assert_int_equal(v.outcome, OUTCOME_OTHER);
	assert_int_equal(v.sighting.class, CRASH_NO_PROGRESS);
	assert_true(v.exposure_ns == 10 * NS_PER_S);
}

static void a_warning_ends_nothing_unless_it_is_the_target(void **state)
{
	struct spec warns = spec_for("warning"), divides = spec_for("divide-error");
	struct sighting s = sighting_of(CRASH_WARNING, 110);

	(void)state;
	assert_true(classify_ends_trial(&warns.settings.target, &s));
	assert_false(classify_ends_trial(&divides.settings.target, &s));
	s = sighting_of(CRASH_OOM_KILL, 110);
	assert_false(classify_ends_trial(&divides.settings.target, &s));
	strv_done(&warns.settings.target.classes);
	strv_done(&divides.settings.target.classes);
	free(warns.settings.target.text);
	free(divides.settings.target.text);
}

static void a_warning_that_is_fatal_or_panicked_ends_a_trial(void **state)
{
	struct spec divides = spec_for("divide-error");
	struct sighting fatal = sighting_of(CRASH_WARNING, 110), panicked = fatal;

	(void)state;
	fatal.severity = SEVERITY_FATAL;
	panicked.panicked = true;
	assert_true(classify_ends_trial(&divides.settings.target, &fatal));
	assert_true(classify_ends_trial(&divides.settings.target, &panicked));
	panicked.severity = SEVERITY_NOTE; /* the scenario says so of its class */
	assert_true(classify_ends_trial(&divides.settings.target, &panicked));
	strv_done(&divides.settings.target.classes);
	free(divides.settings.target.text);
}

static void what_the_scenario_ignores_ends_nothing_not_even_as_the_target(void **state)
{
	struct spec divides = spec_for("divide-error");
	struct sighting s = sighting_of(CRASH_DIVIDE_ERROR, 110);

	(void)state;
	assert_true(classify_ends_trial(&divides.settings.target, &s));
	strcpy(s.ignored, "bug-4711");
	assert_false(classify_ends_trial(&divides.settings.target, &s));
	strv_done(&divides.settings.target.classes);
	free(divides.settings.target.text);
}

static void a_raised_note_ends_a_trial_as_a_competing_risk(void **state)
{
	struct spec divides = spec_for("divide-error");
	struct sighting s = sighting_of(CRASH_PAGE_ALLOC_FAILURE, 110);

	(void)state;
	assert_false(classify_ends_trial(&divides.settings.target, &s));
	s.severity = SEVERITY_CRASH;
	assert_true(classify_ends_trial(&divides.settings.target, &s));
	strv_done(&divides.settings.target.classes);
	free(divides.settings.target.text);
}

/* Exposure began at 106 s, when 4 of the 7 units of work had been done. */
static struct facts exposed_late(enum ending ending)
{
	struct facts f = facts_of(ending);

	f.exposed_ns = 106 * NS_PER_S;
	f.work_before = 4;
	return f;
}

static void a_life_is_counted_from_its_exposure_on(void **state)
{
	struct facts f = exposed_late(ENDING_CRASH);
	struct verdict v;

	(void)state;
	f.has_sighting = true;
	f.sighting = sighting_of(CRASH_DIVIDE_ERROR, 112);
	v = judge_from(EXPOSURE_FIRST_RECLAIM, &f);
	assert_int_equal(v.outcome, OUTCOME_FAILED);
	assert_true(v.exposure_ns == 6 * NS_PER_S);
	assert_true(v.exposure_work == 3);
	assert_int_equal(v.exposure_starts, EXPOSURE_FIRST_RECLAIM);
	assert_true(v.exposure_wait_ns == 6 * NS_PER_S);
	assert_false(v.before_exposure);
	f = exposed_late(ENDING_HORIZON);
	v = judge_from(EXPOSURE_FIRST_RECLAIM, &f);
	assert_int_equal(v.outcome, OUTCOME_SURVIVED);
	assert_true(v.exposure_ns == 24 * NS_PER_S);
}

static void a_crash_before_its_exposure_is_a_failure_of_no_length_and_says_so(void **state)
{
	struct facts f = exposed_late(ENDING_CRASH);
	struct verdict v;

	(void)state;
	f.exposed_ns = 0;
	f.has_sighting = true;
	f.sighting = sighting_of(CRASH_DIVIDE_ERROR, 103);
	v = judge_from(EXPOSURE_FIRST_RECLAIM, &f);
	assert_int_equal(v.outcome, OUTCOME_FAILED);
	assert_true(v.exposure_ns == 0);
	assert_true(isnan(v.exposure_work));
	assert_true(v.before_exposure);
	assert_true(v.exposure_wait_ns == TIME_NEVER);
	assert_string_equal(v.reason, "something in somewhere, before the exposure began "
				      "(exposure.starts: first-reclaim)");
}

static void who_never_came_to_its_exposure_has_tested_nothing(void **state)
{
	struct facts f = exposed_late(ENDING_HORIZON);
	struct verdict v;

	(void)state;
	f.exposed_ns = 0;
	v = judge_from(EXPOSURE_FIRST_RECLAIM, &f);
	assert_int_equal(v.outcome, OUTCOME_INFRA);
	assert_string_equal(v.reason,
			    "the exposure never began: nothing was tested: first-reclaim");
	f.ending = ENDING_STOP;
	v = judge_from(EXPOSURE_FIRST_RECLAIM, &f);
	assert_int_equal(v.outcome, OUTCOME_STOPPED);
	assert_true(v.exposure_ns == 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(a_warning_that_is_fatal_or_panicked_ends_a_trial),
		test(what_the_scenario_ignores_ends_nothing_not_even_as_the_target),
		test(a_raised_note_ends_a_trial_as_a_competing_risk),
		test(the_target_fails_at_its_first_line),
		test(another_crash_is_a_competing_risk),
		test(what_dies_before_the_soak_is_the_hosts),
		test(a_soak_lost_to_the_host_is_censored_at_its_last_sign_of_life),
		test(survival_without_progress_tested_nothing),
		test(a_lost_heartbeat_fails_at_the_last_beat),
		test(an_overdue_probe_fails_at_its_beginning_and_is_named),
		test(work_that_ceased_fails_at_its_last_count),
		test(a_warning_ends_nothing_unless_it_is_the_target),
		test(a_life_is_counted_from_its_exposure_on),
		test(a_crash_before_its_exposure_is_a_failure_of_no_length_and_says_so),
		test(who_never_came_to_its_exposure_has_tested_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
