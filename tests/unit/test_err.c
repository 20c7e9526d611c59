/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "unit.h"

#include <errno.h>

#include "base/buf.h"

static void context_comes_before_the_sentence(void **state)
{
	struct err err = { 0 };

	(void)state;
	assert_int_equal(err_set(&err, ENOENT, "no %s", "file"), -ENOENT);
	assert_int_equal(err_wrap(&err, "reading %d", 7), -ENOENT);
	assert_string_equal(err.msg, "reading 7: no file");
}

static void the_first_exit_code_stays(void **state)
{
	struct err err = { 0 };

	(void)state;
	err_set(&err, ENOSPC, "full");
	assert_int_equal(err_exit(&err, 73), -ENOSPC);
	assert_int_equal(err_exit(&err, 70), -ENOSPC);
	assert_int_equal(err.exit_code, 73);
}

static void nobody_need_listen(void **state)
{
	(void)state;
	assert_int_equal(err_set(NULL, ENOENT, "x"), -ENOENT);
	assert_true(err_wrap(NULL, "x") < 0);
	assert_true(err_exit(NULL, 70) < 0);
}

static void what_is_too_long_is_cut_not_run_over(void **state)
{
	struct err err = { 0 };
	_cleanup_buf_ struct buf b = BUF_INIT;

	(void)state;
	for (int i = 0; i < 5000; i++)
		buf_putc(&b, 'x');
	err_set(&err, EINVAL, "%s", b.data);
	for (int i = 0; i < 5; i++)
		err_wrap(&err, "%s", b.data);
	assert_true(strlen(err.msg) < sizeof(err.msg));
}

static void what_a_file_says_does_not_drive_the_terminal(void **state)
{
	struct err err = { 0 };

	(void)state;
	err_set(&err, EINVAL, "near '%s':\n\tcaret ^", "\x1b]0;y\x07\xc3\xa4");
	assert_string_equal(err.msg, "near '\\x1b]0;y\\x07\xc3\xa4':\n\tcaret ^");
	err_wrap(&err, "%s", "\x1b[2J");
	assert_string_equal(err.msg, "\\x1b[2J: near '\\x1b]0;y\\x07\xc3\xa4':\n\tcaret ^");
}

static void a_buffer_grows_and_gives_away(void **state)
{
	struct buf b = BUF_INIT;
	char *s;

	(void)state;
	assert_string_equal(buf_str(&b), "");
	buf_append(&b, "", 0);
	assert_non_null(b.data);
	buf_printf(&b, "%s-%d", "ab", 3);
	buf_consume(&b, 1);
	assert_string_equal(b.data, "b-3");
	buf_consume(&b, 3);
	assert_string_equal(b.data, "");
	buf_puts(&b, "z");
	s = buf_steal(&b);
	assert_string_equal(s, "z");
	free(s);
	s = buf_steal(&b);
	assert_string_equal(s, "");
	free(s);
	buf_done(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(context_comes_before_the_sentence),
		test(the_first_exit_code_stays),
		test(nobody_need_listen),
		test(what_is_too_long_is_cut_not_run_over),
		test(what_a_file_says_does_not_drive_the_terminal),
		test(a_buffer_grows_and_gives_away),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
