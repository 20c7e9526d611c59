/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "unit.h"

#include <errno.h>

#include "model/scenario.h"
#include "run/agent.h"
#include "run/shell.h"

static void a_line_is_a_word_and_values(void **state)
{
	struct agent_line l;

	(void)state;
	assert_int_equal(agent_parse("armed load=x text=two%20words%0a", 32, &l), 0);
	assert_string_equal(l.word, "armed");
	assert_string_equal(pairs_get(&l.arg, "text"), "two words\n");
	assert_null(pairs_get(&l.arg, "missing"));
	agent_line_done(&l);
}

static void broken_lines_are_refused_and_leave_nothing(void **state)
{
	static const char *const bad[] = {
		"",
		" ",
		"UPPER a=b",
		"word novalue",
		"word =x",
		"word a=%2",
		"word a=%zz",
		"word a=%00",
		"averyveryveryveryveryveryverylongword a=b",
	};
	struct agent_line l;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(agent_parse(bad[i], strlen(bad[i]), &l), -EINVAL);
	assert_int_equal(agent_parse("word a=b\0c", 10, &l), -EINVAL);
}

static void numbers_fall_back(void **state)
{
	struct agent_line l;

	(void)state;
	assert_int_equal(agent_parse("beat n=12 x=-1", 14, &l), 0);
	assert_int_equal(agent_u64(&l, "n", 7), 12);
	assert_int_equal(agent_u64(&l, "x", 7), 7);
	assert_int_equal(agent_u64(&l, "y", 7), 7);
	agent_line_done(&l);
}

static void a_value_survives_the_wire(void **state)
{
	static const char value[] = "a b%c\n\xc3\xa9=";
	_cleanup_buf_ struct buf b = BUF_INIT;
	struct agent_line l;

	(void)state;
	buf_puts(&b, "note");
	agent_put(&b, "text", value);
	assert_null(strchr(b.data + 5, '\n'));
	assert_int_equal(agent_parse(b.data, b.len, &l), 0);
	assert_string_equal(pairs_get(&l.arg, "text"), value);
	agent_line_done(&l);
}

static void a_shell_is_told_the_job_without_what_would_start_loads(void **state)
{
	struct scenario sc = { 0 };
	struct scenario_options opt = { 0 };
	_cleanup_buf_ struct buf job = BUF_INIT;
	static const char text[] = "kernel: ./k\nguest: { modules: [veth], sysctl: { a.b: 1 } }\n"
				   "load: { shell: { script: x } }\n";

	(void)state;
	assert_int_equal(scenario_parse("t", text, strlen(text), &opt, &sc, NULL), 0);
	shell_job(&sc.arm[0].settings, 7, &job);
	assert_non_null(strstr(buf_str(&job), "job seed=7"));
	assert_non_null(strstr(buf_str(&job), "module name=veth\n"));
	assert_non_null(strstr(buf_str(&job), "sysctl key=a.b value=1\n"));
	assert_null(strstr(buf_str(&job), "load "));
	assert_null(strstr(buf_str(&job), "settle"));
	scenario_done(&sc);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(a_line_is_a_word_and_values),
		test(broken_lines_are_refused_and_leave_nothing),
		test(numbers_fall_back),
		test(a_value_survives_the_wire),
		test(a_shell_is_told_the_job_without_what_would_start_loads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
