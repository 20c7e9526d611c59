/* SPDX-License-Identifier: GPL-3.0-or-later */
/* kernsoak run and kernsoak resume. */
#include <errno.h>
#include <stdio.h>

#include "base/str.h"
#include "cmd/args.h"
#include "cmd/cmd.h"
#include "detect/signatures.h"
#include "run/runner.h"

struct run_args {
	const char *scenario; /* resume: the run */
	struct scenario_options what;
	struct run_options how;
	bool dry_run, json, no_report;
};

enum { JOBS_MAX = 1024 };

enum {
	KEY_SET = 's',
	KEY_DRY = 'n',
	KEY_ARM = 'a',
	KEY_PROFILE = 'p',
	KEY_JOBS = 'j',
	KEY_QUIET = 'q',
	KEY_SEED = 256,
	KEY_URI,
	KEY_RESULTS,
	KEY_JSON,
	KEY_NO_REPORT
};

static int number(const char *arg, const char *option, struct argp_state *state, uint64_t *ret)
{
	if (str_to_u64(arg, UINT32_MAX, ret) < 0 || *ret == 0)
		argp_error(state, "%s takes a whole number from 1, not '%s'", option, arg);
	return 0;
}

static int jobs(const char *arg, struct argp_state *state, uint64_t *ret)
{
	number(arg, "--jobs", state, ret);
	if (*ret > JOBS_MAX)
		argp_error(state, "--jobs is %d at most, not %s", JOBS_MAX, arg);
	return 0;
}

static error_t parse_how(int key, char *arg, struct argp_state *state)
{
	struct run_args *a = state->input;

	switch (key) {
	case KEY_JOBS: return jobs(arg, state, &a->how.slots);
	case KEY_QUIET: a->how.quiet = true; return 0;
	case KEY_URI: a->how.uri = arg; return 0;
	case KEY_RESULTS: a->how.results = arg; return 0;
	case KEY_JSON: a->json = true; return 0;
	case KEY_NO_REPORT: a->no_report = true; return 0;
	case ARGP_KEY_ARG:
		if (a->scenario)
			argp_error(state, "one at a time: '%s' is one too many", arg);
		a->scenario = arg;
		return 0;
	default: return ARGP_ERR_UNKNOWN;
	}
}

static error_t parse_what(int key, char *arg, struct argp_state *state)
{
	struct run_args *a = state->input;

	switch (key) {
	case KEY_SET: strv_add(&a->what.set, arg); return 0;
	case KEY_ARM: strv_add(&a->what.only_arms, arg); return 0;
	case KEY_PROFILE: a->what.profile = arg; return 0;
	case KEY_DRY: a->dry_run = true; return 0;
	case KEY_SEED: return number(arg, "--seed", state, &a->how.seed);
	case ARGP_KEY_INIT: state->child_inputs[0] = a; return 0;
	case ARGP_KEY_END:
		if (!a->scenario)
			argp_error(state, "which scenario?");
		return 0;
	default: return ARGP_ERR_UNKNOWN;
	}
}

static error_t parse_resume(int key, char *arg, struct argp_state *state)
{
	(void)arg;
	if (key == ARGP_KEY_INIT)
		state->child_inputs[0] = state->input;
	return key == ARGP_KEY_INIT ? 0 : ARGP_ERR_UNKNOWN;
}

static const struct argp_option how_options[] = {
	{ "jobs", KEY_JOBS, "N", 0, "guests at once (default: processors / vCPUs of a guest)", 0 },
	{ "quiet", KEY_QUIET, 0, 0, "no progress on stderr", 0 },
	{ "uri", KEY_URI, "URI", 0, "libvirt connection (default: qemu:///embed, no daemon needed)",
	  0 },
	{ "results", KEY_RESULTS, "DIR", 0,
	  "where runs are kept (default: $KERNSOAK_RESULTS or ./results)", 0 },
	{ "json", KEY_JSON, 0, 0, "the report as JSON on stdout", 0 },
	{ "no-report", KEY_NO_REPORT, 0, 0, "no report at the end", 0 },
	{ 0 },
};

static const struct argp_option what_options[] = {
	{ "set", KEY_SET, "KEY=VALUE", 0,
	  "lay a value over the scenario: --set guest.memory=512MiB", 0 },
	{ "profile", KEY_PROFILE, "NAME", 0, "lay one of the scenario's profiles over it", 0 },
	{ "arm", KEY_ARM, "NAME", 0, "only this arm (may be repeated)", 0 },
	{ "seed", KEY_SEED, "N", 0, "of the plan: order of arms and the guests' seeds", 0 },
	{ "dry-run", KEY_DRY, 0, 0, "print the plan and the exact machines, start nothing", 0 },
	{ 0 },
};

static const struct argp how = { how_options, parse_how, 0, 0, 0, 0, 0 };
static const struct argp_child children[] = { { &how, 0, 0, 0 }, { 0 } };

static int finish(const struct run_args *a, struct run_result *result, int r, const struct err *err)
{
	int code = r < 0 ? cmd_fail(err, EXIT_INTERNAL) : result->exit_code;

	if (result->path && !a->no_report)
		cmd_report_run(result->path, a->json);
	if (result->path && !a->how.quiet)
		fprintf(stderr, "results: %s\n", result->path);
	if (result->path &&
	    (code == EXIT_SIGINT || code == EXIT_SIGTERM || code == EXIT_CANNOT_WRITE))
		fprintf(stderr, "go on with: kernsoak resume %s\n", result->path);
	free(result->path);
	return code;
}

static int dry_run(struct scenario *s, const struct run_args *a)
{
	_cleanup_buf_ struct buf out = BUF_INIT;
	struct err err = { 0 };
	int r = runner_describe(s, &a->how, &out, &err);

	if (r < 0)
		return cmd_fail(&err, EXIT_INTERNAL);
	fputs(buf_str(&out), stdout);
	return 0;
}

int cmd_run(int argc, char **argv)
{
	static const struct argp argp = {
		what_options,
		parse_what,
		"SCENARIO",
		"Runs a scenario: boots its guests, soaks them, and reports how long they lived.\v"
		"Example: kernsoak run scenarios/fib-rebalance.yaml --set stop.trials=3",
		children,
		0,
		0,
	};
	struct run_args a = { .what.signature = signature_word };
	struct scenario s = { 0 };
	struct run_result result = { 0 };
	struct err err = { 0 };
	int r;

	cmd_parse(&argp, argc, argv, &a);
	r = scenario_read(a.scenario, &a.what, &s, &err);
	if (r < 0)
		r = cmd_fail(&err, EXIT_BAD_SCENARIO);
	else if (a.dry_run)
		r = dry_run(&s, &a);
	else
		r = finish(&a, &result, runner_start(&s, &a.how, &result, &err), &err);
	scenario_done(&s);
	strv_done(&a.what.set);
	strv_done(&a.what.only_arms);
	return r;
}

int cmd_resume(int argc, char **argv)
{
	static const struct argp argp = {
		NULL,
		parse_resume,
		"[RUN]",
		"Takes up a run that was interrupted: what was lost is censored at its last sign "
		"of life, "
		"new trials take its place, the rest of the plan is run.\v"
		"RUN is an id, the beginning of one, a path, or 'last' (the default).\n\n"
		"Example: kernsoak resume last",
		children,
		0,
		0,
	};
	struct run_args a = { 0 };
	struct run_result result = { 0 };
	struct err err = { 0 };

	cmd_parse(&argp, argc, argv, &a);
	return finish(&a, &result, runner_resume(a.scenario, &a.how, &result, &err), &err);
}
