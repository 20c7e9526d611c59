/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef KS_CMD_ARGS_H
#define KS_CMD_ARGS_H

#include <argp.h>
#include <stdint.h>

/* argp_parse() for a verb: ends the process with 64 for bad usage, naming the nearest option. */
void cmd_parse(const struct argp *argp, int argc, char **argv, void *input);

/* The option's argument as a number from `least` to `most`; ends the process with 64 otherwise. */
uint64_t cmd_count(const char *arg, const char *option, uint64_t least, uint64_t most,
		   struct argp_state *state);

/* What follows the label of "night1=results/20261121", which ends before a path begins; *ret_label,
 * freed by the caller, is NULL where there is none. */
const char *cmd_label(const char *word, char **ret_label);

#endif
