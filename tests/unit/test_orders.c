/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a run tells a trial while it soaks: how it comes to the guest, and what a fake one makes of
 * it. */
#include "unit.h"

#include <errno.h>
#include <math.h>
#include <sys/socket.h>
#include <unistd.h>

#include "run/machine.h"
#include "run/orders.h"
#include "run/trial.h"
#include "vm/vm_fake.h"

/* ---- on their way ---- */

/* A guest that does not read for a while. */
static struct guest_stub {
	struct vm vm;
	int refusals; /* that are left; -1: for ever, as it is gone */
	char heard[1024];
} guest;

static int stub_send(struct vm *vm, const char *line, size_t n)
{
	(void)vm;
	if (guest.refusals < 0)
		return -EPIPE;
	if (guest.refusals && guest.refusals--)
		return -EAGAIN;
	strncat(guest.heard, line, n);
	return 0;
}

static const struct vm_backend stub = { .name = "stub", .send = stub_send };

struct told {
	struct loop *loop;
	uint64_t tuned_ns, value, until_ns;
	unsigned n;
};

static void on_tuned(void *arg, uint64_t value)
{
	struct told *t = arg;

	t->n++;
	t->value = value;
	t->tuned_ns = loop_now(t->loop);
}

static void on_until(void *arg, uint64_t at_ns)
{
	((struct told *)arg)->until_ns = at_ns;
}

static void on_time(void *arg)
{
	loop_quit(arg, 0);
}

/* Says all of it at once to a trial whose guest is `guest`, and lets a second pass. */
static void give(const char *orders, int refusals, struct told *ret)
{
	struct clock clock = clock_fake();
	struct evidence *none = NULL;
	struct err err = { 0 };
	struct orders *o;
	int pair[2];

	*ret = (struct told){ 0 };
	guest = (struct guest_stub){ .vm = { &stub }, .refusals = refusals };
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	assert_int_equal(write(pair[0], orders, strlen(orders)), strlen(orders));
	assert_ok(loop_new(&clock, &ret->loop, &err));
	assert_ok(evidence_open(-1, &none, &err));
	o = orders_start(pair[1], &(struct orders_env){ ret->loop, &guest.vm, none, on_tuned,
							on_until, ret });
	loop_add_timer(ret->loop, loop_now(ret->loop) + NS_PER_S, on_time, ret->loop);
	assert_int_equal(loop_run(ret->loop), 0);
	o = orders_free(o);
	evidence_close(none);
	loop_free(ret->loop);
	close(pair[0]);
	close(pair[1]);
}

static void an_order_reaches_the_guest_as_it_is(void **state)
{
	struct told t;

	(void)state;
	give("tune load=x rate=750000\n", 0, &t);
	assert_string_equal(guest.heard, "tune load=x rate=750000\n");
	assert_int_equal(t.n, 1);
	assert_int_equal(t.value, 750000);
}

static void a_guest_that_does_not_read_is_tried_again_and_the_order_of_orders_stays(void **state)
{
	struct told t;

	(void)state;
	give("tune load=x rate=1\ntune load=x rate=0\n", 5, &t);
	assert_string_equal(guest.heard, "tune load=x rate=1\ntune load=x rate=0\n");
	assert_int_equal(t.n, 2);
	assert_int_equal(t.value, 0);
	assert_true(t.tuned_ns >= 5 * 20 * NS_PER_MS);
}

static void half_an_order_waits_for_its_other_half(void **state)
{
	struct told t;

	(void)state;
	give("tune load=x rate=1\ntune load=x ra", 0, &t);
	assert_int_equal(t.n, 1);
	assert_string_equal(guest.heard, "tune load=x rate=1\n");
}

static void what_is_no_order_goes_nowhere_and_stops_nothing(void **state)
{
	struct told t;

	(void)state;
	give("\nsysrq keys=c\ntune load=x\ntune load=x rate=fast\nuntil\nTUNE rate=1\nbegin\n"
	     "until ns=5000000000\ntune load=x rate=2\n",
	     0, &t);
	assert_string_equal(guest.heard, "tune load=x rate=2\n");
	assert_int_equal(t.n, 1);
	assert_true(t.until_ns >= 5 * NS_PER_S);
}

static void a_guest_that_is_gone_is_not_waited_for(void **state)
{
	struct told t;

	(void)state;
	give("tune load=x rate=1\nuntil ns=5000000000\n", -1, &t);
	assert_int_equal(t.n, 0);
	assert_true(t.until_ns >= 5 * NS_PER_S);
}

/* ---- what a fake guest makes of them ---- */

#define RATE 10

static struct spec fake_spec(uint64_t horizon_ns)
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
			.fake = { .boot = 2 * NS_PER_S, .scale = 600 * NS_PER_S, .shape = 1,
				  .other = TIME_NEVER, .host_fault = TIME_NEVER, .rate = RATE },
		},
	};

	return s;
}

static struct verdict run_with(struct spec *s, uint64_t seed, const char *orders)
{
	static const struct machine_files files = { "", "", NULL, "" };
	struct clock clock = clock_fake();
	struct trial_env env = {
		.clock = &clock, .backend = &vm_fake, .dirfd = -1, .accel = "fake"
	};
	struct machine_made made;
	struct err err = { 0 };
	struct verdict v;
	int pair[2];

	s->trial = s->seed = seed;
	machine_make(s, &files, &made);
	env.machine = &made.m;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	assert_int_equal(write(pair[0], orders, strlen(orders)), strlen(orders));
	env.orders = pair[1];
	assert_ok(trial_run(s, &env, &v, &err));
	machine_made_done(&made);
	close(pair[0]);
	close(pair[1]);
	return v;
}

/* Within a microsecond: rates are floating-point numbers. */
static void assert_about(uint64_t is_ns, uint64_t wanted_ns)
{
	if (is_ns + 1000 < wanted_ns || is_ns > wanted_ns + 1000)
		fail_msg("%llu is not %llu", (unsigned long long)is_ns,
			 (unsigned long long)wanted_ns);
}

static void its_hazard_is_in_proportion_to_its_rate(void **state)
{
	static const struct {
		const char *orders;
		uint64_t times, parts; /* of the life at the first rate */
	} cases[] = {
		{ "", 1, 1 },
		{ "tune load=fake rate=10000000\n", 1, 1 },
		{ "tune load=fake rate=40000000\n", 1, 4 },
		{ "tune load=fake rate=1000000\n", 10, 1 },
		{ "tune load=fake rate=0\ntune load=fake rate=5000000\n", 2, 1 },
	};
	struct spec s = fake_spec(TIME_NEVER / 2);

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		for (uint64_t seed = 1; seed <= 5; seed++) {
			uint64_t life = fake_fate_draw(&s.settings.fake, seed).target;
			struct verdict v = run_with(&s, seed, cases[i].orders);

			assert_int_equal(v.outcome, OUTCOME_FAILED);
			assert_about(v.exposure_ns, life * cases[i].times / cases[i].parts);
			assert_true(fabs(v.exposure_work - (double)life * 1e-9 * RATE) <= 1);
		}
}

static void who_idles_neither_dies_nor_is_missed(void **state)
{
	struct spec s = fake_spec(3600 * NS_PER_S);
	struct verdict v;

	(void)state;
	s.settings.limits.progress = 60 * NS_PER_S;
	for (uint64_t seed = 1; seed <= 10; seed++) {
		v = run_with(&s, seed, "tune load=fake rate=0\n");
		assert_true(v.outcome == OUTCOME_SURVIVED || v.outcome == OUTCOME_INFRA);
		assert_int_equal(v.exposure_ns, 3600 * NS_PER_S);
	}
}

static void until_moves_the_horizon(void **state)
{
	struct spec s = fake_spec(3600 * NS_PER_S);
	struct verdict v;

	(void)state;
	s.settings.fake.scale = TIME_NEVER;
	v = run_with(&s, 1, "until ns=90000000000\n");
	assert_int_equal(v.outcome, OUTCOME_SURVIVED);
	assert_int_equal(v.exposure_ns, 90 * NS_PER_S);
	v = run_with(&s, 1, "until ns=7200000000000\n");
	assert_int_equal(v.outcome, OUTCOME_SURVIVED);
	assert_int_equal(v.exposure_ns, 7200 * NS_PER_S);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(an_order_reaches_the_guest_as_it_is),
		test(a_guest_that_does_not_read_is_tried_again_and_the_order_of_orders_stays),
		test(half_an_order_waits_for_its_other_half),
		test(what_is_no_order_goes_nowhere_and_stops_nothing),
		test(a_guest_that_is_gone_is_not_waited_for),
		test(its_hazard_is_in_proportion_to_its_rate),
		test(who_idles_neither_dies_nor_is_missed),
		test(until_moves_the_horizon),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
