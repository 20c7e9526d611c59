/* SPDX-License-Identifier: GPL-3.0-or-later */
/* argp, and a "did you mean" for an option that a verb does not have. */
#include "cmd/args.h"

#include <stdio.h>

#include "cmd/cmd.h"
#include "model/units.h"

enum { NAMES_MAX = 64 };

struct names {
	const struct argp_option *item[NAMES_MAX];
	size_t n;
};

static void collect(const struct argp *argp, struct names *to)
{
	for (const struct argp_option *o = argp->options; o && (o->name || o->key || o->doc); o++)
		if (o->name && to->n < NAMES_MAX)
			to->item[to->n++] = o;
	for (const struct argp_child *c = argp->children; c && c->argp; c++)
		collect(c->argp, to);
}

/* getopt's rule: a whole name, or the beginning of one. */
static const struct argp_option *find(const struct names *names, const char *word, size_t n)
{
	for (size_t i = 0; i < names->n; i++)
		if (strncmp(names->item[i]->name, word, n) == 0)
			return names->item[i];
	return NULL;
}

static const char *name_of(size_t i, const void *arg)
{
	return ((const struct names *)arg)->item[i]->name;
}

static void refuse(const char *verb, const struct names *names, const char *word)
{
	const char *near = str_nearest(word, names->n, name_of, names);

	fprintf(stderr, "%s: there is no option '--%s'%s%s%s (%s --help lists them)\n", verb, word,
		near ? "; did you mean '--" : "", near ? near : "", near ? "'?" : "", verb);
	exit(EXIT_BAD_USAGE);
}

/* Returns whether --help is among them. */
static bool check_words(const char *verb, const struct names *names, char **argv)
{
	bool asked = false;

	for (char **word = argv; *word && !str_eq(*word, "--"); word++) {
		const char *name = str_after(*word, "--");
		size_t n = name ? strcspn(name, "=") : 0;
		const struct argp_option *o = n ? find(names, name, n) : NULL;
		char given[64];

		asked |= str_eq(*word, "--help") || str_eq(*word, "-h") || str_eq(*word, "-?");
		if (!n)
			continue;
		snprintf(given, sizeof(given), "%.*s", (int)n, name);
		if (!o)
			refuse(verb, names, given);
		if (o->arg && !(o->flags & OPTION_ARG_OPTIONAL) && !name[n] && word[1])
			word++; /* its value, whatever that looks like */
	}
	return asked;
}

/* As argp has it, but so that it fits a screen of 24 lines: without the rows of --help itself and
 * the note on arguments of short options, and with more room for what an option does. */
static void help(const struct argp *argp, char *verb)
{
	setenv("ARGP_HELP_FMT", "no-dup-args-note,opt-doc-col=26,rmargin=80", 0);
	argp_help(argp, stdout, ARGP_HELP_STD_HELP, verb);
	exit(fflush(stdout) == 0 ? 0 : EXIT_CANNOT_WRITE);
}

void cmd_parse(const struct argp *argp, int argc, char **argv, void *input)
{
	static const struct argp_option own[] = { { "help", 0, 0, 0, "", 0 },
						  { "usage", 0, 0, 0, "", 0 } };
	struct names names = { .item = { &own[0], &own[1] }, .n = ARRAY_SIZE(own) };

	argp_err_exit_status = EXIT_BAD_USAGE;
	collect(argp, &names);
	if (check_words(argv[0], &names, argv + 1))
		help(argp, argv[0]);
	argp_parse(argp, argc, argv, 0, 0, input);
}

static const char *nth_word(size_t i, const void *arg)
{
	return ((const char *const *)arg)[i];
}

int cmd_no_word(const char *verb, const char *word, const char *const *words, size_t n)
{
	const char *near = str_nearest(word, n, nth_word, words);

	fprintf(stderr, "kernsoak %s: there is no '%s'", verb, word);
	if (near)
		fprintf(stderr, "; did you mean '%s'?", near);
	for (size_t i = 0; i < n && !near; i++)
		fprintf(stderr, "%s%s", i ? ", " : "; accepted are ", words[i]);
	fprintf(stderr, " (kernsoak %s --help)\n", verb);
	return EXIT_BAD_USAGE;
}

uint64_t cmd_count(const char *arg, const char *option, uint64_t least, uint64_t most,
		   struct argp_state *state)
{
	uint64_t v = 0;

	if (str_to_u64(arg, most, &v) < 0 || v < least)
		argp_error(state, "%s takes a whole number from %llu to %llu, not '%s'", option,
			   (unsigned long long)least, (unsigned long long)most, arg);
	return v;
}

double cmd_number(const char *arg, const char *option, double lo, double hi,
		  struct argp_state *state)
{
	double v = 0;

	if (number_parse(arg, &v, NULL) < 0 || !(v > lo && v < hi))
		argp_error(state, "%s takes a number above %g and below %g, not '%s'", option, lo,
			   hi, arg);
	return v;
}

void cmd_one(const char *arg, const char **what, struct argp_state *state)
{
	if (*what)
		argp_error(state, "one at a time: '%s' is one too many", arg);
	*what = arg;
}

void cmd_add_run(const char *arg, struct strv *what, struct argp_state *state)
{
	strv_add(what, arg);
	if (what->n > CMD_RUNS_MAX)
		argp_error(state, "more than %d runs", CMD_RUNS_MAX);
}

const char *cmd_label(const char *word, char **ret_label)
{
	const char *eq = strchr(word, '='), *slash = strchr(word, '/');
	bool has = eq && eq != word && (!slash || eq < slash);

	*ret_label = has ? xstrndup(word, (size_t)(eq - word)) : NULL;
	return has ? eq + 1 : word;
}
