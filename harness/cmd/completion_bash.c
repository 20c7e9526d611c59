/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cmd/completion.h"

static const char head[] =
	"# bash completion of kernsoak, made by `kernsoak completion bash`\n"
	"\n"
	"# What begins with $cur and is of that kind, into COMPREPLY.\n"
	"_kernsoak_offer() {\n"
	"	local IFS=$'\\n'\n"
	"	case $1 in\n"
	"	scenarios)\n"
	"		compopt -o filenames 2>/dev/null\n"
	"		COMPREPLY=($(compgen -f -X '!*.yaml' -- \"$cur\"; compgen -d -- "
	"\"$cur\"))\n"
	"		;;\n"
	"	runs)\n"
	"		COMPREPLY=($(compgen -W \"last$IFS$(ls \"${KERNSOAK_RESULTS:-results}\" "
	"2>/dev/null | grep '^[0-9]*-')\" -- \"$cur\"))\n"
	"		;;\n"
	"	folders)\n"
	"		compopt -o filenames 2>/dev/null\n"
	"		COMPREPLY=($(compgen -d -- \"$cur\"))\n"
	"		;;\n"
	"	files)\n"
	"		compopt -o filenames 2>/dev/null\n"
	"		COMPREPLY=($(compgen -f -- \"$cur\"))\n"
	"		;;\n";

static const char *const kinds[WORDS_COUNT] = {
	[WORDS_NONE] = "",           [WORDS_SCENARIOS] = "scenarios", [WORDS_RUNS] = "runs",
	[WORDS_FOLDERS] = "folders", [WORDS_FILES] = "files",         [WORDS_KEYS] = "keys",
	[WORDS_LOADS] = "loads",     [WORDS_CLASSES] = "classes",     [WORDS_VERBS] = "verbs",
};

static void write_verbs(const struct commands *all, struct buf *out)
{
	for (size_t i = 0; i < all->n; i++)
		if (!all->item[i].word)
			buf_printf(out, "%s%s", out->len ? " " : "", all->item[i].verb);
}

static void write_list(struct buf *out, enum words kind, const struct buf *words)
{
	buf_printf(out,
		   "	%s)\n		IFS=' '\n		COMPREPLY=($(compgen -W \"%s\" -- "
		   "\"$cur\"))\n		;;\n",
		   kinds[kind], buf_str(words));
}

static void write_offer(const struct commands *all, struct buf *out)
{
	_cleanup_buf_ struct buf verbs = BUF_INIT, keys = BUF_INIT, loads = BUF_INIT,
				 classes = BUF_INIT;

	write_verbs(all, &verbs);
	commands_write_keys(&keys);
	commands_write_loads(&loads);
	commands_write_classes(&classes);
	buf_puts(out, head);
	write_list(out, WORDS_VERBS, &verbs);
	write_list(out, WORDS_KEYS, &keys);
	write_list(out, WORDS_LOADS, &loads);
	write_list(out, WORDS_CLASSES, &classes);
	buf_puts(out, "	esac\n}\n\n");
}

/* A verb's own words: "simulate log replay", or "". */
static void write_words(const struct commands *all, const struct command *of, struct buf *out)
{
	for (size_t i = 0; i < all->n && !of->word; i++)
		if (all->item[i].word && all->item[i].verb == of->verb)
			buf_printf(out, "%s%s", out->len ? " " : "", all->item[i].word);
}

static void write_command(const struct commands *all, const struct command *c, struct buf *out)
{
	_cleanup_buf_ struct buf words = BUF_INIT;

	write_words(all, c, &words);
	buf_printf(out, "	'%s%s%s')\n		options='", c->verb, c->word ? " " : "",
		   c->word ? c->word : "");
	for (size_t i = 0; i < c->n_options; i++)
		buf_printf(out, "%s%s%s", i ? " " : "", c->option[i].name,
			   option_needs_arg(&c->option[i]) ? "=" : "");
	buf_printf(out, "' words='%s' takes='%s'\n		;;\n", buf_str(&words),
		   kinds[c->words]);
}

/* What each option's argument is: of the verb and the option. */
static void write_arguments(const struct commands *all, struct buf *out)
{
	for (size_t i = 0; i < all->n; i++)
		for (size_t o = 0; o < all->item[i].n_options; o++) {
			const struct command *c = &all->item[i];

			if (option_needs_arg(&c->option[o]))
				buf_printf(out, "	'%s%s%s %s') takes='%s' ;;\n", c->verb,
					   c->word ? " " : "", c->word ? c->word : "",
					   c->option[o].name, kinds[option_words(&c->option[o])]);
		}
}

void completion_bash(const struct commands *all, struct buf *out)
{
	write_offer(all, out);
	buf_puts(out, "_kernsoak() {\n"
		      "	local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]}\n"
		      "	local command=${COMP_WORDS[1]} options= words= takes= known=yes\n"
		      "	COMPREPLY=()\n"
		      "	# --set=KEY comes as three words: --set, =, KEY\n"
		      "	if [[ $cur == = ]]; then\n		cur=\n"
		      "	elif [[ $prev == = ]]; then\n"
		      "		prev=${COMP_WORDS[COMP_CWORD - 2]}\n	fi\n"
		      "	if ((COMP_CWORD == 1)); then\n"
		      "		_kernsoak_offer verbs\n"
		      "		[[ $cur != -* ]] || COMPREPLY=($(compgen -W '--help --version' -- "
		      "\"$cur\"))\n"
		      "		return\n	fi\n"
		      "	if ((COMP_CWORD > 2)); then\n"
		      "		case \"$command ${COMP_WORDS[2]}\" in\n");
	for (size_t i = 0; i < all->n; i++)
		if (all->item[i].word)
			buf_printf(out, "		'%s %s') command+=\" ${COMP_WORDS[2]}\" ;;\n",
				   all->item[i].verb, all->item[i].word);
	buf_puts(out, "		esac\n	fi\n	case $command in\n");
	for (size_t i = 0; i < all->n; i++)
		write_command(all, &all->item[i], out);
	buf_puts(out, "	help) takes=verbs ;;\n	*) return ;;\n	esac\n"
		      "	case \"$command $prev\" in\n");
	write_arguments(all, out);
	buf_puts(out, "	*) known=no ;;\n	esac\n"
		      "	if [[ $known == no && $cur == -* ]]; then\n"
		      "		COMPREPLY=($(compgen -W \"$options\" -- \"$cur\"))\n"
		      "	else\n"
		      "		_kernsoak_offer \"$takes\"\n"
		      "		if [[ $known == no && -n $words ]] && ((COMP_CWORD == 2)); then\n"
		      "			COMPREPLY+=($(compgen -W \"$words\" -- \"$cur\"))\n"
		      "		fi\n"
		      "	fi\n"
		      "	if [[ ${#COMPREPLY[@]} -eq 1 && ${COMPREPLY[0]} == *= ]]; then\n"
		      "		compopt -o nospace 2>/dev/null\n	fi\n"
		      "}\n\ncomplete -F _kernsoak kernsoak\n");
}
