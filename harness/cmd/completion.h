/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a shell's completion is made of: verbs, their words, options, and what arguments are. */
#ifndef KS_CMD_COMPLETION_H
#define KS_CMD_COMPLETION_H

#include "base/buf.h"

enum words { /* what an argument may be */
	     WORDS_NONE,
	     WORDS_SCENARIOS, /* *.yaml */
	     WORDS_RUNS,      /* the folders in results/, and `last` */
	     WORDS_FOLDERS,
	     WORDS_FILES,
	     WORDS_KEYS, /* of a scenario, with an = behind */
	     WORDS_LOADS,
	     WORDS_CLASSES, /* of crashes, and their families */
	     WORDS_VERBS,
	     WORDS_COUNT
};

struct option_line {
	char *name; /* "--set" */
	char *arg;  /* "KEY=VALUE", or "" */
	bool optional;
	char *doc; /* the first line of what --help says; maybe "" */
};

struct command {
	const char *verb;
	char *word; /* of the verb: "simulate"; NULL: the verb itself */
	const char *summary;
	enum words words; /* its arguments */
	struct option_line *option;
	size_t n_options;
};

struct commands {
	struct command *item;
	size_t n;
};

void commands_collect(struct commands *ret); /* asks each verb for its --help */
void commands_done(struct commands *all);

enum words option_words(const struct option_line *o);
bool option_needs_arg(const struct option_line *o);

/* With a space between. */
void commands_write_keys(struct buf *out);
void commands_write_loads(struct buf *out);
void commands_write_classes(struct buf *out);

void completion_bash(const struct commands *all, struct buf *out);
void completion_zsh(const struct commands *all, struct buf *out);

#endif
