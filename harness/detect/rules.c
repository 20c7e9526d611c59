/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "detect/rules.h"

#include <errno.h>
#include <fnmatch.h>

#include "base/buf.h"

enum { LOGIN_MAX = 64 }; /* how far into a line a prompt may stand */

struct rules {
	struct matcher *matcher;
	struct signature *row;
	size_t n_rows;
	uint64_t *rows_of; /* a literal in the matcher -> its rows, as `words` words of bits */
	size_t words;
	unsigned cut_here;           /* its literal */
	const struct detection *own; /* NULL: none */
};

/* ---- what a scenario changes ---- */

static enum severity severity_by_name(const char *name)
{
	for (enum severity s = SEVERITY_NOISE; s < SEVERITY_FATAL; s++)
		if (str_eq(severity_name(s), name))
			return s;
	return SEVERITY_FATAL;
}

/* The narrowest word that says something of the row, or NULL. */
static const char *said_severity(const struct detection *own, const struct signature *sig)
{
	const char *word = pairs_get(&own->severity, sig->name);

	if (!word && sig->severity && named_get(&own->add, sig->name))
		return NULL; /* said where it was added */
	if (!word)
		word = pairs_get(&own->severity, crash_info(sig->class)->name);
	return word ? word : pairs_get(&own->severity, crash_info(sig->class)->family);
}

static void change_severity(const struct detection *own, struct signature *sig)
{
	const char *word = said_severity(own, sig);

	if (!word || sig->class == CRASH_NONE)
		return;
	if (sig->stack == STACK_NONE && signature_severity(sig) < SEVERITY_CRASH)
		sig->flags |= SIG_ALONE; /* as before: a note does not hide in an open report */
	sig->severity = 1 + severity_by_name(word);
}

static int own_row(const struct named *add, struct signature *ret, struct err *err)
{
	const char *class = pairs_get(&add->value, "class");
	const char *severity = pairs_get(&add->value, "severity");
	const char *title = pairs_get(&add->value, "title");
	bool stack = str_eq(pairs_get(&add->value, "stack") ?: "no", "yes");

	*ret = (struct signature){
		.name = add->name,
		.literal = pairs_get(&add->value, "literal"),
		.class = class ? crash_by_name(class) : CRASH_CUSTOM,
		.severity = severity ? 1 + severity_by_name(severity) : 0,
		.title = title ? title : "{line}",
		.stack = stack ? STACK_PC : STACK_NONE,
		.skip = SKIP_HELPERS,
		.flags = stack ? 0 : SIG_ALONE,
		.sentence = "of the scenario's own",
	};
	return ret->literal ? 0
			    : err_set(err, EINVAL, "the signature %s has no literal", add->name);
}

/* ---- rows and literals ---- */

static size_t builtin_rows(void)
{
	size_t n = 0;

	while (signature_nth(n))
		n++;
	return n;
}

/* The scenario's rows stand behind the echoes that open the table: a kernel's command line may
 * quote them, too. */
static int fill_rows(struct rules *r, struct err *err)
{
	const size_t n_builtin = builtin_rows(), n_own = r->own ? r->own->add.n : 0;
	const struct signature *sig;
	size_t i = 0;

	r->row = xcalloc(n_builtin + n_own, sizeof(*r->row));
	while ((sig = signature_nth(i)) && sig->class == CRASH_NONE)
		r->row[i++] = *sig;
	r->n_rows = i;
	for (size_t j = 0; j < n_own; j++)
		if (own_row(&r->own->add.item[j], &r->row[r->n_rows++], err) < 0)
			return -EINVAL;
	for (; i < n_builtin; i++)
		r->row[r->n_rows++] = *signature_nth(i);
	for (i = 0; r->own && i < r->n_rows; i++)
		change_severity(r->own, &r->row[i]);
	return 0;
}

static int compile(struct rules *r, struct err *err)
{
	_cleanup_free_
	const char **literal = xcalloc(r->n_rows + 1, sizeof(*literal));
	size_t n = 0;

	r->words = r->n_rows / 64 + 1;
	r->rows_of = xcalloc((r->n_rows + 1) * r->words, sizeof(*r->rows_of));
	for (size_t row = 0; row < r->n_rows; row++) {
		size_t i = 0;

		while (i < n && !str_eq(literal[i], r->row[row].literal))
			i++;
		if (i == n)
			literal[n++] = r->row[row].literal;
		r->rows_of[i * r->words + row / 64] |= UINT64_C(1) << (row % 64);
	}
	r->cut_here = (unsigned)n;
	literal[n++] = RULES_CUT_HERE;
	r->matcher = matcher_new(literal, n, false, err);
	return r->matcher ? 0 : -EINVAL;
}

struct rules *rules_new(const struct detection *own, struct err *err)
{
	struct rules *r = xcalloc(1, sizeof(*r));

	r->own = own;
	return fill_rows(r, err) < 0 || compile(r, err) < 0 ? rules_free(r) : r;
}

struct rules *rules_free(struct rules *r)
{
	if (r) {
		matcher_free(r->matcher);
		free(r->row);
		free(r->rows_of);
		free(r);
	}
	return NULL;
}

const struct rules *rules_get(struct err *err)
{
	static struct rules *rules;

	if (!rules)
		rules = rules_new(NULL, err);
	return rules;
}

size_t rules_benign(const struct rules *r, const char *data, size_t n)
{
	return matcher_benign(r->matcher, data, n);
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
	static const char prompt[] = "login: ";
	const char *rest, *login;

	s += strspn(s, " \t");
	login = memmem(s, strnlen(s, LOGIN_MAX + strlen(prompt) - 1), prompt, strlen(prompt));
	if (login)
		return skip_subsystem(login + strlen(prompt));
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if ((rest = str_after(s, words[i])))
			return skip_subsystem(rest);
	return s;
}

/* What the rows ask of a line, found when it is first asked. */
struct asked {
	const char *text;
	const char *words, *start; /* where its words begin; where the kernel's do at the latest */
	const char *speaker;       /* the first command that quotes; behind the end: none */
};

static bool starts(struct asked *a, const char *at)
{
	const char *text = a->text;

	if (!a->start) {
		while ((unsigned char)*text >= 0x80) /* line noise of a reset serial port */
			text++;
		a->words = text + strspn(text, " \t");
		a->start = skip_subsystem(text);
	}
	return at == a->words || at <= a->start;
}

/* "echo BUG: x", "cat log | grep Oops": where the command stands, or the line's end. */
static const char *find_speaker(const char *text)
{
	static const char *const commands[] = { "echo ", "grep ", "printf ", "logger " };
	const char *first = text + strlen(text);

	for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
		const char *word = strstr(text, commands[i]);

		if (word && word < first && (word == text || strchr(" \t;|&(", word[-1])))
			first = word;
	}
	return first;
}

/*
 * Does somebody speak of these words: a shell's command line, the value of comm="..."? A scenario's
 * own rows have no example, and mean their text wherever it stands.
 */
static bool quoted(const struct signature *sig, struct asked *a, const char *at)
{
	if (!sig->example || at == a->text)
		return false;
	if (strchr("\"'`", at[-1]))
		return true;
	if (!a->speaker)
		a->speaker = find_speaker(a->text);
	return a->speaker < at;
}

static bool fits(const struct signature *sig, struct asked *a, struct captures *c)
{
	size_t len = strlen(sig->literal);

	memset(c, 0, sizeof(*c));
	for (const char *at = a->text; (at = strstr(at, sig->literal)); at++) {
		if ((sig->flags & SIG_START) && !starts(a, at))
			return false;
		if (quoted(sig, a, at))
			continue;
		if (sig->tail && !pattern_match(sig->tail, at + len, c))
			continue;
		c->at[0].s = at;
		c->at[0].len = strlen(at);
		return !has_any(a->text, sig->unless);
	}
	return false;
}

/* The first of 64 rows from `row` on that fits, NULL none. */
static const struct signature *first_of(const struct rules *r, size_t row, uint64_t rows,
					struct asked *a, struct captures *ret)
{
	for (; rows; rows &= rows - 1) {
		const struct signature *sig = &r->row[row + (size_t)__builtin_ctzll(rows)];

		if (fits(sig, a, ret))
			return sig;
	}
	return NULL;
}

const struct signature *rules_find(const struct rules *r, const struct hits *hits, const char *text,
				   struct captures *ret)
{
	struct asked asked = { .text = text };

	for (size_t word = 0; word < r->words; word++) {
		const struct signature *sig;
		uint64_t rows = 0;

		for (size_t i = 0; i < ARRAY_SIZE(hits->bit); i++)
			for (uint64_t left = hits->bit[i]; left; left &= left - 1)
				rows |= r->rows_of[(i * 64 + (size_t)__builtin_ctzll(left)) *
							   r->words +
						   word];
		sig = first_of(r, word * 64, rows, &asked, ret);
		if (sig)
			return sig;
	}
	return NULL;
}

bool rules_cut_here(const struct rules *r, const struct hits *hits)
{
	return hits_has(hits, r->cut_here);
}

/* ---- what a scenario ignores ---- */

/* As far as the first line tells. */
static bool kind_fits(const struct pairs *p, const char *signature, enum crash_class class)
{
	const char *want_class = pairs_get(p, "class"), *want = pairs_get(p, "signature");

	return (!want_class || crash_is(class, want_class)) && (!want || str_eq(signature, want));
}

static bool glob_fits(const struct pairs *p, const char *key, const char *text)
{
	const char *glob = pairs_get(p, key);

	return !glob || fnmatch(glob, text, 0) == 0;
}

bool rules_may_ignore(const struct rules *r, const struct signature *sig)
{
	for (size_t i = 0; r->own && i < r->own->ignore.n; i++)
		if (kind_fits(&r->own->ignore.item[i].value, sig->name, sig->class))
			return true;
	return false;
}

const char *rules_ignored_by(const struct rules *r, const struct sighting *s)
{
	for (size_t i = 0; r->own && i < r->own->ignore.n; i++) {
		const struct named *n = &r->own->ignore.item[i];

		if (kind_fits(&n->value, s->signature, s->class) &&
		    glob_fits(&n->value, "function", s->function) &&
		    glob_fits(&n->value, "module", s->module) &&
		    glob_fits(&n->value, "text", s->title))
			return n->name;
	}
	return NULL;
}
