/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "model/yaml.h"

#include <errno.h>
#include <stdio.h>
#include <yaml.h>

#include "base/buf.h"
#include "base/exit.h"
#include "base/str.h"

enum {
	CHUNK = 64 << 10,
	SHOWN = 100, /* characters of a source line that a complaint shows */
};

struct chunk {
	struct chunk *next;
	size_t used, cap;
	_Alignas(max_align_t) char data[];
};

struct trees {
	struct chunk *chunk;
};

struct trees *trees_new(void)
{
	return xcalloc(1, sizeof(struct trees));
}

struct trees *trees_free(struct trees *y)
{
	if (!y)
		return NULL;
	while (y->chunk) {
		struct chunk *next = y->chunk->next;

		free(y->chunk);
		y->chunk = next;
	}
	free(y);
	return NULL;
}

static void *keep(struct trees *y, const void *data, size_t n)
{
	const size_t room = (n + sizeof(max_align_t) - 1) & ~(sizeof(max_align_t) - 1);
	struct chunk *c = y->chunk;
	void *p;

	if (!c || c->cap - c->used < room) {
		const size_t cap = MAX((size_t)CHUNK, room);

		c = xmalloc(sizeof(*c) + cap);
		*c = (struct chunk){ .next = y->chunk, .cap = cap };
		y->chunk = c;
	}
	p = c->data + c->used;
	c->used += room;
	if (n)
		memcpy(p, data, n);
	return p;
}

static const char *keep_text(struct trees *y, const char *s, size_t n)
{
	char *copy;

	if (memchr(s, 0, n))
		n = strlen(s);
	copy = xstrndup(s, n);
	s = keep(y, copy, n + 1);
	free(copy);
	return s;
}

static const struct node *keep_node(struct trees *y, struct node n)
{
	if (!n.text)
		n.text = "";
	return keep(y, &n, sizeof(n));
}

/* ---- complaints ---- */

/* The line's bytes, without its end; false behind the last line. */
static bool source_line(const struct tree_source *s, unsigned line, const char **ret, size_t *ret_n)
{
	const char *p = s->text, *end = s->text + s->len;

	for (; line > 1; line--) {
		p = memchr(p, '\n', (size_t)(end - p));
		if (!p)
			return false;
		p++;
	}
	if (p == end)
		return false;
	*ret = p;
	end = memchr(p, '\n', (size_t)(end - p)) ?: end;
	if (end > p && end[-1] == '\r')
		end--;
	*ret_n = (size_t)(end - p);
	return true;
}

/* Bytes that the first n characters of s take; a broken byte counts as one character. */
static size_t characters(const char *s, size_t len, size_t n)
{
	size_t i = 0;
	uint32_t c;

	for (; n && i < len; n--) {
		size_t step = str_utf8(s + i, len - i, &c);

		i += MAX(step, (size_t)1);
	}
	return i;
}

/* One space per character of s, tabs kept, so that the caret stands right whatever a tab is. */
static void blank(struct buf *out, const char *s, size_t n)
{
	uint32_t c;

	for (size_t i = 0; i < n;) {
		size_t step = str_utf8(s + i, n - i, &c);

		buf_putc(out, s[i] == '\t' ? '\t' : ' ');
		i += MAX(step, (size_t)1);
	}
}

/* The line and a caret below the column, cut to a window around the column. */
static void show_line(struct buf *out, const struct tree_source *source, unsigned line,
		      unsigned column)
{
	_cleanup_buf_ struct buf before = BUF_INIT;
	const char *s, *cut = "";
	size_t n, skip = 0, at;

	if (!source_line(source, line, &s, &n))
		return;
	if (column > SHOWN * 3 / 4) {
		skip = characters(s, n, column - SHOWN / 2);
		cut = "...";
	}
	s += skip;
	n -= skip;
	at = characters(s, n, skip ? SHOWN / 2 - 1 : column - 1);
	str_sanitise(&before, s, at, false);
	buf_printf(out, "\n  %s%s", cut, buf_str(&before));
	str_sanitise(out, s + at, MIN(n, characters(s, n, SHOWN)) - at, false);
	buf_printf(out, "%s\n  %*s", characters(s, n, SHOWN) < n ? "..." : "", (int)strlen(cut),
		   "");
	blank(out, buf_str(&before), before.len);
	buf_putc(out, '^');
}

static int complain_v(struct err *err, const struct tree_source *source, unsigned line,
		      unsigned column, const char *fmt, va_list ap)
{
	_cleanup_buf_ struct buf out = BUF_INIT;
	char sentence[900];

	if (!err)
		return -EINVAL;
	vsnprintf(sentence, sizeof(sentence), fmt, ap);
	str_sanitise(&out, source->name, strlen(source->name), false);
	buf_printf(&out, ":%u:%u: ", line, column);
	str_sanitise(&out, sentence, strlen(sentence), false);
	show_line(&out, source, line, column);
	err_set(err, EINVAL, "%s", buf_str(&out));
	return err_exit(err, EXIT_BAD_SCENARIO);
}

int tree_complain(struct err *err, const struct node *at, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	complain_v(err, at->source, at->line, at->column, fmt, ap);
	va_end(ap);
	return -EINVAL;
}

const char *tree_found(const struct node *n, char *buf, size_t size)
{
	switch (n->kind) {
	case NODE_NULL: return "nothing";
	case NODE_LIST: return "a list";
	case NODE_MAP: return "a map";
	case NODE_SCALAR: break;
	}
	snprintf(buf, size, "'%.*s'", (int)MIN(size - 3, strcspn(n->text, "\n")), n->text);
	return buf;
}

/* ---- parsing ---- */

struct parse {
	yaml_parser_t parser;
	struct trees *trees;
	const struct tree_source *source;
	unsigned depth;
	struct err *err;
};

static PRINTF(3, 4) int refuse(const struct parse *p, const yaml_mark_t *at, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	complain_v(p->err, p->source, (unsigned)at->line + 1, (unsigned)at->column + 1, fmt, ap);
	va_end(ap);
	return -EINVAL;
}

/* A tab before the first visible character of the line, or right at the mark? */
static bool tab_at(const struct parse *p, yaml_mark_t *at)
{
	const char *s;
	size_t n, indent, i;

	if (!source_line(p->source, (unsigned)at->line + 1, &s, &n))
		return false;
	indent = MIN(strspn(s, " \t"), n);
	for (i = 0; i < indent; i++)
		if (s[i] == '\t') {
			at->column = i;
			return true;
		}
	i = characters(s, n, at->column);
	return i < n && s[i] == '\t';
}

static int parser_failed(const struct parse *p)
{
	const yaml_parser_t *y = &p->parser;
	yaml_mark_t at = y->problem_mark;

	if (y->error == YAML_MEMORY_ERROR)
		return err_set(p->err, ENOMEM, "no memory left to read %s", p->source->name);
	if (tab_at(p, &at))
		return refuse(p, &at, "a tab where YAML wants spaces: indent with spaces only");
	if (y->context && y->context_mark.line != at.line)
		return refuse(p, &at, "this is no YAML: %s, %s that begins in line %zu", y->problem,
			      y->context, y->context_mark.line + 1);
	return refuse(p, &at, "this is no YAML: %s%s%s", y->problem ? y->problem : "it breaks off",
		      y->context ? ", " : "", y->context ? y->context : "");
}

static int next(struct parse *p, yaml_event_t *ret)
{
	return yaml_parser_parse(&p->parser, ret) ? 0 : parser_failed(p);
}

static int refuse_decoration(const struct parse *p, const yaml_event_t *e,
			     const yaml_char_t *anchor, const yaml_char_t *tag)
{
	if (anchor)
		return refuse(p, &e->start_mark,
			      "an anchor (&%.40s): anchors and aliases are not accepted here; "
			      "write the value again, or lay an arm or a profile over it",
			      (const char *)anchor);
	if (tag)
		return refuse(p, &e->start_mark,
			      "a tag (%.40s): tags are not accepted here; types come from the keys",
			      (const char *)tag);
	return 0;
}

static bool means_nothing(const yaml_event_t *e)
{
	const char *s = (const char *)e->data.scalar.value;

	return e->data.scalar.style == YAML_PLAIN_SCALAR_STYLE &&
	       (!*s || str_eq(s, "~") || str_eq(s, "null"));
}

static struct node node_here(const struct parse *p, const yaml_event_t *e, enum node_kind kind)
{
	return (struct node){ .kind = kind,
			      .source = p->source,
			      .line = (unsigned)e->start_mark.line + 1,
			      .column = (unsigned)e->start_mark.column + 1 };
}

static int scalar(struct parse *p, const yaml_event_t *e, const struct node **ret)
{
	struct node n = node_here(p, e, means_nothing(e) ? NODE_NULL : NODE_SCALAR);
	int r = refuse_decoration(p, e, e->data.scalar.anchor, e->data.scalar.tag);

	if (r < 0)
		return r;
	n.quoted = e->data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
	if (memchr(e->data.scalar.value, 0, e->data.scalar.length))
		return refuse(p, &e->start_mark, "a text with a NUL byte in it");
	if (n.kind == NODE_SCALAR || *e->data.scalar.value == 'n') /* as a key, null is a word */
		n.text = keep_text(p->trees, (const char *)e->data.scalar.value,
				   e->data.scalar.length);
	*ret = keep_node(p->trees, n);
	return 0;
}

static int refuse_key(struct parse *p, const struct buf *items, const struct node *key)
{
	const struct entry *item = (const struct entry *)items->data;
	const size_t n = items->len / sizeof(*item);

	if (key->kind != NODE_SCALAR && !str_eq(key->text, "null"))
		return tree_complain(p->err, key, "a key should be a word");
	if (n == TREE_MAX_KEYS)
		return tree_complain(p->err, key, "more than %d keys in one map", TREE_MAX_KEYS);
	for (size_t i = 0; i < n; i++)
		if (str_eq(item[i].key->text, key->text))
			return tree_complain(p->err, key,
					     "the key '%.60s' is here twice; the first is in line "
					     "%u",
					     key->text, item[i].key->line);
	return 0;
}

static int node_of(struct parse *p, yaml_event_t *e, const struct node **ret);

/* Reads the next event as a node; *ret is NULL where it was the collection's end. */
static int child(struct parse *p, const struct node **ret)
{
	yaml_event_t e;
	int r = next(p, &e);

	if (r < 0)
		return r;
	*ret = NULL;
	if (e.type != YAML_SEQUENCE_END_EVENT && e.type != YAML_MAPPING_END_EVENT)
		r = node_of(p, &e, ret);
	yaml_event_delete(&e);
	return r;
}

static int children(struct parse *p, bool map, struct buf *items)
{
	struct entry item = { 0 };
	int r;

	for (;;) {
		r = child(p, map ? &item.key : &item.value);
		if (r < 0 || !(map ? item.key : item.value))
			return r;
		if (map)
			r = refuse_key(p, items, item.key) ?: child(p, &item.value);
		if (r < 0)
			return r;
		buf_append(items, &item, sizeof(item));
	}
}

static int collection(struct parse *p, const yaml_event_t *e, const struct node **ret)
{
	const bool map = e->type == YAML_MAPPING_START_EVENT;
	struct node n = node_here(p, e, map ? NODE_MAP : NODE_LIST);
	_cleanup_buf_ struct buf items = BUF_INIT;
	int r = map ? refuse_decoration(p, e, e->data.mapping_start.anchor,
					e->data.mapping_start.tag)
		    : refuse_decoration(p, e, e->data.sequence_start.anchor,
					e->data.sequence_start.tag);

	if (r < 0)
		return r;
	if (p->depth == TREE_MAX_DEPTH)
		return refuse(p, &e->start_mark, "more than %d levels deep", TREE_MAX_DEPTH);
	p->depth++;
	r = children(p, map, &items);
	p->depth--;
	if (r < 0)
		return r;
	n.item = keep(p->trees, items.data, items.len);
	n.n = items.len / sizeof(struct entry);
	*ret = keep_node(p->trees, n);
	return 0;
}

static int node_of(struct parse *p, yaml_event_t *e, const struct node **ret)
{
	if (e->type == YAML_ALIAS_EVENT)
		return refuse(p, &e->start_mark,
			      "an alias (*%.40s): anchors and aliases are not accepted here; text "
			      "that begins with * needs quotes",
			      (const char *)e->data.alias.anchor);
	if (e->type == YAML_SCALAR_EVENT)
		return scalar(p, e, ret);
	return collection(p, e, ret);
}

/* One event of the frame around the document, which must be of the type wanted. */
static int frame(struct parse *p, yaml_event_type_t want)
{
	yaml_event_t e;
	int r = next(p, &e);

	if (r < 0)
		return r;
	if (e.type != want)
		r = refuse(p, &e.start_mark, "a second document: a scenario file holds one");
	yaml_event_delete(&e);
	return r;
}

/* What is not there at all (a file of comments) is a NODE_NULL at the first line. */
static int document(struct parse *p, const struct node **ret)
{
	yaml_event_t e;
	int r = next(p, &e);

	if (r < 0)
		return r;
	if (e.type == YAML_STREAM_END_EVENT) {
		yaml_event_delete(&e);
		*ret = keep_node(p->trees,
				 (struct node){ .source = p->source, .line = 1, .column = 1 });
		return 0;
	}
	if (e.data.document_start.version_directive ||
	    e.data.document_start.tag_directives.start != e.data.document_start.tag_directives.end)
		r = refuse(p, &e.start_mark, "a directive (%%YAML, %%TAG): not accepted here");
	yaml_event_delete(&e);
	if (r < 0)
		return r;
	return child(p, ret) ?: frame(p, YAML_DOCUMENT_END_EVENT) ?: frame(p, YAML_STREAM_END_EVENT);
}

/* Characters that no scenario needs and that hide what a text says, or break its lines. */
static const char *unwanted(uint32_t c, bool before_newline)
{
	if (c == '\r')
		return before_newline ? NULL : "a carriage return without a line feed";
	if (c == 0)
		return "a NUL byte: this is no text file";
	if ((c < 0x20 && c != '\t' && c != '\n') || (c >= 0x7f && c < 0xa0))
		return "a control character";
	if (c == 0x2028 || c == 0x2029 || c == 0xfeff || (c >= 0x202a && c <= 0x202e) ||
	    (c >= 0x2066 && c <= 0x2069) || c == 0xfffe || c == 0xffff)
		return "an invisible character (line separator, direction mark or byte order mark)";
	return NULL;
}

/* UTF-8 and nothing invisible, told by us: libyaml knows no line for a bad byte. */
static int check_text(const struct parse *p)
{
	const char *s = p->source->text;
	yaml_mark_t at = { 0 };
	uint32_t c;

	for (size_t i = 0, step; i < p->source->len; i += step, at.column++) {
		const char *why;

		step = str_utf8(s + i, p->source->len - i, &c);
		why = step ? unwanted(c, s[i + 1] == '\n') : "a byte that is not UTF-8";
		if (why)
			return refuse(p, &at, "%s (0x%02x); write the file as plain UTF-8", why,
				      step ? (unsigned)c : (unsigned char)s[i]);
		if (c == '\n')
			at = (yaml_mark_t){ .line = at.line + 1, .column = SIZE_MAX };
	}
	return 0;
}

static const struct tree_source *source_make(struct trees *y, const char *name, const char *text,
					     size_t n)
{
	struct tree_source s = { .name = keep_text(y, name, strlen(name)), .len = n };
	char *copy = xmalloc(n + 1);

	memcpy(copy, text, n);
	copy[n] = 0;
	s.text = keep(y, copy, n + 1);
	free(copy);
	return keep(y, &s, sizeof(s));
}

/* Parses `text`, whose places are those of the source (for a setting it is a part of that). */
static int parse_text(struct trees *y, const struct tree_source *source, const char *text, size_t n,
		      const struct node **ret, struct err *err)
{
	struct parse p = { .trees = y, .source = source, .err = err };
	const struct node *doc = NULL;
	int r = check_text(&p);

	if (r < 0)
		return r;
	if (!yaml_parser_initialize(&p.parser))
		return err_set(err, ENOMEM, "no memory left to read %s", source->name);
	yaml_parser_set_encoding(&p.parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&p.parser, (const unsigned char *)text, n);
	r = frame(&p, YAML_STREAM_START_EVENT) ?: document(&p, &doc);
	yaml_parser_delete(&p.parser);
	if (r == 0)
		*ret = doc;
	return r;
}

int tree_parse(struct trees *y, const char *name, const void *text, size_t n,
	       const struct node **ret, struct err *err)
{
	const struct tree_source *source;

	if (n > TREE_MAX_BYTES) {
		err_set(err, EFBIG, "%s: %zu bytes; a scenario has at most 1 MiB", name, n);
		return err_exit(err, EXIT_BAD_SCENARIO);
	}
	if (n >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0) {
		text = (const char *)text + 3;
		n -= 3;
	}
	source = source_make(y, name, text, n);
	return parse_text(y, source, source->text, n, ret, err);
}

/* ---- settings from the command line ---- */

enum { MAX_STEPS = 8 };

struct step {
	const char *text;
	size_t at; /* byte in the setting */
};

/* The next step of the path at *s, which moves to the dot or = behind it; NULL: there is none. */
static const char *take_step(struct trees *y, const char **s, bool whole)
{
	const char *begin = *s, *end;

	if (*begin == '"') {
		end = strchr(++begin, '"');
		if (!end)
			return NULL;
		*s = end + 1;
	} else {
		end = begin + strcspn(begin, whole ? "=" : ".=");
		*s = end;
	}
	if (end == begin || (**s != '.' && **s != '='))
		return NULL;
	return keep_text(y, begin, (size_t)(end - begin));
}

/* Splits the path before the =; the number of steps, or -EINVAL. *ret_value is what follows. */
static int split_path(struct trees *y, const char *setting, bool (*is_leaf)(const char *path),
		      struct step *step, const char **ret_value)
{
	_cleanup_buf_ struct buf path = BUF_INIT;
	const char *s = setting;
	bool whole = false;

	for (int n = 0; n < MAX_STEPS; n++) {
		step[n].at = (size_t)(s - setting);
		step[n].text = take_step(y, &s, whole);
		if (!step[n].text)
			return -EINVAL;
		if (*s == '=') {
			*ret_value = s + 1;
			return n + 1;
		}
		s++;
		buf_printf(&path, "%s%s", n ? "." : "", step[n].text);
		whole = is_leaf && is_leaf(buf_str(&path));
	}
	return -EINVAL;
}

/* The setting with what stands before the value turned into spaces: columns stay right. */
static char *only_value(const char *setting, const char *value)
{
	_cleanup_buf_ struct buf b = BUF_INIT;

	for (const char *s = setting; s < value;) {
		uint32_t c;

		s += MAX(str_utf8(s, (size_t)(value - s), &c), (size_t)1);
		buf_putc(&b, ' ');
	}
	buf_puts(&b, value);
	return buf_steal(&b);
}

/* Where the step stands in a setting. */
static struct node step_place(const struct tree_source *source, const struct step *step)
{
	struct node n = { .source = source, .line = 1 };

	for (size_t i = 0; i <= step->at; n.column++) {
		uint32_t c;

		i += MAX(str_utf8(source->text + i, source->len - i, &c), (size_t)1);
	}
	return n;
}

/* {step: value}, standing where `at` does. */
static const struct node *wrap(struct trees *y, struct node at, const char *step,
			       const struct node *value)
{
	struct node n = { .source = at.source, .line = at.line, .column = at.column };
	struct entry e = { .value = value };

	n.kind = NODE_SCALAR;
	n.text = step;
	e.key = keep_node(y, n);
	n.kind = NODE_MAP;
	n.text = NULL;
	n.item = keep(y, &e, sizeof(e));
	n.n = 1;
	return keep_node(y, n);
}

int tree_parse_setting(struct trees *y, const char *setting, bool (*is_leaf)(const char *path),
		       const struct node **ret, struct err *err)
{
	_cleanup_free_
	char *name = xasprintf("--set %.60s", setting), *text = NULL;
	const struct tree_source *source;
	const struct node *value;
	struct step step[MAX_STEPS];
	const char *rest;
	int n, r;

	name[strcspn(name, "\n")] = 0;
	source = source_make(y, name, setting, strlen(setting));
	n = split_path(y, setting, is_leaf, step, &rest);
	if (n < 0)
		return tree_complain(
			err,
			keep_node(y, (struct node){ .source = source, .line = 1, .column = 1 }),
			"a setting should be KEY=VALUE, such as guest.memory=512MiB");
	text = only_value(setting, rest);
	r = parse_text(y, source, text, strlen(text), &value, err);
	if (r < 0)
		return r;
	while (n--)
		value = wrap(y, step_place(source, &step[n]), step[n].text, value);
	*ret = value;
	return 0;
}

const struct node *tree_nest(struct trees *y, const struct node *key,
			     bool (*is_leaf)(const char *path), const struct node *value)
{
	_cleanup_free_
	char *setting = xasprintf("%s=", key->text);
	struct step step[MAX_STEPS];
	const char *rest;
	int n = split_path(y, setting, is_leaf, step, &rest);

	if (n < 0 || *rest)
		return NULL;
	while (n--)
		value = wrap(y, *key, step[n].text, value);
	return value;
}

/* ---- trees ---- */

const struct entry *tree_get(const struct node *map, const char *key)
{
	for (size_t i = 0; map && map->kind == NODE_MAP && i < map->n; i++)
		if (str_eq(map->item[i].key->text, key))
			return &map->item[i];
	return NULL;
}

const struct node *tree_at(const struct node *map, const char *path)
{
	char key[64];

	while (map) {
		const size_t n = strcspn(path, ".");
		const struct entry *e;

		snprintf(key, sizeof(key), "%.*s", (int)n, path);
		e = tree_get(map, key);
		map = e ? e->value : NULL;
		if (!path[n])
			break;
		path += n + 1;
	}
	return map;
}

const struct node *tree_without(struct trees *y, const struct node *map, const char *key)
{
	_cleanup_buf_ struct buf items = BUF_INIT;
	struct node n = *map;

	for (size_t i = 0; i < map->n; i++)
		if (!str_eq(map->item[i].key->text, key))
			buf_append(&items, &map->item[i], sizeof(map->item[i]));
	n.item = keep(y, items.data, items.len);
	n.n = items.len / sizeof(struct entry);
	return keep_node(y, n);
}

const struct node *tree_merge(struct trees *y, const struct node *base, const struct node *over)
{
	_cleanup_buf_ struct buf items = BUF_INIT;
	struct node n;

	if (!base || base->kind != NODE_MAP || over->kind != NODE_MAP)
		return over;
	for (size_t i = 0; i < base->n; i++) {
		struct entry e = base->item[i];
		const struct entry *o = tree_get(over, e.key->text);

		if (o)
			e = (struct entry){ o->key, tree_merge(y, e.value, o->value) };
		buf_append(&items, &e, sizeof(e));
	}
	for (size_t i = 0; i < over->n; i++)
		if (!tree_get(base, over->item[i].key->text))
			buf_append(&items, &over->item[i], sizeof(over->item[i]));
	n = *base;
	n.item = keep(y, items.data, items.len);
	n.n = items.len / sizeof(struct entry);
	return keep_node(y, n);
}
