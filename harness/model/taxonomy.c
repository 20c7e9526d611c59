/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "model/taxonomy.h"

static const struct crash_info classes[] = {
	[CRASH_NONE] = { "none", "none", SEVERITY_NOISE, "nothing failed" },
#define CLASS(id, name, family, severity, sentence)                                                \
	[CRASH_##id] = { name, family, SEVERITY_##severity, sentence },
#include "model/taxonomy.def"
#undef CLASS
};

const struct crash_info *crash_info(enum crash_class c)
{
	return &classes[(size_t)c < ARRAY_SIZE(classes) ? c : CRASH_NONE];
}

enum crash_class crash_by_name(const char *name)
{
	for (size_t i = 1; i < ARRAY_SIZE(classes); i++)
		if (str_eq(classes[i].name, name))
			return (enum crash_class)i;
	return CRASH_NONE;
}

bool crash_is_class(const char *name)
{
	return crash_by_name(name) != CRASH_NONE;
}

bool crash_is(enum crash_class c, const char *word)
{
	return str_eq(crash_info(c)->name, word) || str_eq(crash_info(c)->family, word);
}

/* Is row i the first of its family, and the family's word no class's name? */
static bool names_family(size_t i)
{
	for (size_t j = 1; j < i; j++)
		if (str_eq(classes[j].family, classes[i].family))
			return false;
	return crash_by_name(classes[i].family) == CRASH_NONE;
}

const char *crash_word(size_t n)
{
	if (n + 1 < ARRAY_SIZE(classes))
		return classes[n + 1].name;
	n -= ARRAY_SIZE(classes) - 1;
	for (size_t i = 1; i < ARRAY_SIZE(classes); i++)
		if (names_family(i) && n-- == 0)
			return classes[i].family;
	return NULL;
}

bool crash_is_word(const char *word)
{
	const char *w;

	for (size_t i = 0; (w = crash_word(i)); i++)
		if (str_eq(w, word))
			return true;
	return false;
}

const char *severity_name(enum severity s)
{
	static const char *const names[] = { "noise", "note", "crash", "fatal" };

	return names[s];
}
