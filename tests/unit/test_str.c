/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "unit.h"

#include <errno.h>

#include "base/str.h"

static const char *const words[] = { "memory", "vcpus", "cmdline", "sysctl" };

static const char *word(size_t i, const void *arg)
{
	(void)arg;
	return words[i];
}

static void a_typo_finds_its_word(void **state)
{
	(void)state;
	assert_string_equal(str_nearest("memroy", 4, word, NULL), "memory");
	assert_string_equal(str_nearest("vcpu", 4, word, NULL), "vcpus");
	assert_string_equal(str_nearest("sysctls", 4, word, NULL), "sysctl");
	assert_null(str_nearest("network", 4, word, NULL));
}

static void a_swap_is_one_edit(void **state)
{
	(void)state;
	assert_int_equal(str_distance("ab", "ba"), 1);
	assert_int_equal(str_distance("", "abc"), 3);
	assert_int_equal(str_distance("kitten", "sitting"), 3);
}

static void kernel_names_sort_as_people_expect(void **state)
{
	(void)state;
	assert_true(str_version_cmp("6.1.0-9-cloud", "6.1.0-54-cloud") < 0);
	assert_true(str_version_cmp("6.12.117+deb12", "6.12.100+deb12") > 0);
	assert_true(str_version_cmp("6.1.0-56", "6.12.100") < 0);
	assert_int_equal(str_version_cmp("6.1.0-54", "6.1.0-54"), 0);
}

static void escapes_and_direction_marks_become_text(void **state)
{
	_cleanup_buf_ struct buf b = BUF_INIT;

	(void)state;
	str_sanitise(&b, "\033[31mred\tp\xc3\xa9\xe2\x80\xae\xff\n", 17, false);
	assert_string_equal(buf_str(&b), "\\x1b[31mred\tp\xc3\xa9\\xe2\\x80\\xae\\xff\\x0a");
}

static void numbers_are_read_whole_or_not_at_all(void **state)
{
	uint64_t v = 7;

	(void)state;
	assert_int_equal(str_to_u64("18446744073709551615", UINT64_MAX, &v), 0);
	assert_true(v == UINT64_MAX);
	assert_int_equal(str_to_u64("18446744073709551616", UINT64_MAX, &v), -ERANGE);
	assert_int_equal(str_to_u64("12x", UINT64_MAX, &v), -EINVAL);
	assert_int_equal(str_to_u64("", UINT64_MAX, &v), -EINVAL);
	assert_int_equal(str_to_u64("11", 10, &v), -ERANGE);
}

static void words_are_wrapped_and_a_long_one_stands_alone(void **state)
{
	_cleanup_buf_ struct buf b = BUF_INIT;

	(void)state;
	str_wrap(&b, "a bc  def a-very-long-word x", 2, 8);
	assert_string_equal(buf_str(&b), "  a bc\n  def\n  a-very-long-word\n  x\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(words_are_wrapped_and_a_long_one_stands_alone),
		test(a_typo_finds_its_word),
		test(a_swap_is_one_edit),
		test(kernel_names_sort_as_people_expect),
		test(escapes_and_direction_marks_become_text),
		test(numbers_are_read_whole_or_not_at_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
