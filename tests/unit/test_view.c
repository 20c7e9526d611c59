/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>

#include "base/fs.h"
#include "report/view.h"
#include "store/journal.h"
#include "views.h"

#define FIXTURE "tests/runs/20261121-142233-fib-rebalance"
#define TORN    "tests/runs/20261121-150000-torn"

static void near(double got, double want)
{
	if (!(fabs(got - want) <= 1e-6 * fabs(want)))
		fail_msg("%.9g is not %.9g", got, want);
}

static void arms_come_in_the_plans_order_with_their_outcomes(void **state)
{
	_cleanup_view_ struct view v = { 0 };

	(void)state;
	view_of_run(FIXTURE, &v);
	assert_string_equal(v.about.scenario, "fib-rebalance");
	assert_int_equal(v.n_arms, 2);
	assert_string_equal(v.arm[0].name, "bad");
	assert_int_equal(v.arm[0].outcome[OUTCOME_FAILED], 3);
	assert_int_equal(v.arm[0].outcome[OUTCOME_SURVIVED], 1);
	assert_int_equal(v.arm[0].outcome[OUTCOME_INFRA], 1);
	assert_int_equal(v.arm[0].counted, 4);
	assert_int_equal(v.arm[1].outcome[OUTCOME_OTHER], 1);
	assert_int_equal(v.arm[1].outcome[OUTCOME_STOPPED], 1);
	assert_int_equal(v.arm[1].counted, 4);
	assert_int_equal(v.ended, 9);
	assert_int_equal(v.about.planned + v.about.added, 9);
}

/* T = 42.589792678 s: T/3, 2 T/chi2(.975; 8), 2 T/chi2(.025; 6), by the closed form of chi2 with an
 * even number of degrees; for the other arm T/-ln(.05). */
static void the_mttf_has_the_exact_interval_on_both_clocks(void **state)
{
	_cleanup_view_ struct view v = { 0 };
	const struct lifetimes *bad, *good;

	(void)state;
	view_of_run(FIXTURE, &v);
	bad = &v.arm[0].time;
	good = &v.arm[1].time;
	near(bad->expo.total_time, 42.589792678);
	near(bad->expo.mttf, 14.196597559);
	near(bad->mttf_ci.lo, 4.857815234);
	near(bad->mttf_ci.hi, 68.840652588);
	near(v.arm[0].work.expo.mttf, 130 / 3.0);
	assert_string_equal(v.arm[0].unit, "replaces");
	assert_int_equal(good->expo.n_event, 0);
	near(good->expo.total_time, 87.75);
	near(good->mttf_lower, 87.75 / -log(0.05));
	assert_true(isnan(good->median));
}

static void crashes_are_bucketed_by_id_and_the_target_is_told_from_the_rest(void **state)
{
	_cleanup_view_ struct view v = { 0 };

	(void)state;
	view_of_run(FIXTURE, &v);
	assert_int_equal(v.n_buckets, 2);
	assert_string_equal(v.bucket[0].first.title, "divide error in fib_rebalance");
	assert_int_equal(v.bucket[0].n, 3);
	assert_int_equal(v.bucket[0].n_target, 3);
	assert_int_equal(v.bucket[0].by_arm[0], 3);
	assert_int_equal(v.bucket[0].by_arm[1], 0);
	assert_int_equal(v.bucket[0].first_trial, 1);
	assert_int_equal(v.bucket[0].last_trial, 7);
	assert_int_equal(v.bucket[1].n_target, 0);
}

static void what_is_excluded_is_listed_with_its_reason(void **state)
{
	_cleanup_view_ struct view v = { 0 };

	(void)state;
	view_of_run(FIXTURE, &v);
	assert_int_equal(v.n_excluded, 1);
	assert_int_equal(v.excluded[0].trial, 6);
	assert_int_equal(v.excluded[0].step, STEP_SETTLE);
	assert_string_equal(v.excluded[0].reason, "the guest said: cannot load module veth");
}

static bool warned(const struct view *v, const char *words)
{
	for (size_t i = 0; i < v->warnings.n; i++)
		if (strstr(v->warnings.item[i], words))
			return true;
	return false;
}

static void a_busy_host_and_lost_trials_are_warned_about(void **state)
{
	_cleanup_view_ struct view v = { 0 }, torn = { 0 };

	(void)state;
	view_of_run(FIXTURE, &v);
	assert_int_equal(v.host_cpus, 2);
	assert_true(warned(&v, "the host was busy (load up to 4.5 on 2 processors)"));
	assert_true(warned(&v, "bad: 1 of 5 trials lost"));
	assert_false(warned(&v, "good: "));
	view_of_run(TORN, &torn);
	assert_false(warned(&torn, "busy"));
}

static void a_torn_run_is_told_as_far_as_it_goes(void **state)
{
	_cleanup_view_ struct view v = { 0 };

	(void)state;
	view_of_run(TORN, &v);
	assert_int_equal(v.about.state, RUN_OPEN);
	assert_false(v.about.running);
	assert_int_equal(v.about.planned, 4);
	assert_int_equal(v.ended, 3);
	assert_int_equal(v.going, 0);
	assert_int_equal(v.arm[0].counted, 1);
	assert_int_equal(v.n_excluded, 2);
	assert_false(v.excluded[0].final);
	assert_non_null(strstr(v.excluded[1].reason, "verdict.json:3:13"));
}

/* A copy of the torn run whose runner lives: trial 2 is then no loss but at work. */
static void a_trial_of_a_living_runner_is_at_work_and_not_lost(void **state)
{
	static const char *const files[] = { "journal", "plan.json" };
	char dir[] = "/tmp/ks-view-XXXXXX";
	_cleanup_run_dir_ struct run_dir from = RUN_DIR_INIT, run = RUN_DIR_INIT;
	_cleanup_view_ struct view v = { 0 };
	struct journal *journal = NULL;
	struct err err = { 0 };
	int a, b;

	(void)state;
	assert_non_null(mkdtemp(dir));
	assert_ok(run_dir_open(".", TORN, &from, &err));
	assert_ok(run_dir_create(dir, "torn", 1, &run, &err));
	for (size_t i = 0; i < ARRAY_SIZE(files); i++)
		assert_ok(fs_copy(from.fd, files[i], run.fd, files[i], &err));
	a = trial_dir_open(from.fd, 2, &err);
	b = trial_dir_create(run.fd, 2, &err);
	assert_ok(fs_copy(a, TRIAL_VERDICT, b, TRIAL_VERDICT, &err));
	close(a);
	close(b);
	assert_ok(journal_open(run.fd, &journal, &err));
	assert_ok(view_load(&run, &v, &err));
	journal_free(journal);
	assert_true(v.about.running);
	assert_int_equal(v.going, 1);
	assert_int_equal(v.ended, 0);
	assert_int_equal(v.arm[0].outcome[OUTCOME_INFRA], 0);
	fs_remove_tree(AT_FDCWD, dir, NULL);
}

static void a_trial_without_an_exposure_does_not_count(void **state)
{
	static const char plan[] = "{\"arms\": []}",
			  verdict[] = "{\"outcome\": \"FAILED\", \"final\": true, \"arm\": \"x\","
				      " \"exposure_ns\": null}";
	char dir[] = "/tmp/ks-view-XXXXXX";
	_cleanup_run_dir_ struct run_dir run = RUN_DIR_INIT;
	_cleanup_view_ struct view v = { 0 };
	struct err err = { 0 };
	int fd;

	(void)state;
	assert_non_null(mkdtemp(dir));
	assert_ok(run_dir_create(dir, "torn", 1, &run, &err));
	assert_ok(fs_write(run.fd, RUN_PLAN, plan, strlen(plan), &err));
	fd = trial_dir_create(run.fd, 1, &err);
	assert_ok(fs_write(fd, TRIAL_VERDICT, verdict, strlen(verdict), &err));
	close(fd);
	assert_ok(view_load(&run, &v, &err));
	assert_int_equal(v.arm[0].counted, 0);
	assert_int_equal(v.arm[0].time.expo.n_event, 0);
	assert_int_equal(v.n_excluded, 1);
	fs_remove_tree(AT_FDCWD, dir, NULL);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		test(arms_come_in_the_plans_order_with_their_outcomes),
		test(the_mttf_has_the_exact_interval_on_both_clocks),
		test(crashes_are_bucketed_by_id_and_the_target_is_told_from_the_rest),
		test(what_is_excluded_is_listed_with_its_reason),
		test(a_busy_host_and_lost_trials_are_warned_about),
		test(a_torn_run_is_told_as_far_as_it_goes),
		test(a_trial_of_a_living_runner_is_at_work_and_not_lost),
		test(a_trial_without_an_exposure_does_not_count),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
