/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "unit.h"

#include <errno.h>

#include "base/rng.h"
#include "model/units.h"

static char text[UNIT_TEXT];
static void assert_duration(const char *word, uint64_t want_ns)
{
	struct err err = { 0 };
	uint64_t v = 0;

	assert_ok(duration_parse(word, &v, &err));
	assert_true(v == want_ns);
}

static void durations_take_units_falling_from_left_to_right(void **state)
{
	(void)state;
	assert_duration("43h", 43 * 3600 * NS_PER_S);
	assert_duration("10m", 600 * NS_PER_S);
	assert_duration("300ms", 300 * NS_PER_MS);
	assert_duration("20us", 20 * NS_PER_US);
	assert_duration("7ns", 7);
	assert_duration("1h30m", 5400 * NS_PER_S);
	assert_duration("1d2h3m4s5ms6us7ns", 93784005006007);
	assert_duration("0s", 0);
	assert_duration("9223372036854775807ns", INT64_MAX);
}

/* Refused, with a sentence that has this in it, and the output untouched. */
static void assert_refused(int (*parse)(const char *, uint64_t *, struct err *), const char *word,
			   const char *says)
{
	struct err err = { 0 };
	uint64_t v = 4711;

	if (parse(word, &v, &err) >= 0)
		fail_msg("accepted: %s", word);
	if (!strstr(err.msg, says))
		fail_msg("%s: \"%s\" does not say \"%s\"", word, err.msg, says);
	assert_true(v == 4711);
}

static void a_bare_number_is_told_the_units(void **state)
{
	(void)state;
	assert_refused(duration_parse, "300", "accepted are d, h, m, s, ms, us or ns");
	assert_refused(duration_parse, "5h30", "has no unit");
	assert_refused(size_parse, "256", "accepted are KiB, MiB, GiB or TiB");
}

static void wrong_units_are_told_the_right_one(void **state)
{
	static const char *const pairs[][2] = {
		{ "256MB", "'MiB'" }, { "256M", "'MiB'" }, { "2gb", "'GiB'" },
		{ "4K", "'KiB'" },    { "4kib", "'KiB'" }, { "1 MiB", "'MiB'" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(pairs) / sizeof(*pairs); i++)
		assert_refused(size_parse, pairs[i][0], pairs[i][1]);
	assert_refused(duration_parse, "5min", "did you mean 'm'");
	assert_refused(duration_parse, "5 Seconds", "did you mean 's'");
	assert_refused(duration_parse, "5\xc2\xb5s", "did you mean 'us'");
	assert_refused(duration_parse, "5MiB", "no unit 'MiB'");
	assert_refused(size_parse, "5m", "did you mean 'MiB'");
}

static void odd_numbers_are_refused(void **state)
{
	(void)state;
	assert_refused(duration_parse, "", "whole number");
	assert_refused(duration_parse, "-5s", "whole number");
	assert_refused(duration_parse, "h", "whole number");
	assert_refused(duration_parse, "1.5h", "smaller unit");
	assert_refused(duration_parse, "1,5h", "smaller unit");
	assert_refused(duration_parse, "30m1h", "fall from left to right");
	assert_refused(duration_parse, "1h1h", "fall from left to right");
	assert_refused(size_parse, "1GiB512MiB", "one number");
	assert_refused(size_parse, "0x10KiB", "no unit");
}

static void overflow_is_noticed_everywhere(void **state)
{
	(void)state;
	assert_refused(duration_parse, "18446744073709551616s", "too large");
	assert_refused(duration_parse, "99999999999999999999999999", "too large");
	assert_refused(duration_parse, "9223372036854775808ns", "too large");
	assert_refused(duration_parse, "106751d24h", "too large");
	assert_refused(duration_parse, "200000d", "too large");
	assert_refused(size_parse, "8388608TiB", "too large");
}

static void what_is_written_is_read_again(void **state)
{
	struct rng rng = rng_make(1);

	(void)state;
	for (int i = 0; i < 2000; i++) {
		uint64_t v = rng_u64(&rng) >> (1 + rng_below(&rng, 63)), back = 0;

		assert_int_equal(duration_parse(duration_format(text, v), &back, NULL), 0);
		assert_true(back == v);
		assert_int_equal(size_parse(size_format(text, v), &back, NULL), 0);
		assert_true(back == v);
	}
	assert_string_equal(duration_format(text, 5400 * NS_PER_S), "1h30m");
	assert_string_equal(duration_format(text, TIME_NEVER), "none");
	assert_string_equal(size_format(text, 512 << 20), "512MiB");
	assert_string_equal(size_format(text, (1 << 20) + 1), "1048577B");
}

static void people_get_two_units_or_three_figures(void **state)
{
	(void)state;
	assert_string_equal(duration_human(text, 80 * NS_PER_S), "1 m 20 s");
	assert_string_equal(duration_human(text, 120 * NS_PER_S), "2 m");
	assert_string_equal(duration_human(text, 4530 * NS_PER_MS), "4.53 s");
	assert_string_equal(duration_human(text, 12340 * NS_PER_MS), "12.3 s");
	assert_string_equal(duration_human(text, 310 * NS_PER_MS), "310 ms");
	assert_string_equal(duration_human(text, 20 * NS_PER_US), "20 us");
	assert_string_equal(duration_human(text, (43 * 60 + 12) * 60 * NS_PER_S), "43 h 12 m");
	assert_string_equal(duration_human(text, 99 * 3600 * NS_PER_S), "4 d 3 h");
	assert_string_equal(duration_human(text, 0), "0 s");
	assert_string_equal(duration_human(text, TIME_NEVER), "never");
	assert_string_equal(size_human(text, 1536 << 20), "1.5 GiB");
	assert_string_equal(size_human(text, 512 << 20), "512 MiB");
}

/* "59.9999 s" must not become "60.0 s", nor an hour "60 m". */
static void rounding_carries_into_the_next_unit(void **state)
{
	(void)state;
	assert_string_equal(duration_human(text, 59999 * NS_PER_MS), "1 m");
	assert_string_equal(duration_human(text, 3599900 * NS_PER_MS), "1 h");
	assert_string_equal(duration_human(text, 9999 * NS_PER_MS), "10.0 s");
	assert_string_equal(duration_human(text, 999900 * NS_PER_US), "1.00 s");
	assert_string_equal(duration_human(text, 119600 * NS_PER_MS), "2 m");
}

static void shares_and_rates_have_their_signs(void **state)
{
	struct err err = { 0 };
	double v = 0;

	(void)state;
	assert_ok(share_parse("5%", &v, &err));
	assert_true(v == 0.05);
	assert_ok(rate_parse("4/s", &v, &err));
	assert_true(v == 4);
	assert_ok(rate_parse("30/m", &v, &err));
	assert_true(v == 0.5);
	assert_ok(number_parse("0.7", &v, &err));
	assert_true(v == 0.7);
	assert_int_equal(share_parse("5", &v, &err), -EINVAL);
	assert_string_equal(rate_format(text, 4), "4/s");
	assert_string_equal(rate_format(text, 0.5), "30/m");
	assert_string_equal(rate_format(text, 10 / 3600.), "10/h");
	assert_string_equal(rate_format(text, 0), "0/s");
	assert_int_equal(rate_parse("4", &v, &err), -EINVAL);
	assert_int_equal(rate_parse("4/x", &v, &err), -EINVAL);
	assert_int_equal(number_parse("inf", &v, &err), -EINVAL);
	assert_int_equal(number_parse("1e3", &v, &err), -EINVAL);
	assert_int_equal(number_parse(".", &v, &err), -EINVAL);
	assert_true(v == 0.7);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(durations_take_units_falling_from_left_to_right),
		test(a_bare_number_is_told_the_units),
		test(wrong_units_are_told_the_right_one),
		test(odd_numbers_are_refused),
		test(overflow_is_noticed_everywhere),
		test(what_is_written_is_read_again),
		test(people_get_two_units_or_three_figures),
		test(rounding_carries_into_the_next_unit),
		test(shares_and_rates_have_their_signs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
