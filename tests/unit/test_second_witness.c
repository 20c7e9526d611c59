/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A crash that netconsole tells of, beside a serial console that says all, a part, or nothing. */
#include "unit.h"

#include <fcntl.h>
#include <stdio.h>

#include "base/fs.h"
#include "folder.h"
#include "model/scenario.h"
#include "run/machine.h"
#include "run/recover.h"
#include "run/trial.h"
#include "vm/vm_fake.h"

static const char header[] = "[   10.000000] divide error: 0000 [#1] PREEMPT SMP NOPTI\n";
static const char rest[] = "[   10.000000] CPU: 1 PID: 77 Comm: load Not tainted 6.1.0-fake #1\n"
			   "[   10.000000] RIP: 0010:guilty+0x128/0x1d0\n"
			   "[   10.000000] Call Trace:\n"
			   "[   10.000000]  <TASK>\n"
			   "[   10.000000]  caller+0x24/0xb0\n"
			   "[   10.000000]  do_syscall_64+0x58/0xc0\n"
			   "[   10.000000]  </TASK>\n"
			   "[   10.000000] ---[ end trace 0000000000000000 ]---\n";

enum serial { SERIAL_ALL, SERIAL_HEADER, SERIAL_MUTE };

static struct {
	const struct vm_callbacks *cb;
	void *arg;
	struct loop *loop;
	const char *console; /* file */
	enum serial serial;
	unsigned seq;
} guest;

static void say_serial(const char *text)
{
	FILE *out = fopen(guest.console, "ae");

	fputs(text, out);
	fclose(out);
	guest.cb->console(guest.arg, text, strlen(text), loop_now(guest.loop));
}

/* Each line as netconsole sends it. */
static void say_netconsole(const char *text)
{
	for (const char *end; (end = strchr(text, '\n')); text = end + 1) {
		_cleanup_free_
		char *message = xasprintf("4,%u,10000000,-;%.*s\n", guest.seq++,
					  (int)(end - text - 15), text + 15);

		guest.cb->netconsole(guest.arg, message, strlen(message), loop_now(guest.loop));
	}
}

static void die(void *unused)
{
	(void)unused;
	say_netconsole(header);
	if (guest.serial != SERIAL_MUTE)
		say_serial(header);
	say_netconsole(rest);
	if (guest.serial == SERIAL_ALL)
		say_serial(rest);
}

static int new (struct loop *loop, const struct machine *m, const struct vm_callbacks *cb,
		void *arg, struct vm **ret, struct err *err)
{
	guest.loop = loop;
	guest.cb = cb;
	guest.arg = arg;
	guest.console = m->console;
	guest.seq = 400;
	return vm_fake.new(loop, m, cb, arg, ret, err);
}

static int say(struct vm *vm, const char *line, size_t n)
{
	if (n >= 6 && memcmp(line + n - 6, "begin\n", 6) == 0)
		loop_add_timer(guest.loop, loop_now(guest.loop) + 10 * NS_PER_S, die, NULL);
	return vm_fake.send(vm, line, n);
}

static const char scenario[] =
	"name: x\nguest: { backend: fake }\nfail: { target: { class: divide-error } }\n"
	"evidence: { netconsole: yes }\nfake: { scale: none }\nlimits: { soak: 1m }\n"
	"arms: { a: }\n";

struct trial_folder {
	struct folder at;
	char *console;
	struct scenario sc;
	struct spec spec;
};

static int setup(void **state)
{
	static struct trial_folder f;
	_cleanup_json_ json_t *j = NULL;
	struct err err = { 0 };

	if (folder_make(&f.at) < 0)
		return -1;
	f.console = xasprintf("%s/console.log", f.at.path);
	assert_ok(scenario_parse("x.yaml", scenario, strlen(scenario), NULL, &f.sc, &err));
	f.spec = (struct spec){ .run = (char *)"r",
				.scenario = (char *)"x",
				.arm = (char *)"a",
				.trial = 7,
				.seed = 5,
				.uri = (char *)"",
				.settings = f.sc.arm[0].settings };
	j = spec_to_json(&f.spec);
	assert_ok(json_write(f.at.fd, "spec.json", j, &err));
	*state = &f;
	return 0;
}

static int teardown(void **state)
{
	struct trial_folder *f = *state;

	free(f->console);
	scenario_done(&f->sc);
	return folder_remove(&f->at);
}

static struct verdict run(struct trial_folder *f, enum serial serial)
{
	struct vm_backend backend = vm_fake;
	struct machine_files files = { "", "", f->console, "" };
	struct clock clock = clock_fake();
	struct trial_env env = {
		.clock = &clock, .backend = &backend, .dirfd = f->at.fd, .accel = "fake"
	};
	struct machine_made made;
	struct verdict v;
	struct err err = { 0 };

	guest.serial = serial;
	backend.new = new;
	backend.send = say;
	machine_make(&f->spec, &files, &made);
	env.machine = &made.m;
	assert_ok(trial_run(&f->spec, &env, &v, &err));
	machine_made_done(&made);
	assert_int_equal(v.outcome, OUTCOME_FAILED);
	assert_string_equal(v.sighting.function, "guilty");
	assert_true(v.exposure_ns > 9990 * NS_PER_MS && v.exposure_ns < 10010 * NS_PER_MS);
	assert_int_equal(v.n_sightings, 1);
	return v;
}

static void where_the_serial_console_is_mute_netconsole_names_the_crash(void **state)
{
	struct trial_folder *f = *state;
	struct verdict v = run(f, SERIAL_MUTE);
	_cleanup_buf_ struct buf log = BUF_INIT;

	assert_true(v.sighting.netconsole);
	assert_int_equal(v.sighting.integrity, INTEGRITY_COMPLETE);
	fs_read_part(f->at.fd, "netconsole.log", v.sighting.offset, 30, &log);
	assert_memory_equal(buf_str(&log), "4,400,10000000,-;divide error:", 30);
}

static void where_it_is_cut_too(void **state)
{
	assert_true(run(*state, SERIAL_HEADER).sighting.netconsole);
}

static void where_both_say_all_the_serial_console_is_quoted(void **state)
{
	assert_false(run(*state, SERIAL_ALL).sighting.netconsole);
}

static void a_trial_that_was_killed_is_judged_by_both_again(void **state)
{
	struct trial_folder *f = *state;
	struct verdict v = run(f, SERIAL_MUTE), again;
	struct err err = { 0 };

	assert_ok(recover_verdict(f->at.fd, &again, &err));
	assert_int_equal(again.outcome, OUTCOME_FAILED);
	assert_true(again.sighting.netconsole);
	assert_int_equal(again.sighting.offset, v.sighting.offset);
	assert_int_equal(again.exposure_ns, v.exposure_ns);
}

static void a_sighting_of_netconsoles_survives_json(void **state)
{
	struct verdict v = run(*state, SERIAL_MUTE);
	_cleanup_json_ json_t *j = sighting_to_json(&v.sighting);
	struct sighting back;
	struct err err = { 0 };

	assert_ok(sighting_from_json(j, &back, &err));
	assert_true(back.netconsole);
}

#define with_trial(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		with_trial(where_the_serial_console_is_mute_netconsole_names_the_crash),
		with_trial(where_it_is_cut_too),
		with_trial(where_both_say_all_the_serial_console_is_quoted),
		with_trial(a_trial_that_was_killed_is_judged_by_both_again),
		with_trial(a_sighting_of_netconsoles_survives_json),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
