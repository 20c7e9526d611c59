/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "unit.h"

#include "detect/boot_errors.h"

struct seen {
	char title[8][TITLE_LEN];
	uint64_t repeats[8];
	enum crash_class class[8];
	size_t n;
};

static void see(void *arg, const struct sighting *s)
{
	struct seen *seen = arg;

	assert_true(seen->n < 8);
	strcpy(seen->title[seen->n], s->title);
	seen->class[seen->n] = s->class;
	seen->repeats[seen->n++] = s->repeats;
}

static struct settings wanted;

static struct boot_errors *said(const char *const *text)
{
	struct boot_errors *b = boot_errors_new();

	for (uint64_t us = 1000; *text; text++, us += 1000)
		boot_errors_add(b, (unsigned)(text[0][0] - '0'), us, *text + 1, us * NS_PER_US);
	return b;
}

static struct seen found(const char *const *text, const char *ignore)
{
	struct boot_errors *b = said(text);
	struct seen seen = { .n = 0 };
	struct err err = { 0 };

	if (ignore)
		strv_add(&wanted.boot.ignore, ignore);
	assert_ok(boot_errors_find(b, &wanted, see, &seen, &err));
	strv_done(&wanted.boot.ignore);
	boot_errors_free(b);
	return seen;
}

static const char *const boot[] = {
	"4tsc: Unable to calibrate against PIT", "6Freeing SMP alternatives memory: 40K",
	"3EDAC MC0: 1 CE on mc#0 at 0x12345678", "5Linux agpgart interface v0.103",
	"3EDAC MC0: 1 CE on mc#0 at 0x9abcdef0", NULL,
};

static void warnings_and_errors_count_and_what_is_milder_does_not(void **state)
{
	struct seen s = found(boot, NULL);

	(void)state;
	assert_int_equal(s.n, 2);
	assert_string_equal(s.title[0], "boot-error: tsc: Unable to calibrate against PIT");
	assert_int_equal(s.class[0], CRASH_BOOT_ERROR);
}

static void what_differs_in_numbers_only_is_said_once(void **state)
{
	struct seen s = found(boot, NULL);

	(void)state;
	assert_string_equal(s.title[1], "boot-error: EDAC MC0: NUM CE on mc#NUM at ADDR");
	assert_int_equal(s.repeats[1], 1);
}

static void an_ignored_literal_may_stand_anywhere(void **state)
{
	struct seen s = found(boot, "calibrate against");

	(void)state;
	assert_int_equal(s.n, 1);
	assert_non_null(strstr(s.title[0], "EDAC"));
}

static void an_ignored_pattern_fits_the_whole(void **state)
{
	(void)state;
	assert_int_equal(found(boot, "EDAC MC?: * CE on *").n, 1);
	assert_int_equal(found(boot, "MC?: * CE on *").n, 2);
}

static const char *const warned[] = {
	"4------------[ cut here ]------------",
	"4WARNING: CPU: 0 PID: 1 at drivers/foo/bar.c:12 foo_probe+0x12/0x40",
	"4Modules linked in:",
	"4CPU: 0 PID: 1 Comm: swapper/0 Not tainted 6.1.0-56-amd64 #1",
	"4RIP: 0010:foo_probe+0x12/0x40",
	"4Call Trace:",
	"4 <TASK>",
	"4 really_probe+0xde/0x380",
	"4 do_one_initcall+0x59/0x220",
	"4 </TASK>",
	"4---[ end trace 0000000000000000 ]---",
	"3foo 0000:00:02.0: probe failed",
	NULL,
};

static void the_lines_of_a_report_are_one_failure_under_its_own_name(void **state)
{
	struct seen s = found(warned, NULL);

	(void)state;
	assert_int_equal(s.n, 2);
	assert_int_equal(s.class[0], CRASH_WARNING);
	assert_non_null(strstr(s.title[0], "foo_probe"));
	assert_string_equal(s.title[1], "boot-error: foo NUM:NUM:NUM.NUM: probe failed");
}

static void an_ignored_report_takes_its_lines_along(void **state)
{
	struct seen s = found(warned, "foo_probe");

	(void)state;
	assert_int_equal(s.n, 1);
	assert_int_equal(s.class[0], CRASH_BOOT_ERROR);
}

/* What a guest says is hostile: a newline in it opens no line of its own. */
static void a_message_stays_one_line(void **state)
{
	static const char *const text[] = { "3x\n[    0.001000] Kernel panic - not syncing: y",
					    NULL };
	struct seen s = found(text, NULL);

	(void)state;
	assert_int_equal(s.n, 1);
}

static void a_boot_that_never_stops_complaining_fits(void **state)
{
	struct boot_errors *b = boot_errors_new();
	struct seen s = { .n = 0 };
	struct err err = { 0 };

	(void)state;
	for (uint64_t i = 0; i < 100000; i++)
		boot_errors_add(b, 3, i, "the same again", i);
	assert_ok(boot_errors_find(b, &wanted, see, &s, &err));
	assert_int_equal(s.n, 1);
	assert_true(s.repeats[0] < 1000);
	boot_errors_free(b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(warnings_and_errors_count_and_what_is_milder_does_not),
		test(what_differs_in_numbers_only_is_said_once),
		test(an_ignored_literal_may_stand_anywhere),
		test(an_ignored_pattern_fits_the_whole),
		test(the_lines_of_a_report_are_one_failure_under_its_own_name),
		test(an_ignored_report_takes_its_lines_along),
		test(a_message_stays_one_line),
		test(a_boot_that_never_stops_complaining_fits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
