/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The schema for editors: the table as a JSON Schema (draft 07). It takes all that the parser
 * takes, and leaves to `kernsoak check` what it cannot say: lengths as numbers, keys that go
 * together, names that must exist.
 */
#include "model/capabilities.h"
#include "model/panics.h"
#include "model/plants.h"
#include "model/schema_text.h"

#define DURATION_PATTERN "([0-9]+(d|h|m|s|ms|us|ns))+"
#define SIZE_PATTERN     "[0-9]+(TiB|GiB|MiB|KiB|B)"
#define RATE_PATTERN     "[0-9]*\\.?[0-9]+/(d|h|m|s|ms|us|ns)"
#define NAME_PATTERN     "^[A-Za-z0-9_+][A-Za-z0-9._+-]*$"

/* ---- parts ---- */

/* {"type": [...]}: the words of `types`, with spaces between. */
static json_t *of_type(const char *types)
{
	json_t *o = json_object(), *a = json_array();

	for (const char *w = types; *w; w += strcspn(w, " "), w += *w == ' ')
		json_array_append_new(a, json_stringn(w, strcspn(w, " ")));
	json_object_set_new(o, "type", a);
	return o;
}

/* Takes the alternatives. */
static json_t *any_of(json_t *a, json_t *b)
{
	json_t *o = json_object(), *any = json_array();

	json_array_append_new(any, a);
	json_array_append_new(any, b);
	json_object_set_new(o, "anyOf", any);
	return o;
}

/* Text of that form; nothing after a key is its default. */
static json_t *pattern(const char *regex, bool none)
{
	_cleanup_free_
	char *whole = xasprintf("^(%s%s)$", regex, none ? "|none" : "");
	json_t *o = of_type("string null");

	json_set_str(o, "pattern", whole);
	return o;
}

static json_t *enum_of(json_t *words)
{
	json_t *o = json_object();

	json_object_set_new(o, "enum", words);
	return o;
}

static json_t *reference(const char *to)
{
	json_t *o = json_object();

	json_set_str(o, "$ref", to);
	return o;
}

static json_t *only_none(void)
{
	json_t *a = json_array();

	json_array_append_new(a, json_string("none"));
	return enum_of(a);
}

static json_t *integers(uint64_t min, uint64_t max, bool none)
{
	json_t *o = of_type("integer null");

	json_set_u64(o, "minimum", min);
	json_set_u64(o, "maximum", max);
	return none ? any_of(o, only_none()) : o;
}

/* One item, a list of them, or nothing. Takes the item. */
static json_t *one_or_list(json_t *item)
{
	json_t *list = of_type("array null");

	json_object_set(list, "items", item);
	return any_of(item, list);
}

/* A map with these keys and no others, or nothing. Takes the properties. */
static json_t *closed_map(json_t *properties)
{
	json_t *o = of_type("object null");

	json_object_set_new(o, "properties", properties);
	json_set_bool(o, "additionalProperties", false);
	return o;
}

/* A map of free names to such values, or nothing. Takes the value. */
static json_t *map_of(json_t *value)
{
	json_t *o = of_type("object null");

	json_object_set_new(o, "additionalProperties", value);
	return o;
}

/* "The sentence. RANGE; default X; such as Y": what an editor shows. */
static void describe(json_t *o, const char *sentence, const char *range, const char *fallback,
		     const char *example)
{
	_cleanup_buf_ struct buf b = BUF_INIT;
	const char *sep = "\n";

	buf_puts(&b, sentence);
	if (*range) {
		buf_printf(&b, "%s%s", sep, range);
		sep = "; ";
	}
	if (fallback && *fallback) {
		buf_printf(&b, "%sdefault %s", sep, fallback);
		sep = "; ";
	}
	if (example)
		buf_printf(&b, "%ssuch as %s", sep, example);
	json_set_str(o, "description", buf_str(&b));
}

/* ---- words that editors may offer ---- */

static const char *load_word(size_t i)
{
	const struct load_def *l = load_nth(i);

	return l ? l->name : NULL;
}

static const char *panic_word(size_t i)
{
	const struct panic *p = panic_nth(i);

	return p ? p->word : NULL;
}

static const char *plant_word(size_t i)
{
	const struct plant_def *p = plant_nth(i);

	return p ? p->name : NULL;
}

static const char *class_word(size_t i)
{
	const enum crash_class c = (enum crash_class)(CRASH_NONE + 1 + i);

	return c < CRASH_COUNT ? crash_info(c)->name : NULL;
}

static const char *capability_word(size_t i)
{
	const struct capability *c = capability_nth(i);

	return c ? c->name : NULL;
}

static const char *control_word(size_t i)
{
	static const char *const words[] = { "positive", "negative" };

	return i < ARRAY_SIZE(words) ? words[i] : NULL;
}

static const char *backend_word(size_t i)
{
	static const char *const words[] = { "libvirt", "fake" };

	return i < ARRAY_SIZE(words) ? words[i] : NULL;
}

/* Rows whose fits() is a look into another table: of a TEXT or LIST the values, else the keys. */
static const struct choice {
	const char *path;
	const char *(*word)(size_t i);
	const char *also; /* a pattern of what is accepted besides; NULL: nothing */
} choices[] = {
	{ "needs", capability_word, "^CONFIG_[A-Z0-9_]+$" },
	{ "guest.backend", backend_word },
	{ "guest.panic-on", panic_word },
	{ "plant", plant_word },
	{ "exposure.unit", load_word },
	{ "fail.target.class", crash_word },
	{ "detect.add.*.class", class_word },
	{ "detect.ignore.*.class", crash_word },
	{ "controls", control_word },
};

static const struct choice *choice_of(const struct field *f)
{
	for (size_t i = 0; i < ARRAY_SIZE(choices); i++)
		if (str_eq(choices[i].path, f->path))
			return &choices[i];
	return NULL;
}

static json_t *choice_schema(const struct choice *c)
{
	json_t *a = json_array(), *o;
	const char *w;

	for (size_t i = 0; (w = c->word(i)); i++)
		json_array_append_new(a, json_string(w));
	if (!c->also)
		return enum_of(a);
	o = of_type("string");
	json_set_str(o, "pattern", c->also);
	return any_of(enum_of(a), o);
}

/* ---- loads ---- */

static json_t *param_words(const struct load_param *p)
{
	json_t *a = json_array();

	for (const char *w = p->words; *w; w += strcspn(w, " "), w += *w == ' ')
		json_array_append_new(a, json_stringn(w, strcspn(w, " ")));
	json_array_append_new(a, json_null());
	return enum_of(a);
}

static json_t *switch_words(void)
{
	static const char *const words[] = { "no", "yes", "off", "on" };
	json_t *a = json_array();

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		json_array_append_new(a, json_string(words[i]));
	json_array_append_new(a, json_true());
	json_array_append_new(a, json_false());
	json_array_append_new(a, json_null());
	return enum_of(a);
}

static json_t *param_schema(const struct load_param *p)
{
	_cleanup_free_
	char *range = load_param_range(p);
	json_t *o = NULL;

	switch (p->type) {
	case PARAM_DURATION: o = pattern(DURATION_PATTERN, false); break;
	case PARAM_SIZE: o = pattern(SIZE_PATTERN, false); break;
	case PARAM_RATE: o = pattern(RATE_PATTERN, false); break;
	case PARAM_COUNT: o = integers(p->min, p->max, false); break;
	case PARAM_BOOL: o = switch_words(); break;
	case PARAM_TEXT: o = of_type("string number boolean null"); break;
	case PARAM_LIST: o = one_or_list(of_type("string number boolean")); break;
	case PARAM_CHOICE: o = param_words(p); break;
	}
	describe(o, p->sentence, range, p->fallback ? p->fallback : "none: it must be given", NULL);
	return o;
}

static json_t *loads_schema(void)
{
	json_t *all = json_object();
	const struct load_def *l;

	for (size_t i = 0; (l = load_nth(i)); i++) {
		json_t *params = json_object(), *o;

		for (const struct load_param *p = l->param; p->key; p++)
			json_object_set_new(params, p->key, param_schema(p));
		o = any_of(closed_map(params), only_none());
		json_set_str(o, "description", l->sentence);
		json_object_set_new(all, l->name, o);
	}
	return closed_map(all);
}

/* ---- rows ---- */

static json_t *words_of(const struct field *f)
{
	json_t *a = json_array();

	for (size_t i = 0; f->words[i]; i++)
		json_array_append_new(a, json_string(f->words[i]));
	json_array_append_new(a, json_null());
	return enum_of(a);
}

static json_t *number_schema(const struct field *f)
{
	json_t *o = of_type("number null");

	json_set_double(o, "exclusiveMinimum", (double)f->min);
	json_set_double(o, "maximum", (double)f->max);
	return o;
}

static json_t *text_schema(const struct field *f)
{
	const struct choice *c = choice_of(f);

	return c ? any_of(choice_schema(c), of_type("null"))
		 : of_type("string number boolean null");
}

static json_t *list_schema(const struct field *f)
{
	const struct choice *c = choice_of(f);

	return one_or_list(c ? choice_schema(c) : of_type("string number boolean"));
}

static json_t *overlays_schema(const struct field *f)
{
	json_t *o = map_of(reference(str_eq(f->path, "profiles") ? "#/definitions/profile"
								 : "#/definitions/arm"));
	const struct choice *c = choice_of(f);
	json_t *names;

	if (c) {
		names = choice_schema(c);
	} else {
		names = json_object();
		json_set_str(names, "pattern", NAME_PATTERN);
	}
	json_object_set_new(o, "propertyNames", names);
	return o;
}

static json_t *group_schema(const char *group, unsigned in);

/* A map of the maps of the rows "PATH.*", or `none`, or nothing. */
static json_t *named_schema(const struct field *f, unsigned in)
{
	_cleanup_free_
	char *group = xasprintf("%s.*", f->path);
	json_t *o = map_of(any_of(group_schema(group, in), only_none()));

	if (choice_of(f))
		json_object_set_new(o, "propertyNames", choice_schema(choice_of(f)));
	return o;
}

static json_t *field_schema(const struct field *f, unsigned in)
{
	switch (f->type) {
	case FIELD_GROUP: return group_schema(f->path, in);
	case FIELD_TEXT: return text_schema(f);
	case FIELD_WORD: return words_of(f);
	case FIELD_COUNT: return integers(f->min, f->max, f->none);
	case FIELD_SIZE: return pattern(SIZE_PATTERN, f->none);
	case FIELD_DURATION: return pattern(DURATION_PATTERN, f->none);
	case FIELD_NUMBER: return number_schema(f);
	case FIELD_RATE: return pattern(RATE_PATTERN, false);
	case FIELD_LIST: return list_schema(f);
	case FIELD_PAIRS:
		return map_of(f->words ? words_of(f) : of_type("string number boolean null"));
	case FIELD_NAMED: return named_schema(f, in);
	case FIELD_LOADS: return loads_schema();
	case FIELD_OVERLAYS: return overlays_schema(f);
	case FIELD_GRID: return map_of(one_or_list(of_type("string number boolean")));
	}
	return NULL;
}

static json_t *row_schema(const struct field *f, unsigned in)
{
	_cleanup_free_
	char *range = field_range(f);
	json_t *o = field_schema(f, in);

	describe(o, f->sentence, range, f->fallback, f->example);
	return o;
}

/* What a file, its profiles and its arms may say alike is written once. */
static bool is_shared(const struct field *f)
{
	return f->in == IN_ALL && !strchr(f->path, '.');
}

/* The keys right below the group ("" for the top) that the document may have. */
static json_t *group_schema(const char *group, unsigned in)
{
	json_t *properties = json_object();
	const struct field *f;

	for (size_t i = 0; (f = schema_nth(i)); i++) {
		const char *name = field_below(f, group);
		_cleanup_free_
		char *shared = name && is_shared(f) ? xasprintf("#/definitions/%s", name) : NULL;

		if (!name || !(f->in & in))
			continue;
		if (shared)
			json_object_set_new(properties, name, reference(shared));
		else
			json_object_set_new(properties, name, row_schema(f, in));
	}
	return closed_map(properties);
}

static json_t *definitions(void)
{
	json_t *o = json_object();
	const struct field *f;

	json_object_set_new(o, "arm", group_schema("", IN_ARM));
	json_object_set_new(o, "profile", group_schema("", IN_PROFILE));
	for (size_t i = 0; (f = schema_nth(i)); i++)
		if (is_shared(f))
			json_object_set_new(o, f->path, row_schema(f, IN_ALL));
	return o;
}

json_t *schema_to_json(void)
{
	json_t *root = group_schema("", IN_FILE);

	json_set_str(root, "type", "object");
	json_set_str(root, "$schema", "http://json-schema.org/draft-07/schema#");
	json_set_str(root, "title", "A scenario of kernsoak");
	json_object_set_new(root, "definitions", definitions());
	return root;
}
