/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/str.h"

#include <ctype.h>
#include <errno.h>

unsigned str_distance(const char *a, const char *b)
{
	enum { MAX_LEN = 64 };
	unsigned row[3][MAX_LEN + 1];
	size_t n = strlen(a), m = strlen(b);

	if (n > MAX_LEN || m > MAX_LEN)
		return MAX_LEN;
	for (size_t j = 0; j <= m; j++)
		row[0][j] = (unsigned)j;
	for (size_t i = 1; i <= n; i++) {
		unsigned *now = row[i % 3], *one = row[(i + 2) % 3], *two = row[(i + 1) % 3];

		now[0] = (unsigned)i;
		for (size_t j = 1; j <= m; j++) {
			unsigned best = one[j - 1] + (a[i - 1] != b[j - 1]);

			best = MIN(best, one[j] + 1);
			best = MIN(best, now[j - 1] + 1);
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				best = MIN(best, two[j - 2] + 1);
			now[j] = best;
		}
	}
	return row[n % 3][m];
}

const char *str_nearest(const char *word, size_t n, const char *(*name)(size_t, const void *),
			const void *arg)
{
	const char *best = NULL;
	unsigned best_distance = (unsigned)strlen(word) / 3 + 1;

	for (size_t i = 0; i < n; i++) {
		unsigned d = str_distance(word, name(i, arg));

		if (d < best_distance || (d == best_distance && !best)) {
			best = name(i, arg);
			best_distance = d;
		}
	}
	return best;
}

int str_version_cmp(const char *a, const char *b)
{
	while (*a && *b) {
		if (isdigit((unsigned char)*a) && isdigit((unsigned char)*b)) {
			char *ea, *eb;
			unsigned long x = strtoul(a, &ea, 10), y = strtoul(b, &eb, 10);

			if (x != y)
				return x < y ? -1 : 1;
			a = ea;
			b = eb;
		} else if (*a != *b) {
			return (unsigned char)*a < (unsigned char)*b ? -1 : 1;
		} else {
			a++;
			b++;
		}
	}
	return (*a != 0) - (*b != 0);
}

int str_to_u64(const char *s, uint64_t max, uint64_t *ret)
{
	uint64_t v = 0;

	if (!*s)
		return -EINVAL;
	for (; *s; s++) {
		if (!isdigit((unsigned char)*s))
			return -EINVAL;
		if (__builtin_mul_overflow(v, 10, &v) ||
		    __builtin_add_overflow(v, (uint64_t)(*s - '0'), &v))
			return -ERANGE;
	}
	if (v > max)
		return -ERANGE;
	*ret = v;
	return 0;
}

void strv_done(struct strv *v)
{
	for (size_t i = 0; i < v->n; i++)
		free(v->item[i]);
	free(v->item);
	*v = (struct strv){ 0 };
}

void strv_take(struct strv *v, char *s)
{
	v->item = xrealloc(v->item, (v->n + 1) * sizeof(*v->item));
	v->item[v->n++] = s;
}

void strv_add(struct strv *v, const char *s)
{
	strv_take(v, xstrdup(s));
}

/* qsort_r with a comparison of strings rather than of pointers to them. */
static int compare_items(const void *a, const void *b, void *cmp)
{
	return (*(int (**)(const char *, const char *))cmp)(*(char *const *)a, *(char *const *)b);
}

void strv_sort(struct strv *v, int (*cmp)(const char *, const char *))
{
	if (v->n)
		qsort_r(v->item, v->n, sizeof(*v->item), compare_items, &cmp);
}

bool strv_has(const struct strv *v, const char *s)
{
	for (size_t i = 0; i < v->n; i++)
		if (str_eq(v->item[i], s))
			return true;
	return false;
}

static const char *nth_item(size_t i, const void *arg)
{
	return ((const struct strv *)arg)->item[i];
}

const char *strv_nearest(const struct strv *v, const char *word)
{
	return str_nearest(word, v->n, nth_item, v);
}

void strv_add_words(struct strv *v, const char *words)
{
	while (words && *words) {
		size_t n = strcspn(words, " ");
		char *word = xstrndup(words, n);

		if (!strv_has(v, word))
			strv_add(v, word);
		free(word);
		words += n + (words[n] == ' ');
	}
}

size_t str_utf8(const char *text, size_t n, uint32_t *ret) /* RFC 3629 */
{
	const unsigned char *s = (const unsigned char *)text;
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	size_t len = s[0] < 0x80       ? 1
		     : s[0] >> 5 == 6  ? 2
		     : s[0] >> 4 == 14 ? 3
		     : s[0] >> 3 == 30 ? 4
				       : 0;
	uint32_t c;

	if (len == 0 || len > n)
		return 0;
	c = len == 1 ? s[0] : s[0] & (0x7fu >> len);
	for (size_t i = 1; i < len; i++) {
		if (s[i] >> 6 != 2)
			return 0;
		c = c << 6 | (s[i] & 0x3f);
	}
	if (c < least[len] || c > 0x10ffff || (c >= 0xd800 && c < 0xe000))
		return 0;
	*ret = c;
	return len;
}

/* What cannot be seen but changes what is: controls, direction marks, overrides and isolates,
 * joiners and other characters of no width, line and paragraph separators, tags; and what is no
 * character. */
static bool invisible(uint32_t c)
{
	static const struct {
		uint32_t from, to;
	} range[] = {
		{ 0x00, 0x1f },     { 0x7f, 0x9f },     { 0xad, 0xad },     { 0x61c, 0x61c },
		{ 0x180e, 0x180e }, { 0x200b, 0x200f }, { 0x2028, 0x202e }, { 0x2060, 0x206f },
		{ 0xfdd0, 0xfdef }, { 0xfeff, 0xfeff }, { 0xfff9, 0xfffb }, { 0xe0000, 0xe0fff },
	};

	for (size_t i = 0; i < ARRAY_SIZE(range); i++)
		if (c >= range[i].from && c <= range[i].to)
			return true;
	return (c & 0xfffe) == 0xfffe;
}

static bool harmless(uint32_t c, bool lines)
{
	return c == '\t' || (c == '\n' && lines) || !invisible(c);
}

void str_sanitise(struct buf *out, const char *s, size_t n, bool lines)
{
	while (n) {
		uint32_t c = 0;
		size_t len = str_utf8(s, n, &c);

		if (len && harmless(c, lines)) {
			buf_append(out, s, len);
		} else {
			len = MAX(len, (size_t)1);
			for (size_t i = 0; i < len; i++)
				buf_printf(out, "\\x%02x", (unsigned char)s[i]);
		}
		s += len;
		n -= len;
	}
}

void str_wrap(struct buf *out, const char *s, size_t indent, size_t width)
{
	size_t column = 0;

	for (s += strspn(s, " "); *s; s += strspn(s, " ")) {
		const size_t n = strcspn(s, " ");

		if (column && column + n + 1 > width) {
			buf_putc(out, '\n');
			column = 0;
		}
		buf_printf(out, "%*s%.*s", column ? 1 : (int)indent, "", (int)n, s);
		column = column ? column + n + 1 : indent + n;
		s += n;
	}
	buf_putc(out, '\n');
}
