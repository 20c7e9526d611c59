/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What guest settings make of the agent's job, and of an image's modules. */
#include "unit.h"

#include "model/panics.h"
#include "model/scenario.h"
#include "run/agent.h"
#include "run/job.h"

static struct scenario with_guest(const char *guest)
{
	_cleanup_free_
	char *text = xasprintf(
		"kernel: ./k\nload: { shell: { script: x } }\nguest: { accel: tcg, %s }\n", guest);
	struct scenario sc = { 0 };
	struct err err = { 0 };

	assert_ok(scenario_parse("x.yaml", text, strlen(text), NULL, &sc, &err));
	return sc;
}

static void assert_job(const char *guest, const char *lines)
{
	struct scenario sc = with_guest(guest);
	_cleanup_buf_ struct buf job = BUF_INIT;

	agent_job(&sc.arm[0].settings, 7, &job);
	if (!strstr(buf_str(&job), lines))
		fail_msg("%s: not in the job: %s\n%s", guest, lines, buf_str(&job));
	scenario_done(&sc);
}

static void each_setting_is_a_line_of_the_job(void **state)
{
	(void)state;
	assert_job("vcpus: 3", "\nmachine cpus=3");
	assert_job("cmdline: \"a=1 nr_cpus=2\"", "\nmachine cpus=0");
	assert_job("cmdline: \"a=1 b\"", "\ncmdline words=a=1%20b\n");
	assert_job("vcpus: 3, numa: 3", "cpus=3 nodes=3 board=Q35\n");
	assert_job("balloon: { to: 64MiB }", "\ndriver name=virtio_balloon\n");
	assert_job("machine: pc", " board=i440FX\n");
	assert_job("watchdog: { device: softdog }", "\nmodule name=softdog args=soft_panic=1\n");
	assert_job("watchdog: { device: softdog, timeout: 9s }",
		   "\nwatchdog device=softdog timeout=9\n");
	assert_job("watchdog: { device: i6300esb }",
		   "\nsysctl key=kernel.unknown_nmi_panic value=1\n"
		   "watchdog device=i6300esb timeout=20\n");
	assert_job("heartbeat: { fsync: /data }", "\nheartbeat fsync=/data\n");
	assert_job("mglru: off", "\nmglru value=off\n");
	assert_job("mglru: on", "\nmglru value=on\n");
	assert_job("panic-on: [oops, hung-task]", "\nsysctl key=kernel.panic_on_oops value=1\n"
						  "sysctl key=kernel.hung_task_panic value=1\n");
	assert_job("sysfs: { /sys/a/b: \"x y\" }", "\nsysctl key=/sys/a/b value=x%20y\n");
	assert_job("swap: { size: 1MiB }", "\nmodule name=virtio_blk\nmachine cpus=1 ");
	assert_job("swap: { size: 1048577B }",
		   "\nswap on=disk bytes=1052672 file= algorithm=lz4\n");
	assert_job("swap: { size: 1MiB, on: zram, algorithm: zstd }",
		   "\nmodule name=zstd\nmodule name=zram\n");
	assert_job("memory: 1GiB }\nboot: { zero-errors: true", "\nboot-log level=4\n");
	assert_job("memory: 1GiB }\nevidence: { netconsole: yes",
		   "seed=7 proto=1\nnetconsole mac=52:54:00:6b:73:01 from=6665@192.0.2.1 "
		   "to=6666@192.0.2.2/52:54:00:6b:73:02\n");
	assert_job("vcpus: 1", "\nworkqueue limit=60000000000\n");
	assert_job("modules: [veth, \"dummy a=1 b=2\"]",
		   "\nmodule name=veth\nmodule name=dummy args=a=1%20b=2\n");
}

static void knobs_of_the_profile_are_asked_for_unless_they_are_overruled(void **state)
{
	(void)state;
	assert_job("hang: fast",
		   "\nknob path=/sys/module/rcupdate/parameters/rcu_cpu_stall_timeout value=15\n"
		   "knob path=/proc/sys/kernel/watchdog_thresh value=10\n"
		   "knob path=/proc/sys/kernel/hung_task_timeout_secs value=25\n");
	assert_job("hang: fast, cmdline: watchdog_thresh=20",
		   "\nknob path=/sys/module/rcupdate/parameters/rcu_cpu_stall_timeout value=15\n"
		   "knob path=/proc/sys/kernel/hung_task_timeout_secs value=25\n");
}

static void the_image_gets_what_settings_load(void **state)
{
	struct scenario sc =
		with_guest("disks: { a: { size: 1MiB, fs: xfs, mount: /a }, b: { size: 1MiB, "
			   "fs: none } }, swap: { size: 1MiB, on: zram }");
	_cleanup_strv_ struct strv modules = { 0 };

	(void)state;
	job_modules(&sc.arm[0].settings, &modules);
	assert_int_equal(modules.n, 4);
	assert_string_equal(modules.item[0], "virtio_blk");
	assert_string_equal(modules.item[1], "xfs");
	assert_string_equal(modules.item[2], "lz4");
	assert_string_equal(modules.item[3], "zram");
	scenario_done(&sc);
}

static void the_words_of_panics_are_those_of_the_table(void **state)
{
	_cleanup_buf_ struct buf all = BUF_INIT;
	const struct panic *p;

	(void)state;
	for (size_t i = 0; (p = panic_nth(i)); i++)
		buf_printf(&all, "%s%s", !i ? "" : panic_nth(i + 1) ? ", " : " or ", p->word);
	assert_string_equal(buf_str(&all), PANIC_WORDS);
	assert_null(panic_by_word("hung"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(each_setting_is_a_line_of_the_job),
		test(knobs_of_the_profile_are_asked_for_unless_they_are_overruled),
		test(the_image_gets_what_settings_load),
		test(the_words_of_panics_are_those_of_the_table),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
