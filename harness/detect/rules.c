/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "detect/rules.h"

#include "base/buf.h"

enum { ROWS_MAX = 512 };

struct rules {
	struct matcher *matcher;
	unsigned literal_of[ROWS_MAX]; /* row -> its literal in the matcher */
};

static struct rules *rules_new(struct err *err)
{
	struct rules *r = xcalloc(1, sizeof(*r));
	const char *literal[LITERALS_MAX];
	const struct signature *sig;
	unsigned n = 0;

	for (size_t row = 0; (sig = signature_nth(row)); row++) {
		unsigned i = 0;

		while (i < n && !str_eq(literal[i], sig->literal))
			i++;
		if (i == n)
			literal[n++] = sig->literal;
		r->literal_of[row] = i;
	}
	literal[n++] = RULES_CUT_HERE;
	r->matcher = matcher_new(literal, n, false, err);
	if (!r->matcher) {
		free(r);
		return NULL;
	}
	return r;
}

const struct rules *rules_get(struct err *err)
{
	static struct rules *rules;

	if (!rules)
		rules = rules_new(err);
	return rules;
}

bool rules_any(const struct rules *r, const char *data, size_t n)
{
	return matcher_any(r->matcher, data, n);
}

bool rules_hit(const struct rules *r, const char *data, size_t n, struct hits *ret)
{
	return matcher_run(r->matcher, data, n, ret);
}

/* Does text contain one of the `|`-separated words? */
static bool has_any(const char *text, const char *words)
{
	char word[64];

	while (words && *words) {
		size_t n = strcspn(words, "|");

		if (n < sizeof(word)) {
			memcpy(word, words, n);
			word[n] = '\0';
			if (strstr(text, word))
				return true;
		}
		words += n + (words[n] == '|');
	}
	return false;
}

/* What subsystems put before their messages, and tools before the kernel's. */
static const char *skip_subsystem(const char *s)
{
	static const char *const words[] = {
		"watchdog: ", "NMI ",   "rcu: ", "traps: ", "mce: ",   "workqueue: ",
		"usercopy: ", "Oops: ", "BUG: ", "[ ",      "login: ",
	};
	const char *rest, *login = strstr(s, "login: ");

	s += strspn(s, " \t");
	if (login && login - s < 64)
		return skip_subsystem(login + strlen("login: "));
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if ((rest = str_after(s, words[i])))
			return skip_subsystem(rest);
	return s;
}

static bool starts(const char *text, const char *at)
{
	while ((unsigned char)*text >= 0x80) /* line noise of a serial port that was reset */
		text++;
	if (at == text + strspn(text, " \t"))
		return true;
	return at <= skip_subsystem(text);
}

static bool fits(const struct signature *sig, const char *text, struct captures *c)
{
	memset(c, 0, sizeof(*c));
	if (has_any(text, sig->unless))
		return false;
	for (const char *at = text; (at = strstr(at, sig->literal)); at++) {
		if ((sig->flags & SIG_START) && !starts(text, at))
			return false;
		if (!sig->tail || pattern_match(sig->tail, at + strlen(sig->literal), c))
			return true;
	}
	return false;
}

const struct signature *rules_find(const struct rules *r, const struct hits *hits, const char *text,
				   struct captures *ret)
{
	const struct signature *sig;

	for (size_t row = 0; (sig = signature_nth(row)); row++)
		if (hits_has(hits, r->literal_of[row]) && fits(sig, text, ret))
			return sig;
	return NULL;
}
