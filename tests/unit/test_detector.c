/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "unit.h"

#include "base/buf.h"
#include "detect/detector.h"

enum { EVENTS = 16 };

struct event {
	enum sighting_phase phase;
	uint64_t serial;
	struct sighting s;
};

struct log {
	struct event event[EVENTS];
	unsigned n;
};

static void record(void *arg, enum sighting_phase phase, uint64_t serial, const struct sighting *s)
{
	struct log *log = arg;

	assert_true(log->n < EVENTS);
	log->event[log->n++] = (struct event){ phase, serial, *s };
}

/* Feeds text in chunks of `step` bytes. */
static struct log run(const char *text, size_t step)
{
	struct err err = { 0 };
	struct log log = { .n = 0 };
	struct detector *d = detector_new(record, &log, &err);
	size_t n = strlen(text);

	assert_non_null(d);
	for (size_t at = 0; at < n; at += step)
		detector_feed(d, text + at, MIN(step, n - at), TIME_NEVER);
	detector_finish(d);
	detector_free(d);
	return log;
}

/* The first sighting once its report was whole. */
static struct sighting first(const char *text)
{
	struct log log = run(text, 4096);

	for (unsigned i = 0; i < log.n; i++)
		if (log.event[i].phase == SIGHTING_CLOSED)
			return log.event[i].s;
	fail_msg("nothing was recognised in: %s", text);
	return (struct sighting){ 0 };
}

static const char divide_6_12[] =
	"[   12.000001] Oops: divide error: 0000 [#1] PREEMPT SMP NOPTI\n"
	"[   12.000002] CPU: 0 UID: 0 PID: 91 Comm: fibdiv Not tainted 6.12.113+deb12-cloud-amd64 "
	"#1\n"
	"[   12.000003] RIP: 0010:fib_rebalance+0x128/0x200\n"
	"[   12.000004] Code: 90 90\n"
	"[   12.000005] Call Trace:\n"
	"[   12.000006]  <TASK>\n"
	"[   12.000007]  fib_create_info+0x8d5/0x1240\n"
	"[   12.000008]  fib_table_insert+0xa4/0x6b0\n"
	"[   12.000009]  inet_rtm_newroute+0x9a/0xc0\n"
	"[   12.000010]  do_syscall_64+0x82/0x190\n"
	"[   12.000011]  entry_SYSCALL_64_after_hwframe+0x76/0x7e\n"
	"[   12.000012] RIP: 0033:0x7f2d\n"
	"[   12.000013]  </TASK>\n"
	"[   12.000014] Modules linked in: veth\n"
	"[   12.000015] ---[ end trace 0000000000000000 ]---\n"
	"[   12.000016] RIP: 0010:fib_rebalance+0x128/0x200\n"
	"[   12.000017] Kernel panic - not syncing: Fatal exception in interrupt\n";

static void a_divide_error_is_named_by_its_instruction(void **state)
{
	struct sighting s = first(divide_6_12);

	(void)state;
	assert_string_equal(s.title, "divide error in fib_rebalance");
	assert_int_equal(s.class, CRASH_DIVIDE_ERROR);
	assert_true(s.panicked);
	assert_int_equal(s.n_frames, 6);
	assert_int_equal(s.frame[0].offset, 0x128);
	assert_true(s.guest_s > 12 && s.guest_s < 12.1);
}

static void a_call_to_null_names_the_caller(void **state)
{
	struct sighting s = first(
		"[    9.1] x\n"
		"[    9.100001] BUG: kernel NULL pointer dereference, address: 0000000000000000\n"
		"[    9.100002] #PF: supervisor instruction fetch in kernel mode\n"
		"[    9.100003] Oops: 0010 [#1] PREEMPT SMP NOPTI\n"
		"[    9.100004] RIP: 0010:0x0\n"
		"[    9.100005] Code: Unable to access opcode bytes at 0xffffffffffffffd6.\n"
		"[    9.100006] Call Trace:\n"
		"[    9.100007]  <TASK>\n"
		"[    9.100008]  ? __die+0x1a/0x60\n"
		"[    9.100009]  team_xmit+0x6b/0x80 [team]\n"
		"[    9.100010]  dev_hard_start_xmit+0x8a/0x1a0\n");

	(void)state;
	assert_string_equal(s.function, "team_xmit");
	assert_string_equal(s.module, "team");
	assert_int_equal(s.class, CRASH_OOPS_NULL);
}

static void a_lock_is_not_to_blame(void **state)
{
	struct sighting s =
		first("[   30.1] x\n"
		      "[   30.100001] watchdog: BUG: soft lockup - CPU#1 stuck for 14s! [ping:93]\n"
		      "[   30.100002] RIP: 0010:native_queued_spin_lock_slowpath+0x6c/0x2c0\n"
		      "[   30.100003] Call Trace:\n"
		      "[   30.100004]  <IRQ>\n"
		      "[   30.100005]  _raw_spin_lock+0x25/0x30\n"
		      "[   30.100006]  tcf_mirred_act+0x32c/0x4a0 [act_mirred]\n");

	(void)state;
	assert_string_equal(s.title, "BUG: soft lockup in tcf_mirred_act");
}

static void a_waiting_netdevice_is_counted_not_repeated(void **state)
{
	struct log log =
		run("[   13.111173] unregister_netdevice: waiting for veth0 to become free. "
		    "Usage count = 2\n"
		    "[   23.221315] unregister_netdevice: waiting for veth0 to become free. "
		    "Usage count = 2\n",
		    4096);

	(void)state;
	assert_int_equal(log.n, 3);
	assert_int_equal(log.event[0].phase, SIGHTING_OPENED);
	assert_int_equal(log.event[1].phase, SIGHTING_CLOSED);
	assert_int_equal(log.event[2].phase, SIGHTING_AGAIN);
	assert_int_equal(log.event[2].serial, 0);
	assert_int_equal(log.event[2].s.repeats, 1);
	assert_string_equal(log.event[1].s.title,
			    "unregister_netdevice: waiting for DEV to become free");
}

static void a_panic_after_a_closed_report_marks_it(void **state)
{
	_cleanup_buf_ struct buf text = BUF_INIT;
	struct log log;

	(void)state;
	buf_puts(&text, "[    1.000001] watchdog: BUG: soft lockup - CPU#0 stuck for 22s! [a:1]\n"
			"[    1.000002] RIP: 0010:f+0x1/0x2\n[    1.000003] Call Trace:\n"
			"[    1.000004]  g+0x1/0x2\n");
	for (int i = 0; i < 100; i++)
		buf_puts(&text, "[    2.000000] usb 1-1: something else entirely\n");
	buf_puts(&text, "[    3.000000] Kernel panic - not syncing: softlockup: hung tasks\n");
	log = run(buf_str(&text), 4096);
	assert_int_equal(log.n, 3);
	assert_false(log.event[1].s.panicked);
	assert_int_equal(log.event[2].phase, SIGHTING_AGAIN);
	assert_true(log.event[2].s.panicked);
}

static void the_first_line_is_announced_at_once(void **state)
{
	struct err err = { 0 };
	struct log log = { .n = 0 };
	struct detector *d = detector_new(record, &log, &err);
	static const char line[] = "[    3.000000] Kernel panic - not syncing: no luck\n";

	(void)state;
	detector_feed(d, line, sizeof(line) - 1, 7 * NS_PER_S);
	assert_int_equal(log.n, 1);
	assert_int_equal(log.event[0].phase, SIGHTING_OPENED);
	assert_true(log.event[0].s.at_ns == 7 * NS_PER_S);
	detector_tick(d, 8 * NS_PER_S);
	assert_int_equal(log.n, 1);
	detector_tick(d, 60 * NS_PER_S);
	assert_int_equal(log.n, 2);
	assert_int_equal(log.event[1].phase, SIGHTING_CLOSED);
	detector_free(d);
}

static void every_chunking_gives_the_same_sightings(void **state)
{
	struct log whole = run(divide_6_12, 4096);

	(void)state;
	for (size_t step = 1; step < 200; step++) {
		struct log log = run(divide_6_12, step);

		assert_int_equal(log.n, whole.n);
		for (unsigned i = 0; i < log.n; i++)
			assert_memory_equal(&log.event[i], &whole.event[i], sizeof(*log.event));
	}
}

static void words_of_users_and_of_the_command_line_are_no_crash(void **state)
{
	static const char text[] =
		"[    0.000000] Kernel command line: panic=1 kernel.softlockup_panic=1 "
		"panic_on_warn set\n"
		"[    2.000000] traps: gpf[91] general protection fault ip:401136 sp:7ffd error:0\n"
		"[    2.000001] a[92]: segfault at 0 ip 0000000000401126 sp 00007ffe error 6 in "
		"a[401000+1000]\n"
		"[    2.000002] sysrq: Show State\n"
		"[    2.000003] Call Trace:\n"
		"[    2.000004]  __schedule+0x34d/0xa00\n";

	(void)state;
	assert_int_equal(run(text, 4096).n, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(a_divide_error_is_named_by_its_instruction),
		test(a_call_to_null_names_the_caller),
		test(a_lock_is_not_to_blame),
		test(a_waiting_netdevice_is_counted_not_repeated),
		test(a_panic_after_a_closed_report_marks_it),
		test(the_first_line_is_announced_at_once),
		test(every_chunking_gives_the_same_sightings),
		test(words_of_users_and_of_the_command_line_are_no_crash),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
