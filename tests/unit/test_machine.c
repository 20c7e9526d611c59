/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "unit.h"

#include "model/scenario.h"
#include "run/machine.h"

static struct scenario parse(const char *more)
{
	_cleanup_free_
	char *text = xasprintf("name: x\nguest: { backend: fake }\n"
			       "fail: { target: { class: divide-error } }\narms: { a: }\n%s",
			       more);
	struct scenario s;
	struct err err = { 0 };

	assert_ok(scenario_parse("x.yaml", text, strlen(text), NULL, &s, &err));
	return s;
}

static void assert_cmdline(const char *more, bool kvm, const char *tail)
{
	struct scenario s = parse(more);
	_cleanup_buf_ struct buf b = BUF_INIT;
	_cleanup_free_
	char *want = xasprintf("console=ttyS0,115200n8 loglevel=7 printk.time=1 no_timer_check "
			       "panic=0 rdinit=/init%s",
			       tail);

	machine_cmdline(&s.arm[0].settings, kvm, &b);
	assert_string_equal(buf_str(&b), want);
	scenario_done(&s);
}

static void the_hang_detectors_fit_heartbeat_and_accelerator(void **state)
{
	(void)state;
	assert_cmdline("", true,
		       " rcupdate.rcu_cpu_stall_timeout=15 watchdog_thresh=10"
		       " sysctl.kernel.hung_task_timeout_secs=25 unknown_nmi_panic=1");
	assert_cmdline("limits: { heartbeat: 5m }\n", true,
		       " rcupdate.rcu_cpu_stall_timeout=100 watchdog_thresh=55"
		       " sysctl.kernel.hung_task_timeout_secs=140 unknown_nmi_panic=1");
	assert_cmdline("limits: { heartbeat: 5m }\n", false,
		       " rcupdate.rcu_cpu_stall_timeout=300 watchdog_thresh=165"
		       " sysctl.kernel.hung_task_timeout_secs=420 unknown_nmi_panic=1");
}

static void a_machine_is_named_by_run_and_trial(void **state)
{
	char *name = machine_name("2026/x y", 17);

	(void)state;
	assert_string_equal(name, "kernsoak-2026_x_y-000017");
	free(name);
}

static void two_processes_of_one_trial_have_two_uuids(void **state)
{
	struct scenario s = parse("");
	struct spec spec = { .run = (char *)"r", .trial = 1, .settings = s.arm[0].settings };
	struct machine_files files = { "k", "i", "c", "w", 100 };
	struct machine_made a, again, b;

	(void)state;
	machine_make(&spec, &files, &a);
	machine_make(&spec, &files, &again);
	files.owner_pid = 101;
	machine_make(&spec, &files, &b);
	assert_string_equal(a.uuid, again.uuid);
	assert_string_not_equal(a.uuid, b.uuid);
	assert_int_equal(strlen(a.uuid), 36);
	assert_int_equal(a.uuid[14], '8');
	assert_non_null(strchr("89ab", a.uuid[19]));
	machine_made_done(&a);
	machine_made_done(&again);
	machine_made_done(&b);
	scenario_done(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(the_hang_detectors_fit_heartbeat_and_accelerator),
		test(a_machine_is_named_by_run_and_trial),
		test(two_processes_of_one_trial_have_two_uuids),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
