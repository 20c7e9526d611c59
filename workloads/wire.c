/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wire.h"

#include <stdio.h>
#include <string.h>

static bool plain(unsigned char c)
{
	return c >= 0x21 && c <= 0x7e && c != '%';
}

static size_t encoded_len(const char *s)
{
	size_t n = 0;

	for (; *s; s++)
		n += plain((unsigned char)*s) ? 1 : 3;
	return n;
}

static void append_encoded(struct wire *w, const char *s)
{
	static const char hex[] = "0123456789ABCDEF";

	for (; *s; s++) {
		unsigned char c = (unsigned char)*s;

		if (plain(c)) {
			w->text[w->n++] = (char)c;
			continue;
		}
		w->text[w->n++] = '%';
		w->text[w->n++] = hex[c >> 4];
		w->text[w->n++] = hex[c & 15];
	}
}

static void append(struct wire *w, const char *s, size_t n)
{
	memcpy(w->text + w->n, s, n);
	w->n += n;
}

void wire_begin(struct wire *w, const char *word)
{
	w->n = 0;
	w->left_out = 0;
	append(w, word, strlen(word));
}

void wire_text(struct wire *w, const char *key, const char *value)
{
	size_t klen = strlen(key);

	if (w->n + klen + encoded_len(value) + 3 > WIRE_LINE_MAX) { /* a space, a =, a newline */
		w->left_out++;
		return;
	}
	append(w, " ", 1);
	append(w, key, klen);
	append(w, "=", 1);
	append_encoded(w, value);
}

void wire_u64(struct wire *w, const char *key, uint64_t value)
{
	char number[24];

	snprintf(number, sizeof number, "%llu", (unsigned long long)value);
	wire_text(w, key, number);
}

void wire_end(struct wire *w)
{
	append(w, "\n", 1);
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return -1;
}

/* May write over what it reads: what comes out is never longer. */
static int decode(const char *s, size_t n, char *ret, size_t size)
{
	size_t len = 0;

	for (size_t i = 0; i < n; i++) {
		char c = s[i];

		if (c == '%') {
			int high = i + 2 < n ? hex_digit(s[i + 1]) : -1;
			int low = high < 0 ? -1 : hex_digit(s[i + 2]);
			if (low < 0 || (high | low) == 0)
				return -1;
			c = (char)(high << 4 | low);
			i += 2;
		}
		if (len + 1 >= size)
			return -1;
		ret[len++] = c;
	}
	ret[len] = 0;
	return 0;
}

int wire_decode(char *s)
{
	size_t n = strlen(s);

	return decode(s, n, s, n + 1);
}

int wire_number(const char *s, uint64_t *ret)
{
	uint64_t v = 0;

	if (!*s)
		return -1;
	for (; *s; s++) {
		if (*s < '0' || *s > '9')
			return -1;
		if (__builtin_mul_overflow(v, 10, &v) ||
		    __builtin_add_overflow(v, (uint64_t)(*s - '0'), &v))
			return -1;
	}
	*ret = v;
	return 0;
}

char *wire_token(char **rest)
{
	char *s = *rest + strspn(*rest, " ");
	size_t n = strcspn(s, " ");

	if (n == 0)
		return NULL;
	*rest = s + n;
	if (s[n]) {
		s[n] = 0;
		(*rest)++;
	}
	return s;
}

const char *wire_find(const char *tokens, const char *key, size_t *ret_len)
{
	size_t klen = strlen(key);

	for (;;) {
		tokens += strspn(tokens, " ");
		size_t n = strcspn(tokens, " ");
		if (n == 0)
			return NULL;
		if (n > klen && tokens[klen] == '=' && memcmp(tokens, key, klen) == 0) {
			*ret_len = n - klen - 1;
			return tokens + klen + 1;
		}
		tokens += n;
	}
}

int wire_get(const char *tokens, const char *key, char *ret, size_t size)
{
	size_t n;
	const char *value = wire_find(tokens, key, &n);

	return value ? decode(value, n, ret, size) : -1;
}
