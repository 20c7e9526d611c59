/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "model/kconfig.h"

#include <ctype.h>
#include <errno.h>

#include "base/exit.h"

#define PREFIX  "CONFIG_"
#define NOT_SET " is not set"
#define ABSENT  "# kernsoak: may be absent "

enum { MAX_NAMED = 12 };

static void item_done(struct kconfig_item *i)
{
	free(i->symbol);
	free(i->value);
}

void kconfig_done(struct kconfig *c)
{
	for (size_t i = 0; i < c->n; i++)
		item_done(&c->item[i]);
	free(c->item);
	strv_done(&c->may_be_absent);
	*c = (struct kconfig){ 0 };
}

/* ---- lines ---- */

static size_t symbol_length(const char *s)
{
	size_t n = 0;

	while (isalnum((unsigned char)s[n]) || s[n] == '_')
		n++;
	return n;
}

static void add(struct kconfig *c, const char *symbol, size_t n, const char *value, size_t value_n,
		const char *from)
{
	if (c->n == c->cap) {
		c->cap = c->cap ? c->cap * 2 : 256;
		c->item = xrealloc(c->item, c->cap * sizeof(*c->item));
	}
	c->item[c->n] = (struct kconfig_item){
		.symbol = xstrndup(symbol, n),
		.value = xstrndup(value, value_n),
		.from = from,
		.order = c->n,
	};
	c->n++;
}

/* "# CONFIG_X is not set" says n; what else a comment says is its own affair. */
static void read_comment(struct kconfig *c, const char *line, const char *from)
{
	const char *s = str_after(line, "# " PREFIX), *list = str_after(line, ABSENT);
	size_t n = s ? symbol_length(s) : 0;

	if (n && str_eq(s + n, NOT_SET))
		add(c, s, n, "n", 1, from);
	while (list && *list) {
		size_t word = strcspn(list, " \t");

		s = str_after(list, PREFIX);
		if (s)
			strv_take(&c->may_be_absent, xstrndup(s, symbol_length(s)));
		list += word + strspn(list + word, " \t");
	}
}

static bool read_line(struct kconfig *c, const char *line, const char *from)
{
	const char *s = str_after(line, PREFIX);
	size_t n = s ? symbol_length(s) : 0;

	if (*line == '#' || !line[strspn(line, " \t")]) {
		read_comment(c, line, from);
		return true;
	}
	if (!n || s[n] != '=' || !s[n + 1])
		return false;
	add(c, s, n, s + n + 1, strlen(s + n + 1), from);
	return true;
}

/* ---- the whole ---- */

static int by_symbol(const void *a, const void *b)
{
	return strcmp(((const struct kconfig_item *)a)->symbol,
		      ((const struct kconfig_item *)b)->symbol);
}

static int by_symbol_and_order(const void *a, const void *b)
{
	const struct kconfig_item *x = a, *y = b;
	int r = by_symbol(x, y);

	return r ? r : x->order < y->order ? -1 : 1;
}

/* Sorted, and of each symbol the last word alone. */
static void settle(struct kconfig *c)
{
	size_t n = 0;

	if (c->n)
		qsort(c->item, c->n, sizeof(*c->item), by_symbol_and_order);
	for (size_t i = 0; i < c->n; i++)
		if (i + 1 < c->n && by_symbol(&c->item[i], &c->item[i + 1]) == 0)
			item_done(&c->item[i]);
		else
			c->item[n++] = c->item[i];
	c->n = n;
	for (size_t i = 0; i < n; i++)
		c->item[i].order = i;
}

static int bad_line(const char *from, size_t number, const char *line, struct err *err)
{
	_cleanup_buf_ struct buf shown = BUF_INIT;

	str_sanitise(&shown, line, MIN(strlen(line), (size_t)80), false);
	err_set(err, EINVAL, "%s:%zu: '%s' is neither CONFIG_SYMBOL=VALUE nor a comment", from,
		number, buf_str(&shown));
	return err_exit(err, EXIT_BAD_SCENARIO);
}

int kconfig_read(const char *from, const char *text, size_t n, struct kconfig *c, struct err *err)
{
	_cleanup_free_
	char *copy = xstrndup(text, n);
	size_t number = 0;
	char *next;

	for (char *line = copy; line && *line; line = next) {
		next = strchr(line, '\n');
		if (next)
			*next++ = 0;
		line[strcspn(line, "\r")] = 0;
		number++;
		if (!read_line(c, line, from)) {
			settle(c);
			return bad_line(from, number, line, err);
		}
	}
	settle(c);
	return 0;
}

static const struct kconfig_item *find(const struct kconfig *c, const char *symbol)
{
	union { /* bsearch's key is only read */
		const char *in;
		char *out;
	} name = { symbol };
	const struct kconfig_item key = { .symbol = name.out };

	return c->n ? bsearch(&key, c->item, c->n, sizeof(key), by_symbol) : NULL;
}

const char *kconfig_value(const struct kconfig *c, const char *symbol)
{
	const struct kconfig_item *i = find(c, symbol);

	return i ? i->value : "n";
}

void kconfig_write(const struct kconfig *c, struct buf *out)
{
	for (size_t i = 0; i < c->n; i++)
		if (str_eq(c->item[i].value, "n"))
			buf_printf(out, "# " PREFIX "%s" NOT_SET "\n", c->item[i].symbol);
		else
			buf_printf(out, PREFIX "%s=%s\n", c->item[i].symbol, c->item[i].value);
}

/* ---- what took effect ---- */

static bool took(const struct kconfig *asked, const struct kconfig_item *i, const char *got)
{
	if (str_eq(i->value, got) || (str_eq(i->value, "m") && str_eq(got, "y")))
		return true;
	return str_eq(got, "n") && strv_has(&asked->may_be_absent, i->symbol);
}

int kconfig_took_effect(const struct kconfig *asked, const struct kconfig *got, struct err *err)
{
	_cleanup_buf_ struct buf list = BUF_INIT;
	size_t n = 0;

	for (size_t i = 0; i < asked->n; i++) {
		const struct kconfig_item *a = &asked->item[i];
		const char *value = kconfig_value(got, a->symbol);

		if (took(asked, a, value) || n++ >= MAX_NAMED)
			continue;
		buf_printf(&list, "%s" PREFIX "%.60s=%.40s (%s; it is %.40s)", n > 1 ? ", " : "",
			   a->symbol, a->value, a->from, value);
	}
	if (!n)
		return 0;
	if (n > MAX_NAMED)
		buf_printf(&list, " and %zu more", n - MAX_NAMED);
	return err_set(err, EINVAL,
		       "%zu of %zu symbols did not take effect: %s; this source does not have "
		       "them, or not without others that they depend on",
		       n, asked->n, buf_str(&list));
}
