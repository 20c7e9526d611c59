/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "unit.h"

#include "base/json.h"
#include "folder.h"
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

static void remember(const struct folder *f, const char *name, const char *word)
{
	_cleanup_free_
	char *path = xasprintf("kernsoak/accel/%s", name);
	struct err err = { 0 };

	assert_ok(fs_write(f->fd, path, word, strlen(word), &err));
}

/* A first probe's "tcg" was wrong where a scenario wanted a reclaim of it that did not come. */
static void only_what_this_probe_said_is_believed(void **state)
{
	const struct folder *f = *state;
	_cleanup_free_
	char *dir = xasprintf("%s/kernsoak/accel", f->path);
	struct accel_known known;
	struct err err = { 0 };

	assert_ok(fs_mkdir_p(dir, 0755, &err));
	assert_int_equal(setenv("XDG_CACHE_HOME", f->path, 1), 0);
	remember(f, "0123456789abcdef", "tcg\n");
	remember(f, "v2-0123456789abcdef", "kvm\n");
	remember(f, "v2-0123456789abcdee", "tcg\n");
	remember(f, "v2-0123456789abcded", "");
	remember(f, "v2-0123456789abcdec", "no word\n");
	accel_known(&known);
	assert_int_equal(known.kvm, 1);
	assert_int_equal(known.tcg, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(a_probe_asks_for_a_boot_and_nothing_else),
		cmocka_unit_test_setup_teardown(only_what_this_probe_said_is_believed, folder_setup,
						folder_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
