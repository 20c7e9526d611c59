/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "unit.h"

#include <errno.h>
#include <math.h>

#include "base/json.h"

static void numbers_make_the_round_trip(void **state)
{
	static const uint64_t whole[] = { 0, 1, INT64_MAX, TIME_NEVER };
	_cleanup_json_ json_t *o = json_object();
	double d = 7;
	struct err err = { 0 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(whole); i++) {
		uint64_t v = 7;

		json_set_u64(o, "v", whole[i]);
		assert_ok(json_get_u64(o, "v", &v, &err));
		assert_true(v == whole[i]);
	}
	json_set_double(o, "d", NAN);
	assert_ok(json_get_double(o, "d", &d, &err));
	assert_true(isnan(d));
	json_set_double(o, "d", 0.1);
	assert_ok(json_get_double(o, "d", &d, &err));
	assert_true(d == 0.1);
}

static void a_missing_key_leaves_what_was_there(void **state)
{
	_cleanup_json_ json_t *o = json_object();
	uint64_t u = 7;
	double d = 7;
	bool b = true;
	const char *s = "x";
	struct err err = { 0 };

	(void)state;
	assert_ok(json_get_u64(o, "k", &u, &err));
	assert_ok(json_get_u64(NULL, "k", &u, &err));
	assert_ok(json_get_double(o, "k", &d, &err));
	assert_ok(json_get_bool(o, "k", &b, &err));
	assert_ok(json_get_str(o, "k", &s, &err));
	assert_true(u == 7 && d == 7 && b);
	assert_string_equal(s, "x");
}

static void a_wrong_type_is_named(void **state)
{
	_cleanup_json_ json_t *o = json_loads("{\"k\": [], \"minus\": -1, \"half\": 0.5}", 0, NULL);
	uint64_t u = 7;
	const char *s = "x";
	struct err err = { 0 };

	(void)state;
	assert_int_equal(json_get_u64(o, "k", &u, &err), -EINVAL);
	assert_non_null(strstr(err.msg, "\"k\""));
	assert_int_equal(json_get_u64(o, "minus", &u, &err), -EINVAL);
	assert_int_equal(json_get_u64(o, "half", &u, &err), -EINVAL);
	assert_int_equal(json_get_str(o, "k", &s, &err), -EINVAL);
	assert_true(u == 7);
	assert_string_equal(s, "x");
}

static void bytes_that_are_no_text_become_text(void **state)
{
	_cleanup_json_ json_t *o = json_object();
	char small[4];
	struct err err = { 0 };

	(void)state;
	json_set_str(o, "k", "a\xff\xfe");
	assert_string_equal(json_string_value(json_object_get(o, "k")), "a\\xff\\xfe");
	assert_ok(json_get_text(o, "k", small, sizeof(small), &err));
	assert_string_equal(small, "a\\x");
}

static void a_path_leads_through_names_and_numbers(void **state)
{
	_cleanup_json_ json_t *o = json_loads("{\"a\": {\"b\": [1, 2, 3]}}", 0, NULL);

	(void)state;
	assert_int_equal(json_integer_value(json_at(o, "a.b.1")), 2);
	assert_null(json_at(o, "a.b.9"));
	assert_null(json_at(o, "a.c.1"));
	assert_null(json_at(o, "a.b.1.x"));
	assert_ptr_equal(json_at(o, ""), o);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(numbers_make_the_round_trip),
		test(a_missing_key_leaves_what_was_there),
		test(a_wrong_type_is_named),
		test(bytes_that_are_no_text_become_text),
		test(a_path_leads_through_names_and_numbers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
