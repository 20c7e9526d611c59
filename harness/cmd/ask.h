/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the verbs that only read results share: --results, --json, one reference, the terminal. */
#ifndef KS_CMD_ASK_H
#define KS_CMD_ASK_H

#include "base/buf.h"
#include "base/json.h"
#include "report/text.h"
#include "symbol/symbol.h"

struct ask {
	const char *results; /* the folder; never NULL after ask_parse() */
	const char *ref;     /* RUN or RUN/TRIAL; NULL: none was given */
	bool json;
	bool log;
	struct symbol_sources symbols;
};

enum ask_wants {
	ASK_JSON = 1,     /* takes --json */
	ASK_REF = 2,      /* takes a reference */
	ASK_MUST_REF = 4, /* needs one */
	ASK_PLACES = 8,   /* takes --vmlinux and its like */
	ASK_LOG = 16,     /* takes --log */
};

/*
 * Parses argv (argv[0] is the verb) with argp, which prints --help and complaints and ends the
 * process itself. `doc` is the sentence before the options, a \v, and what follows them.
 */
void ask_parse(int argc, char **argv, unsigned wants, const char *args, const char *doc,
	       struct ask *ret);

/* The terminal on stdout: its width or 80; colours only there, and without NO_COLOR; box characters
 * where the locale is UTF-8. */
struct text_style ask_style(void);

/* Writes all of it to stdout: 0, or the exit code for a stdout that takes no more. */
int ask_print(const struct buf *out);

/* To a file, which appears whole; NULL or "-": to stdout; a pipe or a device is written to as it
 * is. 0, or the exit code. */
int ask_write(const char *path, const struct buf *out);

/* As ask_print(), indented; takes j. */
int ask_print_json(json_t *j);

#endif
