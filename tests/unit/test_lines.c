/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "unit.h"

#include "base/buf.h"
#include "detect/lines.h"

static void collect(void *arg, const struct line *l)
{
	buf_printf(arg, "%s|%llu-%llu%s\n", l->text, (unsigned long long)l->offset,
		   (unsigned long long)l->end, l->cut ? " cut" : "");
}

static void expect(const char *bytes, size_t n, const char *want)
{
	for (size_t step = 1; step <= n; step++) {
		_cleanup_buf_ struct buf got = BUF_INIT;
		struct lines l;

		lines_init(&l, collect, &got);
		for (size_t at = 0; at < n; at += step)
			lines_feed(&l, bytes + at, MIN(step, n - at));
		lines_finish(&l);
		assert_string_equal(buf_str(&got), want);
	}
}

#define EXPECT(bytes, want) expect(bytes, sizeof(bytes) - 1, want)

static void every_kind_of_line_end_is_one(void **state)
{
	(void)state;
	EXPECT("a\nb\r\nc\r\r\nd", "a|0-2\nb|2-5\nc|5-9\nd|9-10\n");
}

static void a_bare_carriage_return_ends_a_segment(void **state)
{
	(void)state;
	EXPECT("10%\r20%\rBUG: x\n", "10%|0-4\n20%|4-8\nBUG: x|8-15\n");
}

static void escapes_and_noise_go_and_tabs_stay(void **state)
{
	(void)state;
	EXPECT("\033[0;1;31mred\033[0m\tx\n", "red\tx|0-19\n");
	EXPECT("\033]0;title\007a\033]8;;u\033\\b\033(Bc\n", "abc|0-25\n");
	EXPECT("\0\0a\0b\x7f\n", "ab|0-7\n");
}

static void a_torn_escape_does_not_swallow_the_log(void **state)
{
	(void)state;
	EXPECT("\033]0;never ended\nBUG: x\n\033[12\nb\n",
	       "|0-16\nBUG: x|16-23\n|23-28\nb|28-30\n");
}

static void an_over_long_line_is_cut_and_counted(void **state)
{
	_cleanup_free_
	char *bytes = malloc(10000);
	_cleanup_buf_ struct buf got = BUF_INIT;
	struct lines l;

	(void)state;
	memset(bytes, 'x', 10000);
	bytes[9999] = '\n';
	lines_init(&l, collect, &got);
	lines_feed(&l, bytes, 10000);
	assert_int_equal(got.len, LINE_KEPT + strlen("|0-10000 cut\n"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(every_kind_of_line_end_is_one),
		test(a_bare_carriage_return_ends_a_segment),
		test(escapes_and_noise_go_and_tabs_stay),
		test(a_torn_escape_does_not_swallow_the_log),
		test(an_over_long_line_is_cut_and_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
