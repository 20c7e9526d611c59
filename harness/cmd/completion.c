/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * kernsoak completion: a shell's completion, made from the table of verbs and from what each verb's
 * own --help says, which tests hold to 80 columns and to the manual; so nothing is listed twice.
 */
#include <ctype.h>
#include <stdio.h>

#include "base/proc.h"
#include "cmd/args.h"
#include "cmd/cmd.h"
#include "cmd/completion.h"
#include "model/schema.h"

/* ---- what a word may be ---- */

/* By the beginning of its name in usage lines; the first that fits counts. */
static const struct {
	const char *name;
	enum words words;
} kinds[] = {
	{ "SCENARIO", WORDS_SCENARIOS }, { "[SCENARIO", WORDS_SCENARIOS }, { "RUN", WORDS_RUNS },
	{ "[RUN", WORDS_RUNS },          { "[[LABEL=]RUN", WORDS_RUNS },   { "TRIAL", WORDS_RUNS },
	{ "DIR", WORDS_FOLDERS },        { "FILE", WORDS_FILES },          { "[FILE", WORDS_FILES },
	{ "PATH", WORDS_FILES },         { "KEY=VALUE", WORDS_KEYS },      { "LOAD", WORDS_LOADS },
	{ "[SIGNATURE", WORDS_CLASSES }, { "VERB", WORDS_VERBS },
};

static enum words words_of(const char *usage)
{
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (str_after(usage, kinds[i].name))
			return kinds[i].words;
	return WORDS_NONE;
}

/* ---- a verb's options, from its help ---- */

static bool is_option_start(const char *s)
{
	return s[0] == '-' && s[1] == '-' && islower((unsigned char)s[2]);
}

static struct option_line *add_option(struct command *c)
{
	c->option = xrealloc(c->option, (c->n_options + 1) * sizeof(*c->option));
	c->option[c->n_options] = (struct option_line){ 0 };
	return &c->option[c->n_options++];
}

static bool has_option(const struct command *c, const char *name, size_t n)
{
	for (size_t i = 0; i < c->n_options; i++)
		if (strlen(c->option[i].name) == n && strncmp(c->option[i].name, name, n) == 0)
			return true;
	return false;
}

/* At the "--": name, argument and what the line says of it. Returns what is left of the line. */
static const char *read_option(struct command *c, const char *s)
{
	const size_t n = 2 + strspn(s + 2, "abcdefghijklmnopqrstuvwxyz0123456789-");
	const bool optional = s[n] == '[' && s[n + 1] == '=', joined = s[n] == '=';
	const bool apart = s[n] == ' ' && isupper((unsigned char)s[n + 1]);
	const char *rest = s + n + optional + (optional || joined || apart);
	const size_t arg = optional || joined || apart ? strcspn(rest, " ]\n") : 0;
	struct option_line *o;

	if (has_option(c, s, n))
		return s + n;
	o = add_option(c);
	o->name = xstrndup(s, n);
	o->arg = xstrndup(rest, arg);
	o->optional = optional;
	rest += arg + (rest[arg] == ']');
	rest += strspn(rest, " ");
	o->doc = xstrndup(rest, *rest == '[' || is_option_start(rest) ? 0 : strcspn(rest, "\n"));
	return s + n;
}

/* Usage lines before the first empty one, and lines that begin with options. */
static void read_help(struct command *c, const char *help)
{
	bool usage = true;

	for (const char *line = help; *line; line += strcspn(line, "\n"), line += *line == '\n') {
		const char *s = line + strspn(line, " ");
		const bool listed = *s == '-' && s > line;

		usage &= *line != '\n';
		if (!usage && !listed)
			continue;
		for (; *s && *s != '\n'; s++)
			if (is_option_start(s) && (s == line || strchr(" [", s[-1]))) {
				s = read_option(c, s);
				if (listed)
					break;
				s--;
			}
	}
}

static void ask_help(struct command *c)
{
	const char *const argv[] = { "/proc/self/exe", c->verb, c->word ? c->word : "--help",
				     c->word ? "--help" : NULL, NULL };
	_cleanup_buf_ struct buf help = BUF_INIT;
	struct err err = { 0 };

	if (proc_output(argv, 1 << 20, &help, &err) == 0)
		read_help(c, buf_str(&help));
}

/* ---- all commands ---- */

static struct command *add_command(struct commands *all, const struct cmd *c, const char *word)
{
	struct command *n;

	all->item = xrealloc(all->item, (all->n + 1) * sizeof(*all->item));
	n = &all->item[all->n++];
	*n = (struct command){ .verb = c->name,
			       .word = word ? xstrdup(word) : NULL,
			       .summary = c->summary };
	return n;
}

/* An alternative of a row's args begins with a word of its own, or with what an argument is. */
static void read_args(struct commands *all, const struct cmd *c)
{
	const size_t verb = all->n - 1;
	const char *bar, *args = c->args;

	for (; args; args = bar ? bar + 3 : NULL) {
		const size_t n = strcspn(args, " ");

		bar = strstr(args, " | ");
		if (islower((unsigned char)*args)) {
			_cleanup_free_
			char *word = xstrndup(args, n);

			add_command(all, c, word)->words = words_of(args + n + (args[n] == ' '));
		} else if (*args != '-') {
			all->item[verb].words = words_of(args);
		}
	}
}

void commands_collect(struct commands *ret)
{
	const struct cmd *c;

	*ret = (struct commands){ 0 };
	for (size_t i = 0; (c = cmd_nth(i)); i++) {
		if (c->internal)
			continue;
		add_command(ret, c, NULL);
		read_args(ret, c);
	}
	for (size_t i = 0; i < ret->n; i++)
		ask_help(&ret->item[i]);
}

void commands_done(struct commands *all)
{
	for (size_t i = 0; i < all->n; i++) {
		struct command *c = &all->item[i];

		for (size_t o = 0; o < c->n_options; o++) {
			free(c->option[o].name);
			free(c->option[o].arg);
			free(c->option[o].doc);
		}
		free(c->option);
		free(c->word);
	}
	free(all->item);
	*all = (struct commands){ 0 };
}

enum words option_words(const struct option_line *o)
{
	return words_of(o->arg);
}

bool option_needs_arg(const struct option_line *o)
{
	return *o->arg && !o->optional;
}

/* ---- lists that scripts hold ---- */

void commands_write_keys(struct buf *out)
{
	const struct field *f;

	for (size_t i = 0; (f = schema_nth(i)); i++)
		if (f->type != FIELD_GROUP && !f->of_item && (f->in & IN_SETTING))
			buf_printf(out, "%s%s=", out->len ? " " : "", f->path);
}

void commands_write_loads(struct buf *out)
{
	const struct load_def *l;

	for (size_t i = 0; (l = load_nth(i)); i++)
		buf_printf(out, "%s%s", out->len ? " " : "", l->name);
}

void commands_write_classes(struct buf *out)
{
	const char *w;

	for (size_t i = 0; (w = crash_word(i)); i++)
		buf_printf(out, "%s%s", out->len ? " " : "", w);
}

/* ---- the verb ---- */

static const struct {
	const char *name;
	void (*write)(const struct commands *all, struct buf *out);
} shells[] = {
	{ "bash", completion_bash },
	{ "zsh", completion_zsh },
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	const char **shell = state->input;

	if (key == ARGP_KEY_ARG)
		cmd_one(arg, shell, state);
	if (key == ARGP_KEY_END && !*shell)
		argp_error(state, "which shell? bash or zsh");
	return key == ARGP_KEY_ARG || key == ARGP_KEY_END ? 0 : ARGP_ERR_UNKNOWN;
}

static int print_script(void (*write)(const struct commands *all, struct buf *out))
{
	_cleanup_buf_ struct buf out = BUF_INIT;
	struct commands all;

	commands_collect(&all);
	write(&all, &out);
	commands_done(&all);
	fputs(buf_str(&out), stdout);
	return 0;
}

int cmd_completion(int argc, char **argv)
{
	static const struct argp argp = {
		NULL,
		parse,
		"bash|zsh",
		"Prints the completion of verbs, options, scenarios and runs for a shell. "
		"`make install` puts both where shells look.\v"
		"Example: kernsoak completion bash >~/.local/share/bash-completion/completions/"
		"kernsoak",
		NULL,
		NULL,
		NULL,
	};
	const char *shell = NULL;

	cmd_parse(&argp, argc, argv, &shell);
	for (size_t i = 0; i < ARRAY_SIZE(shells); i++)
		if (str_eq(shells[i].name, shell))
			return print_script(shells[i].write);
	fprintf(stderr, "kernsoak: there is no completion for '%s'; accepted are bash and zsh\n",
		shell);
	return EXIT_BAD_USAGE;
}
