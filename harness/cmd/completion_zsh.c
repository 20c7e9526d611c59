/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cmd/completion.h"

/* What completes a word of that kind, as the action of _arguments. */
static const char *const actions[WORDS_COUNT] = {
	[WORDS_NONE] = " ",
	[WORDS_SCENARIOS] = "_files -g \"*.yaml\"",
	[WORDS_RUNS] = "_kernsoak_runs",
	[WORDS_FOLDERS] = "_files -/",
	[WORDS_FILES] = "_files",
	[WORDS_KEYS] = "_kernsoak_keys",
	[WORDS_LOADS] = "_kernsoak_loads",
	[WORDS_CLASSES] = "_kernsoak_classes",
	[WORDS_VERBS] = "_kernsoak_verbs",
};

/* In single quotes, and with what _arguments and _describe take for their own escaped. */
static void put_quoted(struct buf *out, const char *s)
{
	for (; *s; s++)
		if (*s == '\'')
			buf_puts(out, "'\\''");
		else if (strchr(":[]\\", *s))
			buf_printf(out, "\\%c", *s);
		else
			buf_putc(out, *s);
}

static void write_list(struct buf *out, const char *name, const char *options,
		       const struct buf *words)
{
	buf_printf(out, "_kernsoak_%s() {\n	compadd %s-- %s\n}\n\n", name, options,
		   buf_str(words));
}

static void write_lists(const struct commands *all, struct buf *out)
{
	_cleanup_buf_ struct buf keys = BUF_INIT, loads = BUF_INIT, classes = BUF_INIT;

	commands_write_keys(&keys);
	commands_write_loads(&loads);
	commands_write_classes(&classes);
	buf_puts(out, "#compdef kernsoak\n"
		      "# zsh completion of kernsoak, made by `kernsoak completion zsh`\n\n"
		      "_kernsoak_runs() {\n"
		      "	compadd -- last ${KERNSOAK_RESULTS:-results}/[0-9]*-*(N/:t)\n}\n\n");
	write_list(out, "keys", "-S '' ", &keys);
	write_list(out, "loads", "", &loads);
	write_list(out, "classes", "", &classes);
	buf_puts(out, "_kernsoak_verbs() {\n	local -a verbs\n	verbs=(\n");
	for (size_t i = 0; i < all->n; i++)
		if (!all->item[i].word) {
			buf_printf(out, "		'%s:", all->item[i].verb);
			put_quoted(out, all->item[i].summary);
			buf_puts(out, "'\n");
		}
	buf_puts(out, "	)\n	_describe verb verbs\n}\n\n");
}

static void write_option(const struct option_line *o, struct buf *out)
{
	buf_printf(out, " \\\n		'*%s%s[", o->name,
		   o->optional           ? "=-"
		   : option_needs_arg(o) ? "="
					 : "");
	put_quoted(out, o->doc);
	buf_putc(out, ']');
	if (*o->arg) {
		buf_puts(out, o->optional ? "::" : ":");
		put_quoted(out, o->arg);
		buf_printf(out, ":%s", actions[option_words(o)]);
	}
	buf_putc(out, '\'');
}

/* The words that may stand right behind the verb; false where there are none. */
static bool write_words(const struct commands *all, const struct command *c, struct buf *out)
{
	bool any = false;

	for (size_t i = 0; i < all->n && !c->word; i++)
		if (all->item[i].word && all->item[i].verb == c->verb) {
			buf_printf(out, "%s%s", any ? " " : "((CURRENT == 2)) && compadd -- ",
				   all->item[i].word);
			any = true;
		}
	return any;
}

static void write_command(const struct commands *all, const struct command *c, struct buf *out)
{
	_cleanup_buf_ struct buf words = BUF_INIT;

	if (write_words(all, c, &words))
		buf_printf(out, "	%s) %s ;|\n", c->verb, buf_str(&words));
	buf_printf(out, "	%s%s%s) _arguments", c->verb, c->word ? "\\ " : "",
		   c->word ? c->word : "");
	for (size_t i = 0; i < c->n_options; i++)
		write_option(&c->option[i], out);
	buf_printf(out, " \\\n		'*::argument:%s' ;;\n", actions[c->words]);
}

void completion_zsh(const struct commands *all, struct buf *out)
{
	write_lists(all, out);
	buf_puts(out, "_kernsoak() {\n"
		      "	local command=$words[2]\n"
		      "	if ((CURRENT == 2)); then\n		_kernsoak_verbs\n		"
		      "return\n"
		      "	fi\n"
		      "	# _arguments is to see the verb, or the verb's word, as the command\n"
		      "	shift words\n	((CURRENT--))\n"
		      "	if ((CURRENT > 2)); then\n		case \"$command $words[2]\" "
		      "in\n		");
	for (size_t i = 0, n = 0; i < all->n; i++)
		if (all->item[i].word)
			buf_printf(out, "%s%s\\ %s", n++ ? "|" : "", all->item[i].verb,
				   all->item[i].word);
	buf_puts(out, ")\n			command+=\" $words[2]\"\n			"
		      "shift words\n"
		      "			((CURRENT--))\n			;;\n"
		      "		esac\n	fi\n	case $command in\n");
	for (size_t i = 0; i < all->n; i++)
		write_command(all, &all->item[i], out);
	buf_puts(out, "	help) _kernsoak_verbs ;;\n	esac\n}\n\n"
		      "if [[ $funcstack[1] == _kernsoak ]]; then\n	_kernsoak \"$@\"\n"
		      "else\n	compdef _kernsoak kernsoak\nfi\n");
}
