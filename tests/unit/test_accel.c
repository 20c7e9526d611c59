/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "unit.h"

#include "base/json.h"
#include "model/scenario.h"
#include "run/accel.h"
#include "run/agent.h"

/* All that a scenario may want of a guest that boots, besides a machine. */
static const char demanding[] =
	"name: x\nkernel: debian:6.1.0-54-cloud\n"
	"guest:\n  vcpus: 2\n  memory: 512MiB\n  mglru: on\n  panic-on: [oops]\n"
	"  sysctl: { vm.swappiness: 10 }\n  modules: [sch_htb]\n"
	"  watchdog: { device: softdog }\n"
	"  heartbeat: { fsync: /data, ask: 5s }\n"
	"  disks: { data: { size: 1GiB, fs: ext4, mount: /data } }\n"
	"load: { team-mtu: {} }\nexposure: { starts: first-reclaim }\n"
	"boot: { zero-errors: yes }\nevidence: { netconsole: yes, dump: failures, samples: 5s }\n";

static bool is_of_the_machine(const char *line)
{
	return !*line || str_after(line, "job ") || str_after(line, "machine ") ||
	       str_after(line, "knob ") || str_after(line, "workqueue ") || str_eq(line, "settle");
}

/* Of these, some would make it no soak, and the kernel one that does not run under KVM. */
static void a_probe_asks_for_a_boot_and_nothing_else(void **state)
{
	_cleanup_buf_ struct buf job = BUF_INIT;
	_cleanup_json_ json_t *j = NULL;
	struct settings probe, back = { 0 };
	struct scenario sc;
	struct err err = { 0 };
	char *line, *rest;

	(void)state;
	assert_ok(scenario_parse("x.yaml", demanding, strlen(demanding), NULL, &sc, &err));
	accel_probe_settings(&sc.arm[0].settings, &probe);
	agent_job(&probe, 1, &job);
	for (rest = job.data; (line = strsep(&rest, "\n"));)
		if (!is_of_the_machine(line))
			fail_msg("a probe is told: %s", line);
	assert_int_equal(probe.exposure_starts, EXPOSURE_BEGIN);
	assert_false(boot_errors_count(&probe.boot));
	assert_int_equal(probe.evidence.dump, DUMP_NEVER);
	assert_false(ask_wanted(&probe.guest.heartbeat));
	assert_int_equal(probe.guest.accel, ACCEL_KVM);
	assert_int_equal(probe.guest.vcpus, 2);
	assert_int_equal(probe.guest.memory_bytes, 512 << 20);
	j = settings_to_json(&probe);
	assert_ok(settings_from_json(j, &back, &err)); /* as its trial reads them */
	settings_done(&back);
	scenario_done(&sc);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(a_probe_asks_for_a_boot_and_nothing_else),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
