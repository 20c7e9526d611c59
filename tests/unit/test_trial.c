/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Whole campaigns over the fake VM and a fake clock: the trial engine, the detector and the
 * estimators together must find the law again that the fake draws from.
 */
#include "unit.h"

#include <math.h>

#include "run/machine.h"
#include "run/trial.h"
#include "stats/expo.h"
#include "vm/vm_fake.h"

static struct spec fake_spec(uint64_t scale_ns, double shape, uint64_t horizon_ns)
{
	struct spec s = {
		.run = (char *)"test", .scenario = (char *)"test", .arm = (char *)"baseline",
		.uri = (char *)"",
		.settings = {
			.kernel = (char *)"",
			.guest = { .backend = (char *)"fake", .memory_bytes = 1 << 28, .vcpus = 1,
				   .cmdline = (char *)"" },
			.exposure_unit = (char *)"",
			.target = { .within = 8, .text = (char *)"" },
			.limits = { .boot = 60 * NS_PER_S, .settle = 60 * NS_PER_S,
				    .soak = horizon_ns, .heartbeat = 60 * NS_PER_S,
				    .silence = TIME_NEVER, .progress = TIME_NEVER,
				    .report = 3 * NS_PER_S },
			.fake = { .boot = 2 * NS_PER_S, .scale = scale_ns, .shape = shape,
				  .other = TIME_NEVER, .host_fault = TIME_NEVER, .rate = 10 },
		},
	};

	strv_add(&s.settings.target.classes, "divide-error");
	return s;
}

static struct verdict run_one_with(struct spec *s, uint64_t seed, const struct vm_backend *backend)
{
	static const struct machine_files files = { "", "", NULL, "" };
	struct clock clock = clock_fake();
	struct trial_env env = {
		.clock = &clock, .backend = backend, .dirfd = -1, .accel = "fake"
	};
	struct machine_made made;
	struct verdict v;
	struct err err = { 0 };

	s->trial = s->seed = seed;
	machine_make(s, &files, &made);
	env.machine = &made.m;
	assert_ok(trial_run(s, &env, &v, &err));
	machine_made_done(&made);
	return v;
}

static struct verdict run_one(struct spec *s, uint64_t seed)
{
	return run_one_with(s, seed, &vm_fake);
}

struct sums {
	size_t outcome[OUTCOME_COUNT];
	struct sample sample; /* all that soaked; failed = the target */
	double total_s;
};

static void campaign(struct spec *s, size_t n, uint64_t seed, struct sums *ret)
{
	*ret = (struct sums){ 0 };
	for (size_t i = 0; i < n; i++) {
		struct verdict v = run_one(s, seed + i);
		double t = (double)v.exposure_ns / (double)NS_PER_S;

		ret->outcome[v.outcome]++;
		if (v.outcome == OUTCOME_INFRA)
			continue;
		ret->total_s += t;
		sample_add(&ret->sample,
			   (struct lifetime){ .time = t, .failed = v.outcome == OUTCOME_FAILED });
	}
	sample_sort(&ret->sample);
}

static void spec_free(struct spec *s)
{
	strv_done(&s->settings.target.classes);
}

static void a_night_of_exponential_lives_gives_its_mean_back(void **state)
{
	const double mean_s = 3600;
	struct spec s = fake_spec(3600 * NS_PER_S, 1, 2 * 3600 * NS_PER_S);
	struct sums c;
	struct expo e;
	struct interval ci;

	(void)state;
	campaign(&s, 300, 1, &c);
	e = expo_fit(&c.sample);
	ci = expo_mttf_ci(&e, 0.99);
	assert_true(c.outcome[OUTCOME_FAILED] > 200);
	assert_true(c.outcome[OUTCOME_SURVIVED] > 20);
	assert_int_equal(c.outcome[OUTCOME_INFRA] + c.outcome[OUTCOME_OTHER], 0);
	assert_true(ci.lo < mean_s && mean_s < ci.hi);
	sample_done(&c.sample);
	spec_free(&s);
}

/* What the guest was dealt is what the verdict says, to the nanosecond, whatever the law. */
static void exposure_is_the_lifetime_that_was_drawn(void **state)
{
	struct spec s = fake_spec(600 * NS_PER_S, 2, 3600 * NS_PER_S);

	(void)state;
	for (uint64_t seed = 1; seed <= 100; seed++) {
		struct fake_fate fate = fake_fate_draw(&s.settings.fake, seed);
		struct verdict v = run_one(&s, seed);

		assert_int_equal(v.outcome, OUTCOME_FAILED);
		assert_true(v.exposure_ns == fate.target);
		assert_string_equal(v.sighting.function, "fake_target");
		assert_true(fabs(v.exposure_work - (double)fate.target * 1e-9 * 10) <= 1);
	}
	spec_free(&s);
}

static void host_faults_and_other_crashes_do_not_bend_the_estimate(void **state)
{
	const double mean_s = 3600;
	struct spec s = fake_spec(3600 * NS_PER_S, 1, 4 * 3600 * NS_PER_S);
	struct sums c;
	struct expo e;
	struct interval ci;

	(void)state;
	s.settings.fake.other = 7200 * NS_PER_S;
	s.settings.fake.host_fault = 7200 * NS_PER_S;
	campaign(&s, 400, 1000, &c);
	e = expo_fit(&c.sample);
	ci = expo_mttf_ci(&e, 0.99);
	assert_true(c.outcome[OUTCOME_OTHER] > 50);
	assert_true(c.outcome[OUTCOME_STOPPED] > 50); /* lost to the host, censored */
	assert_true(ci.lo < mean_s && mean_s < ci.hi);
	sample_done(&c.sample);
	spec_free(&s);
}

/*
 * The proof that the test above can fail: a policy that throws interrupted trials away and does
 * them again keeps the short lives and loses the long ones.
 */
static void redoing_lost_trials_would_bend_it_short(void **state)
{
	const double mean_s = 3600;
	struct spec s = fake_spec(3600 * NS_PER_S, 1, 40 * 3600 * NS_PER_S);
	struct sample kept = SAMPLE_INIT;
	struct expo e;

	(void)state;
	s.settings.fake.host_fault = 7200 * NS_PER_S;
	for (uint64_t seed = 1; seed <= 600; seed++) {
		struct verdict v = run_one(&s, seed);

		if (v.outcome == OUTCOME_FAILED)
			sample_add(&kept, (struct lifetime){ .time = (double)v.exposure_ns /
								     (double)NS_PER_S,
							     .failed = true });
	}
	e = expo_fit(&kept);
	assert_true(expo_mttf_ci(&e, 0.99).hi < mean_s);
	sample_done(&kept);
	spec_free(&s);
}

static void a_guest_that_never_boots_is_infra(void **state)
{
	struct spec s = fake_spec(600 * NS_PER_S, 1, 3600 * NS_PER_S);
	struct verdict v;

	(void)state;
	s.settings.fake.boot = 61 * NS_PER_S;
	v = run_one(&s, 1);
	assert_int_equal(v.outcome, OUTCOME_INFRA);
	assert_int_equal(v.step, STEP_BOOT);
	assert_true(v.final);
	spec_free(&s);
}

/* Its kernel can only fail once it reclaims, an hour after the soak's begin. */
static void lives_counted_from_the_first_reclaim_give_the_law_back(void **state)
{
	const double mean_s = 3600;
	struct spec s = fake_spec(3600 * NS_PER_S, 1, 3 * 3600 * NS_PER_S);
	struct sums from_begin, from_reclaim;
	struct interval ci;
	struct expo e;

	(void)state;
	s.settings.fake.reclaim = 3600 * NS_PER_S;
	campaign(&s, 300, 1, &from_begin);
	s.settings.exposure_starts = EXPOSURE_FIRST_RECLAIM;
	campaign(&s, 300, 1, &from_reclaim);
	e = expo_fit(&from_reclaim.sample);
	ci = expo_mttf_ci(&e, 0.99);
	assert_true(ci.lo < mean_s && mean_s < ci.hi);
	e = expo_fit(&from_begin.sample);
	ci = expo_mttf_ci(&e, 0.99);
	assert_true(ci.lo > mean_s); /* which the hour of safety bends */
	for (int i = 0; i < OUTCOME_COUNT; i++)
		assert_int_equal(from_begin.outcome[i], from_reclaim.outcome[i]);
	sample_done(&from_begin.sample);
	sample_done(&from_reclaim.sample);
	spec_free(&s);
}

static void work_is_counted_from_the_exposure_on_too(void **state)
{
	struct spec s = fake_spec(TIME_NEVER, 1, 3600 * NS_PER_S);
	struct verdict v;

	(void)state;
	s.settings.fake.reclaim = 600 * NS_PER_S;
	s.settings.exposure_starts = EXPOSURE_FIRST_RECLAIM;
	v = run_one(&s, 1);
	assert_int_equal(v.outcome, OUTCOME_SURVIVED);
	assert_true(v.exposure_wait_ns / NS_PER_S == 600);
	assert_true(v.exposure_ns / NS_PER_S == 3000 || v.exposure_ns / NS_PER_S == 2999);
	assert_true(fabs(v.exposure_work - 30000) < 200);
	s.settings.exposure_starts = EXPOSURE_FIRST_COUNT;
	v = run_one(&s, 1);
	assert_int_equal(v.outcome, OUTCOME_SURVIVED);
	assert_true(v.exposure_wait_ns > 0 && v.exposure_wait_ns < 11 * NS_PER_S);
	spec_free(&s);
}

static void a_guest_that_never_reclaims_is_infra(void **state)
{
	struct spec s = fake_spec(TIME_NEVER, 1, 3600 * NS_PER_S);
	struct verdict v;

	(void)state;
	s.settings.fake.reclaim = 7200 * NS_PER_S;
	s.settings.exposure_starts = EXPOSURE_FIRST_RECLAIM;
	v = run_one(&s, 1);
	assert_int_equal(v.outcome, OUTCOME_INFRA);
	assert_non_null(strstr(v.reason, "the exposure never began"));
	spec_free(&s);
}

static void without_beats_the_heartbeat_is_lost(void **state)
{
	struct spec s = fake_spec(TIME_NEVER, 1, 3600 * NS_PER_S);
	struct verdict v;

	(void)state;
	s.settings.fake.rate = 0.1; /* which makes it beat every 10 s */
	s.settings.limits.heartbeat = 5 * NS_PER_S;
	v = run_one(&s, 1);
	assert_int_equal(v.outcome, OUTCOME_OTHER);
	assert_int_equal(v.sighting.class, CRASH_HEARTBEAT_LOST);
	spec_free(&s);
}

/* ---- a guest that says a line of its own ---- */

static struct {
	const struct vm_callbacks *cb;
	void *arg;
	struct loop *loop;
	const char *line;
	uint64_t after_ns; /* of the trial's `begin` */
} probing;

static void say_probe(void *unused)
{
	(void)unused;
	probing.cb->agent(probing.arg, probing.line, strlen(probing.line), loop_now(probing.loop));
}

static int probing_new(struct loop *loop, const struct machine *m, const struct vm_callbacks *cb,
		       void *arg, struct vm **ret, struct err *err)
{
	probing.cb = cb;
	probing.arg = arg;
	probing.loop = loop;
	return vm_fake.new(loop, m, cb, arg, ret, err);
}

static int probing_send(struct vm *vm, const char *line, size_t n)
{
	if (n >= 7 && memcmp(line + n - 7, "settle\n", 7) == 0 && str_after(probing.line, "kmsg "))
		loop_add_timer(probing.loop, loop_now(probing.loop), say_probe, NULL);
	if (n >= 6 && memcmp(line + n - 6, "begin\n", 6) == 0)
		loop_add_timer(probing.loop, loop_now(probing.loop) + probing.after_ns, say_probe,
			       NULL);
	return vm_fake.send(vm, line, n);
}

static struct verdict run_saying(struct spec *s, const char *line, uint64_t after_ns)
{
	struct vm_backend backend = vm_fake;

	backend.new = probing_new;
	backend.send = probing_send;
	probing.line = line;
	probing.after_ns = after_ns;
	return run_one_with(s, 1, &backend);
}

static struct verdict run_probing(struct spec *s, const char *line)
{
	return run_saying(s, line, 100 * NS_PER_S);
}

static void a_probe_that_is_overdue_ends_the_soak_by_its_name(void **state)
{
	struct spec s = fake_spec(TIME_NEVER, 1, 3600 * NS_PER_S);
	struct verdict v = run_probing(&s, "probe load=churn name=netns-add overdue_ms=30000");

	(void)state;
	assert_int_equal(v.outcome, OUTCOME_OTHER);
	assert_int_equal(v.sighting.class, CRASH_PROBE_OVERDUE);
	assert_string_equal(v.sighting.title, "probe overdue: netns-add");
	assert_true(v.exposure_ns > 69 * NS_PER_S && v.exposure_ns < 71 * NS_PER_S);
	assert_non_null(strstr(v.reason, "the load churn has waited 30.0 s for netns-add"));
	strv_add(&s.settings.target.classes, "probe-overdue");
	v = run_probing(&s, "probe load=churn name=netns-add overdue_ms=30000");
	assert_int_equal(v.outcome, OUTCOME_FAILED);
	v = run_probing(&s, "probe name=workqueue overdue_ms=60000");
	assert_string_equal(v.sighting.title, "probe overdue: workqueue");
	assert_non_null(strstr(v.reason, "the agent has waited 60.0 s for workqueue"));
	spec_free(&s);
}

/* The guest's words are hostile: neither its name nor its figure is taken as it comes. */
static void a_probe_that_lies_is_cut_to_size(void **state)
{
	struct spec s = fake_spec(TIME_NEVER, 1, 3600 * NS_PER_S);
	struct verdict v =
		run_probing(&s, "probe load=x name=a%1B[31m overdue_ms=18446744073709551615");

	(void)state;
	assert_string_equal(v.sighting.title, "probe overdue: ?");
	assert_true(v.exposure_ns < NS_PER_S);
	assert_int_equal(run_probing(&s, "probe load=x").outcome, OUTCOME_SURVIVED);
	spec_free(&s);
}

static void what_attempts_came_to_is_in_the_verdict(void **state)
{
	struct spec s = fake_spec(TIME_NEVER, 1, 3600 * NS_PER_S);
	struct verdict v = run_probing(&s, "finding load=overcopy name=told-by-fsync n=3");

	(void)state;
	assert_int_equal(v.outcome, OUTCOME_SURVIVED);
	assert_int_equal(v.findings.n, 1);
	assert_string_equal(v.findings.item[0].name, "told-by-fsync");
	assert_int_equal(v.findings.item[0].count, 3);
	spec_free(&s);
}

/* ---- a guest that complains while it boots ---- */

#define COMPLAINT "kmsg level=3 us=28000 text=EDAC%20MC0:%201%20CE"

static void a_boot_error_fails_the_trial_where_the_scenario_wants_none(void **state)
{
	struct spec s = fake_spec(TIME_NEVER, 1, 60 * NS_PER_S);
	struct verdict v;

	(void)state;
	strv_done(&s.settings.target.classes);
	s.settings.boot.zero_errors = ZERO_ERRORS_TRUE;
	v = run_probing(&s, COMPLAINT);
	assert_int_equal(v.outcome, OUTCOME_FAILED);
	assert_int_equal(v.sighting.class, CRASH_BOOT_ERROR);
	assert_string_equal(v.sighting.title, "boot-error: EDAC MC0: NUM CE");
	assert_string_equal(v.reason,
			    "boot-error: EDAC MC0: NUM CE: the first of 1, before the soak");
	assert_true(v.exposure_ns == 0 && v.before_exposure && v.n_sightings == 1);
	spec_free(&s);
}

static void it_does_not_where_it_is_ignored_or_nobody_asked(void **state)
{
	struct spec s = fake_spec(TIME_NEVER, 1, 60 * NS_PER_S);

	(void)state;
	assert_int_equal(run_probing(&s, COMPLAINT).outcome, OUTCOME_SURVIVED);
	s.settings.boot.zero_errors = ZERO_ERRORS_YES;
	strv_add(&s.settings.boot.ignore, "EDAC MC0");
	assert_int_equal(run_probing(&s, COMPLAINT).outcome, OUTCOME_SURVIVED);
	strv_done(&s.settings.boot.ignore);
	spec_free(&s);
}

static void beside_a_target_a_boot_error_is_a_competing_risk(void **state)
{
	struct spec s = fake_spec(TIME_NEVER, 1, 60 * NS_PER_S);

	(void)state;
	s.settings.boot.zero_errors = ZERO_ERRORS_YES;
	assert_int_equal(run_probing(&s, COMPLAINT).outcome, OUTCOME_OTHER);
	spec_free(&s);
}

/* ---- a target that has to last ---- */

struct wait {
	uint64_t at_s;
	const char *device;
};

static const struct wait *waits;

static void say_wait(void *arg)
{
	const struct wait *w = arg;
	char line[128];
	int n = snprintf(line, sizeof(line),
			 "[   99.000000] unregister_netdevice: waiting for %s to become free. "
			 "Usage count = 2\n",
			 w->device);

	probing.cb->console(probing.arg, line, (size_t)n, loop_now(probing.loop));
}

static int waiting_send(struct vm *vm, const char *line, size_t n)
{
	int r = vm_fake.send(vm, line, n);

	if (n >= 6 && memcmp(line + n - 6, "begin\n", 6) == 0)
		for (const struct wait *w = waits; w->device; w++)
			loop_add_timer(probing.loop, loop_now(probing.loop) + w->at_s * NS_PER_S,
				       say_wait, (void *)w);
	return r;
}

static struct verdict run_waiting(uint64_t lasts_s, uint64_t soak_s, const struct wait *script)
{
	struct spec s = fake_spec(TIME_NEVER, 1, soak_s * NS_PER_S);
	struct vm_backend backend = vm_fake;
	struct verdict v;

	backend.new = probing_new;
	backend.send = waiting_send;
	waits = script;
	strv_done(&s.settings.target.classes);
	strv_add(&s.settings.target.classes, "unregister-netdevice");
	s.settings.target.lasts = lasts_s * NS_PER_S;
	v = run_one_with(&s, 1, &backend);
	spec_free(&s);
	return v;
}

/* The soak begins some milliseconds behind the word for it. */
static int whole_s(const struct verdict *v)
{
	return (int)lround((double)v->exposure_ns / (double)NS_PER_S);
}

static const struct wait stays[] = {
	{ 10, "veth1" }, { 20, "veth1" }, { 30, "veth1" }, { 0, NULL }
};

static void a_target_that_lasts_failed_at_its_first_message(void **state)
{
	struct verdict v = run_waiting(20, 3600, stays);

	(void)state;
	assert_int_equal(v.outcome, OUTCOME_FAILED);
	assert_int_equal(whole_s(&v), 10);
	assert_true(fabs(v.exposure_work - 100) <= 1);
	assert_string_equal(v.sighting.subject, "veth1");
	assert_int_equal(v.sighting.repeats, 2);
}

static void what_passes_by_is_counted_and_survived(void **state)
{
	static const struct wait others[] = {
		{ 10, "veth1" }, { 20, "veth2" }, { 30, "veth1" }, { 40, "veth3" }, { 0, NULL }
	};
	struct verdict v = run_waiting(21, 3600, stays);

	(void)state;
	assert_int_equal(v.outcome, OUTCOME_SURVIVED);
	assert_int_equal(whole_s(&v), 3600);
	assert_int_equal(v.n_sightings, 1);
	v = run_waiting(25, 3600, others); /* each device for itself */
	assert_int_equal(v.outcome, OUTCOME_SURVIVED);
	assert_int_equal(v.n_sightings, 3);
}

static void a_wait_over_the_horizon_is_waited_out(void **state)
{
	static const struct wait once[] = { { 10, "veth1" }, { 0, NULL } };
	static const struct wait late[] = {
		{ 10, "veth1" }, { 26, "veth9" }, { 36, "veth9" }, { 46, "veth9" }, { 0, NULL }
	};
	struct verdict v = run_waiting(20, 25, stays);

	(void)state;
	assert_int_equal(v.outcome, OUTCOME_FAILED);
	assert_int_equal(whole_s(&v), 10);
	v = run_waiting(20, 25, once);
	assert_int_equal(v.outcome, OUTCOME_SURVIVED);
	assert_int_equal(whole_s(&v), 25);
	assert_true(v.exposure_work <= 250);
	v = run_waiting(20, 25, late); /* what begins behind it is none of this life's */
	assert_int_equal(v.outcome, OUTCOME_SURVIVED);
	assert_int_equal(whole_s(&v), 25);
}

/* ---- a guest that is kept for a debugger ---- */

static void note_held(void *arg, const char *what)
{
	snprintf(arg, 256, "%s", what);
	raise(SIGTERM);
}

static void a_guest_that_failed_is_kept_until_a_signal_comes_and_its_verdict_stands(void **state)
{
	static const struct machine_files files = { "", "", NULL, "" };
	struct spec s = fake_spec(600 * NS_PER_S, 2, 3600 * NS_PER_S);
	struct clock clock = clock_fake();
	char held[256] = "";
	struct trial_env env = { .clock = &clock,
				 .backend = &vm_fake,
				 .dirfd = -1,
				 .accel = "fake",
				 .signals = true,
				 .held = note_held,
				 .arg = held };
	struct machine_made made;
	struct verdict v;
	struct err err = { 0 };

	(void)state;
	machine_make(&s, &files, &made);
	env.machine = &made.m;
	assert_ok(trial_run(&s, &env, &v, &err));
	assert_string_equal(held, "divide error in fake_target");
	assert_int_equal(v.outcome, OUTCOME_FAILED);
	machine_made_done(&made);
	spec_free(&s);
}

/* 2 ms: `begun` comes one after `begin`, and the first count later. */
static void a_fault_that_could_not_be_armed_is_infra_by_its_reason(void **state)
{
	static const char line[] = "unarmed text=faultlab:%20the%20probes%20of%20null";
	struct spec s = fake_spec(TIME_NEVER, 1, 3600 * NS_PER_S);
	struct verdict v = run_saying(&s, line, 2 * NS_PER_MS);

	(void)state;
	assert_int_equal(v.outcome, OUTCOME_INFRA);
	assert_int_equal(v.step, STEP_SOAK);
	assert_string_equal(v.reason, "what was to be planted could not be armed: "
				      "faultlab: the probes of null");
	spec_free(&s);
}

static void a_soak_that_has_counted_cannot_be_unmade_by_the_guest(void **state)
{
	struct spec s = fake_spec(TIME_NEVER, 1, 3600 * NS_PER_S);
	struct verdict v = run_saying(&s, "unarmed text=late", 100 * NS_PER_S);

	(void)state;
	assert_int_equal(v.outcome, OUTCOME_STOPPED);
	assert_true(v.exposure_ns > 99 * NS_PER_S);
	spec_free(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(what_attempts_came_to_is_in_the_verdict),
		test(a_night_of_exponential_lives_gives_its_mean_back),
		test(exposure_is_the_lifetime_that_was_drawn),
		test(host_faults_and_other_crashes_do_not_bend_the_estimate),
		test(redoing_lost_trials_would_bend_it_short),
		test(a_guest_that_never_boots_is_infra),
		test(lives_counted_from_the_first_reclaim_give_the_law_back),
		test(work_is_counted_from_the_exposure_on_too),
		test(a_guest_that_never_reclaims_is_infra),
		test(without_beats_the_heartbeat_is_lost),
		test(a_probe_that_is_overdue_ends_the_soak_by_its_name),
		test(a_probe_that_lies_is_cut_to_size),
		test(a_guest_that_failed_is_kept_until_a_signal_comes_and_its_verdict_stands),
		test(a_boot_error_fails_the_trial_where_the_scenario_wants_none),
		test(it_does_not_where_it_is_ignored_or_nobody_asked),
		test(beside_a_target_a_boot_error_is_a_competing_risk),
		test(a_target_that_lasts_failed_at_its_first_message),
		test(what_passes_by_is_counted_and_survived),
		test(a_wait_over_the_horizon_is_waited_out),
		test(a_fault_that_could_not_be_armed_is_infra_by_its_reason),
		test(a_soak_that_has_counted_cannot_be_unmade_by_the_guest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
