/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>

#include "base/fs.h"
#include "base/rng.h"
#include "report/night.h"
#include "run/night_config.h"

/* ---- nights made by hand ---- */

enum { NIGHTS_MAX = 40, PAGE_MAX = 200 * 1000 };

struct made {
	struct night_measured night[NIGHTS_MAX];
	size_t n;
	double factor, alpha;
};

/* What a night is like; the rest is as on a good one. */
struct like {
	size_t trials, infra;
	double scale; /* mean of its lives; 0: it never fails in 10 */
	double boot_s;
	const char *crash[3], *title, *integrity, *kernel, *memory, *state, *run;
};

static json_t *arm_like(const struct like *l, struct rng *rng)
{
	json_t *lives = json_array();

	for (size_t i = 0; i < l->trials; i++) {
		const double life = l->scale > 0 ? rng_weibull(rng, l->scale, 1) : 10;
		json_t *pair = json_array();

		json_array_append_new(pair, json_real(fmin(life, 10)));
		json_array_append_new(pair, json_integer(life < 10));
		json_array_append_new(lives, pair);
	}
	return json_pack("{s:s, s:{s:s, s:s, s:{s:i}}, s:[s], s:{s:i, s:i}, s:f, s:o}", "arm",
			 "bad", "settings", "kernel", l->kernel ?: "k1", "memory",
			 l->memory ?: "256MiB", "fake", "scale", (int)(l->scale * 1000), "kernels",
			 l->kernel ?: "k1", "outcomes", "INFRA", (int)l->infra, "FAILED",
			 (int)l->trials, "boot_s", l->boot_s > 0 ? l->boot_s : 5.0, "lives", lives);
}

static json_t *crashes_like(const struct like *l)
{
	json_t *list = json_array();

	for (size_t i = 0; i < 3 && l->crash[i]; i++)
		json_array_append_new(list,
				      json_pack("{s:s, s:s, s:s, s:s, s:i, s:i}", "id", l->crash[i],
						"title", l->title ?: "a\x1b[2J crash", "integrity",
						l->integrity ?: "complete", "arm", "bad", "trials",
						2, "first_trial", 7));
	return list;
}

static void add_night(struct made *m, struct like l, uint64_t seed)
{
	struct rng rng = rng_make(seed);
	_cleanup_json_ json_t *state =
		json_pack("{s:i, s:i, s:i, s:s, s:[{s:s, s:s, s:s, s:i}]}", "number", (int)m->n + 1,
			  "started_s", 1795297868, "ended_s", 1795297868 + 3600, "state", "done",
			  "entries", "name", "fib", "run", l.run ?: "20261121-215053-fib", "state",
			  l.state ?: "ended", "exit", 10);
	_cleanup_json_ json_t *measures = json_pack(
		"{s:{s:[o], s:o}}", "fib", "arms", arm_like(&l, &rng), "crashes", crashes_like(&l));
	struct err err = { 0 };

	assert_non_null(state);
	assert_non_null(measures);
	m->factor = 2;
	m->alpha = 0.01;
	assert_ok(night_measured_from_json(state, measures, 2, 0.01, &m->night[m->n++], &err));
}

static void judge(const struct made *m, struct night_said *ret)
{
	night_judge(m->night, m->n, m->factor, m->alpha, ret);
}

static void made_done(struct made *m)
{
	while (m->n)
		night_measured_done(&m->night[--m->n]);
}

static const struct night_note *find(const struct night_said *s, enum night_kind k)
{
	for (size_t i = 0; i < s->n_notes; i++)
		if (s->note[i].kind == k)
			return &s->note[i];
	return NULL;
}

/* Judges, and wants the alarms and troubles to be these kinds, in this order (-1 at the end). */
static void judged(const struct made *m, const int *want)
{
	_cleanup_night_said_ struct night_said s = { 0 };
	size_t i = 0;

	judge(m, &s);
	for (; i < s.n_notes && night_weight(s.note[i].kind) != NIGHT_REMARK; i++, want++)
		if (*want != (int)s.note[i].kind)
			fail_msg("%s: %s", night_kind_name(s.note[i].kind), s.note[i].text);
	assert_int_equal(*want, -1);
}

#define judged(m, ...) judged(m, (const int[]){ __VA_ARGS__, -1 })
#define quiet(m)       (judged)(m, (const int[]){ -1 })

static const struct like usual = { .trials = 150, .scale = 2, .crash = { "k1:a" } };

/* ---- what is said ---- */

static void three_nights_a_doubled_hazard_and_a_new_crash_are_told(void **state)
{
	struct made m = { 0 };
	struct like worse = usual;

	(void)state;
	add_night(&m, usual, 1);
	quiet(&m);
	worse.scale = 1;
	worse.kernel = "k2";
	add_night(&m, worse, 2);
	judged(&m, NIGHT_MORE);
	worse.crash[1] = "k1:b";
	add_night(&m, worse, 3);
	judged(&m, NIGHT_NEW_CRASH);
	add_night(&m, worse, 4);
	quiet(&m);
	made_done(&m);
}

static void the_subject_counts_and_the_text_is_inert(void **state)
{
	_cleanup_night_said_ struct night_said s = { 0 };
	_cleanup_buf_ struct buf text = BUF_INIT, page = BUF_INIT;
	_cleanup_free_
	char *subject = NULL;
	_cleanup_json_ json_t *j = NULL;
	struct made m = { 0 };
	struct like worse = usual;

	(void)state;
	worse.scale = 1;
	worse.crash[1] = "k1:b";
	worse.run = "\x1b[31mrun";
	add_night(&m, usual, 1);
	add_night(&m, worse, 2);
	judge(&m, &s);
	subject = night_subject("nightly", &s);
	assert_string_equal(subject, "nightly, night 2: 1 new crash, 1 arm fails more");
	night_text("nightly", &s, &(struct text_style){ .width = 80 }, &text);
	assert_null(strchr(text.data, '\x1b'));
	assert_non_null(
		strstr(text.data, "* fib/bad, new-crash: a\\x1b[2J crash (k1:b), 2 trials"));
	assert_non_null(strstr(text.data, "times ["));
	assert_non_null(strstr(text.data, "\nkernsoak report \\x1b[31mrun   # fib\n"));
	night_html("nightly", &s, &page);
	assert_null(strchr(page.data, '\x1b'));
	assert_non_null(strstr(page.data, "night 2, fails more"));
	assert_non_null(strstr(page.data, "a\\x1b[2J crash"));
	j = night_json("nightly", &s);
	assert_true(json_is_true(json_at(j, "changed")));
	assert_true(json_is_false(json_at(j, "trouble")));
	assert_string_equal(json_string_value(json_at(j, "arms.0.change")), "more");
	assert_int_equal(json_integer_value(json_at(j, "arms.0.since")), 2);
	assert_int_equal(json_array_size(json_at(j, "arms.0.nights")), 2);
	assert_true(json_is_true(json_at(j, "arms.0.nights.1.begins")));
	made_done(&m);
}

/* The rate that is stated is 1 % a night, 10 of 1,000. */ static void
what_a_guest_says_is_text_on_the_page(void **state)
{
	_cleanup_night_said_ struct night_said s = { 0 };
	_cleanup_buf_ struct buf page = BUF_INIT;
	struct made m = { 0 };
	struct like hostile = usual;

	(void)state;
	hostile.title = "</td><script>x()</script> \"' &amp; \xe2\x80\xaegnp.exe \x1b]0;y\x07";
	hostile.crash[1] = "k1:b";
	add_night(&m, usual, 1);
	add_night(&m, hostile, 2);
	judge(&m, &s);
	night_html("nightly", &s, &page);
	assert_null(strstr(page.data, "<script"));
	assert_null(strstr(page.data, "\xe2\x80\xae"));
	assert_null(strpbrk(page.data, "\x1b\x07"));
	assert_non_null(strstr(page.data, "&lt;/td&gt;&lt;script&gt;x()&lt;/script&gt; &quot;&#39; "
					  "&amp;amp; \\xe2\\x80\\xaegnp.exe \\x1b]0;y\\x07"));
	made_done(&m);
}

static void a_page_of_forty_nights_of_a_thousand_trials_is_small(void **state)
{
	_cleanup_night_said_ struct night_said s = { 0 };
	_cleanup_buf_ struct buf page = BUF_INIT;
	struct made m = { 0 };
	struct like big = usual;

	(void)state;
	big.trials = 1000;
	while (m.n < NIGHTS_MAX)
		add_night(&m, big, m.n);
	judge(&m, &s);
	night_html("nightly", &s, &page);
	assert_non_null(strstr(page.data, "night 40"));
	if (page.len >= PAGE_MAX)
		fail_msg("%zu bytes", page.len);
	made_done(&m);
}

static void a_night_without_change_is_quiet_in_a_thousand_repeats(void **state)
{
	struct like few = usual;
	int alarms = 0;

	(void)state;
	few.trials = 12;
	for (uint64_t r = 0; r < 1000; r++) {
		_cleanup_night_said_ struct night_said s = { 0 };
		struct made m = { 0 };

		for (uint64_t i = 0; i < 3; i++)
			add_night(&m, few, r * 3 + i);
		judge(&m, &s);
		alarms += night_said_count(&s, NIGHT_ALARM) > 0 ||
			  night_said_count(&s, NIGHT_TROUBLE) > 0;
		made_done(&m);
	}
	assert_true(alarms <= 10);
}

static void other_settings_begin_anew_another_kernel_does_not(void **state)
{
	_cleanup_night_said_ struct night_said s = { 0 };
	struct made m = { 0 };
	struct like other = usual;

	(void)state;
	add_night(&m, usual, 1);
	other.scale = 0.5;
	other.memory = "512MiB";
	add_night(&m, other, 2);
	judge(&m, &s);
	assert_int_equal(night_said_count(&s, NIGHT_ALARM), 0);
	assert_non_null(find(&s, NIGHT_REFERENCE));
	assert_non_null(strstr(find(&s, NIGHT_REFERENCE)->text, "memory 256MiB -> 512MiB"));
	other.kernel = "k2";
	other.scale = 5;
	add_night(&m, other, 3);
	night_said_done(&s);
	judge(&m, &s);
	assert_non_null(find(&s, NIGHT_LESS));
	assert_non_null(find(&s, NIGHT_KERNEL));
	made_done(&m);
}

static void a_damaged_report_is_no_new_crash_for_sure(void **state)
{
	_cleanup_night_said_ struct night_said s = { 0 };
	struct made m = { 0 };
	struct like cut = usual;

	(void)state;
	add_night(&m, usual, 1);
	cut.crash[1] = "k1:c";
	cut.integrity = "title_damaged";
	add_night(&m, cut, 2);
	judge(&m, &s);
	assert_int_equal(night_said_count(&s, NIGHT_ALARM), 0);
	assert_non_null(find(&s, NIGHT_UNCLEAR));
	made_done(&m);
}

static void troubles_of_the_host_are_told_apart(void **state)
{
	struct made m = { 0 };
	struct like lossy = usual, failed = usual;

	(void)state;
	add_night(&m, usual, 1);
	lossy.infra = 40;
	lossy.boot_s = 9;
	add_night(&m, lossy, 2);
	judged(&m, NIGHT_LOSSES);
	failed.state = "failed";
	add_night(&m, failed, 3);
	judged(&m, NIGHT_NOT_RUN);
	add_night(&m, usual, 4);
	quiet(&m);
	made_done(&m);
}

static void boots_that_were_never_so_slow_are_remarked(void **state)
{
	_cleanup_night_said_ struct night_said s = { 0 };
	struct made m = { 0 };
	struct like slow = usual;

	(void)state;
	for (uint64_t i = 0; i < 3; i++)
		add_night(&m, usual, i);
	slow.boot_s = 7;
	add_night(&m, slow, 9);
	judge(&m, &s);
	assert_non_null(find(&s, NIGHT_SLOWER_BOOTS));
	assert_int_equal(night_said_count(&s, NIGHT_TROUBLE), 0);
	made_done(&m);
}

static void an_arm_that_never_failed_and_begins_to_is_an_alarm(void **state)
{
	struct made m = { 0 };
	struct like never = usual;

	(void)state;
	never.scale = 0;
	add_night(&m, never, 1);
	never.scale = 4;
	add_night(&m, never, 2);
	judged(&m, NIGHT_MORE);
	made_done(&m);
}

/* ---- the configuration ---- */

static int configure(const char *text, struct night_config *ret, struct err *err)
{
	_cleanup_free_
	char *dir = xasprintf("%s/kernsoak-night-%d", getenv("TMPDIR") ?: "/tmp", (int)getpid());
	_cleanup_free_
	char *path = xasprintf("%s/nightly.yaml", dir);
	_cleanup_free_
	char *scenario = xasprintf("%s/s.yaml", dir);
	static const char s[] = "name: fib\nguest: { backend: fake }\n";
	int r;

	assert_int_equal(fs_mkdir_p(dir, 0700, NULL), 0);
	assert_int_equal(fs_write(AT_FDCWD, path, text, strlen(text), NULL), 0);
	assert_int_equal(fs_write(AT_FDCWD, scenario, s, strlen(s), NULL), 0);
	r = night_config_read(path, ret, err);
	fs_remove_tree(AT_FDCWD, dir, NULL);
	return r;
}

static void a_configuration_says_what_it_may(void **state)
{
	_cleanup_night_config_ struct night_config c = { 0 };
	struct err err = { 0 };

	(void)state;
	assert_ok(configure("name: lab\nresults: /r\njobs: 2\nresume-within: 2h\n"
			    "compare: { factor: 1.5, alpha: 0.002 }\n"
			    "keep: { age: 30d, size: 20GiB }\n"
			    "hook: { command: [mail, -s, 'a b'], when: change, deadline: 5s }\n"
			    "scenarios:\n"
			    "  - { scenario: s.yaml, budget: 2h, set: [stop.trials=3] }\n"
			    "  - { scenario: s.yaml, name: two }\n",
			    &c, &err));
	assert_string_equal(c.name, "lab");
	assert_int_equal(c.n, 2);
	assert_string_equal(c.job[0].name, "fib");
	assert_string_equal(c.job[0].set.item[0], "stop.trials=3");
	assert_int_equal(c.job[0].budget_ns, 7200 * NS_PER_S);
	assert_string_equal(c.job[1].name, "two");
	assert_true(c.compare.factor == 1.5 && c.compare.alpha == 0.002);
	assert_int_equal(c.keep.size_bytes, UINT64_C(20) << 30);
	assert_int_equal(c.hook.command.n, 3);
	assert_true(c.hook.only_changes);
	assert_int_equal(c.jobs, 2);
}

static void a_slip_in_it_is_answered_with_what_would_do(void **state)
{
	static const struct {
		const char *text, *answer;
	} slip[] = {
		{ "scenarois: []\n", "did you mean 'scenarios'" },
		{ "name: x\n", "scenarios: [{ scenario: FILE" },
		{ "scenarios: [{ scenario: s.yaml, bugdet: 2h }]\n", "did you mean 'budget'" },
		{ "scenarios: [{ scenario: s.yaml, budget: 2 }]\n", "nightly.yaml:1:" },
		{ "scenarios: [{ scenario: none.yaml }]\n", "none.yaml" },
		{ "scenarios: [{ scenario: s.yaml }, { scenario: s.yaml }]\n",
		  "give one a `name:`" },
		{ "scenarios: [{ name: a }]\n", "which scenario?" },
		{ "scenarios: [{ scenario: s.yaml, set: [nonsense=1] }]\n", "nonsense" },
		{ "compare: { alpha: 2 }\nscenarios: [{ scenario: s.yaml }]\n", "alpha is" },
		{ "hook: { when: never }\nscenarios: [{ scenario: s.yaml }]\n",
		  "always or change" },
		{ "hook: { command: mail }\nscenarios: [{ scenario: s.yaml }]\n", "a list" },
		{ "jobs: 1.5\nscenarios: [{ scenario: s.yaml }]\n", "whole number" },
		{ "name: a/b\nscenarios: [{ scenario: s.yaml }]\n", "no name for nights" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(slip); i++) {
		_cleanup_night_config_ struct night_config c = { 0 };
		struct err err = { 0 };

		assert_true(configure(slip[i].text, &c, &err) < 0);
		if (!strstr(err.msg, slip[i].answer))
			fail_msg("'%s' is missing in: %s", slip[i].answer, err.msg);
		assert_int_equal(err.exit_code, 65);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(three_nights_a_doubled_hazard_and_a_new_crash_are_told),
		test(the_subject_counts_and_the_text_is_inert),
		test(what_a_guest_says_is_text_on_the_page),
		test(a_page_of_forty_nights_of_a_thousand_trials_is_small),
		test(a_night_without_change_is_quiet_in_a_thousand_repeats),
		test(other_settings_begin_anew_another_kernel_does_not),
		test(a_damaged_report_is_no_new_crash_for_sure),
		test(troubles_of_the_host_are_told_apart),
		test(boots_that_were_never_so_slow_are_remarked),
		test(an_arm_that_never_failed_and_begins_to_is_an_alarm),
		test(a_configuration_says_what_it_may),
		test(a_slip_in_it_is_answered_with_what_would_do),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
