/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "unit.h"

#include "model/scenario.h"
#include "model/spec.h"

static const char full[] =
	"name: x\n"
	"kernel: debian:6.1.0-54-cloud\n"
	"guest:\n"
	"  memory: 1GiB\n"
	"  vcpus: 3\n"
	"  accel: tcg\n"
	"  boot: bzimage\n"
	"  hang: fast\n"
	"  cmdline: slub_debug=FZ quiet\n"
	"  modules: [dummy, sch_htb]\n"
	"  sysctl: { vm.swappiness: 10, kernel.panic: 1 }\n"
	"load:\n"
	"  stress-ng: { args: [--vm, 2, --vm-bytes, 60%] }\n"
	"  fib-rebalance: { pause: 1s, toggle: no }\n"
	"  shell: { script: \"while :; do\\n\\techo count 1\\ndone\" }\n"
	"exposure: { unit: stress-ng }\n"
	"fail: { target: { class: [oops, bug], frames: ['ext4_*'], within: 4, text: '*x*' } }\n"
	"limits: { boot: 5m, soak: 43h, heartbeat: none, silence: 5m, report: 300ms }\n";

static struct scenario parsed(const char *text)
{
	struct scenario sc = { 0 };
	struct err err = { 0 };

	assert_ok(scenario_parse("test.yaml", text, strlen(text), NULL, &sc, &err));
	return sc;
}

static void assert_same_json(json_t *a, json_t *b)
{
	_cleanup_free_
	char *x = json_dumps(a, JSON_INDENT(1)), *y = json_dumps(b, JSON_INDENT(1));

	assert_string_equal(x, y);
	json_decref(a);
	json_decref(b);
}

static void settings_survive_json_both_ways(void **state)
{
	struct scenario sc = parsed(full);
	struct settings back = { 0 };
	struct err err = { 0 };
	json_t *j = settings_to_json(&sc.arm[0].settings);

	(void)state;
	assert_ok(settings_from_json(j, &back, &err));
	assert_string_equal(back.kernel, "debian:6.1.0-54-cloud");
	assert_int_equal(back.guest.memory_bytes, 1 << 30);
	assert_int_equal(back.guest.accel, ACCEL_TCG);
	assert_int_equal(back.guest.boot, BOOT_BZIMAGE);
	assert_int_equal(back.guest.hang, HANG_FAST);
	assert_string_equal(pairs_get(&back.guest.sysctl, "vm.swappiness"), "10");
	assert_true(back.limits.heartbeat == TIME_NEVER);
	assert_true(back.limits.soak == 43 * 3600 * NS_PER_S);
	assert_int_equal(back.n_loads, 3);
	assert_string_equal(back.load[0].def->name, "stress-ng");
	assert_string_equal(pairs_get(&back.load[0].args, "args"), "--vm 2 --vm-bytes 60%");
	assert_string_equal(pairs_get(&back.load[1].args, "pause"), "1000000000");
	assert_string_equal(pairs_get(&back.load[1].args, "toggle"), "0");
	assert_string_equal(back.target.frames.item[0], "ext4_*");
	assert_same_json(j, settings_to_json(&back));
	settings_done(&back);
	scenario_done(&sc);
}

static void note_need(void *out, const char *modules, const char *programs)
{
	buf_printf(out, "[%s|%s]", modules, programs);
}

static void a_parameter_s_value_asks_for_modules_and_programs(void **state)
{
	static const struct {
		const char *load, *needs;
	} cases[] = {
		{ "overcopy: { fs: loop }", "[|][ext4 loop|mke2fs]" },
		{ "overcopy: { fs: overfs }", "[|][fuse|]" },
		{ "fsnotify-churn:", "[|]" },
		{ "shell: { script: x, modules: [a, b], programs: ip }", "[a b|ip]" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_free_
		char *text = xasprintf("kernel: debian:6.1.0-54-cloud\nguest: { vcpus: 2 }\n"
				       "load:\n  %s\n",
				       cases[i].load);
		_cleanup_buf_ struct buf needs = BUF_INIT;
		struct scenario sc = parsed(text);

		load_use_needs(&sc.arm[0].settings.load[0], note_need, &needs);
		assert_string_equal(buf_str(&needs), cases[i].needs);
		scenario_done(&sc);
	}
}

static void missing_keys_of_json_are_defaults(void **state)
{
	json_t *j = json_object();
	struct settings s = { 0 };
	struct err err = { 0 };

	(void)state;
	assert_ok(settings_from_json(j, &s, &err));
	assert_int_equal(s.guest.memory_bytes, 256 << 20);
	assert_true(s.limits.heartbeat == 30 * NS_PER_S);
	assert_true(s.limits.silence == TIME_NEVER);
	assert_true(s.fake.rate == 10);
	assert_int_equal(s.target.within, 8);
	json_decref(j);
	settings_done(&s);
}

/* A spec.json may have been edited by hand, or torn by a bad disk. */
static void json_out_of_the_schema_is_refused(void **state)
{
	static const char *const bad[] = {
		"[]",
		"{\"guest\": {\"vcpus\": 0}}",
		"{\"guest\": {\"vcpus\": \"2\"}}",
		"{\"guest\": {\"vcpus\": null}}",
		"{\"guest\": {\"accel\": \"warp\"}}",
		"{\"guest\": {\"backend\": \"../../x\"}}",
		"{\"guest\": {\"modules\": [\"../x\"]}}",
		"{\"guest\": {\"modules\": \"x\"}}",
		"{\"guest\": {\"sysctl\": {\"a\": 1}}}",
		"{\"limits\": {\"soak\": null}}",
		"{\"limits\": {\"soak\": 1}}",
		"{\"load\": {\"none-such\": {}}}",
		"{\"load\": {\"shell\": {}}}",
		"{\"load\": {\"fib-rebalance\": {\"pause\": \"-1\", \"toggle\": \"1\"}}}",
		"{\"load\": {\"fib-rebalance\": {\"pause\": \"1\", \"toggle\": \"2\"}}}",
		"{\"fake\": {\"shape\": null}}",
		"{\"fail\": {\"target\": {\"class\": [\"opps\"]}}}",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		json_t *j = json_loads(bad[i], 0, NULL);
		struct settings s = { 0 };
		struct err err = { 0 };

		assert_non_null(j);
		if (settings_from_json(j, &s, &err) >= 0)
			fail_msg("accepted: %s", bad[i]);
		assert_true(err.msg[0]);
		assert_null(s.kernel);
		json_decref(j);
	}
}

static struct sighting sighting_of(enum crash_class class, const char *guilty,
				   const char *const *trace)
{
	struct sighting s = { .class = class, .severity = crash_info(class)->severity };

	snprintf(s.function, sizeof(s.function), "%s", guilty);
	snprintf(s.title, sizeof(s.title), "%s in %s", crash_info(class)->name, guilty);
	for (; trace && *trace; trace++) {
		struct frame *f = &s.frame[s.n_frames++];

		f->reliable = (*trace)[0] != '?';
		snprintf(f->function, sizeof(f->function), "%s", *trace + !f->reliable);
	}
	return s;
}

static bool hit(const char *target, const struct sighting *s)
{
	_cleanup_free_
	char *text = xasprintf(
		"kernel: ./k\nguest: { vcpus: 2 }\nload: { team-mode: }\nfail: { target: %s }\n",
		target);
	struct scenario sc = parsed(text);
	bool r = target_matches(&sc.arm[0].settings.target, s);

	scenario_done(&sc);
	return r;
}

static void a_target_without_words_is_any_crash_but_no_note(void **state)
{
	struct sighting crash = sighting_of(CRASH_WARNING, "f", NULL);
	struct sighting note = sighting_of(CRASH_OOM_KILL, "f", NULL);

	(void)state;
	assert_true(hit("{}", &crash));
	assert_false(hit("{}", &note));
	assert_true(hit("{ class: oom-kill }", &note)); /* named, it counts */
}

static void classes_match_by_name_and_by_family(void **state)
{
	struct sighting s = sighting_of(CRASH_DIVIDE_ERROR, "fib_rebalance", NULL);

	(void)state;
	assert_true(hit("{ class: divide-error }", &s));
	assert_true(hit("{ class: [bug, oops] }", &s));
	assert_false(hit("{ class: [bug, oops-null] }", &s));
}

static void frames_are_looked_for_within_the_first_n(void **state)
{
	static const char *const trace[] = { "a", "b", "c", "team_xmit", NULL };
	struct sighting s = sighting_of(CRASH_OOPS_NULL, "", trace);

	(void)state;
	assert_true(hit("{ frames: [team_*] }", &s));
	assert_true(hit("{ frames: [nothing, team_xmit], within: 4 }", &s));
	assert_false(hit("{ frames: [team_*], within: 3 }", &s));
	assert_false(hit("{ frames: [xmit] }", &s));
}

static void the_guilty_function_counts_as_the_first_frame(void **state)
{
	static const char *const trace[] = { "a", "b", NULL };
	struct sighting apart = sighting_of(CRASH_OOPS_NULL, "guilty", trace);
	struct sighting first = sighting_of(CRASH_OOPS_NULL, "a", trace);

	(void)state;
	assert_true(hit("{ frames: [guilty], within: 1 }", &apart));
	assert_false(hit("{ frames: [b], within: 2 }", &apart));
	assert_true(hit("{ frames: [b], within: 2 }", &first));
}

static void leftovers_on_the_stack_neither_match_nor_count(void **state)
{
	static const char *const mixed[] = { "?x", "?y", "a", "b", NULL };
	static const char *const all[] = { "?x", "?y", NULL };
	struct sighting some = sighting_of(CRASH_OOPS, "", mixed),
			only = sighting_of(CRASH_OOPS, "", all);

	(void)state;
	assert_true(hit("{ frames: [b], within: 2 }", &some));
	assert_false(hit("{ frames: [x] }", &some));
	assert_true(hit("{ frames: [x] }", &only)); /* better than nothing */
}

static void all_that_a_target_says_must_hold(void **state)
{
	struct sighting s = sighting_of(CRASH_DIVIDE_ERROR, "fib_rebalance", NULL);

	(void)state;
	assert_true(hit("{ class: oops, frames: [fib_*], text: '*in fib*' }", &s));
	assert_false(hit("{ class: oops, frames: [fib_*], text: 'fib*' }", &s));
	assert_false(hit("{ class: bug, frames: [fib_*] }", &s));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(settings_survive_json_both_ways),
		test(a_parameter_s_value_asks_for_modules_and_programs),
		test(missing_keys_of_json_are_defaults),
		test(json_out_of_the_schema_is_refused),
		test(a_target_without_words_is_any_crash_but_no_note),
		test(classes_match_by_name_and_by_family),
		test(frames_are_looked_for_within_the_first_n),
		test(the_guilty_function_counts_as_the_first_frame),
		test(leftovers_on_the_stack_neither_match_nor_count),
		test(all_that_a_target_says_must_hold),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
