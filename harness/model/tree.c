/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <stdio.h>

#include "base/buf.h"
#include "base/exit.h"
#include "base/str.h"
#include "model/tree_parts.h"

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

void *trees_keep(struct trees *y, const void *data, size_t n)
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

const char *trees_keep_text(struct trees *y, const char *s, size_t n)
{
	char *copy;

	if (memchr(s, 0, n))
		n = strlen(s);
	copy = xstrndup(s, n);
	s = trees_keep(y, copy, n + 1);
	free(copy);
	return s;
}

const struct node *trees_keep_node(struct trees *y, struct node n)
{
	if (!n.text)
		n.text = "";
	return trees_keep(y, &n, sizeof(n));
}

/* ---- complaints ---- */

bool tree_source_line(const struct tree_source *s, unsigned line, const char **ret, size_t *ret_n)
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

size_t tree_characters(const char *s, size_t len, size_t n)
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

	if (!tree_source_line(source, line, &s, &n))
		return;
	if (column > SHOWN * 3 / 4) {
		skip = tree_characters(s, n, column - SHOWN / 2);
		cut = "...";
	}
	s += skip;
	n -= skip;
	at = tree_characters(s, n, skip ? SHOWN / 2 - 1 : column - 1);
	str_sanitise(&before, s, at, false);
	buf_printf(out, "\n  %s%s", cut, buf_str(&before));
	str_sanitise(out, s + at, MIN(n, tree_characters(s, n, SHOWN)) - at, false);
	buf_printf(out, "%s\n  %*s", tree_characters(s, n, SHOWN) < n ? "..." : "",
		   (int)strlen(cut), "");
	blank(out, buf_str(&before), before.len);
	buf_putc(out, '^');
}

int tree_complain_v(struct err *err, const struct tree_source *source, unsigned line,
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
	tree_complain_v(err, at->source, at->line, at->column, fmt, ap);
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

const struct tree_source *trees_source(struct trees *y, const char *name, const char *text,
				       size_t n)
{
	struct tree_source s = { .name = trees_keep_text(y, name, strlen(name)), .len = n };
	char *copy = xmalloc(n + 1);

	memcpy(copy, text, n);
	copy[n] = 0;
	s.text = trees_keep(y, copy, n + 1);
	free(copy);
	return trees_keep(y, &s, sizeof(s));
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
	n.item = trees_keep(y, items.data, items.len);
	n.n = items.len / sizeof(struct entry);
	return trees_keep_node(y, n);
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
	n.item = trees_keep(y, items.data, items.len);
	n.n = items.len / sizeof(struct entry);
	return trees_keep_node(y, n);
}
