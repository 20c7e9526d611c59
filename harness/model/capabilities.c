/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "model/capabilities.h"

#include <ctype.h>
#include <errno.h>

#define PREFIX "CONFIG_"

static const struct capability table[] = {
#define CAPABILITY(name, symbols, shown, sentence) { name, symbols, shown, sentence },
#include "model/capabilities.def"
#undef CAPABILITY
};

const struct capability *capability_nth(size_t i)
{
	return i < ARRAY_SIZE(table) ? &table[i] : NULL;
}

const struct capability *capability_by_name(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(table); i++)
		if (str_eq(table[i].name, name))
			return &table[i];
	return NULL;
}

const char *capability_state_name(enum capability_state s)
{
	static const char *const names[] = {
		[CAPABILITY_OFF] = "off",
		[CAPABILITY_MODULE] = "module",
		[CAPABILITY_BUILTIN] = "built in",
	};

	return names[s];
}

/* Of one symbol, n bytes long. */
static enum capability_state symbol_state(const char *symbol, size_t n, const struct kconfig *c)
{
	_cleanup_free_
	char *name = xstrndup(symbol, n);
	const char *value = kconfig_value(c, name);

	return str_eq(value, "y")   ? CAPABILITY_BUILTIN
	       : str_eq(value, "m") ? CAPABILITY_MODULE
				    : CAPABILITY_OFF;
}

/* Of one word, n bytes long: the best of A|B|... */
static enum capability_state word_state(const char *word, size_t n, const struct kconfig *c)
{
	enum capability_state best = CAPABILITY_OFF;

	for (size_t at = 0; at < n;) {
		size_t one = strcspn(word + at, "| ");

		best = MAX(best, symbol_state(word + at, one, c));
		at += one + 1;
	}
	return best;
}

/* The worst of all words; those that are off are appended to `missing`, which may be NULL. */
static enum capability_state all_state(const char *symbols, const struct kconfig *c,
				       struct buf *missing)
{
	enum capability_state worst = CAPABILITY_BUILTIN;

	for (const char *s = symbols; *s;) {
		size_t n = strcspn(s, " ");
		enum capability_state state = word_state(s, n, c);

		if (missing && state == CAPABILITY_OFF)
			buf_printf(missing, "%s" PREFIX "%.*s", missing->len ? ", " : "", (int)n,
				   s);
		worst = MIN(worst, state);
		s += n + (s[n] == ' ');
	}
	return worst;
}

enum capability_state capability_state(const struct capability *c, const struct kconfig *config)
{
	return all_state(c->symbols, config, NULL);
}

/* ---- needs ---- */

/* X of CONFIG_X; NULL where the word is no symbol. */
static const char *as_symbol(const char *word)
{
	const char *s = str_after(word, PREFIX);
	size_t n = 0;

	while (s && (isupper((unsigned char)s[n]) || isdigit((unsigned char)s[n]) || s[n] == '_'))
		n++;
	return s && n && n <= 100 && !s[n] ? s : NULL;
}

bool need_is_word(const char *word)
{
	return capability_by_name(word) || as_symbol(word);
}

static const char *nth_name(size_t i, const void *arg)
{
	(void)arg;
	return table[i].name;
}

int need_unknown(const char *word, struct err *err)
{
	const char *near = str_nearest(word, ARRAY_SIZE(table), nth_name, NULL);

	return err_set(err, EINVAL,
		       "there is no capability '%.40s'%s%s%s; accepted are the names that "
		       "`kernsoak kernels show` lists, and symbols (CONFIG_KASAN)",
		       word, near ? "; did you mean '" : "", near ? near : "", near ? "'" : "");
}

int need_met(const char *word, const struct kconfig *config, struct err *err)
{
	const struct capability *c = capability_by_name(word);
	const char *symbol = as_symbol(word);
	_cleanup_buf_ struct buf missing = BUF_INIT;

	if (!c && !symbol)
		return need_unknown(word, err);
	if (all_state(c ? c->symbols : symbol, config, &missing) != CAPABILITY_OFF)
		return 0;
	return err_set(
		err, ENOTSUP,
		"it has no %s: %s is not set in its configuration; `kernsoak kernels build "
		"lean+kasan` builds one that has KASAN, and so on (docs/KERNELS.md); or name a "
		"build tree (kernel: ./linux)",
		word, buf_str(&missing));
}
