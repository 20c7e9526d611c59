/* SPDX-License-Identifier: GPL-3.0-or-later */
/* kernsoak watch: the consoles of a run that is running. */
#include <stdio.h>

#include "cmd/args.h"
#include "cmd/ask.h"
#include "cmd/cmd.h"
#include "run/watch.h"

enum { LINES_DEFAULT = 10, LINES_MAX = 1000 };

struct watch_args {
	const char *results, *ref;
	struct watch_options options;
};

static const struct argp_option options[] = {
	{ "trial", 't', "N", 0, "only this trial; ends with it", 0 },
	{ "stats", 's', 0, 0, "each second's figures of each guest, too", 0 },
	{ "lines", 'n', "N", 0, "show so many lines of what was there before (default 10)", 0 },
	CMD_OPTION_RESULTS('r'),
	{ 0 },
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct watch_args *a = state->input;

	switch (key) {
	case 't':
		a->options.trial = cmd_count(arg, "--trial", 1, TRIAL_NUMBER_MAX, state);
		return 0;
	case 'n':
		a->options.lines = (unsigned)cmd_count(arg, "--lines", 0, LINES_MAX, state);
		return 0;
	case 's': a->options.stats = true; return 0;
	case 'r': a->results = arg; return 0;
	case ARGP_KEY_ARG:
		if (a->ref)
			argp_error(state, "'%s' is one too many", arg);
		a->ref = arg;
		return 0;
	default: return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp argp = {
	options,
	parse,
	"[RUN]",
	"Shows what the guests of a running run say, and ends with it.\v"
	"A line is SLOT/TRIAL, a mark, and text: | of the console, n of netconsole, ~ of the agent "
	"and the harness, = figures. It only reads: Ctrl-C ends the watching, and the run goes "
	"on.\n\n"
	"Example: kernsoak watch\n"
	"         kernsoak watch last --trial 17 --stats",
	NULL,
	NULL,
	NULL,
};

int cmd_watch(int argc, char **argv)
{
	_cleanup_run_dir_ struct run_dir run = RUN_DIR_INIT;
	struct watch_args a = { .options = { .lines = LINES_DEFAULT } };
	struct err err = { 0 };
	int r;

	cmd_parse(&argp, argc, argv, &a);
	a.options.color = ask_style().color;
	r = run_dir_open(results_path(a.results), a.ref, &run, &err);
	if (r == 0)
		r = watch_run(&run, &a.options, &err);
	return r < 0 ? cmd_fail(&err, EXIT_BAD_USAGE) : 0;
}
