/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Commands of a build: what they complain of, and that they end when they should. */
#include "image.h"

#include <errno.h>
#include <fcntl.h>

#include "base/exit.h"
#include "image/build_job.h"

static void assert_complaint(const char *said, const char *wanted)
{
	_cleanup_buf_ struct buf out = BUF_INIT;

	build_complaints(said, strlen(said), &out);
	assert_string_equal(buf_str(&out), wanted);
}

static void the_first_complaints_are_shown_not_what_make_says_of_them(void **state)
{
	(void)state;
	assert_complaint("  CC      a.o\na.c:1:2: error: no\na.c:3:4: error: nor this\n"
			 "make[2]: *** [x:1: a.o] Error 1\nmake: *** [x] Error 2\n",
			 "a.c:1:2: error: no; a.c:3:4: error: nor this");
	assert_complaint("patching file a.c\nHunk #1 FAILED at 3.\n1 out of 1 hunk FAILED\n",
			 "Hunk #1 FAILED at 3.");
	assert_complaint("error: 1\nerror: 2\nerror: 3\nerror: 4\n",
			 "error: 1; error: 2; error: 3");
	assert_complaint("error: without a newline", "error: without a newline");
}

static void where_nothing_looks_like_one_it_is_the_last_line(void **state)
{
	(void)state;
	assert_complaint("one\ntwo\n\n", "two");
	assert_complaint("", "");
	assert_complaint("\n\n", "");
}

static void a_terminal_is_not_driven_by_complaints(void **state)
{
	static const char said[] = "error: \033[2J\0 and on\n";
	_cleanup_buf_ struct buf out = BUF_INIT, long_one = BUF_INIT;

	(void)state;
	build_complaints(said, sizeof(said) - 1, &out);
	assert_null(memchr(out.data, '\033', out.len));
	assert_non_null(strstr(buf_str(&out), "and on"));
	for (int i = 0; i < 1000; i++)
		buf_puts(&long_one, "error: and so on");
	buf_clear(&out);
	build_complaints(buf_str(&long_one), long_one.len, &out);
	assert_true(out.len < 1000);
}

static int run_shell(const char *script, const struct build_watch *w, struct err *err)
{
	const char *argv[] = { "sh", "-c", script, NULL };
	_cleanup_close_ int log =
		open(fx_path("log"), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600);

	return build_run(w, "it", argv, fx_dir, log, err);
}

static void a_failure_carries_what_this_command_said(void **state)
{
	const struct build_watch w = { 0 };
	struct err err = { 0 };

	(void)state;
	assert_ok(run_shell("echo error: of another command", &w, &err));
	assert_int_equal(run_shell("echo error: mine >&2; exit 3", &w, &err), -EIO);
	assert_string_equal(err.msg, "it failed: error: mine");
}

static bool stop_at_second_look(void *arg)
{
	int *looks = arg;

	return ++*looks > 1;
}

static bool is_gone(pid_t pid)
{
	_cleanup_free_
	char *path = xasprintf("/proc/%d/stat", (int)pid);
	_cleanup_buf_ struct buf text = BUF_INIT;

	return fs_read(AT_FDCWD, path, 4096, &text, NULL) < 0 || strstr(buf_str(&text), ") Z ");
}

/* The sleeper ignores what make would pass on: only SIGKILL ends it. */
static void nothing_is_left_of_what_was_stopped(void **state)
{
	int looks = 0;
	const struct build_watch w = { .stopped = stop_at_second_look, .arg = &looks };
	_cleanup_buf_ struct buf pid = BUF_INIT;
	struct err err = { 0 };

	(void)state;
	assert_int_equal(
		run_shell("sh -c 'trap \"\" TERM; echo $$ >pid; sleep 60' & wait", &w, &err),
		-EINTR);
	assert_int_equal(err.exit_code, EXIT_SIGINT);
	assert_ok(fs_read(AT_FDCWD, fx_path("pid"), 64, &pid, &err));
	assert_true(atoi(buf_str(&pid)) > 1);
	while (!is_gone(atoi(buf_str(&pid))))
		usleep(1000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(the_first_complaints_are_shown_not_what_make_says_of_them),
		test(where_nothing_looks_like_one_it_is_the_last_line),
		test(a_terminal_is_not_driven_by_complaints),
		test(a_failure_carries_what_this_command_said),
		test(nothing_is_left_of_what_was_stopped),
	};

	return cmocka_run_group_tests(tests, fx_setup, fx_teardown);
}
