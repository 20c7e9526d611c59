/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "detect/lines.h"

#include <endian.h>

enum state {
	TEXT,
	CARRIAGE,      /* after \r */
	ESCAPE,        /* after ESC, and through its intermediate bytes */
	CSI,           /* ESC [ ... up to a final byte */
	STRING,        /* ESC ] P X ^ _ ... up to BEL or ESC \ */
	STRING_ESCAPE, /* ESC inside of one */
};

void lines_init(struct lines *l, line_fn fn, void *arg)
{
	*l = (struct lines){ .fn = fn, .arg = arg, .state = TEXT };
}

static void line_end(struct lines *l)
{
	struct line line = {
		.text = l->text,
		.len = l->len,
		.offset = l->start,
		.end = l->offset,
		.cut = l->cut,
	};

	l->text[l->len] = '\0';
	l->len = 0;
	l->cut = false;
	l->start = l->offset;
	l->state = TEXT;
	l->fn(l->arg, &line);
}

static void keep(struct lines *l, const unsigned char *p, size_t n)
{
	size_t room = LINE_KEPT - l->len;

	if (n > room) {
		l->cut = true;
		n = room;
	}
	memcpy(l->text + l->len, p, n);
	l->len += n;
}

static bool is_plain(unsigned char c)
{
	return c >= 0x20 ? c != 0x7f : c == '\t';
}

/* A byte of plain state: kept, dropped, or the start of something. */
static void text_byte(struct lines *l, unsigned char c)
{
	if (is_plain(c))
		keep(l, &c, 1);
	else if (c == '\r')
		l->state = CARRIAGE;
	else if (c == 0x1b)
		l->state = ESCAPE;
}

static enum state after_escape(unsigned char c)
{
	if (c == '[')
		return CSI;
	if (c == ']' || c == 'P' || c == 'X' || c == '^' || c == '_')
		return STRING;
	return c >= 0x20 && c <= 0x2f ? ESCAPE : TEXT;
}

/* Bytes inside of an escape. A control byte ends it: a torn one must not swallow the log. */
static void escape_byte(struct lines *l, unsigned char c)
{
	switch ((enum state)l->state) {
	case ESCAPE: l->state = after_escape(c); break;
	case CSI: l->state = c >= 0x40 && c <= 0x7e ? TEXT : CSI; break;
	case STRING: l->state = c == 0x07 ? TEXT : STRING; break;
	case STRING_ESCAPE: l->state = TEXT; break;
	case TEXT:
	case CARRIAGE: break;
	}
}

static void byte(struct lines *l, unsigned char c)
{
	if (c == '\n') {
		l->offset++;
		line_end(l);
		return;
	}
	if (l->state == CARRIAGE && c != '\r' && c != 0) {
		line_end(l);
		l->state = TEXT;
	}
	l->offset++;
	if (l->state == TEXT)
		text_byte(l, c);
	else if (c == 0x1b)
		l->state = l->state == STRING ? STRING_ESCAPE : ESCAPE;
	else if (c < 0x20 && c != 0x07 && l->state != CARRIAGE)
		l->state = TEXT;
	else
		escape_byte(l, c);
}

#define EACH(b) (UINT64_C(0x0101010101010101) * (b))

/* How many bytes from p are plain text: eight at a time. */
static size_t plain_run(const unsigned char *p, size_t n)
{
	size_t i = 0;

	while (i + 8 <= n) {
		uint64_t x, del, odd;

		memcpy(&x, p + i, 8);
		x = le64toh(x);
		del = x ^ EACH(0x7f);
		odd = ((x - EACH(0x20)) & ~x & EACH(0x80)) | ((del - EACH(1)) & ~del & EACH(0x80));
		if (!odd) {
			i += 8;
			continue;
		}
		i += (size_t)__builtin_ctzll(odd) / 8; /* a borrow spoils only what is behind it */
		if (p[i] != '\t')
			return i;
		i++;
	}
	while (i < n && is_plain(p[i]))
		i++;
	return i;
}

void lines_feed(struct lines *l, const void *data, size_t n)
{
	const unsigned char *p = data, *end = p + n;

	while (p < end) {
		size_t run = l->state == TEXT ? plain_run(p, (size_t)(end - p)) : 0;

		if (run > 0) {
			keep(l, p, run);
			l->offset += run;
			p += run;
		} else {
			byte(l, *p++);
		}
	}
}

void lines_finish(struct lines *l)
{
	if (l->len > 0)
		line_end(l);
	l->state = TEXT;
	l->start = l->offset;
}

bool lines_at_start(const struct lines *l)
{
	return l->len == 0 && l->state == TEXT && l->start == l->offset;
}

/* No branch in the loop, so that the compiler makes vectors of it. */
__attribute__((optimize("O3"))) static bool all_plain(const unsigned char *p, size_t n)
{
	unsigned char odd = 0;

	for (size_t i = 0; i < n; i++) {
		unsigned char c = p[i];

		odd |= (c < 0x20) & (c != '\n') & (c != '\r') & (c != '\t');
		odd |= c == 0x7f;
	}
	return !odd;
}

size_t lines_plain(const void *data, size_t n)
{
	enum { STRETCH = 512 };
	const unsigned char *p = data;
	size_t at = 0;

	while (at < n && all_plain(p + at, MIN(n - at, (size_t)STRETCH)))
		at += MIN(n - at, (size_t)STRETCH);
	while (at < n && (is_plain(p[at]) || p[at] == '\n' || p[at] == '\r'))
		at++;
	return at;
}

void lines_skip(struct lines *l, size_t n)
{
	l->offset += n;
	l->start = l->offset;
}
