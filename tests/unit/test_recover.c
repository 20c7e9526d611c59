/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A trial's folder as kill -9 leaves it, made by hand, and the verdict that is derived from it. */
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>

#include "base/fs.h"
#include "base/json.h"
#include "folder.h"
#include "model/scenario.h"
#include "run/recover.h"

static const char settled[] = "1000000000 # machine running: \n"
			      "2000000000 hello proto=1 release=6.1.0-x\n"
			      "2500000000 beat n=1\n"
			      "3000000000 ready\n"
			      "4000000000 begun up=1\n";

static const char report[] = "[   10.000000] divide error: 0000 [#1] PREEMPT SMP NOPTI\n"
			     "[   10.000000] RIP: 0010:guilty+0x128/0x1d0\n"
			     "[   10.000000] Call Trace:\n"
			     "[   10.000000]  <TASK>\n"
			     "[   10.000000]  caller+0x24/0xb0\n"
			     "[   10.000000]  </TASK>\n"
			     "[   10.000000] ---[ end trace 0000000000000000 ]---\n";

static void put(struct folder *f, const char *name, const char *text)
{
	struct err err = { 0 };

	assert_ok(fs_write(f->fd, name, text, strlen(text), &err));
}

/* spec.json of the only arm of a scenario. */
static void put_spec(struct folder *f, const char *text)
{
	_cleanup_json_ json_t *j = NULL;
	struct scenario s;
	struct spec spec = { .run = (char *)"r",
			     .scenario = (char *)"x",
			     .arm = (char *)"a",
			     .trial = 7,
			     .seed = 5,
			     .uri = (char *)"" };
	struct err err = { 0 };

	assert_ok(scenario_parse("x.yaml", text, strlen(text), NULL, &s, &err));
	spec.settings = s.arm[0].settings;
	j = spec_to_json(&spec);
	assert_ok(json_write(f->fd, "spec.json", j, &err));
	scenario_done(&s);
}

#define SCENARIO                                                                                   \
	"name: x\nguest: { backend: fake }\nfail: { target: { class: divide-error } }\n"           \
	"arms: { a: }\n"

static int setup(void **state)
{
	int r = folder_setup(state);

	if (r == 0)
		put_spec(*state, SCENARIO);
	return r;
}

static struct verdict recover(struct folder *f)
{
	struct verdict v;
	struct err err = { 0 };

	assert_ok(recover_verdict(f->fd, &v, &err));
	assert_true(v.final);
	assert_int_equal(v.trial, 7);
	return v;
}

/* agent.log: settled, and then more. */
static struct verdict recover_after(struct folder *f, const char *more)
{
	_cleanup_free_
	char *text = xasprintf("%s%s", settled, more);

	put(f, "agent.log", text);
	return recover(f);
}

static void killed_before_a_word_was_written_is_infra(void **state)
{
	struct verdict v = recover(*state);

	assert_int_equal(v.outcome, OUTCOME_INFRA);
	assert_int_equal(v.exposure_ns, 0);
	assert_true(isnan(v.exposure_work) && isnan(v.host_load) && isnan(v.host_steal));
	assert_string_equal(v.arm, "a");
}

static void without_its_spec_there_is_nothing_to_recover(void **state)
{
	struct folder *f = *state;
	struct verdict v;
	struct err err = { 0 };

	unlinkat(f->fd, "spec.json", 0);
	assert_int_equal(recover_verdict(f->fd, &v, &err), -ENOENT);
	assert_int_equal(err.code, ENOENT);
}

static void a_soak_is_censored_at_its_last_sign_of_life(void **state)
{
	struct verdict v = recover_after(*state, "9000000000 progress load=fake count=50\n"
						 "11000000000 beat n=7\n"
						 "12000000000 bea");

	assert_int_equal(v.outcome, OUTCOME_STOPPED);
	assert_true(v.exposure_ns == 7 * NS_PER_S);
	assert_true(v.exposure_work == 50);
	assert_int_equal(v.step, STEP_SOAK);
	assert_string_equal(v.kernel, "6.1.0-x");
	assert_true(v.boot_ns == NS_PER_S);
}

static void a_soak_that_had_not_begun_is_infra(void **state)
{
	struct folder *f = *state;
	struct verdict v;

	put(f, "agent.log",
	    "1000 # machine running\n2000 hello release=x\n3000 begun\n4000 beat\n");
	v = recover(f);
	assert_int_equal(v.outcome, OUTCOME_INFRA);
	assert_int_equal(v.step, STEP_SETTLE);
}

static void a_second_begun_does_not_begin_again(void **state)
{
	struct verdict v = recover_after(*state, "8000000000 begun\n9000000000 hello release=y\n"
						 "10000000000 beat\n");

	assert_true(v.exposure_ns == 6 * NS_PER_S);
	assert_string_equal(v.kernel, "6.1.0-x");
}

static void a_crash_is_found_at_the_instant_of_its_chunk(void **state)
{
	struct folder *f = *state;
	_cleanup_free_
	char *console = xasprintf("[    1.000000] booting\n%s", report);
	struct verdict v;

	put(f, "console.log", console);
	put(f, "console.idx", "5000000000 23\n9000000000 60\n9500000000 99\n");
	v = recover_after(f, "12000000000 beat n=7\n");
	assert_int_equal(v.outcome, OUTCOME_FAILED);
	assert_true(v.exposure_ns == 5500 * NS_PER_MS); /* its first line was whole at 9.5 s */
	assert_string_equal(v.sighting.function, "guilty");
}

static void what_the_scenario_ignored_is_ignored_again(void **state)
{
	struct folder *f = *state;
	struct verdict v;

	put_spec(f, SCENARIO "detect: { ignore: { bug-4711: { function: guilty } } }\n");
	put(f, "console.log", report);
	v = recover_after(f, "12000000000 beat n=7\n");
	assert_int_equal(v.outcome, OUTCOME_STOPPED);
	assert_int_equal(v.n_sightings, 0);
}

static void a_text_of_the_scenarios_own_is_found_again(void **state)
{
	struct folder *f = *state;
	struct verdict v;

	put_spec(f, SCENARIO "detect: { add: { mine: { literal: 'mydrv: wedged' } } }\n");
	put(f, "console.log", "[    9.000000] mydrv: wedged\n");
	v = recover_after(f, "12000000000 beat n=7\n");
	assert_int_equal(v.outcome, OUTCOME_OTHER);
	assert_string_equal(v.sighting.signature, "mine");
}

static void a_console_longer_than_its_index_is_read_to_its_end(void **state)
{
	struct folder *f = *state;
	_cleanup_free_
	char *console = xasprintf("[    1.000000] booting\n%s", report);
	struct verdict v;

	put(f, "console.log", console);
	put(f, "console.idx", "5000000000 23\n90000");
	v = recover_after(f, "12000000000 beat n=7\n");
	assert_int_equal(v.outcome, OUTCOME_FAILED);
	assert_true(v.exposure_ns == 8 * NS_PER_S); /* at the last sign of life: no later stamp */
}

static void an_index_longer_than_its_console_does_no_harm(void **state)
{
	struct folder *f = *state;

	put(f, "console.log", "[    1.000000] booting\n");
	put(f, "console.idx", "5000000000 23\n6000000000 99999999999999\n7000000000 x\n7 5\n");
	assert_int_equal(recover_after(f, "").outcome, OUTCOME_STOPPED);
}

/* Killed while it still read on: what had ended it is in agent.log, and is not lost. */
static void an_end_that_was_noted_stands(void **state)
{
	struct verdict v =
		recover_after(*state, "9000000000 progress load=fake count=50\n"
				      "39000000000 # ending 7 in SOAK: nothing for 30 s\n"
				      "40000000000 beat n=8\n");

	assert_int_equal(v.outcome, OUTCOME_OTHER);
	assert_int_equal(v.sighting.class, CRASH_HEARTBEAT_LOST);
	assert_true(v.exposure_ns == 5 * NS_PER_S);
	v = recover_after(*state, "9000000000 progress load=fake count=50\n"
				  "604000000000 # ending 1 in SOAK: \n");
	assert_int_equal(v.outcome, OUTCOME_SURVIVED);
	assert_true(v.exposure_ns == 600 * NS_PER_S);
}

/* The probe was heard, and the trial killed before it could note the end. */
static void an_overdue_probe_stands(void **state)
{
	struct verdict v =
		recover_after(*state, "9000000000 progress load=fake count=50\n"
				      "39000000000 probe load=fake name=sync overdue_ms=30000\n");

	assert_int_equal(v.outcome, OUTCOME_OTHER);
	assert_string_equal(v.sighting.title, "probe overdue: sync");
	assert_true(v.exposure_ns == 5 * NS_PER_S);
}

/* Also what came behind the crash that it led to: consoles are quicker. */
static void findings_are_counted_again(void **state)
{
	struct verdict v =
		recover_after(*state, "9000000000 progress load=fake count=50\n"
				      "10000000000 finding load=fake name=whole n=1\n"
				      "11000000000 finding load=fake name=whole n=1\n"
				      "39000000000 # ending 10 in SOAK: gone\n"
				      "39000000001 finding load=fake name=silent-loss n=1\n"
				      "39000000002 finding load=fake name=%1B[31m n=1\n"
				      "39000000003 finding load=fake n=1\n");

	assert_int_equal(v.findings.n, 2);
	assert_string_equal(v.findings.item[0].name, "whole");
	assert_int_equal(v.findings.item[0].count, 2);
	assert_string_equal(v.findings.item[1].name, "silent-loss");
}

static void a_guest_cannot_note_an_end(void **state)
{
	struct verdict v = recover_after(*state, "9000000000 progress load=fake count=50\n"
						 "10000000000  # ending 1 in SOAK: \n"
						 "10000000000 # ending 99 in SOAK: \n"
						 "10000000000 # ending 1 in SOAP: \n");

	assert_int_equal(v.outcome, OUTCOME_STOPPED);
}

static void a_flood_of_reports_keeps_the_first_of_them(void **state)
{
	struct folder *f = *state;
	_cleanup_buf_ struct buf b = BUF_INIT;
	_cleanup_json_ json_t *j = NULL;
	struct err err = { 0 };
	struct verdict v;

	for (int i = 0; i < 2000; i++)
		buf_printf(&b,
			   "[%5d.000000] divide error: 0000 [#1] SMP\n"
			   "[%5d.000000] RIP: 0010:f%d+0x1/0x2\n"
			   "[%5d.000000] ---[ end trace 0000000000000000 ]---\n",
			   i, i, i, i);
	put(f, "console.log", b.data);
	v = recover_after(f, "");
	assert_int_equal(v.outcome, OUTCOME_FAILED);
	assert_string_equal(v.sighting.function, "f0");
	assert_ok(json_read(f->fd, "sightings.json", &j, &err));
	assert_true(json_array_size(j) >= 1 && json_array_size(j) <= 256);
}

/* The sample before the soak says 40; a second one without more changes nothing. */
static void a_recovered_life_is_counted_from_its_first_reclaim(void **state)
{
	struct verdict v;

	put_spec(*state, SCENARIO "exposure: { starts: first-reclaim }\n");
	put(*state, "agent.log",
	    "1000000000 hello proto=1 release=6.1.0-x\n"
	    "2000000000 sample up=1 vm.pgscan_kswapd=40\n"
	    "3000000000 ready\n"
	    "4000000000 begun up=1\n"
	    "5000000000 sample up=2 vm.pgscan_kswapd=40\n"
	    "5100000000 progress load=fake count=20\n"
	    "6000000000 sample up=3 vm.pgscan_kswapd=41\n"
	    "6100000000 progress load=fake count=30\n"
	    "9000000000 beat n=7\n");
	v = recover(*state);
	assert_int_equal(v.outcome, OUTCOME_STOPPED);
	assert_true(v.exposure_ns == 3 * NS_PER_S);
	assert_true(v.exposure_work == 10);
	assert_true(v.exposure_wait_ns == 2 * NS_PER_S);
}

static void boot_errors_are_found_again_and_where_they_stand(void **state)
{
	struct folder *f = *state;
	struct verdict v;

	put_spec(f, SCENARIO "boot: { zero-errors: yes }\n");
	put(f, "console.log", "[    0.000000] Linux version 6.1\n[    0.028000] tsc: bad\n");
	put(f, "agent.log",
	    "1000000000 # machine running: \n2000000000 hello proto=1\n"
	    "3000000000 kmsg level=4 us=28000 text=tsc:%20bad\n3000000001 ready\n");
	v = recover(f);
	assert_int_equal(v.outcome, OUTCOME_OTHER);
	assert_string_equal(v.sighting.title, "boot-error: tsc: bad");
	assert_int_equal(v.sighting.offset, 33);
	assert_int_equal(v.sighting.end, 57);
}

#define with_spec(name) cmocka_unit_test_setup_teardown(name, setup, folder_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		with_spec(killed_before_a_word_was_written_is_infra),
		with_spec(without_its_spec_there_is_nothing_to_recover),
		with_spec(a_soak_is_censored_at_its_last_sign_of_life),
		with_spec(a_soak_that_had_not_begun_is_infra),
		with_spec(a_second_begun_does_not_begin_again),
		with_spec(a_crash_is_found_at_the_instant_of_its_chunk),
		with_spec(what_the_scenario_ignored_is_ignored_again),
		with_spec(a_text_of_the_scenarios_own_is_found_again),
		with_spec(a_console_longer_than_its_index_is_read_to_its_end),
		with_spec(an_index_longer_than_its_console_does_no_harm),
		with_spec(an_end_that_was_noted_stands),
		with_spec(an_overdue_probe_stands),
		with_spec(findings_are_counted_again),
		with_spec(a_recovered_life_is_counted_from_its_first_reclaim),
		with_spec(a_guest_cannot_note_an_end),
		with_spec(boot_errors_are_found_again_and_where_they_stand),
		with_spec(a_flood_of_reports_keeps_the_first_of_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
