/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "unit.h"

#include <stdlib.h>
#include <string.h>

/* The guest's programs are no part of the library: compiled in. */
#include "../../workloads/wire.c"

static struct wire w;

static void a_value_survives_the_way_there_and_back(void **state)
{
	(void)state;
	char value[256], back[256];

	for (int i = 1; i < 256; i++)
		value[i - 1] = (char)i;
	value[255] = 0;
	wire_begin(&w, "log");
	wire_text(&w, "text", value);
	wire_end(&w);
	w.text[w.n - 1] = 0;
	assert_null(strpbrk(w.text + strlen("log "), " \n\t"));
	assert_int_equal(wire_get(w.text + strlen("log "), "text", back, sizeof back), 0);
	assert_string_equal(back, value);
}

static void only_blanks_controls_and_percent_are_written_as_hexadecimal(void **state)
{
	(void)state;
	wire_begin(&w, "log");
	wire_text(&w, "text", "a b%\n\xc3\xa9~!");
	wire_u64(&w, "n", UINT64_MAX);
	wire_end(&w);
	assert_memory_equal(w.text, "log text=a%20b%25%0A%C3%A9~! n=18446744073709551615\n", w.n);
}

static void a_token_that_does_not_fit_is_left_out_whole(void **state)
{
	(void)state;
	char *value = malloc(WIRE_LINE_MAX);

	/* "log k=" and the newline leave this much; a space takes three. */
	size_t fits = WIRE_LINE_MAX - strlen("log k=\n");
	memset(value, 'x', fits);
	value[fits] = 0;
	wire_begin(&w, "log");
	wire_text(&w, "k", value);
	assert_int_equal(w.left_out, 0);
	wire_u64(&w, "more", 1);
	assert_int_equal(w.left_out, 1);
	wire_end(&w);
	assert_int_equal(w.n, WIRE_LINE_MAX);

	value[0] = ' ';
	wire_begin(&w, "log");
	wire_text(&w, "k", value);
	wire_u64(&w, "small", 1);
	wire_end(&w);
	assert_memory_equal(w.text, "log small=1\n", w.n);
	assert_int_equal(w.left_out, 1);
	free(value);
}

static void a_broken_percent_is_refused(void **state)
{
	(void)state;
	static const char *const broken[] = { "%", "%4", "%zz", "a%0", "%00", "%4g" };

	for (size_t i = 0; i < sizeof broken / sizeof *broken; i++) {
		char s[16];

		strcpy(s, broken[i]);
		assert_int_equal(wire_decode(s), -1);
	}
}

static void a_value_is_found_by_its_whole_key(void **state)
{
	(void)state;
	const char *line = "  pausex=1 xpause=2 pause  pause=3 empty= pause=4";
	char v[8];

	assert_int_equal(wire_get(line, "pause", v, sizeof v), 0);
	assert_string_equal(v, "3");
	assert_int_equal(wire_get(line, "empty", v, sizeof v), 0);
	assert_string_equal(v, "");
	assert_int_equal(wire_get(line, "missing", v, sizeof v), -1);
	assert_int_equal(wire_get(line, "pause", v, 1), -1);
	assert_int_equal(wire_get("k=%41%42", "k", v, 3), 0);
	assert_string_equal(v, "AB");
}

static void a_number_is_all_digits_and_fits(void **state)
{
	(void)state;
	static const char *const bad[] = { "",   " 1",  "1 ",  "-1",
					   "+1", "0x1", "1e3", "18446744073709551616" };
	uint64_t v = 7;

	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_int_equal(wire_number(bad[i], &v), -1);
	assert_int_equal(v, 7);
	assert_int_equal(wire_number("18446744073709551615", &v), 0);
	assert_true(v == UINT64_MAX);
}

static void tokens_come_in_order_whatever_the_blanks(void **state)
{
	(void)state;
	char line[] = "  begin a=1   b=2 ";
	char *rest = line;

	assert_string_equal(wire_token(&rest), "begin");
	assert_string_equal(wire_token(&rest), "a=1");
	assert_string_equal(wire_token(&rest), "b=2");
	assert_null(wire_token(&rest));
	assert_null(wire_token(&rest));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(a_value_survives_the_way_there_and_back),
		test(only_blanks_controls_and_percent_are_written_as_hexadecimal),
		test(a_token_that_does_not_fit_is_left_out_whole),
		test(a_broken_percent_is_refused),
		test(a_value_is_found_by_its_whole_key),
		test(a_number_is_all_digits_and_fits),
		test(tokens_come_in_order_whatever_the_blanks),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
