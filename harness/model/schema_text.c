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
