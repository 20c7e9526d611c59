/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "model/schema_text.h"

#include <ctype.h>

#include "base/str.h"
#include "model/plants.h"

enum { WIDTH = 76 }; /* mandoc -Tlint complains of text lines beyond 80 bytes */

/* ---- one entry of a list ---- */

/* A word in mdoc: `x` is bold, what begins a line as a request is not one. */
static void mdoc_word(struct buf *out, const char *s, size_t n, bool *bold)
{
	if (n && (*s == '.' || *s == '\''))
		buf_puts(out, "\\&");
	for (size_t i = 0; i < n; i++) {
		if (s[i] == '`') {
			*bold = !*bold;
			buf_puts(out, *bold ? "\\fB" : "\\fP");
		} else if (s[i] == '\\') {
			buf_puts(out, "\\e");
		} else {
			buf_putc(out, s[i]);
		}
	}
}

/* Text as mdoc source: short lines, and a new one for each sentence. */
static void mdoc_text(struct buf *out, const char *s)
{
	size_t column = 0;
	bool bold = false;

	while (*s) {
		const size_t n = strcspn(s, " ");

		if (column && column + n > WIDTH) {
			buf_putc(out, '\n');
			column = 0;
		}
		if (column++)
			buf_putc(out, ' ');
		mdoc_word(out, s, n, &bold);
		column += n;
		if (n && strchr(".?!", s[n - 1]) && s[n]) {
			buf_putc(out, '\n');
			column = 0;
		}
		s += n;
		s += strspn(s, " ");
	}
	buf_putc(out, '\n');
}

/* The text as a sentence: loads and classes have theirs as fragments. */
static char *sentence(const char *text)
{
	const size_t n = strlen(text);
	char *s = xasprintf("%s%s", text, n && strchr(".`", text[n - 1]) ? "" : ".");

	*s = (char)toupper((unsigned char)*s);
	return s;
}

/* A name, what it is in short, and a text of sentences. */
static void entry(enum schema_format format, struct buf *out, const char *name, const char *brief,
		  const char *text)
{
	_cleanup_free_
	char *whole = sentence(text);

	switch (format) {
	case SCHEMA_PLAIN:
		buf_printf(out, "%s (%s)\n", name, brief);
		str_wrap(out, whole, 4, WIDTH + 4);
		break;
	case SCHEMA_MDOC:
		buf_printf(out, ".It Ic %s Pq \"%s\"\n", name, brief);
		mdoc_text(out, whole);
		break;
	}
}

/* ---- keys ---- */

static bool is_within(const char *path, const char *key)
{
	const char *rest = str_after(path, key);

	return rest && (*rest == 0 || *rest == '.');
}

static void write_key(enum schema_format format, const struct field *f, struct buf *out)
{
	_cleanup_free_
	char *range = field_range(f);
	_cleanup_buf_ struct buf brief = BUF_INIT, text = BUF_INIT;

	buf_puts(&brief, field_type_name(f->type));
	if (*range)
		buf_printf(&brief, ", %s", range);
	if (f->fallback && *f->fallback)
		buf_printf(&brief, "; default %s", f->fallback);
	buf_puts(&text, f->sentence);
	if (f->example)
		buf_printf(&text, " Example: `%s`", f->example);
	entry(format, out, f->path, buf_str(&brief), buf_str(&text));
}

bool schema_write_keys(enum schema_format format, const char *key, struct buf *out)
{
	const struct field *f;
	bool any = false;

	for (size_t i = 0; (f = schema_nth(i)); i++)
		if (!key || is_within(f->path, key)) {
			write_key(format, f, out);
			any = true;
		}
	return any;
}

/* ---- loads and classes ---- */

static const char *const param_types[] = {
	[PARAM_DURATION] = "duration", [PARAM_SIZE] = "size",      [PARAM_COUNT] = "count",
	[PARAM_RATE] = "rate",         [PARAM_BOOL] = "yes or no", [PARAM_TEXT] = "text",
	[PARAM_LIST] = "list",         [PARAM_CHOICE] = "word",
};

static void write_param(enum schema_format format, const struct load_def *l,
			const struct load_param *p, struct buf *out)
{
	_cleanup_free_
	char *name = xasprintf("load.%s.%s", l->name, p->key), *brief = NULL;

	_cleanup_free_
	char *range = load_param_range(p), *type = NULL;

	type = xasprintf("%s%s%s", param_types[p->type], *range ? ", " : "", range);
	if (!p->fallback)
		brief = xasprintf("%s; must be given", type);
	else
		brief = xasprintf("%s%s%s", type, *p->fallback ? "; default " : "", p->fallback);
	entry(format, out, name, brief, p->sentence);
}

void schema_write_loads(enum schema_format format, struct buf *out)
{
	const struct load_def *l;

	for (size_t i = 0; (l = load_nth(i)); i++) {
		_cleanup_free_
		char *brief = xasprintf("its work is counted in %s%s", l->unit,
					l->min_vcpus > 1 ? "; needs two vcpus or more" : "");

		entry(format, out, l->name, brief, l->sentence);
		for (const struct load_param *p = l->param; p->key; p++)
			write_param(format, l, p, out);
	}
}

void schema_write_plants(enum schema_format format, struct buf *out)
{
	const struct plant_def *p;

	for (size_t i = 0; (p = plant_nth(i)); i++) {
		_cleanup_buf_ struct buf brief = BUF_INIT;

		buf_puts(&brief, origin_name(p->origin));
		if (*p->class)
			buf_printf(&brief, "; reported as %s", p->class);
		if (*p->function)
			buf_printf(&brief, " in %s", p->function);
		if (*p->needs)
			buf_printf(&brief, "; needs %s", p->needs);
		entry(format, out, p->name, buf_str(&brief), p->sentence);
	}
}

void schema_write_classes(enum schema_format format, struct buf *out)
{
	for (int c = CRASH_NONE + 1; c < CRASH_COUNT; c++) {
		const struct crash_info *i = crash_info((enum crash_class)c);
		_cleanup_free_
		char *brief =
			xasprintf("family %s, severity %s", i->family, severity_name(i->severity));

		entry(format, out, i->name, brief, i->sentence);
	}
}

/* ---- JSON Schema ---- */

#define DURATION_PATTERN "([0-9]+(d|h|m|s|ms|us|ns))+"
#define SIZE_PATTERN     "[0-9]+(TiB|GiB|MiB|KiB|B)"
#define RATE_PATTERN     "[0-9]*\\.?[0-9]+/(d|h|m|s|ms|us|ns)"

static json_t *object_of_type(const char *type)
{
	json_t *o = json_object();

	json_set_str(o, "type", type);
	return o;
}

static json_t *pattern(const char *regex, bool none)
{
	_cleanup_free_
	char *whole = xasprintf("^(%s%s)$", regex, none ? "|none" : "");
	json_t *o = object_of_type("string");

	json_set_str(o, "pattern", whole);
	return o;
}

static json_t *enum_of(json_t *words)
{
	json_t *o = json_object();

	json_object_set_new(o, "enum", words);
	return o;
}

static json_t *words_of(const struct field *f)
{
	json_t *a = json_array();

	for (size_t i = 0; f->words[i]; i++)
		json_array_append_new(a, json_string(f->words[i]));
	return enum_of(a);
}

/* One item, or a list of them. */
static json_t *one_or_list(json_t *item)
{
	json_t *o = json_object(), *any = json_array(), *list = object_of_type("array");

	json_object_set(list, "items", item);
	json_array_append_new(any, item);
	json_array_append_new(any, list);
	json_object_set_new(o, "anyOf", any);
	return o;
}

static json_t *crash_words(void)
{
	json_t *a = json_array();
	const char *w;

	for (size_t i = 0; (w = crash_word(i)); i++)
		json_array_append_new(a, json_string(w));
	return enum_of(a);
}

static json_t *choice_of(const char *words)
{
	json_t *a = json_array();

	for (const char *w = words; *w; w += strcspn(w, " "), w += *w == ' ')
		json_array_append_new(a, json_stringn(w, strcspn(w, " ")));
	return enum_of(a);
}

static json_t *param_schema(const struct load_param *p)
{
	json_t *o = NULL;

	switch (p->type) {
	case PARAM_DURATION: o = pattern(DURATION_PATTERN, false); break;
	case PARAM_SIZE: o = pattern(SIZE_PATTERN, false); break;
	case PARAM_RATE: o = pattern(RATE_PATTERN, false); break;
	case PARAM_COUNT: o = object_of_type("integer"); break;
	case PARAM_BOOL: o = json_object(); break;
	case PARAM_TEXT: o = object_of_type("string"); break;
	case PARAM_LIST: o = one_or_list(json_object()); break;
	case PARAM_CHOICE: o = choice_of(p->words); break;
	}
	json_set_str(o, "description", p->sentence);
	return o;
}

/* A map with these keys and no others, or nothing. */
static json_t *closed_map(json_t *properties)
{
	json_t *o = json_object(), *types = json_array();

	json_array_append_new(types, json_string("object"));
	json_array_append_new(types, json_string("null"));
	json_object_set_new(o, "type", types);
	json_object_set_new(o, "properties", properties);
	json_set_bool(o, "additionalProperties", false);
	return o;
}

static json_t *loads_schema(void)
{
	json_t *all = json_object();
	const struct load_def *l;

	for (size_t i = 0; (l = load_nth(i)); i++) {
		json_t *params = json_object(), *either = json_array(), *o = json_object();

		for (const struct load_param *p = l->param; p->key; p++)
			json_object_set_new(params, p->key, param_schema(p));
		json_array_append_new(either, closed_map(params));
		json_array_append_new(either, pattern("none", false));
		json_object_set_new(o, "anyOf", either);
		json_set_str(o, "description", l->sentence);
		json_object_set_new(all, l->name, o);
	}
	return closed_map(all);
}

static json_t *map_of(const char *reference)
{
	json_t *o = object_of_type("object"), *value = json_object();

	if (reference)
		json_set_str(value, "$ref", reference);
	json_object_set_new(o, "additionalProperties", value);
	return o;
}

static json_t *pairs_schema(const struct field *f)
{
	json_t *o = map_of(NULL);

	if (f->words)
		json_object_set_new(o, "additionalProperties", words_of(f));
	return o;
}

static json_t *count_schema(const struct field *f)
{
	json_t *o = object_of_type("integer");

	json_set_u64(o, "minimum", f->min);
	json_set_u64(o, "maximum", f->max);
	return o;
}

/* Of a row that holds a value. */
static json_t *field_schema(const struct field *f)
{
	switch (f->type) {
	case FIELD_GROUP: break;
	case FIELD_TEXT: return object_of_type("string");
	case FIELD_WORD: return words_of(f);
	case FIELD_COUNT: return count_schema(f);
	case FIELD_SIZE: return pattern(SIZE_PATTERN, f->none);
	case FIELD_DURATION: return pattern(DURATION_PATTERN, f->none);
	case FIELD_NUMBER: return object_of_type("number");
	case FIELD_RATE: return pattern(RATE_PATTERN, false);
	case FIELD_LIST:
		return one_or_list(str_eq(f->path, "fail.target.class") ? crash_words()
									: object_of_type("string"));
	case FIELD_PAIRS: return pairs_schema(f);
	case FIELD_NAMED: return map_of(NULL); /* group_schema() knows of what */
	case FIELD_LOADS: return loads_schema();
	case FIELD_OVERLAYS:
		return map_of(str_eq(f->path, "arms") ? "#/definitions/arm"
						      : "#/definitions/profile");
	}
	return NULL;
}

static json_t *group_schema(const char *group, unsigned in);

/* One of the maps below a NAMED row, or `none`. */
static json_t *named_schema(const struct field *f, unsigned in)
{
	_cleanup_free_
	char *group = xasprintf("%s.*", f->path);
	json_t *o = json_object(), *either = json_array();

	json_array_append_new(either, group_schema(group, in));
	json_array_append_new(either, pattern("none", false));
	json_object_set_new(o, "anyOf", either);
	return o;
}

/* The keys right below the group ("" for the top) that the document may have. */
static json_t *group_schema(const char *group, unsigned in)
{
	json_t *properties = json_object();
	const struct field *f;

	for (size_t i = 0; (f = schema_nth(i)); i++) {
		const char *rest = *group ? str_after(f->path, group) : f->path;
		json_t *o;

		if (*group && rest)
			rest = *rest == '.' ? rest + 1 : NULL;
		if (!rest || strchr(rest, '.') || !(f->in & in))
			continue;
		o = f->type == FIELD_GROUP ? group_schema(f->path, in) : field_schema(f);
		if (f->type == FIELD_NAMED)
			json_object_set_new(o, "additionalProperties", named_schema(f, in));
		json_set_str(o, "description", f->sentence);
		json_object_set_new(properties, rest, o);
	}
	return closed_map(properties);
}

json_t *schema_to_json(void)
{
	json_t *root = group_schema("", IN_FILE), *definitions = json_object();

	json_object_set_new(definitions, "arm", group_schema("", IN_ARM));
	json_object_set_new(definitions, "profile", group_schema("", IN_PROFILE));
	json_set_str(root, "$schema", "http://json-schema.org/draft-07/schema#");
	json_set_str(root, "title", "A scenario of kernsoak");
	json_object_set_new(root, "definitions", definitions);
	return root;
}
