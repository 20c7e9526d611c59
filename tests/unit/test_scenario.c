/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Scenarios whole: layers, defaults, and the complaints as people see them. Each
 * tests/golden/scenario/NAME.yaml is a bad scenario, NAME.txt its complaint. Lines "#! set
 * KEY=VALUE",
 * "#! profile NAME" and "#! arm NAME" in it are the command line. UPDATE_GOLDEN=1 writes the .txt.
 */
#include "unit.h"

#include <fcntl.h>

#include "base/exit.h"
#include "base/fs.h"
#include "model/scenario.h"

#define GOLDEN "tests/golden/scenario"
#define LOADS  "load: { fib-rebalance: }\nguest: { vcpus: 2 }\nkernel: ./k\n"

static struct scenario parsed(const char *text, const struct scenario_options *opt)
{
	struct scenario sc = { 0 };
	struct err err = { 0 };

	assert_ok(scenario_parse("dir/a-name.yaml", text, strlen(text), opt, &sc, &err));
	return sc;
}

static void defaults_are_as_documented(void **state)
{
	struct scenario sc = parsed(LOADS, NULL);
	const struct settings *s = &sc.arm[0].settings;

	(void)state;
	assert_string_equal(sc.name, "a-name");
	assert_int_equal(sc.n_arms, 1);
	assert_string_equal(sc.arm[0].name, "baseline");
	assert_int_equal(sc.stop.trials, 5);
	assert_true(sc.stop.budget_ns == TIME_NEVER);
	assert_string_equal(s->guest.backend, "libvirt");
	assert_true(s->guest.memory_bytes == 256 << 20);
	assert_int_equal(s->guest.accel, ACCEL_AUTO);
	assert_int_equal(s->guest.boot, BOOT_VMLINUX);
	assert_int_equal(s->guest.hang, HANG_AUTO);
	assert_true(s->limits.boot == 120 * NS_PER_S);
	assert_true(s->limits.settle == 60 * NS_PER_S);
	assert_true(s->limits.soak == 600 * NS_PER_S);
	assert_true(s->limits.heartbeat == 30 * NS_PER_S);
	assert_true(s->limits.silence == TIME_NEVER);
	assert_true(s->limits.progress == TIME_NEVER);
	assert_true(s->limits.report == 3 * NS_PER_S);
	assert_int_equal(s->target.within, 8);
	assert_string_equal(s->exposure_unit, "");
	assert_string_equal(pairs_get(&s->load[0].args, "pause"), "300000000");
	assert_string_equal(pairs_get(&s->load[0].args, "toggle"), "1");
	assert_int_equal(sc.source.len, strlen(LOADS));
	scenario_done(&sc);
}

static const char layered[] = "name: l\n" LOADS "limits: { soak: 1m, boot: 1m }\n"
			      "arms:\n"
			      "  plain:\n"
			      "  more: { guest: { memory: 1GiB }, limits: { soak: 4m } }\n"
			      "profiles:\n"
			      "  fast: { limits: { soak: 2m }, stop: { trials: 9 } }\n";

static void later_layers_lie_over_earlier_ones(void **state)
{
	char *set[] = { "limits.soak=3m", "guest.memory=64MiB" };
	struct scenario_options opt = { .profile = "fast" };
	struct scenario sc = parsed(layered, NULL);

	(void)state;
	assert_true(sc.arm[0].settings.limits.soak == 60 * NS_PER_S);
	assert_int_equal(sc.stop.trials, 5);
	scenario_done(&sc);
	sc = parsed(layered, &opt);
	assert_true(sc.arm[0].settings.limits.soak == 120 * NS_PER_S);
	assert_int_equal(sc.stop.trials, 9);
	scenario_done(&sc);
	opt.set = (struct strv){ set, 2 };
	sc = parsed(layered, &opt);
	assert_string_equal(sc.arm[0].name, "plain");
	assert_true(sc.arm[0].settings.limits.soak == 180 * NS_PER_S);
	assert_true(sc.arm[0].settings.limits.boot == 60 * NS_PER_S);
	assert_true(sc.arm[0].settings.guest.memory_bytes == 64 << 20);
	assert_string_equal(sc.arm[1].name, "more");
	assert_true(sc.arm[1].settings.limits.soak == 240 * NS_PER_S);
	assert_true(sc.arm[1].settings.guest.memory_bytes == 1 << 30);
	assert_int_equal(sc.arm[1].settings.guest.vcpus, 2);
	scenario_done(&sc);
}

static void arms_may_be_chosen(void **state)
{
	char *only[] = { "more" };
	struct scenario_options opt = { .only_arms = { only, 1 } };
	struct scenario sc = parsed(layered, &opt);

	(void)state;
	assert_int_equal(sc.n_arms, 1);
	assert_string_equal(sc.arm[0].name, "more");
	scenario_done(&sc);
	only[0] = "baseline";
	sc = parsed(LOADS, &opt);
	assert_int_equal(sc.n_arms, 1);
	scenario_done(&sc);
}

static void nothing_after_a_key_takes_back_its_default(void **state)
{
	struct scenario sc =
		parsed("guest: { memory: 1GiB, vcpus: 2, sysctl: { a.b: 1, c.d: 2 } }\n"
		       "kernel: ./k\nload: { fib-rebalance: { pause: 9s } }\n"
		       "arms:\n  a: { guest: { memory: , sysctl: { a.b: } } }\n"
		       "  b: { load: { fib-rebalance: } }\n",
		       NULL);

	(void)state;
	assert_true(sc.arm[0].settings.guest.memory_bytes == 256 << 20);
	assert_null(pairs_get(&sc.arm[0].settings.guest.sysctl, "a.b"));
	assert_string_equal(pairs_get(&sc.arm[0].settings.guest.sysctl, "c.d"), "2");
	assert_string_equal(pairs_get(&sc.arm[0].settings.load[0].args, "pause"), "9000000000");
	assert_string_equal(pairs_get(&sc.arm[1].settings.load[0].args, "pause"), "300000000");
	scenario_done(&sc);
}

static void none_takes_a_load_out_of_an_arm(void **state)
{
	struct scenario sc = parsed(
		LOADS
		"arms:\n  both: { load: { stress-ng: { args: --vm 1 } } }\n"
		"  other: { load: { fib-rebalance: none, stress-ng: { args: [--vm, 1] } } }\n",
		NULL);

	(void)state;
	assert_int_equal(sc.arm[0].settings.n_loads, 2);
	assert_int_equal(sc.arm[1].settings.n_loads, 1);
	assert_string_equal(sc.arm[1].settings.load[0].def->name, "stress-ng");
	assert_string_equal(pairs_get(&sc.arm[1].settings.load[0].args, "args"), "--vm 1");
	scenario_done(&sc);
}

static void what_only_the_arms_say_need_not_be_in_the_scenario(void **state)
{
	struct scenario sc = parsed("load: { shell: { modules: [dummy] } }\n"
				    "arms:\n"
				    "  a: { kernel: ./x, load: { shell: { script: one } } }\n"
				    "  b: { kernel: ./y, load: { shell: { script: two } } }\n",
				    NULL);

	(void)state;
	assert_string_equal(pairs_get(&sc.arm[1].settings.load[0].args, "script"), "two");
	assert_string_equal(pairs_get(&sc.arm[1].settings.load[0].args, "modules"), "dummy");
	assert_string_equal(pairs_get(&sc.arm[1].settings.load[0].args, "setup"), "");
	scenario_done(&sc);
}

static void the_story_is_the_opening_comment(void **state)
{
	struct scenario sc =
		parsed("# SPDX-License-Identifier: GPL-3.0-or-later\n#\n"
		       "# It crashed\n#  at night.\n#\n# Twice.\n#\n\n# not this\n" LOADS,
		       NULL);

	(void)state;
	assert_string_equal(sc.story, "It crashed\n at night.\n\nTwice.");
	scenario_done(&sc);
	sc = parsed(LOADS, NULL);
	assert_string_equal(sc.story, "");
	scenario_done(&sc);
}

static void the_scenarios_that_we_ship_are_right(void **state)
{
	_cleanup_strv_ struct strv names = { 0 };
	struct err err = { 0 };

	(void)state;
	assert_ok(fs_list(AT_FDCWD, "scenarios", &names, &err));
	for (size_t i = 0; i < names.n; i++) {
		_cleanup_free_
		char *path = xasprintf("scenarios/%s", names.item[i]);
		struct scenario sc = { 0 };

		if (!strstr(path, ".yaml"))
			continue;
		assert_ok(scenario_read(path, NULL, &sc, &err));
		assert_true(strlen(sc.story) > 100);
		scenario_done(&sc);
	}
	assert_true(names.n > 0);
}

static void a_file_that_cannot_be_read_is_a_bad_scenario(void **state)
{
	struct scenario sc = { 0 };
	struct err err = { 0 };

	(void)state;
	assert_true(scenario_read("tests/no-such-file.yaml", NULL, &sc, &err) < 0);
	assert_int_equal(err.exit_code, EXIT_BAD_SCENARIO);
	assert_non_null(strstr(err.msg, "tests/no-such-file.yaml"));
	assert_null(sc.name);
}

/* Not golden, since the tables of loads and classes grow under other hands. */
static void assert_says(const char *text, const char *const *words)
{
	struct scenario sc = { 0 };
	struct err err = { 0 };

	assert_true(scenario_parse("x.yaml", text, strlen(text), NULL, &sc, &err) < 0);
	for (; *words; words++)
		if (!strstr(err.msg, *words))
			fail_msg("no \"%s\" in: %s", *words, err.msg);
}

static void unknown_words_of_the_tables_get_the_near_one_and_the_list(void **state)
{
	static const char *const load[] = { "x.yaml:1:9: there is no load 'fib-rebalanse'",
					    "did you mean 'fib-rebalance'", "team-mode", "shell",
					    NULL };
	static const char *const param[] = { "no parameter 'pauze' of the load fib-rebalance",
					     "did you mean 'pause'", "toggle", NULL };
	static const char *const missing[] = { "x.yaml:2:9: the load shell needs 'script'", NULL };
	static const char *const class[] = { "no crash class 'whatever'", "oops-null",
					     "guest-reset", "lockup", NULL };

	(void)state;
	assert_says("load: { fib-rebalanse: }\n", load);
	assert_says("load: { fib-rebalance: { pauze: 1s } }\n", param);
	assert_says("kernel: ./k\nload: { shell: { modules: [dummy] } }\n", missing);
	assert_says("fail: { target: { class: [oops, whatever] } }\n", class);
}

/* A line of the agent's protocol has 16 KiB; nobody should learn that in the guest. */
static void a_script_that_does_not_reach_the_guest_is_refused(void **state)
{
	static const char *const says[] = { "x.yaml:1:9: the load shell has ", "at most 15360",
					    NULL };
	_cleanup_buf_ struct buf b = BUF_INIT;

	(void)state;
	buf_puts(&b, "load: { shell: { script: \"");
	for (int i = 0; i < 5200; i++)
		buf_puts(&b, "\\n");
	buf_puts(&b, "\" } }\n");
	assert_says(buf_str(&b), says);
}

/* ---- goldens ---- */

static void options_of(char *text, struct scenario_options *opt)
{
	for (char *s = text; (s = strstr(s, "#! ")); s++) {
		char *end = strchrnul(s, '\n'), *word = xstrndup(s + 3, (size_t)(end - s - 3));

		if (str_after(word, "set "))
			strv_add(&opt->set, str_after(word, "set "));
		else if (str_after(word, "arm "))
			strv_add(&opt->only_arms, str_after(word, "arm "));
		else if (str_after(word, "profile "))
			opt->profile = xstrdup(str_after(word, "profile "));
		free(word);
	}
}

/* As the commands have them of detect/, which model/ does not know. */
static const char *builtin(size_t i)
{
	static const char *const names[] = { "kasan", "null-5.1" };

	return i < ARRAY_SIZE(names) ? names[i] : NULL;
}

static void check_golden(int dir, const char *name)
{
	_cleanup_buf_ struct buf text = BUF_INIT, want = BUF_INIT;
	_cleanup_free_
	char *answer = xasprintf("%.*s.txt", (int)(strlen(name) - 5), name), *message = NULL;
	struct scenario_options opt = { .signature = builtin };
	struct scenario sc = { 0 };
	struct err err = { 0 };

	assert_ok(fs_read(dir, name, 2 << 20, &text, &err));
	options_of(text.data, &opt);
	if (scenario_parse(name, text.data, text.len, &opt, &sc, &err) >= 0)
		fail_msg("%s is accepted", name);
	assert_int_equal(err.exit_code, EXIT_BAD_SCENARIO);
	message = xasprintf("%s\n", err.msg);
	if (getenv("UPDATE_GOLDEN"))
		assert_ok(fs_write(dir, answer, message, strlen(message), &err));
	assert_ok(fs_read(dir, answer, 1 << 20, &want, &err));
	if (!str_eq(message, buf_str(&want)))
		fail_msg("%s says\n%sinstead of\n%s", name, message, buf_str(&want));
	free((char *)opt.profile);
	strv_done(&opt.set);
	strv_done(&opt.only_arms);
}

static void every_bad_scenario_gets_its_clear_message(void **state)
{
	_cleanup_strv_ struct strv names = { 0 };
	struct err err = { 0 };
	_cleanup_close_ int dir = fs_open_dir(AT_FDCWD, GOLDEN, &err);
	size_t n = 0;

	(void)state;
	assert_ok(dir);
	assert_ok(fs_list(dir, ".", &names, &err));
	for (size_t i = 0; i < names.n; i++)
		if (strstr(names.item[i], ".yaml")) {
			check_golden(dir, names.item[i]);
			n++;
		}
	assert_true(n > 30);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(defaults_are_as_documented),
		test(later_layers_lie_over_earlier_ones),
		test(arms_may_be_chosen),
		test(nothing_after_a_key_takes_back_its_default),
		test(none_takes_a_load_out_of_an_arm),
		test(what_only_the_arms_say_need_not_be_in_the_scenario),
		test(the_story_is_the_opening_comment),
		test(the_scenarios_that_we_ship_are_right),
		test(a_file_that_cannot_be_read_is_a_bad_scenario),
		test(unknown_words_of_the_tables_get_the_near_one_and_the_list),
		test(a_script_that_does_not_reach_the_guest_is_refused),
		test(every_bad_scenario_gets_its_clear_message),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
