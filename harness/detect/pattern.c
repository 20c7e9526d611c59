/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "detect/pattern.h"

#include <ctype.h>

#include "detect/frames.h"

static size_t digits(const char *s)
{
	size_t n = 0;

	while (isdigit((unsigned char)s[n]))
		n++;
	return n;
}

static size_t hex(const char *s)
{
	size_t n = s[0] == '0' && s[1] == 'x' ? 2 : 0;

	while (isxdigit((unsigned char)s[n]))
		n++;
	return n;
}

static size_t rest(const char *s)
{
	size_t n = strlen(s);

	while (n > 0 && isspace((unsigned char)s[n - 1]))
		n--;
	return n;
}

/* How many bytes hole `kind` takes from s; 0 none. ret_len: how many of them are captured. */
static size_t hole(char kind, const char *s, size_t *ret_len)
{
	size_t n = 0;

	switch (tolower((unsigned char)kind)) {
	case 'w': n = strcspn(s, " \t"); break;
	case 'n': n = digits(s); break;
	case 'h': n = hex(s); break;
	case 'r': n = rest(s); break;
	case 'f': return frames_symbol(s, ret_len);
	}
	*ret_len = n;
	return n;
}

/* `{*}x...`: the first place where the literal run behind the hole begins. */
static const char *lazy(const char *pattern, const char *text)
{
	char literal[64];
	size_t n = strcspn(pattern, "{");

	if (n == 0 || n >= sizeof(literal))
		return text;
	memcpy(literal, pattern, n);
	literal[n] = '\0';
	return strstr(text, literal);
}

static void capture(struct captures *c, unsigned *n, const char *s, size_t len)
{
	if (*n == CAPTURES)
		return;
	c->at[++*n].s = s;
	c->at[*n].len = len;
}

bool pattern_match(const char *p, const char *t, struct captures *ret)
{
	struct captures c = { 0 };
	unsigned n_captured = 0;

	while (*p) {
		size_t taken, len;

		if (p[0] != '{') {
			if (*p++ != *t++)
				return false;
			continue;
		}
		if (p[1] == '*' || p[1] == 'A') {
			const char *from = t;

			t = lazy(p + 3, t);
			if (!t)
				return false;
			if (p[1] == 'A')
				capture(&c, &n_captured, from, (size_t)(t - from));
		} else if (p[1] == '_') {
			t += strspn(t, " \t");
		} else {
			/* a word ends before what the pattern wants next: "{W}:" */
			taken = hole(p[1], t, &len);
			if (tolower((unsigned char)p[1]) == 'w' && p[3] && p[3] != '{' &&
			    p[3] != ' ') {
				const char *stop = memchr(t, p[3], taken);

				len = taken = stop ? (size_t)(stop - t) : 0;
			}
			if (taken == 0)
				return false;
			if (isupper((unsigned char)p[1]))
				capture(&c, &n_captured, t, len);
			t += taken;
		}
		p += 3;
	}
	*ret = c;
	return true;
}
