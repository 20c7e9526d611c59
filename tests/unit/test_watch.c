/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What `kernsoak watch` is made of: the ends of files that grow, and a second's figures. */
#include "unit.h"

#include <fcntl.h>

#include "base/tail.h"
#include "folder.h"
#include "run/watch_stats.h"

static void append(struct folder *f, const char *text)
{
	_cleanup_close_ int fd = openat(f->fd, "log", O_WRONLY | O_CREAT | O_APPEND, 0644);

	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
}

static void collect(void *arg, const char *line, size_t n)
{
	buf_append(arg, line, n);
	buf_putc(arg, '|');
}

static void assert_new(struct tail *t, const char *want)
{
	_cleanup_buf_ struct buf got = BUF_INIT;

	tail_read(t, collect, &got);
	assert_string_equal(buf_str(&got), want);
}

static void lines_come_whole_and_once_also_of_a_file_that_comes_later(void **state)
{
	struct folder *f = *state;
	_cleanup_buf_ struct buf rest = BUF_INIT;
	struct tail t;

	tail_init(&t, f->fd, "log", TAIL_ALL);
	assert_new(&t, "");
	append(f, "a\nb");
	assert_new(&t, "a|");
	append(f, "c\n\nd");
	assert_new(&t, "bc||");
	tail_finish(&t, collect, &rest);
	assert_string_equal(buf_str(&rest), "d|");
	tail_done(&t);
}

static void of_what_was_there_only_the_last_lines_are_shown(void **state)
{
	static const struct {
		unsigned before;
		const char *want;
	} rows[] = { { 0, "" }, { 1, "c|" }, { 2, "b|c|" }, { 3, "a|b|c|" }, { 99, "a|b|c|" } };
	struct folder *f = *state;

	append(f, "a\nb\nc\n");
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct tail t;

		tail_init(&t, f->fd, "log", rows[i].before);
		assert_new(&t, rows[i].want);
		tail_done(&t);
	}
}

static void a_line_without_end_comes_in_pieces(void **state)
{
	struct folder *f = *state;
	_cleanup_buf_ struct buf got = BUF_INIT;
	char x[1025];
	struct tail t;

	memset(x, 'x', sizeof(x) - 1);
	x[sizeof(x) - 1] = 0;
	tail_init(&t, f->fd, "log", TAIL_ALL);
	for (int i = 0; i < 200; i++)
		append(f, x);
	tail_read(&t, collect, &got);
	assert_true(got.len > 65536 && t.part.len < 2 * 65536);
	tail_done(&t);
}

static bool take(struct watch_stats *w, const char *line, struct buf *out)
{
	struct agent_line l;
	bool told;

	buf_clear(out);
	assert_int_equal(agent_parse(line, strlen(line), &l), 0);
	told = watch_stats_take(w, &l, out);
	agent_line_done(&l);
	return told;
}

static void a_second_is_what_came_since_the_last(void **state)
{
	_cleanup_buf_ struct buf out = BUF_INIT;
	struct watch_stats w = { 0 };

	(void)state;
	assert_false(take(&w, "progress load=a count=10", &out));
	assert_false(take(&w, "progress load=b count=5", &out));
	assert_true(take(&w, "sample up=1000000000 cpu0.user=100 cpu0.idle=100", &out));
	assert_string_equal(buf_str(&out), "cpu 50 %, 15 counts");
	take(&w, "progress load=a count=30", &out);
	assert_true(take(&w,
			 "sample up=3000000000 cpu0.user=190 cpu0.idle=110 cpu1.system=7 "
			 "mem.MemTotal=268435456 mem.MemAvailable=134217728",
			 &out));
	assert_string_equal(buf_str(&out),
			    "cpu 90/100 %, 128 MiB of 256 MiB available, 35 counts (10/s)");
}

static void a_counter_that_goes_back_does_no_harm(void **state)
{
	_cleanup_buf_ struct buf out = BUF_INIT;
	struct watch_stats w = { 0 };

	(void)state;
	take(&w, "progress load=a count=30", &out);
	take(&w, "sample up=3 cpu0.user=190 cpu0.idle=110", &out);
	take(&w, "progress load=a count=1", &out);
	assert_true(take(&w, "sample up=2 cpu0.user=1 cpu0.idle=1", &out));
	assert_string_equal(buf_str(&out), "cpu 0 %, 1 counts");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		with_folder(lines_come_whole_and_once_also_of_a_file_that_comes_later),
		with_folder(of_what_was_there_only_the_last_lines_are_shown),
		with_folder(a_line_without_end_comes_in_pieces),
		test(a_second_is_what_came_since_the_last),
		test(a_counter_that_goes_back_does_no_harm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
