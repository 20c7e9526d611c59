/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef KS_CMD_ARGS_H
#define KS_CMD_ARGS_H

#include <argp.h>
#include <stdint.h>

#include "base/str.h"

/* argp_parse() for a verb: ends the process with 64 for bad usage, naming the nearest option. */
void cmd_parse(const struct argp *argp, int argc, char **argv, void *input);

/* A verb's own word (`kernels list`) that is none of n: says so with the nearest, returns 64. */
int cmd_no_word(const char *verb, const char *word, const char *const *words, size_t n);

/* The option's argument as a number from `least` to `most`; ends the process with 64 otherwise. */
uint64_t cmd_count(const char *arg, const char *option, uint64_t least, uint64_t most,
		   struct argp_state *state);

/* As a number above `lo` and below `hi`. */
double cmd_number(const char *arg, const char *option, double lo, double hi,
		  struct argp_state *state);

/* The only argument of a verb that takes one: a second ends the process with 64. */
void cmd_one(const char *arg, const char **what, struct argp_state *state);

/* One more run of a verb that takes several, CMD_RUNS_MAX of them. */
enum { CMD_RUNS_MAX = 64 };
void cmd_add_run(const char *arg, struct strv *what, struct argp_state *state);

/* The row of --results, as every verb has it that reads what runs have left. */
#define CMD_OPTION_RESULTS(key)                                                                    \
	{                                                                                          \
		"results", key, "DIR", 0, "where runs are kept ($KERNSOAK_RESULTS, or ./results)", \
			0                                                                          \
	}

/* What follows the label of "night1=results/20261121", which ends before a path begins; *ret_label,
 * freed by the caller, is NULL where there is none. */
const char *cmd_label(const char *word, char **ret_label);

#endif
