/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Every value of every data set that R has answered for, where those lie beside the checkout. */
#include "numbers.h"

#include <fcntl.h>

#include "base/fs.h"
#include "base/str.h"
#include "stats/answer.h"

static const struct answer_options plain = { .conf = 0.95 };

static json_t *answer_to(const char *text)
{
	_cleanup_lifetable_ struct lifetable t = { 0 };
	struct err err = { 0 };

	assert_ok(lifetable_parse("f.csv", text, strlen(text), &t, &err));
	return answer_json("f", &t, plain);
}

static void one_arm_and_one_cause_are_not_compared(void **state)
{
	_cleanup_json_ json_t *j = answer_to("time,status\n77.5,1\n");

	(void)state;
	assert_int_equal(json_integer_value(json_object_get(j, "n")), 1);
	assert_int_equal(json_integer_value(json_object_get(j, "causes")), 1);
	assert_null(json_object_get(j, "by_arm"));
	assert_null(json_object_get(j, "logrank"));
	assert_null(json_object_get(j, "competing"));
}

static void arms_keep_their_names(void **state)
{
	_cleanup_json_ json_t *j = answer_to("time,status,arm\n1,1,stock\n2,1,fixed\n3,0,stock\n");
	const json_t *arms = json_object_get(j, "arms");

	(void)state;
	assert_string_equal(json_string_value(json_array_get(arms, 0)), "fixed");
	assert_string_equal(json_string_value(json_array_get(arms, 1)), "stock");
	assert_int_equal(json_array_size(json_object_get(j, "by_arm")), 2);
}

static void long_tables_are_thinned_unless_all_is_asked_for(void **state)
{
	_cleanup_buf_ struct buf b = BUF_INIT;
	_cleanup_lifetable_ struct lifetable t = { 0 };
	_cleanup_json_ json_t *some = NULL, *all = NULL;
	json_t *km;

	(void)state;
	buf_puts(&b, "time,status\n");
	for (int i = 1; i <= 1000; i++)
		buf_printf(&b, "%d,1\n", i);
	lifetable_parse("f", b.data, b.len, &t, NULL);
	some = answer_json("f", &t, plain);
	all = answer_json("f", &t, (struct answer_options){ .conf = 0.95, .all_rows = true });
	km = json_object_get(json_object_get(some, "overall"), "km");
	assert_true(json_is_true(json_object_get(km, "thinned")));
	km = json_object_get(json_object_get(km, "table"), "time");
	assert_int_equal(json_array_size(km), 150);
	assert_close(json_number_value(json_array_get(km, 0)), 1, 0);
	assert_close(json_number_value(json_array_get(km, 149)), 1000, 0);
	km = json_object_get(json_object_get(all, "overall"), "km");
	assert_false(json_is_true(json_object_get(km, "thinned")));
	km = json_object_get(json_object_get(km, "table"), "time");
	assert_int_equal(json_array_size(km), 1000);
}

/* ---- against R ---- */

static size_t values, wrong;

static void differ(const char *file, const char *path, const json_t *got, const json_t *want)
{
	_cleanup_free_
	char *g = got ? json_dumps(got, JSON_ENCODE_ANY | JSON_COMPACT) : xstrdup("missing"),
	     *w = json_dumps(want, JSON_ENCODE_ANY | JSON_COMPACT);
	if (wrong++ < 20)
		print_message("%s%s: %.100s, want %.100s\n", file, path, g, w);
}

static bool same(const json_t *got, const json_t *want, const char *path)
{
	bool iterated = strstr(path, "profile") || strstr(path, "weibull") || strstr(path, "cox");
	double g, w, rel = iterated ? 1e-8 : 1e-9;

	if (!json_is_number(want) || !json_is_number(got))
		return json_equal(got, want);
	g = json_number_value(got);
	w = json_number_value(want);
	return fabs(g - w) <= rel * fabs(w) + 1e-13;
}

static bool is_commentary(const char *key)
{
	return str_eq(key, "generator") || str_eq(key, "description") || str_eq(key, "name");
}

static void compare(const char *file, const char *path, const json_t *got, json_t *want)
{
	const char *key;
	json_t *v;
	size_t i;

	if (json_is_object(want)) {
		json_object_foreach (want, key, v) {
			_cleanup_free_
			char *below = xasprintf("%s.%s", path, key);

			if (!is_commentary(key))
				compare(file, below, json_object_get(got, key), v);
		}
	} else if (json_is_array(want) && json_array_size(got) == json_array_size(want)) {
		json_array_foreach (want, i, v) {
			_cleanup_free_
			char *below = xasprintf("%s[%zu]", path, i);

			compare(file, below, json_array_get(got, i), v);
		}
	} else {
		values++;
		if (!same(got, want, path))
			differ(file, path, got, want);
	}
}

static void compare_set(int dir, const char *csv)
{
	_cleanup_free_
	char *reference = xasprintf("%.*s.json", (int)strlen(csv) - 4, csv);
	_cleanup_buf_ struct buf b = BUF_INIT;
	_cleanup_lifetable_ struct lifetable t = { 0 };
	_cleanup_json_ json_t *want = NULL, *got = NULL;
	struct err err = { 0 };

	assert_ok(json_read(dir, reference, &want, &err));
	assert_ok(fs_read(dir, csv, 64 << 20, &b, &err));
	assert_ok(lifetable_parse(csv, b.data, b.len, &t, &err));
	got = answer_json(csv, &t, plain);
	compare(csv, "", got, want);
}

static void every_answer_of_r_is_ours(void **state)
{
	_cleanup_free_
	char *path = vectors_dir();
	_cleanup_strv_ struct strv names = { 0 };
	_cleanup_close_ int dir = -1;
	struct err err = { 0 };

	(void)state;
	if (!path)
		skip();
	dir = fs_open_dir(AT_FDCWD, path, &err);
	assert_ok(dir);
	assert_ok(fs_list(dir, ".", &names, &err));
	for (size_t i = 0; i < names.n; i++)
		if (strlen(names.item[i]) > 4 &&
		    str_eq(names.item[i] + strlen(names.item[i]) - 4, ".csv"))
			compare_set(dir, names.item[i]);
	print_message("%zu values of R compared, %zu differ\n", values, wrong);
	assert_true(values > 50000);
	assert_int_equal(wrong, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(one_arm_and_one_cause_are_not_compared),
		test(arms_keep_their_names),
		test(long_tables_are_thinned_unless_all_is_asked_for),
		test(every_answer_of_r_is_ours),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
