/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Guests that beat and get nothing done: over the fake VM, whose agent is given more words. */
#include "unit.h"

#include <math.h>
#include <stdio.h>

#include "run/machine.h"
#include "run/trial.h"
#include "vm/vm_fake.h"

#define WELL_NS (100 * NS_PER_S) /* of the guest's clock: until then all is well */

enum way { ANSWERS, REFUSES, SAYS_NOTHING };

static struct {
	const struct vm_callbacks *cb;
	void *arg;
	struct loop *loop;
	enum way way;      /* with requests, after WELL_NS */
	bool syncs, beats; /* so too then */
	unsigned synced;
	uint64_t asked; /* number of the last request */
} guest;

static bool well(void)
{
	return loop_now(guest.loop) < WELL_NS;
}

static void tell(const char *line)
{
	guest.cb->agent(guest.arg, line, strlen(line), loop_now(guest.loop));
}

/* The fake's beats get what an agent with check-ins says in its own. */
static void on_agent(void *arg, const char *line, size_t n, uint64_t at_ns)
{
	char more[256];

	if (!well() && !guest.beats)
		return;
	if (strncmp(line, "beat ", 5) != 0) {
		guest.cb->agent(arg, line, n, at_ns);
		return;
	}
	guest.synced += well() || guest.syncs;
	snprintf(more, sizeof(more), "%.*s synced=%u", (int)n, line, guest.synced);
	tell(more);
}

static void on_console(void *arg, const void *data, size_t n, uint64_t at_ns)
{
	guest.cb->console(arg, data, n, at_ns);
}

static void on_state(void *arg, enum vm_state state, const char *detail)
{
	guest.cb->state(arg, state, detail);
}

static int wrapped_new(struct loop *loop, const struct machine *m, const struct vm_callbacks *cb,
		       void *arg, struct vm **ret, struct err *err)
{
	static const struct vm_callbacks wrapped = { on_console, on_agent, on_state };

	guest.cb = cb;
	guest.arg = arg;
	guest.loop = loop;
	return vm_fake.new(loop, m, &wrapped, arg, ret, err);
}

static void answer(void *unused)
{
	char line[128];

	(void)unused;
	if (well() || guest.way == ANSWERS)
		snprintf(line, sizeof(line), "answer n=%llu up=1", (unsigned long long)guest.asked);
	else
		snprintf(line, sizeof(line), "answer n=%llu error=fork:%%20no%%20memory up=1",
			 (unsigned long long)guest.asked);
	if (well() || guest.way != SAYS_NOTHING)
		tell(line);
}

static int wrapped_send(struct vm *vm, const char *line, size_t n)
{
	unsigned long long asked;

	if (sscanf(line, "ask n=%llu", &asked) != 1)
		return vm_fake.send(vm, line, n);
	guest.asked = asked;
	loop_add_timer(guest.loop, loop_now(guest.loop) + NS_PER_MS, answer, NULL);
	return 0;
}

/* Of a guest that goes `way` after WELL_NS; its kernel never prints a word. */
static struct verdict run(const char *fsync, uint64_t ask_ns, enum way way, bool syncs, bool beats)
{
	static const struct machine_files files = { "", "", NULL, "" };
	struct spec s = {
		.run = (char *)"test", .scenario = (char *)"test", .arm = (char *)"baseline",
		.uri = (char *)"", .trial = 1, .seed = 1,
		.settings = {
			.kernel = (char *)"",
			.guest = { .backend = (char *)"fake", .memory_bytes = 1 << 28, .vcpus = 1,
				   .cmdline = (char *)"",
				   .heartbeat = { (char *)(uintptr_t)fsync, ask_ns } },
			.exposure_unit = (char *)"",
			.target = { .within = 8, .text = (char *)"" },
			.limits = { .boot = 60 * NS_PER_S, .settle = 60 * NS_PER_S,
				    .soak = 600 * NS_PER_S, .heartbeat = 30 * NS_PER_S,
				    .silence = TIME_NEVER, .progress = TIME_NEVER,
				    .report = 3 * NS_PER_S },
			.fake = { .boot = 2 * NS_PER_S, .scale = TIME_NEVER, .shape = 1,
				  .other = TIME_NEVER, .host_fault = TIME_NEVER, .rate = 20,
				  .reclaim = TIME_NEVER / 2 },
		},
	};
	struct vm_backend backend = vm_fake;
	struct clock clock = clock_fake();
	struct trial_env env = {
		.clock = &clock, .backend = &backend, .dirfd = -1, .accel = "fake"
	};
	struct machine_made made;
	struct verdict v;
	struct err err = { 0 };

	backend.new = wrapped_new;
	backend.send = wrapped_send;
	memset(&guest, 0, sizeof(guest));
	guest.way = way;
	guest.syncs = syncs;
	guest.beats = beats;
	machine_make(&s, &files, &made);
	env.machine = &made.m;
	assert_ok(trial_run(&s, &env, &v, &err));
	machine_made_done(&made);
	return v;
}

/* Within two seconds of WELL_NS, as the soak begins two seconds after the boot. */
static void assert_failed_then(const struct verdict *v, enum crash_class class, const char *title)
{
	assert_int_equal(v->outcome, OUTCOME_FAILED);
	assert_int_equal(v->sighting.class, class);
	assert_string_equal(v->sighting.title, title);
	assert_true(v->exposure_ns > WELL_NS - 8 * NS_PER_S && v->exposure_ns <= WELL_NS);
}

static void a_guest_that_beats_and_gets_no_fsync_through_has_lost_its_heartbeat(void **state)
{
	struct verdict v = run("/data", TIME_NEVER, ANSWERS, false, true);

	(void)state;
	assert_failed_then(&v, CRASH_HEARTBEAT_LOST, "heartbeat lost: no fsync comes through");
	assert_string_equal(v.sighting.id, "k1:heartbeat-lost-fsync");
	assert_non_null(strstr(v.reason, "on /data"));
}

static void without_the_wish_fsyncs_do_not_matter(void **state)
{
	struct verdict v = run("", TIME_NEVER, ANSWERS, false, true);

	(void)state;
	assert_int_equal(v.outcome, OUTCOME_SURVIVED);
}

static void a_guest_that_lives_while_every_request_fails_is_named_so(void **state)
{
	struct verdict v = run("", 5 * NS_PER_S, REFUSES, true, true);

	(void)state;
	assert_failed_then(&v, CRASH_NO_ANSWER, "alive, and every request fails");
	assert_non_null(strstr(v.reason, "the last refusal: fork: no memory"));
}

static void a_request_that_never_comes_back_is_none_that_succeeds(void **state)
{
	struct verdict v = run("", 5 * NS_PER_S, SAYS_NOTHING, true, true);

	(void)state;
	assert_failed_then(&v, CRASH_NO_ANSWER, "alive, and every request fails");
}

/* Its last fsync and its last answer are older than its last beat, and yet it is the beat. */
static void a_guest_that_is_dead_altogether_has_lost_its_heartbeat_and_no_more(void **state)
{
	struct verdict v = run("/data", 10 * NS_PER_S, SAYS_NOTHING, false, false);

	(void)state;
	assert_failed_then(&v, CRASH_HEARTBEAT_LOST, "heartbeat lost");
}

static void a_guest_that_does_what_it_is_asked_survives(void **state)
{
	struct verdict v = run("/data", 5 * NS_PER_S, ANSWERS, true, true);

	(void)state;
	assert_int_equal(v.outcome, OUTCOME_SURVIVED);
	assert_true(guest.asked >= 115 && guest.asked <= 121);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(a_guest_that_beats_and_gets_no_fsync_through_has_lost_its_heartbeat),
		test(without_the_wish_fsyncs_do_not_matter),
		test(a_guest_that_lives_while_every_request_fails_is_named_so),
		test(a_request_that_never_comes_back_is_none_that_succeeds),
		test(a_guest_that_is_dead_altogether_has_lost_its_heartbeat_and_no_more),
		test(a_guest_that_does_what_it_is_asked_survives),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
