/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "report/columns.h"

#include "report/figure.h"

void columns_done(struct columns *c)
{
	strv_done(&c->cell);
	*c = (struct columns){ 0 };
}

void columns_add(struct columns *c, const char *text)
{
	strv_add(&c->cell, text);
}

void columns_addf(struct columns *c, const char *fmt, ...)
{
	_cleanup_buf_ struct buf b = BUF_INIT;
	va_list ap;

	va_start(ap, fmt);
	buf_vprintf(&b, fmt, ap);
	va_end(ap);
	strv_add(&c->cell, buf_str(&b));
}

void columns_begin(struct columns *c, size_t n, const char *const *heading, uint64_t right)
{
	*c = (struct columns){ .n = n, .right = right };
	for (size_t i = 0; i < n; i++)
		columns_add(c, heading[i]);
}

void columns_add_printable(struct columns *c, const char *text, size_t max)
{
	_cleanup_free_
	char *safe = printable(text, max);

	columns_add(c, safe);
}

void columns_add_buf(struct columns *c, struct buf *text)
{
	columns_add(c, buf_str(text));
	buf_clear(text);
}

bool columns_right(const struct columns *c, size_t column)
{
	return c->right >> MIN(column, (size_t)63) & 1;
}

static size_t width_of(const struct columns *c, size_t column)
{
	size_t width = 0;

	for (size_t i = column; i < c->cell.n; i += c->n)
		width = MAX(width, figure_columns(c->cell.item[i]));
	return width;
}

void shortened(struct buf *out, const char *text, size_t max)
{
	size_t columns = figure_columns(text), n = 0;

	if (columns <= max) {
		buf_puts(out, text);
		return;
	}
	for (; *text; text++) {
		n += ((unsigned char)*text >> 6) != 2;
		if (n >= max)
			break;
		buf_putc(out, *text);
	}
	buf_putc(out, '~');
}

char *printable(const char *s, size_t max)
{
	_cleanup_buf_ struct buf all = BUF_INIT, cut = BUF_INIT;

	str_sanitise(&all, s, strlen(s), false);
	for (size_t i = 0; i < all.len; i++)
		if (all.data[i] == '\t')
			all.data[i] = ' ';
	shortened(&cut, buf_str(&all), max);
	return buf_steal(&cut);
}

size_t columns_width(const struct columns *c)
{
	size_t width = 2 * (c->n - 1);

	for (size_t i = 0; i < c->n; i++)
		width += width_of(c, i);
	return width;
}

void columns_fit(struct columns *c, size_t column, size_t width, size_t least)
{
	size_t others = 2 * (c->n - 1), room;

	for (size_t i = 0; i < c->n; i++)
		others += i == column ? 0 : width_of(c, i);
	room = MAX(width > others ? width - others : 0, least);
	for (size_t i = column; i < c->cell.n; i += c->n) {
		_cleanup_buf_ struct buf cut = BUF_INIT;

		shortened(&cut, c->cell.item[i], room);
		free(c->cell.item[i]);
		c->cell.item[i] = buf_steal(&cut);
	}
}

static bool column_empty(const struct columns *c, size_t column)
{
	for (size_t i = column + c->n; i < c->cell.n; i += c->n)
		if (*c->cell.item[i])
			return false;
	return true;
}

static void drop(struct columns *c, size_t column)
{
	const uint64_t last = UINT64_C(1) << 63;
	const uint64_t below = column < 64 ? (UINT64_C(1) << column) - 1 : UINT64_MAX;
	size_t kept = 0;

	for (size_t i = 0; i < c->cell.n; i++) {
		if (i % c->n == column)
			free(c->cell.item[i]);
		else
			c->cell.item[kept++] = c->cell.item[i];
	}
	c->cell.n = kept;
	c->right = (c->right & below) | ((c->right >> 1 | (c->right & last)) & ~below);
	c->n--;
}

void columns_drop_empty(struct columns *c)
{
	for (size_t i = c->n; i-- > 0;)
		if (c->n > 1 && column_empty(c, i))
			drop(c, i);
}

static void trim(struct buf *out)
{
	while (out->len && out->data[out->len - 1] == ' ')
		out->data[--out->len] = 0;
}

void columns_print(const struct columns *c, struct buf *out)
{
	_cleanup_free_
	size_t *width = xcalloc(c->n, sizeof(*width));

	for (size_t i = 0; i < c->n; i++)
		width[i] = width_of(c, i);
	for (size_t i = 0; i < c->cell.n; i++) {
		const char *text = c->cell.item[i];
		int pad = (int)(width[i % c->n] - figure_columns(text));
		bool right = columns_right(c, i % c->n);

		buf_printf(out, "%*s%s%*s", right ? pad : 0, "", text, right ? 0 : pad, "");
		if ((i + 1) % c->n) {
			buf_puts(out, "  ");
		} else {
			trim(out);
			buf_putc(out, '\n');
		}
	}
}

void paragraph_print(const char *text, unsigned width, unsigned indent, struct buf *out)
{
	size_t at = strspn(text, " ");
	bool started = false;

	buf_append(out, text, at);
	for (text += at; *text;) {
		size_t n = strcspn(text, " ");
		_cleanup_free_
		char *word = xstrndup(text, n);
		size_t columns = figure_columns(word);

		if (started && at + 1 + columns > width) {
			buf_printf(out, "\n%*s", (int)indent, "");
			at = indent;
		} else if (started) {
			buf_putc(out, ' ');
			at++;
		}
		started = true;
		buf_puts(out, word);
		at += columns;
		text += n;
		text += strspn(text, " ");
	}
	buf_putc(out, '\n');
}
