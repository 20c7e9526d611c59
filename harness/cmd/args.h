/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef KS_CMD_ARGS_H
#define KS_CMD_ARGS_H

#include <argp.h>

/* argp_parse() for a verb: ends the process with 64 for bad usage, naming the nearest option. */
void cmd_parse(const struct argp *argp, int argc, char **argv, void *input);

#endif
