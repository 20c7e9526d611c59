/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "unit.h"

#include <ctype.h>

#include "base/buf.h"
#include "model/schema.h"
#include "model/units.h"

static void every_row_tells_a_sentence_and_an_example(void **state)
{
	const struct field *f;

	(void)state;
	for (size_t i = 0; (f = schema_nth(i)); i++) {
		if (!f->sentence || !isupper((unsigned char)f->sentence[0]))
			if (f->sentence[0] != '`')
				fail_msg("%s: its sentence should begin with a capital", f->path);
		if (f->sentence[strlen(f->sentence) - 1] != '.')
			fail_msg("%s: its sentence should end with a full stop", f->path);
		if (!f->in || (f->type != FIELD_GROUP && !f->example))
			fail_msg("%s: no document may have it, or it has no example", f->path);
		if (f->fits && !f->shape)
			fail_msg("%s: says no word of what fits", f->path);
	}
}

static void every_path_is_kebab_case_unique_and_below_a_group(void **state)
{
	const struct field *f;

	(void)state;
	for (size_t i = 0; (f = schema_nth(i)); i++) {
		char group[64];
		const char *dot = strrchr(f->path, '.');

		assert_ptr_equal(schema_by_path(f->path), f);
		assert_int_equal(strspn(f->path, "abcdefghijklmnopqrstuvwxyz-.*"), strlen(f->path));
		if (!dot)
			continue;
		if (f->of_item)
			dot -= 2;
		snprintf(group, sizeof(group), "%.*s", (int)(dot - f->path), f->path);
		assert_non_null(schema_by_path(group));
		assert_int_equal(schema_by_path(group)->type,
				 f->of_item ? FIELD_NAMED : FIELD_GROUP);
		assert_int_equal(strstr(f->path, ".*.") != NULL, f->of_item);
		assert_int_equal(f->in & ~schema_by_path(group)->in, 0);
	}
}

/* "detect.add.*.class=x" with a name that takes the key. */
static char *setting_of(const struct field *f, const char *text)
{
	const char *star = strchr(f->path, '*'), *name = "x";

	if (!star)
		return xasprintf("%s=%s", f->path, text);
	if (str_after(f->path, "plant."))
		name = str_eq(star, "*.speed")                                   ? "memory-leak"
		       : str_eq(star, "*.devices") || str_eq(star, "*.duration") ? "netdev-leak"
										 : "null";
	return xasprintf("%.*s%s%s=%s", (int)(star - f->path), f->path, name, star + 1, text);
}

/* Reads "path: text" as a scenario would; what the row's own document may not hold is skipped. */
static int read_one(const struct field *f, const char *text, struct settings *s, struct err *err)
{
	struct trees *trees = trees_new();
	struct scenario sc = { 0 };
	_cleanup_free_
	char *setting = setting_of(f, text);
	const struct node *n = NULL;
	int r;

	schema_defaults(s, &sc);
	r = tree_parse_setting(trees, setting, schema_has_free_keys, &n, err);
	if (r == 0)
		r = schema_read(n, IN_FILE, !f->of_item, s, &sc, err);
	trees_free(trees);
	scenario_done(&sc);
	return r;
}

static void every_example_is_accepted_and_changes_something(void **state)
{
	const struct field *f;

	(void)state;
	for (size_t i = 0; (f = schema_nth(i)); i++) {
		struct settings before = { 0 }, after = { 0 };
		struct err err = { 0 };
		json_t *a, *b;

		if (f->type == FIELD_GROUP)
			continue;
		schema_defaults(&before, NULL);
		if (read_one(f, f->example, &after, &err) < 0)
			fail_msg("%s: %s: %s", f->path, f->example, err.msg);
		a = settings_to_json(&before);
		b = settings_to_json(&after);
		if (!f->of_scenario && f->type != FIELD_OVERLAYS && f->type != FIELD_GRID &&
		    json_equal(a, b))
			fail_msg("%s: %s leaves the default", f->path, f->example);
		json_decref(a);
		json_decref(b);
		settings_done(&before);
		settings_done(&after);
	}
}

static void every_row_refuses_what_is_not_its_type(void **state)
{
	static const char *const wrong[] = {
		[FIELD_GROUP] = "4",      [FIELD_TEXT] = "[a]",  [FIELD_WORD] = "warp",
		[FIELD_COUNT] = "4x",     [FIELD_SIZE] = "4",    [FIELD_DURATION] = "4",
		[FIELD_NUMBER] = "one",   [FIELD_RATE] = "4",    [FIELD_LIST] = "{a: b}",
		[FIELD_PAIRS] = "[a]",    [FIELD_NAMED] = "[a]", [FIELD_LOADS] = "[shell]",
		[FIELD_OVERLAYS] = "[a]", [FIELD_GRID] = "[a]",
	};
	const struct field *f;

	(void)state;
	for (size_t i = 0; (f = schema_nth(i)); i++) {
		struct settings s = { 0 };
		struct err err = { 0 };

		if (read_one(f, wrong[f->type], &s, &err) >= 0)
			fail_msg("%s: accepted %s", f->path, wrong[f->type]);
		if (!strstr(err.msg, f->path))
			fail_msg("%s: the complaint does not name it: %s", f->path, err.msg);
		settings_done(&s);
	}
}

static void ranges_hold_at_both_ends(void **state)
{
	const struct field *f;

	(void)state;
	for (size_t i = 0; (f = schema_nth(i)); i++) {
		struct err err = { 0 };

		if (f->type != FIELD_COUNT && f->type != FIELD_SIZE && f->type != FIELD_DURATION)
			continue;
		assert_ok(field_check(f, f->min, &err));
		assert_ok(field_check(f, f->max, &err));
		assert_true(field_check(f, f->max + 1, &err) < 0);
		assert_true(f->min == 0 || field_check(f, f->min - 1, &err) < 0);
		assert_int_equal(field_check(f, TIME_NEVER, &err) == 0, f->none);
	}
}

static void none_is_kept_as_never_where_it_is_accepted(void **state)
{
	const struct field *f;

	(void)state;
	for (size_t i = 0; (f = schema_nth(i)); i++) {
		struct settings s = { 0 };
		struct err err = { 0 };
		int r;

		if (f->type != FIELD_DURATION)
			continue;
		r = read_one(f, "none", &s, &err);
		assert_int_equal(r == 0, f->none);
		if (r == 0 && !f->of_scenario && !f->of_item)
			assert_true(*(uint64_t *)field_at(f, &s, NULL) == TIME_NEVER);
		settings_done(&s);
	}
}

/* The loads' own tables are as much of the schema as the rows here. */
static void every_load_and_its_defaults_are_accepted(void **state)
{
	const struct load_def *def;

	(void)state;
	for (size_t i = 0; (def = load_nth(i)); i++) {
		_cleanup_buf_ struct buf b = BUF_INIT;
		struct settings s = { 0 };
		struct err err = { 0 };
		size_t n = 0;

		buf_printf(&b, "{%s: {", def->name);
		for (const struct load_param *p = def->param; p->key; p++, n++)
			if (!p->fallback)
				buf_printf(&b, "%s: x, ", p->key);
		buf_puts(&b, "}}");
		assert_ok(read_one(schema_by_path("load"), buf_str(&b), &s, &err));
		assert_int_equal(s.n_loads, 1);
		assert_int_equal(s.load[0].args.n, n);
		for (size_t k = 0; k < n; k++)
			assert_string_equal(s.load[0].args.item[k].key, def->param[k].key);
		settings_done(&s);
	}
}

/* A value that the row does not accept, as a scenario would write it; NULL: it takes any. */
static char *unacceptable(const struct load_param *p)
{
	char a[UNIT_TEXT];

	switch (p->type) {
	case PARAM_DURATION: return xstrdup(duration_format(a, p->max + NS_PER_S));
	case PARAM_SIZE: return xstrdup(size_format(a, p->max + (1 << 20)));
	case PARAM_COUNT: return xasprintf("%llu", (unsigned long long)p->max + 1);
	case PARAM_RATE: return xstrdup("999999999/ns");
	case PARAM_CHOICE: return xstrdup("warp");
	case PARAM_BOOL:
	case PARAM_TEXT:
	case PARAM_LIST: break;
	}
	return NULL;
}

static void check_refusal(const struct load_def *def, const struct load_param *p)
{
	_cleanup_free_
	char *bad = unacceptable(p), *range = load_param_range(p), *text = NULL;
	struct settings s = { 0 };
	struct err err = { 0 };

	if (!bad)
		return;
	text = xasprintf("{%s: {%s: %s}}", def->name, p->key, bad);
	if (read_one(schema_by_path("load"), text, &s, &err) == 0)
		fail_msg("%s is accepted", text);
	if (!*range || !strstr(err.msg, range))
		fail_msg("%s is refused without its range %s: %s", text, range, err.msg);
	settings_done(&s);
}

static void every_parameter_of_a_load_is_refused_beyond_its_range_which_is_said(void **state)
{
	const struct load_def *def;

	(void)state;
	for (size_t i = 0; (def = load_nth(i)); i++)
		for (const struct load_param *p = def->param; p->key; p++)
			check_refusal(def, p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(every_row_tells_a_sentence_and_an_example),
		test(every_path_is_kebab_case_unique_and_below_a_group),
		test(every_example_is_accepted_and_changes_something),
		test(every_row_refuses_what_is_not_its_type),
		test(ranges_hold_at_both_ends),
		test(none_is_kept_as_never_where_it_is_accepted),
		test(every_load_and_its_defaults_are_accepted),
		test(every_parameter_of_a_load_is_refused_beyond_its_range_which_is_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
