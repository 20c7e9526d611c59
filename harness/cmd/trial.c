/* SPDX-License-Identifier: GPL-3.0-or-later */
/* kernsoak trial DIR (the process of one trial) and kernsoak rerun TRIAL (the same, by name). */
#include <inttypes.h>
#include <stdio.h>

#include "base/str.h"
#include "cmd/args.h"
#include "cmd/cmd.h"
#include "cmd/trial_ref.h"
#include "run/trial_process.h"

struct trial_args {
	const char *what, *results;
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct trial_args *a = state->input;

	switch (key) {
	case 'r': a->results = arg; return 0;
	case ARGP_KEY_ARG: cmd_one(arg, &a->what, state); return 0;
	case ARGP_KEY_END:
		if (!a->what)
			argp_error(state, "which trial?");
		return 0;
	default: return ARGP_ERR_UNKNOWN;
	}
}

static int exit_code(const struct verdict *v)
{
	switch (v->outcome) {
	case OUTCOME_FAILED: return EXIT_REPRODUCED;
	case OUTCOME_SURVIVED:
	case OUTCOME_OTHER: return EXIT_GOAL_MET;
	case OUTCOME_STOPPED: return EXIT_SIGTERM;
	case OUTCOME_INFRA:
	case OUTCOME_COUNT: break;
	}
	return EXIT_INFRA;
}

static int run_dir(const char *dir)
{
	_cleanup_free_
	char *where = NULL;
	_cleanup_buf_ struct buf why = BUF_INIT;
	struct err err = { 0 };
	struct verdict v;

	if (trial_process(dir, &v, &where, &err) < 0)
		return cmd_fail(&err, EXIT_INFRA);
	str_sanitise(&why, v.reason, strlen(v.reason), false);
	printf("%s: %s after %.3f s: %s\n", where, outcome_name(v.outcome),
	       (double)v.exposure_ns / (double)NS_PER_S, buf_str(&why));
	return exit_code(&v);
}

int cmd_trial(int argc, char **argv)
{
	static const struct argp argp = {
		NULL,
		parse,
		"DIR",
		"Runs the trial that DIR/spec.json describes, and writes DIR/verdict.json. A trial "
		"that "
		"has its verdict is rerun in DIR/rerun-N.\v"
		"Example, under a debugger: gdb --args kernsoak trial results/RUN/trials/000017",
		0,
		0,
		0,
	};
	struct trial_args a = { 0 };

	cmd_parse(&argp, argc, argv, &a);
	return run_dir(a.what);
}

int cmd_rerun(int argc, char **argv)
{
	static const struct argp_option options[] = {
		CMD_OPTION_RESULTS('r'),
		{ 0 },
	};
	static const struct argp argp = {
		options,
		parse,
		"TRIAL",
		"Runs one trial again, with its seed, in a folder beside its evidence.\v"
		"TRIAL is RUN/17, last/17, 17 (of the last run), or the path of its folder.\n\n"
		"Example: kernsoak rerun last/17",
		0,
		0,
		0,
	};
	_cleanup_free_
	char *dir = NULL;
	struct trial_args a = { 0 };
	struct err err = { 0 };

	cmd_parse(&argp, argc, argv, &a);
	if (trial_ref_path(a.results, a.what, &dir, &err) < 0)
		return cmd_fail(&err, EXIT_BAD_USAGE);
	return run_dir(dir);
}
