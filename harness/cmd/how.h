/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The options that say how something is run, not what: shared by run, resume and bisect. */
#ifndef KS_CMD_HOW_H
#define KS_CMD_HOW_H

#include <argp.h>

#include "run/runner.h"

struct how {
	const char *what; /* the one argument: a scenario, a run; NULL: none was given */
	struct run_options opt;
	bool json, no_report, events_on_stdout;
};

/* As an argp_child; its input is a struct how. */
extern const struct argp how_argp;

/* A whole number from 1, or argp_error(). */
uint64_t how_number(const char *arg, const char *option, struct argp_state *state);

/* --budget: a time of a second or more, or argp_error(). */
uint64_t how_budget(const char *arg, struct argp_state *state);

/* After the run: its report, where its folder is, how to go on. Frees what is in `result`; the exit
 * code. r, err: what runner_start() or runner_resume() said. */
int how_finish(const struct how *how, struct run_result *result, int r, const struct err *err);

#endif
