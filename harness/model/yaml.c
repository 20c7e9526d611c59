/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "model/yaml.h"

#include <errno.h>
#include <stdio.h>
#include <yaml.h>

#include "base/buf.h"
#include "base/exit.h"
#include "base/str.h"
#include "model/tree_parts.h"

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
	tree_complain_v(p->err, p->source, (unsigned)at->line + 1, (unsigned)at->column + 1, fmt,
			ap);
	va_end(ap);
	return -EINVAL;
}

/* A tab before the first visible character of the line, or right at the mark? */
static bool tab_at(const struct parse *p, yaml_mark_t *at)
{
	const char *s;
	size_t n, indent, i;

	if (!tree_source_line(p->source, (unsigned)at->line + 1, &s, &n))
		return false;
	indent = MIN(strspn(s, " \t"), n);
	for (i = 0; i < indent; i++)
		if (s[i] == '\t') {
			at->column = i;
			return true;
		}
	i = tree_characters(s, n, at->column);
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
		n.text = trees_keep_text(p->trees, (const char *)e->data.scalar.value,
					 e->data.scalar.length);
	*ret = trees_keep_node(p->trees, n);
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
	n.item = trees_keep(p->trees, items.data, items.len);
	n.n = items.len / sizeof(struct entry);
	*ret = trees_keep_node(p->trees, n);
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
		*ret = trees_keep_node(
			p->trees, (struct node){ .source = p->source, .line = 1, .column = 1 });
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

int tree_parse_text(struct trees *y, const struct tree_source *source, const char *text, size_t n,
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
	source = trees_source(y, name, text, n);
	return tree_parse_text(y, source, source->text, n, ret, err);
}
