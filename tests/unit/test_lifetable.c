/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "numbers.h"

#include <errno.h>

#include "stats/lifetable.h"

static struct lifetable parse_ok(const char *text)
{
	struct lifetable t = { 0 };
	struct err err = { 0 };

	assert_ok(lifetable_parse("f.csv", text, strlen(text), &t, &err));
	return t;
}

static void expect_complaint(const char *text, const char *want)
{
	struct lifetable t = { 0 };
	struct err err = { 0 };

	assert_int_equal(lifetable_parse("f.csv", text, strlen(text), &t, &err), -EINVAL);
	assert_string_equal(err.msg, want);
	assert_null(t.sample.life);
}

static void columns_come_in_any_order_and_rows_come_out_by_time(void **state)
{
	_cleanup_lifetable_ struct lifetable t = parse_ok("arm,status,host,time\n"
							  "b,1,x,20\n"
							  "a,0,y,10.5\n");

	(void)state;
	assert_int_equal(t.sample.n, 2);
	assert_true(t.sample.sorted);
	assert_close(t.sample.life[0].time, 10.5, 0);
	assert_false(t.sample.life[0].failed);
	assert_int_equal(t.sample.life[0].arm, 0);
	assert_true(t.sample.life[1].failed);
	assert_int_equal(t.sample.life[1].arm, 1);
	assert_string_equal(t.arm.name[0], "a");
	assert_false(t.arm.numeric);
	assert_int_equal(t.stratum.n, 1);
	assert_int_equal(t.cause.n, 1);
}

static void numbers_sort_by_value_and_versions_as_people_do(void **state)
{
	_cleanup_lifetable_ struct lifetable t = parse_ok("time,status,arm,stratum\n"
							  "1,1,10,6.1.0-54\n"
							  "1,1,9,6.1.0-9\n"
							  "1,1,-1,6.1.0-54\n"
							  "1,1,09.0,6.12.1\n");

	(void)state;
	assert_int_equal(t.arm.n, 3); /* 9 and 09.0 are one */
	assert_string_equal(t.arm.name[0], "-1");
	assert_string_equal(t.arm.name[1], "9");
	assert_string_equal(t.arm.name[2], "10");
	assert_true(t.arm.numeric);
	assert_string_equal(t.stratum.name[0], "6.1.0-9");
	assert_string_equal(t.stratum.name[1], "6.1.0-54");
}

static void spreadsheets_may_quote_and_end_lines_their_way(void **state)
{
	_cleanup_lifetable_ struct lifetable t =
		parse_ok("\xef\xbb\xbf\"time\",status , arm\r\n"
			 "1e1,1,\"more, \"\"better\"\" memory\"\r\n"
			 "\r\n"
			 "\t2 , 0 ,stock\r\n");

	(void)state;
	assert_int_equal(t.sample.n, 2);
	assert_string_equal(t.arm.name[0], "more, \"better\" memory");
	assert_close(t.sample.life[1].time, 10, 0);
}

static void names_that_could_drive_a_terminal_are_defused(void **state)
{
	_cleanup_lifetable_ struct lifetable t = parse_ok("time,status,arm\n"
							  "1,1,\x1b[2J\n"
							  "1,1,\xff\n"
							  "1,1,\xc3\xa9t\xc3\xa9\n");

	(void)state;
	assert_int_equal(t.arm.n, 3);
	assert_string_equal(t.arm.name[0], "\\x1b[2J");
	assert_string_equal(t.arm.name[1], "\\xff");
	assert_string_equal(t.arm.name[2], "\xc3\xa9t\xc3\xa9");
}

static void the_cause_of_a_censored_row_does_not_count(void **state)
{
	_cleanup_lifetable_ struct lifetable t = parse_ok("cause,time,status\n0,5,0\n,6,0\nkasan,"
							  "7,1\nrcu,8,0\n"),
					     none = parse_ok("time,status\n5,0\n");

	(void)state;
	assert_int_equal(t.cause.n, 1);
	assert_string_equal(t.cause.name[0], "kasan");
	assert_int_equal(none.cause.n, 0);
}

static void what_is_wrong_is_said_with_line_and_column(void **state)
{
	(void)state;
	expect_complaint("",
			 "f.csv:1:1: the file is empty; a header with time and status would do");
	expect_complaint("time,arm\n1,2\n",
			 "f.csv:1:1: the header has no column 'status'; it needs time and status, "
			 "and may have arm, cause and stratum");
	expect_complaint("time,statis\n", "f.csv:1:6: column 'statis'; did you mean 'status'?");
	expect_complaint("time,status,time\n", "f.csv:1:13: column 'time' is here twice");
	expect_complaint("time,status\n", "f.csv:2:1: there is no row behind the header");
	expect_complaint("time,status\n1,1\n2,2\n",
			 "f.csv:3:3: status is '2'; 1 (failed) or 0 (censored) would do");
	expect_complaint("time,status\n-1,1\n", "f.csv:2:1: time is -1; nothing lives less than 0");
	expect_complaint("time,status\n 1s,1\n",
			 "f.csv:2:2: time is '1s'; a finite number, 0 or more, would do");
	expect_complaint("time,status\n1,1,1\n", "f.csv:2:5: more cells than the header has (2)");
	expect_complaint("time,status,arm\n1,1\n",
			 "f.csv:2:3: the line ends after 2 cells; the header has 3");
	expect_complaint("time,status,arm\n1,1,\n", "f.csv:2:5: arm is empty");
	expect_complaint("time,status,cause\n1,1,0\n",
			 "f.csv:2:5: status is 1 but there is no cause; any name or a number other "
			 "than 0 would do");
	expect_complaint("time,status\n\"1,1\n",
			 "f.csv:2:1: a quotation mark opens here and is not closed on this line");
	expect_complaint("time,status\n\"1\"2,1\n",
			 "f.csv:2:4: text behind a closing quotation mark; a comma would do");
}

static void what_is_no_number_is_no_time(void **state)
{
	static const char *const bad[] = { "nan", "inf", "1e999", "0x10", "",
					   "1,5", "1 2", "--1",   "1e",   "." };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		_cleanup_free_
		char *text = xasprintf("time,status\n\"%s\",1\n", bad[i]);
		struct lifetable t = { 0 };

		if (lifetable_parse("f", text, strlen(text), &t, NULL) != -EINVAL)
			fail_msg("'%s' was taken for a time", bad[i]);
	}
}

static void a_nul_byte_is_noticed(void **state)
{
	static const char text[] = "time,status\n1\0,1\n";
	struct lifetable t = { 0 };
	struct err err = { 0 };

	(void)state;
	assert_int_equal(lifetable_parse("f", text, sizeof(text) - 1, &t, &err), -EINVAL);
	assert_string_equal(err.msg, "f:2:1: a NUL byte; this is no text file");
}

static void too_many_arms_are_refused(void **state)
{
	_cleanup_buf_ struct buf b = BUF_INIT;
	struct lifetable t = { 0 };
	struct err err = { 0 };

	(void)state;
	buf_puts(&b, "time,status,arm\n");
	for (int i = 0; i <= LIFETABLE_ARMS_MAX; i++)
		buf_printf(&b, "1,1,a%d\n", i);
	assert_int_equal(lifetable_parse("f", b.data, b.len, &t, &err), -EINVAL);
	assert_string_equal(err.msg, "f:202:5: more than 200 arms");
}

static void a_hundred_thousand_hosts_are_told_apart(void **state)
{
	_cleanup_buf_ struct buf b = BUF_INIT;
	_cleanup_lifetable_ struct lifetable t = { 0 };

	(void)state;
	buf_puts(&b, "time,status,stratum\n");
	for (int i = 0; i < 200000; i++)
		buf_printf(&b, "%d,1,host%d\n", i, i % 100000);
	t = parse_ok(b.data);
	assert_int_equal(t.stratum.n, 100000);
	assert_string_equal(t.stratum.name[99999], "host99999");
	assert_int_equal(t.sample.life[100001].stratum, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(columns_come_in_any_order_and_rows_come_out_by_time),
		test(numbers_sort_by_value_and_versions_as_people_do),
		test(spreadsheets_may_quote_and_end_lines_their_way),
		test(names_that_could_drive_a_terminal_are_defused),
		test(the_cause_of_a_censored_row_does_not_count),
		test(what_is_wrong_is_said_with_line_and_column),
		test(what_is_no_number_is_no_time),
		test(a_nul_byte_is_noticed),
		test(too_many_arms_are_refused),
		test(a_hundred_thousand_hosts_are_told_apart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
