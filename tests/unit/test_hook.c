/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "unit.h"

#include <errno.h>

#include "run/hook.h"

/* The script's words are its own; the text and the variables never become part of them. */
static int hook(const char *script, uint64_t deadline_ns, struct err *err)
{
	static const struct hook_variable variable[] = { { "KERNSOAK_TEST", "$(exit 9)" } };
	struct strv command = { 0 };
	struct buf text = BUF_INIT;
	int r;

	strv_add(&command, "sh");
	strv_add(&command, "-c");
	strv_add(&command, script);
	buf_puts(&text, "`exit 8`\nsecond line\n");
	r = hook_run(&command, variable, 1, &text, deadline_ns, err);
	buf_done(&text);
	strv_done(&command);
	return r;
}

static void it_has_the_text_on_stdin_and_the_variables(void **state)
{
	struct err err = { 0 };

	(void)state;
	assert_ok(hook("[ \"$KERNSOAK_TEST\" = '$(exit 9)' ] && read a && read b && "
		       "[ \"$b\" = 'second line' ] && [ \"$a\" = '`exit 8`' ]",
		       60 * NS_PER_S, &err));
	assert_null(getenv("KERNSOAK_TEST"));
}

static void one_that_reads_nothing_is_fine(void **state)
{
	struct err err = { 0 };

	(void)state;
	assert_ok(hook("exec <&-; exit 0", 60 * NS_PER_S, &err));
}

static void its_failure_is_said(void **state)
{
	struct err err = { 0 };

	(void)state;
	assert_int_equal(hook("exit 3", 60 * NS_PER_S, &err), -EIO);
	assert_string_equal(err.msg, "the hook sh ended with 3");
}

static void one_that_hangs_is_ended_with_its_children(void **state)
{
	struct err err = { 0 };

	(void)state;
	assert_int_equal(hook("sleep 1000 & sleep 1000", NS_PER_S / 10, &err), -ETIMEDOUT);
	assert_non_null(strstr(err.msg, "was ended"));
}

static void one_that_is_not_there_is_named(void **state)
{
	struct strv command = { 0 };
	struct buf text = BUF_INIT;
	struct err err = { 0 };

	(void)state;
	strv_add(&command, "kernsoak-no-such-program");
	assert_int_equal(hook_run(&command, NULL, 0, &text, NS_PER_S, &err), -ENOENT);
	assert_non_null(strstr(err.msg, "kernsoak-no-such-program"));
	strv_done(&command);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(it_has_the_text_on_stdin_and_the_variables),
		test(one_that_reads_nothing_is_fine),
		test(its_failure_is_said),
		test(one_that_hangs_is_ended_with_its_children),
		test(one_that_is_not_there_is_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
