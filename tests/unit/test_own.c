/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a scenario adds to the signatures, ignores and calls worse or better. */
#include "unit.h"

#include "detect/detector.h"
#include "detect/match.h"
#include "model/scenario.h"

enum { SEEN = 16 };

struct seen {
	enum sighting_phase phase[SEEN];
	struct sighting s[SEEN];
	unsigned n;
};

static void record(void *arg, enum sighting_phase phase, uint64_t serial, const struct sighting *s)
{
	struct seen *seen = arg;

	(void)serial;
	assert_true(seen->n < SEEN);
	seen->phase[seen->n] = phase;
	seen->s[seen->n++] = *s;
}

/* The console as a detector sees it that the `detect` of a scenario made. */
static struct seen watch_by(const char *detect, const char *console, size_t step)
{
	_cleanup_free_
	char *text = xasprintf("guest: { backend: fake }\ndetect: { %s }\n", detect);
	struct scenario sc = { 0 };
	struct seen seen = { .n = 0 };
	struct err err = { 0 };
	struct detector *d;
	const size_t n = strlen(console);

	assert_ok(scenario_parse("x.yaml", text, strlen(text), NULL, &sc, &err));
	d = detector_new_for(&sc.arm[0].settings.detect, record, &seen, &err);
	assert_non_null(d);
	for (size_t at = 0; at < n; at += step)
		detector_feed(d, console + at, MIN(step, n - at), TIME_NEVER);
	detector_finish(d);
	detector_free(d);
	scenario_done(&sc);
	return seen;
}

static struct seen watch(const char *detect, const char *console)
{
	return watch_by(detect, console, 4096);
}

/* The i-th sighting that was closed. */
static struct sighting closed(const struct seen *seen, unsigned i)
{
	for (unsigned k = 0; k < seen->n; k++)
		if (seen->phase[k] == SIGHTING_CLOSED && i-- == 0)
			return seen->s[k];
	fail_msg("there is no such sighting among %u events", seen->n);
	return (struct sighting){ 0 };
}

#define WARN(function)                                                                             \
	"[   10.000000] ------------[ cut here ]------------\n"                                    \
	"[   10.000001] WARNING: CPU: 0 PID: 9 at net/a.c:12 " function "+0x1b/0x40\n"             \
	"[   10.000002] CPU: 0 PID: 9 Comm: x Not tainted 6.1.0 #1\n"                              \
	"[   10.000003] RIP: 0010:" function "+0x1b/0x40\n"                                        \
	"[   10.000004] Call Trace:\n"                                                             \
	"[   10.000005]  <TASK>\n"                                                                 \
	"[   10.000006]  its_caller+0x24/0xb0\n"                                                   \
	"[   10.000007]  do_syscall_64+0x58/0xc0\n"                                                \
	"[   10.000008]  entry_SYSCALL_64_after_hwframe+0x6e/0xd8\n"                               \
	"[   10.000009]  </TASK>\n"                                                                \
	"[   10.000010] ---[ end trace 0000000000000000 ]---\n"

#define WEDGED "add: { wedged: { literal: 'mydrv: DMA wedged' } }"

static const char wedged[] = "[    9.000000] usb 1-1: fine\n"
			     "[   10.000000] mydrv: DMA wedged on ring 3 at 0xffff8881deadbeef\n";

/* ---- added ---- */

static void an_own_text_is_a_crash_with_its_line_as_title(void **state)
{
	struct seen seen = watch(WEDGED, wedged);
	struct sighting s = closed(&seen, 0);

	(void)state;
	assert_int_equal(s.class, CRASH_CUSTOM);
	assert_int_equal(s.severity, SEVERITY_CRASH);
	assert_string_equal(s.signature, "wedged");
	assert_string_equal(s.title, "mydrv: DMA wedged on ring NUM at ADDR");
	assert_int_equal(s.integrity, INTEGRITY_COMPLETE);
	assert_int_equal(s.offset, strlen("[    9.000000] usb 1-1: fine\n"));
}

static void without_it_the_same_console_is_silent(void **state)
{
	(void)state;
	assert_int_equal(watch("severity: { warning: fatal }", wedged).n, 0);
}

static void an_own_text_with_a_stack_names_who_is_guilty(void **state)
{
	struct seen seen = watch(
		"add: { wedged: { literal: 'mydrv: DMA wedged', stack: yes, title: 'wedged in "
		"{fn}', class: fs-error, severity: fatal } }",
		"[   10.000000] mydrv: DMA wedged\n"
		"[   10.000002] CPU: 0 PID: 9 Comm: x Not tainted 6.1.0 #1\n"
		"[   10.000004] Call Trace:\n"
		"[   10.000005]  <TASK>\n"
		"[   10.000006]  dump_stack_lvl+0x24/0xb0\n"
		"[   10.000006]  mydrv_poll+0x24/0xb0 [mydrv]\n"
		"[   10.000007]  do_syscall_64+0x58/0xc0\n"
		"[   10.000009]  </TASK>\n");
	struct sighting s = closed(&seen, 0);

	(void)state;
	assert_string_equal(s.title, "wedged in mydrv_poll");
	assert_string_equal(s.module, "mydrv");
	assert_int_equal(s.class, CRASH_FS_ERROR);
	assert_int_equal(s.severity, SEVERITY_FATAL);
}

static void two_own_texts_are_two_crashes(void **state)
{
	struct seen seen = watch("add: { a: { literal: 'drv: A', title: broken }, b: { literal: "
				 "'drv: B', title: broken } }",
				 "drv: A\ndrv: B\ndrv: A again\n");

	(void)state;
	assert_string_not_equal(closed(&seen, 0).id, closed(&seen, 1).id);
	assert_int_equal(seen.phase[seen.n - 1], SIGHTING_AGAIN);
	assert_int_equal(seen.s[seen.n - 1].repeats, 1);
}

static void an_own_text_goes_before_the_built_in_signatures(void **state)
{
	struct seen seen = watch("add: { mine: { literal: 'at net/a.c:12', stack: yes, title: "
				 "'mine in {fn}' } }",
				 WARN("foo"));

	(void)state;
	assert_string_equal(closed(&seen, 0).title, "mine in foo");
	assert_int_equal(seen.n, 2);
}

static void an_own_text_inside_of_a_report_is_told_and_does_not_cut_it(void **state)
{
	static const char text[] = "[   10.000000] divide error: 0000 [#1] PREEMPT SMP NOPTI\n"
				   "[   10.000001] mydrv: DMA wedged\n"
				   "[   10.000002] RIP: 0010:foo+0x1b/0x40\n"
				   "[   10.000004] Call Trace:\n"
				   "[   10.000006]  its_caller+0x24/0xb0\n"
				   "[   10.000007]  do_syscall_64+0x58/0xc0\n";
	struct seen seen = watch(WEDGED, text);

	(void)state;
	assert_string_equal(closed(&seen, 0).signature, "wedged");
	assert_string_equal(closed(&seen, 1).title, "divide error in foo");
}

static void an_own_text_on_the_command_line_is_an_echo(void **state)
{
	(void)state;
	assert_int_equal(
		watch(WEDGED, "[    0.000000] Command line: quiet \"mydrv: DMA wedged\"\n").n, 0);
}

static void the_most_that_a_scenario_may_add_fits_beside_the_built_in_ones(void **state)
{
	_cleanup_buf_ struct buf add = BUF_INIT;

	(void)state;
	buf_puts(&add, "add: {");
	for (int i = 0; i < 64; i++)
		buf_printf(&add, "%s s%d: { literal: 'text %02d' }", i ? "," : "", i, i);
	buf_puts(&add, " }");
	assert_int_equal(watch(buf_str(&add), "text 00\ntext 63\n").n, 4);
}

static void every_chunking_gives_the_same_own_sightings(void **state)
{
	static const char detect[] = WEDGED ", ignore: { bug-1: { function: foo } }";
	_cleanup_free_
	char *text = xasprintf("%s%s%s", wedged, WARN("foo"), WARN("bar"));
	struct seen whole = watch(detect, text);

	(void)state;
	for (size_t step = 1; step < 40; step++) {
		struct seen seen = watch_by(detect, text, step);

		assert_int_equal(seen.n, whole.n);
		for (unsigned i = 0; i < seen.n; i++) {
			assert_int_equal(seen.phase[i], whole.phase[i]);
			assert_string_equal(seen.s[i].title, whole.s[i].title);
			assert_string_equal(seen.s[i].ignored, whole.s[i].ignored);
		}
	}
}

/* ---- ignored ---- */

static void one_function_is_ignored_and_its_neighbour_is_not(void **state)
{
	struct seen seen = watch("ignore: { bug-4711: { class: warning, function: fo? } }",
				 WARN("foo") WARN("bar"));

	(void)state;
	assert_string_equal(closed(&seen, 0).title, "WARNING in foo");
	assert_string_equal(closed(&seen, 0).ignored, "bug-4711");
	assert_string_equal(closed(&seen, 1).title, "WARNING in bar");
	assert_string_equal(closed(&seen, 1).ignored, "");
}

/* Its first line does not say which function it will be. */
static void what_may_be_ignored_is_announced_once_it_is_whole(void **state)
{
	struct seen seen = watch("ignore: { bug-4711: { function: foo } }", WARN("foo"));

	(void)state;
	assert_int_equal(seen.n, 2);
	assert_int_equal(seen.phase[0], SIGHTING_OPENED);
	assert_string_equal(seen.s[0].ignored, "bug-4711");
}

static void everything_that_a_rule_says_must_hold(void **state)
{
	static const char *const other[] = {
		"class: oops, function: foo",
		"class: warning, module: x*",
		"signature: warning-bare, function: foo",
		"text: '*bar*'",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(other); i++) {
		_cleanup_free_
		char *detect = xasprintf("ignore: { x: { %s } }", other[i]);
		struct seen seen = watch(detect, WARN("foo"));

		assert_string_equal(closed(&seen, 0).ignored, "");
	}
}

static void an_own_signature_can_be_ignored_by_its_name(void **state)
{
	struct seen seen =
		watch(WEDGED ", ignore: { known: { signature: wedged, text: '*ring*' } }", wedged);

	(void)state;
	assert_string_equal(closed(&seen, 0).ignored, "known");
}

static void what_stops_the_kernel_is_not_ignored(void **state)
{
	static const char at_once[] =
		WARN("foo") "[   10.000020] Kernel panic - not syncing: panic_on_warn set ...\n";
	struct seen seen = watch("ignore: { x: { function: foo } }", at_once);

	(void)state;
	assert_true(closed(&seen, 0).panicked);
	assert_string_equal(closed(&seen, 0).ignored, "");
}

static void what_stops_the_kernel_later_is_ignored_no_more(void **state)
{
	_cleanup_buf_ struct buf text = BUF_INIT;
	struct seen seen;

	(void)state;
	buf_puts(&text, WARN("foo"));
	for (int i = 0; i < 100; i++)
		buf_printf(&text, "[   11.%06d] usb 1-1: fine\n", i);
	buf_puts(&text, "[   12.000000] Kernel panic - not syncing: panic_on_warn set ...\n");
	seen = watch("ignore: { x: { function: foo } }", buf_str(&text));
	assert_string_equal(closed(&seen, 0).ignored, "x");
	assert_int_equal(seen.phase[seen.n - 1], SIGHTING_AGAIN);
	assert_string_equal(seen.s[seen.n - 1].title, "WARNING in foo");
	assert_string_equal(seen.s[seen.n - 1].ignored, "");
}

/* ---- severities ---- */

static enum severity severity_of(const char *detect, const char *console)
{
	struct seen seen = watch(detect, console);

	return closed(&seen, 0).severity;
}

static void the_narrowest_word_says_how_severe_it_is(void **state)
{
	static const char text[] = WARN("foo");

	(void)state;
	assert_int_equal(severity_of("severity: { oops: note }", text), SEVERITY_CRASH);
	assert_int_equal(severity_of("severity: { warning: fatal }", text), SEVERITY_FATAL);
	assert_int_equal(severity_of("severity: { memory: note }", "BUG: memory leak\n"),
			 SEVERITY_NOTE);
	assert_int_equal(
		severity_of("severity: { memory: note, memory-leak: fatal }", "BUG: memory leak\n"),
		SEVERITY_FATAL);
	assert_int_equal(severity_of("severity: { memory-leak: fatal }",
				     "kmemleak: 3 new suspected memory leaks (see /sys)\n"),
			 SEVERITY_FATAL);
	assert_int_equal(severity_of("severity: { memory-leak: fatal, kmemleak: note }",
				     "kmemleak: 3 new suspected memory leaks (see /sys)\n"),
			 SEVERITY_NOTE);
}

static void what_was_said_where_it_was_added_holds_but_for_its_own_name(void **state)
{
	static const char add[] =
		"add: { wedged: { literal: 'mydrv: DMA wedged', severity: note } }, ";
	_cleanup_free_
	char *by_class = xasprintf("%s severity: { custom: fatal }", add);
	_cleanup_free_
	char *by_name = xasprintf("%s severity: { wedged: crash }", add);

	(void)state;
	assert_int_equal(severity_of(by_class, wedged), SEVERITY_NOTE);
	assert_int_equal(severity_of(by_name, wedged), SEVERITY_CRASH);
}

static void noise_is_not_even_told(void **state)
{
	(void)state;
	assert_int_equal(watch("severity: { warning: noise }", WARN("foo")).n, 0);
}

/* A raised note must not be taken for a part of what happens to be open. */
static void a_raised_note_is_told_at_once_inside_of_a_report(void **state)
{
	static const char text[] =
		"[   10.000000] divide error: 0000 [#1] PREEMPT SMP NOPTI\n"
		"[   10.000001] I/O error, dev vda, sector 1 op 0x1:(WRITE) flags 0x800\n"
		"[   10.000002] RIP: 0010:foo+0x1b/0x40\n"
		"[   10.000004] Call Trace:\n"
		"[   10.000006]  its_caller+0x24/0xb0\n";
	struct seen seen = watch("severity: { block-error: crash }", text);

	(void)state;
	assert_int_equal(closed(&seen, 0).class, CRASH_BLOCK_ERROR);
	assert_int_equal(closed(&seen, 0).severity, SEVERITY_CRASH);
	assert_string_equal(closed(&seen, 1).title, "divide error in foo");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(an_own_text_is_a_crash_with_its_line_as_title),
		test(without_it_the_same_console_is_silent),
		test(an_own_text_with_a_stack_names_who_is_guilty),
		test(two_own_texts_are_two_crashes),
		test(an_own_text_goes_before_the_built_in_signatures),
		test(an_own_text_inside_of_a_report_is_told_and_does_not_cut_it),
		test(an_own_text_on_the_command_line_is_an_echo),
		test(the_most_that_a_scenario_may_add_fits_beside_the_built_in_ones),
		test(every_chunking_gives_the_same_own_sightings),
		test(one_function_is_ignored_and_its_neighbour_is_not),
		test(what_may_be_ignored_is_announced_once_it_is_whole),
		test(everything_that_a_rule_says_must_hold),
		test(an_own_signature_can_be_ignored_by_its_name),
		test(what_stops_the_kernel_is_not_ignored),
		test(what_stops_the_kernel_later_is_ignored_no_more),
		test(the_narrowest_word_says_how_severe_it_is),
		test(what_was_said_where_it_was_added_holds_but_for_its_own_name),
		test(noise_is_not_even_told),
		test(a_raised_note_is_told_at_once_inside_of_a_report),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
