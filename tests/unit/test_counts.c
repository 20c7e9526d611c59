/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "unit.h"

#include <stdio.h>

#include "model/counts.h"

static void equal_names_are_one(void **state)
{
	struct counts c = { 0 };

	(void)state;
	assert_true(counts_add(&c, "told-by-fsync", 2));
	assert_true(counts_add(&c, "whole", 1));
	assert_true(counts_add(&c, "told-by-fsync", 3));
	assert_int_equal(c.n, 2);
	assert_string_equal(c.item[0].name, "told-by-fsync");
	assert_int_equal(c.item[0].count, 5);
	assert_int_equal(counts_sum(&c), 6);
}

static void what_is_no_name_is_not_taken(void **state)
{
	static const char *const bad[] = { "",
					   "A",
					   "a b",
					   "a_b",
					   "\033[31m",
					   "a\303\244",
					   "a/b",
					   "0123456789abcdef"
					   "0123456789abcdef" };
	struct counts c = { 0 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_false(counts_add(&c, bad[i], 1));
	assert_int_equal(c.n, 0);
	assert_true(counts_add(&c, "0123456789abcdef0123456789abcde", 1));
}

static void a_guest_has_sixteen_names_and_counts_that_stay_numbers(void **state)
{
	struct counts c = { 0 };

	(void)state;
	for (int i = 0; i < 20; i++) {
		char name[8];

		snprintf(name, sizeof(name), "n%d", i);
		assert_int_equal(counts_add(&c, name, 1), i < COUNTS_NAMES);
	}
	assert_int_equal(c.n, COUNTS_NAMES);
	assert_true(counts_add(&c, "n3", UINT64_MAX));
	assert_true(counts_add(&c, "n3", 1));
	assert_true(c.item[3].count == INT64_MAX);
	assert_true(counts_sum(&c) == INT64_MAX);
}

static void counts_survive_json(void **state)
{
	struct counts c = { 0 }, back = { 0 };
	_cleanup_json_ json_t *j = NULL;
	struct err err = { 0 };

	(void)state;
	counts_add(&c, "whole", 7);
	counts_add(&c, "silent-loss", 1);
	j = counts_to_json(&c);
	assert_ok(counts_from_json(j, &back, &err));
	assert_int_equal(back.n, 2);
	assert_string_equal(back.item[1].name, "silent-loss");
	assert_int_equal(back.item[0].count, 7);
	assert_ok(counts_from_json(NULL, &back, &err));
	assert_int_equal(back.n, 0);
}

static void broken_ones_are_refused(void **state)
{
	static const char *const bad[] = { "{\"a\": -1}", "{\"a\": 1.5}", "{\"A B\": 1}",
					   "{\"a\": \"1\"}" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		_cleanup_json_ json_t *j = json_loads(bad[i], 0, NULL);
		struct counts c = { 0 };
		struct err err = { 0 };

		assert_true(counts_from_json(j, &c, &err) < 0);
		assert_int_equal(c.n, 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(equal_names_are_one),
		test(what_is_no_name_is_not_taken),
		test(a_guest_has_sixteen_names_and_counts_that_stay_numbers),
		test(counts_survive_json),
		test(broken_ones_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
