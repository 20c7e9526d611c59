/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The JSON Schema against the parser: what the parser takes, an editor must not underline. Checked
 * with a validator of just the words that the schema uses, so that it is done everywhere;
 * tests/cli/schema asks a real one. UPDATE_GOLDEN=1 writes docs/scenario.schema.json.
 */
#include "unit.h"

#include <fcntl.h>
#include <regex.h>

#include "base/fs.h"
#include "model/schema_text.h"

#define DIR  "docs"
#define COPY "scenario.schema.json"

/* ---- a validator ---- */

static bool is_type(const json_t *v, const char *type)
{
	if (str_eq(type, "integer"))
		return json_is_integer(v);
	if (str_eq(type, "number"))
		return json_is_number(v);
	if (str_eq(type, "boolean"))
		return json_is_boolean(v);
	return (str_eq(type, "null") && json_is_null(v)) ||
	       (str_eq(type, "object") && json_is_object(v)) ||
	       (str_eq(type, "array") && json_is_array(v)) ||
	       (str_eq(type, "string") && json_is_string(v));
}

static bool of_a_type(const json_t *v, const json_t *types)
{
	size_t i;
	json_t *t;

	if (json_is_string(types))
		return is_type(v, json_string_value(types));
	json_array_foreach (types, i, t)
		if (is_type(v, json_string_value(t)))
			return true;
	return false;
}

static bool among(const json_t *v, const json_t *words)
{
	size_t i;
	json_t *w;

	json_array_foreach (words, i, w)
		if (json_equal(w, v))
			return true;
	return false;
}

static bool matches(const json_t *v, const char *pattern)
{
	regex_t re;
	bool is;

	if (!json_is_string(v))
		return true;
	assert_int_equal(regcomp(&re, pattern, REG_EXTENDED | REG_NOSUB), 0);
	is = regexec(&re, json_string_value(v), 0, NULL, 0) == 0;
	regfree(&re);
	return is;
}

static bool valid(json_t *root, const json_t *schema, const json_t *v);

static bool any_valid(json_t *root, const json_t *any, const json_t *v)
{
	size_t i;
	json_t *s;

	json_array_foreach (any, i, s)
		if (valid(root, s, v))
			return true;
	return false;
}

static bool valid_items(json_t *root, const json_t *schema, const json_t *v)
{
	size_t i;
	json_t *item;

	json_array_foreach (v, i, item)
		if (!valid(root, schema, item))
			return false;
	return true;
}

static bool valid_map(json_t *root, const json_t *schema, const json_t *v)
{
	const json_t *known = json_object_get(schema, "properties");
	const json_t *others = json_object_get(schema, "additionalProperties");
	const json_t *names = json_object_get(schema, "propertyNames");
	const char *key;
	json_t *value;

	json_object_foreach ((json_t *)(uintptr_t)v, key, value) {
		const json_t *s = json_object_get(known, key);
		_cleanup_json_ json_t *name = json_string(key);

		if (names && !valid(root, names, name))
			return false;
		if (!s && json_is_false(others))
			return false;
		if (!s)
			s = others;
		if (json_is_object(s) && !valid(root, s, value))
			return false;
	}
	return true;
}

static json_t *referred(json_t *root, const char *ref)
{
	const char *name = str_after(ref, "#/definitions/");

	assert_non_null(name);
	return json_object_get(json_object_get(root, "definitions"), name);
}

static bool keyword_holds(json_t *root, const char *word, const json_t *arg, const json_t *schema,
			  const json_t *v)
{
	if (str_eq(word, "type"))
		return of_a_type(v, arg);
	if (str_eq(word, "enum"))
		return among(v, arg);
	if (str_eq(word, "pattern"))
		return matches(v, json_string_value(arg));
	if (str_eq(word, "anyOf"))
		return any_valid(root, arg, v);
	if (str_eq(word, "items"))
		return valid_items(root, arg, v);
	if (str_eq(word, "additionalProperties"))
		return valid_map(root, schema, v);
	if (str_eq(word, "minimum"))
		return !json_is_number(v) || json_number_value(v) >= json_number_value(arg);
	if (str_eq(word, "maximum"))
		return !json_is_number(v) || json_number_value(v) <= json_number_value(arg);
	if (str_eq(word, "exclusiveMinimum"))
		return !json_is_number(v) || json_number_value(v) > json_number_value(arg);
	if (str_eq(word, "$ref"))
		return valid(root, referred(root, json_string_value(arg)), v);
	if (!str_eq(word, "properties") && !str_eq(word, "propertyNames") &&
	    !str_eq(word, "description") && !str_eq(word, "title") && !str_eq(word, "$schema") &&
	    !str_eq(word, "definitions"))
		fail_msg("a keyword that this validator does not know: %s", word);
	return true;
}

static bool valid(json_t *root, const json_t *schema, const json_t *v)
{
	const char *word;
	json_t *arg;

	json_object_foreach ((json_t *)(uintptr_t)schema, word, arg)
		if (!keyword_holds(root, word, arg, schema, v))
			return false;
	return true;
}

/* ---- YAML as JSON, by the core schema of YAML 1.2, as editors read it ---- */

static json_t *scalar(const struct node *n)
{
	json_t *j;

	if (n->quoted)
		return json_string(n->text);
	if (str_eq(n->text, "true") || str_eq(n->text, "false"))
		return json_boolean(str_eq(n->text, "true"));
	j = json_loads(n->text, JSON_DECODE_ANY, NULL);
	if (json_is_number(j))
		return j;
	json_decref(j);
	return json_string(n->text);
}

static json_t *to_json(const struct node *n)
{
	json_t *j = n->kind == NODE_LIST  ? json_array()
		    : n->kind == NODE_MAP ? json_object()
					  : NULL;

	if (!j)
		return n->kind == NODE_NULL ? json_null() : scalar(n);
	for (size_t i = 0; i < n->n; i++)
		if (n->kind == NODE_LIST)
			json_array_append_new(j, to_json(n->item[i].value));
		else
			json_object_set_new(j, n->item[i].key->text, to_json(n->item[i].value));
	return j;
}

static bool text_is_valid(const char *name, const char *text, size_t n)
{
	_cleanup_json_ json_t *root = schema_to_json();
	struct trees *trees = trees_new();
	const struct node *doc = NULL;
	struct err err = { 0 };
	json_t *j;
	bool is;

	if (tree_parse(trees, name, text, n, &doc, &err) < 0)
		fail_msg("%s: %s", name, err.msg);
	j = to_json(doc);
	is = valid(root, root, j);
	json_decref(j);
	trees_free(trees);
	return is;
}

static bool yaml_is_valid(const char *text)
{
	return text_is_valid("text", text, strlen(text));
}

/* ---- the tests ---- */

static void the_copy_in_docs_is_the_programs_own(void **state)
{
	_cleanup_json_ json_t *root = schema_to_json(), *copy = NULL;
	struct err err = { 0 };
	_cleanup_close_ int dir = fs_open_dir(AT_FDCWD, DIR, &err);

	(void)state;
	assert_ok(dir);
	if (json_read(dir, COPY, &copy, NULL) == 0 && json_equal(root, copy))
		return;
	if (!getenv("UPDATE_GOLDEN"))
		fail_msg("a table changed: UPDATE_GOLDEN=1 build/tests/unit/test_schema_json "
			 "brings " DIR "/" COPY " up to date");
	assert_ok(json_write(dir, COPY, root, &err));
}

/* One step down; `*` is any key of a map of maps. */
static json_t *below(json_t *o, const char *key)
{
	if (str_eq(key, "*"))
		return json_array_get(
			json_object_get(json_object_get(o, "additionalProperties"), "anyOf"), 0);
	return json_object_get(json_object_get(o, "properties"), key);
}

static json_t *schema_at(json_t *root, const char *path)
{
	_cleanup_free_
	char *copy = xstrdup(path);
	json_t *o = root;

	for (char *save = NULL, *s = strtok_r(copy, ".", &save); s;
	     s = strtok_r(NULL, ".", &save)) {
		const char *ref;

		o = below(o, s);
		ref = json_string_value(json_object_get(o, "$ref"));
		if (ref)
			o = referred(root, ref);
	}
	return o;
}

static void every_key_is_at_its_place(void **state)
{
	_cleanup_json_ json_t *root = schema_to_json();
	const struct field *f;

	(void)state;
	for (size_t i = 0; (f = schema_nth(i)); i++)
		if (!json_object_get(schema_at(root, f->path), "description"))
			fail_msg("%s is missing", f->path);
	assert_null(json_at(root, "definitions.arm.properties.stop"));
	assert_non_null(json_at(root, "definitions.profile.properties.stop"));
}

/* The words of every enum in it, to `see`. */
static void each_word(const json_t *o, const struct field *f,
		      void (*see)(const struct field *f, const json_t *word))
{
	const json_t *words = json_object_get(o, "enum"), *any = json_object_get(o, "anyOf");
	size_t i;
	json_t *w;

	json_array_foreach (words, i, w)
		see(f, w);
	json_array_foreach (any, i, w)
		each_word(w, f, see);
}

static void must_be_accepted(const struct field *f, const json_t *word)
{
	union {
		uint64_t number;
		double real;
		struct strv list;
		char *text;
	} at = { 0 };
	struct err err = { 0 };

	if (json_is_null(word))
		return;
	if (field_set(f, &at, json_string_value(word), &err) < 0)
		fail_msg("%s: %s: %s", f->path, json_string_value(word), err.msg);
	if (f->type == FIELD_LIST)
		strv_done(&at.list);
	else if (f->type == FIELD_TEXT)
		free(at.text);
}

static void every_word_that_it_offers_is_accepted(void **state)
{
	_cleanup_json_ json_t *root = schema_to_json();
	const struct field *f;

	(void)state;
	for (size_t i = 0; (f = schema_nth(i)); i++) {
		json_t *o = schema_at(root, f->path), *names = json_object_get(o, "propertyNames");
		json_t *words = json_object_get(names, "enum"), *w;
		size_t n;

		if (f->type != FIELD_NAMED && f->type != FIELD_OVERLAYS && f->type != FIELD_PAIRS &&
		    f->type != FIELD_GRID)
			each_word(o, f, must_be_accepted);
		json_array_foreach (words, n, w)
			assert_true(f->fits(json_string_value(w)));
	}
}

static void words_of_other_tables_are_offered(void **state)
{
	_cleanup_json_ json_t *root = schema_to_json();

	(void)state;
	assert_true(json_array_size(json_at(root, "definitions.plant.propertyNames.enum")) > 20);
	assert_true(json_array_size(json_at(
			    root, "definitions.guest.properties.panic-on.anyOf.0.enum")) > 8);
	assert_non_null(
		json_at(root, "definitions.load.properties.fib-rebalance.anyOf.0.properties"));
}

static void every_scenario_is_valid(void **state)
{
	_cleanup_strv_ struct strv names = { 0 };
	struct err err = { 0 };
	_cleanup_close_ int dir = fs_open_dir(AT_FDCWD, "scenarios", &err);
	size_t seen = 0;

	(void)state;
	assert_ok(dir);
	assert_ok(fs_list(dir, ".", &names, &err));
	for (size_t i = 0; i < names.n; i++) {
		_cleanup_buf_ struct buf text = BUF_INIT;
		const char *dot = strrchr(names.item[i], '.');

		if (!dot || !str_eq(dot, ".yaml"))
			continue;
		assert_ok(fs_read(dir, names.item[i], 1 << 20, &text, &err));
		if (!text_is_valid(names.item[i], buf_str(&text), text.len))
			fail_msg("scenarios/%s is not valid", names.item[i]);
		seen++;
	}
	assert_true(seen > 10);
}

static void what_the_parser_takes_is_valid(void **state)
{
	(void)state;
	assert_true(
		yaml_is_valid("name: 7\nguest:\nlimits: { soak: , silence: none, boot: 1h30m }"));
	assert_true(yaml_is_valid("fail: { target: { class: oops } }"));
	assert_true(yaml_is_valid("fail: { target: { class: [oops, soft-lockup] } }"));
	assert_true(yaml_is_valid(
		"guest: { mglru: off, modules: dummy, sysctl: { vm.swappiness: 1 } }"));
	assert_true(yaml_is_valid("load: { fib-rebalance: , stress-ng: none }"));
	assert_true(yaml_is_valid("load: { fib-rebalance: { pause: 3s, toggle: on } }"));
	assert_true(yaml_is_valid("plant: { null: , gpf: none, none: }"));
	assert_true(yaml_is_valid("needs: [CONFIG_KASAN, kasan]"));
	assert_true(yaml_is_valid("guest: { disks: { a: { size: 1GiB }, b: none } }"));
	assert_true(yaml_is_valid("fake: { rate: 0.5/s, scale: none }\nstop: { trials: 3 }"));
	assert_true(yaml_is_valid("arms: { a: , b: { guest: { vcpus: 2 } } }"));
}

static void what_it_can_tell_is_told(void **state)
{
	static const char *const bad[] = {
		"gest: { vcpus: 1 }",
		"guest: { vcpus: 0 }",
		"guest: { vcpus: two }",
		"guest: { memory: 256MB }",
		"guest: { memory: 256 }",
		"guest: [1]",
		"guest: { mglru: perhaps }",
		"limits: { soak: 30 }",
		"limits: { soak: none }",
		"fail: { target: { class: oopsie } }",
		"fail: { target: { class: [oops, oopsie] } }",
		"load: { fib-rebalnce: }",
		"load: { fib-rebalance: { puase: 3s } }",
		"load: { fib-rebalance: { pause: 3 } }",
		"load: { fib-rebalance: some }",
		"plant: { nul: }",
		"arms: { a: { stop: { trials: 1 } } }",
		"arms: { a: 3 }",
		"arms: { .a: }",
		"controls: { maybe: }",
		"guest: { disks: { a: { sise: 1GiB } } }",
		"stop: { trials: 0 }",
		"stop: { decided: { alpha: 0 } }",
		"exposure: { unit: fib }",
		"- a",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		if (yaml_is_valid(bad[i]))
			fail_msg("this is valid: %s", bad[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(the_copy_in_docs_is_the_programs_own),
		test(every_key_is_at_its_place),
		test(every_word_that_it_offers_is_accepted),
		test(words_of_other_tables_are_offered),
		test(every_scenario_is_valid),
		test(what_the_parser_takes_is_valid),
		test(what_it_can_tell_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
