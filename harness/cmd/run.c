/* SPDX-License-Identifier: GPL-3.0-or-later */
/* kernsoak run and kernsoak resume. */
#include <fcntl.h>
#include <math.h>
#include <stdio.h>

#include "base/fs.h"
#include "base/str.h"
#include "cmd/args.h"
#include "cmd/cmd.h"
#include "cmd/how.h"
#include "detect/signatures.h"
#include "model/cascade.h"
#include "model/units.h"
#include "run/cascade.h"
#include "run/decided.h"
#include "store/verdicts.h"

struct run_args {
	struct how how; /* what: the scenario */
	struct scenario_options what;
	bool dry_run, git_bisect, until_decided;
	uint64_t mttf_ns; /* of a bad version, for --git-bisect; 0 not known */
};

enum {
	KEY_SET = 's',
	KEY_DRY = 'n',
	KEY_ARM = 'a',
	KEY_PROFILE = 'p',
	KEY_SEED = 256,
	KEY_GIT_BISECT,
	KEY_BUDGET,
	KEY_UNTIL_DECIDED,
	KEY_TAG,
};

static void parse_mttf(struct run_args *a, const char *arg, struct argp_state *state)
{
	struct err err = { 0 };

	a->git_bisect = true;
	if (arg && duration_parse(arg, &a->mttf_ns, &err) < 0)
		argp_error(state, "--git-bisect takes the MTTF of a bad version (30s, 2h): %s",
			   err.msg);
}

static error_t parse_what(int key, char *arg, struct argp_state *state)
{
	struct run_args *a = state->input;

	switch (key) {
	case KEY_SET: strv_add(&a->what.set, arg); return 0;
	case KEY_ARM: strv_add(&a->what.only_arms, arg); return 0;
	case KEY_PROFILE: a->what.profile = arg; return 0;
	case KEY_DRY: a->dry_run = true; return 0;
	case KEY_BUDGET: a->how.opt.budget_ns = how_budget(arg, state); return 0;
	case KEY_UNTIL_DECIDED: a->until_decided = true; return 0;
	case KEY_TAG: a->how.opt.tag = arg; return 0;
	case KEY_SEED: a->how.opt.seed = how_number(arg, "--seed", state); return 0;
	case KEY_GIT_BISECT: parse_mttf(a, arg, state); return 0;
	case ARGP_KEY_INIT: state->child_inputs[0] = &a->how; return 0;
	case ARGP_KEY_END:
		if (!a->how.what)
			argp_error(state, "which scenario?");
		if (a->git_bisect && a->how.events_on_stdout)
			argp_error(state, "--git-bisect and --jsonl both want stdout; write "
					  "--jsonl=FILE");
		return 0;
	default: return ARGP_ERR_UNKNOWN;
	}
}

static error_t parse_resume(int key, char *arg, struct argp_state *state)
{
	struct how *how = state->input;

	switch (key) {
	case KEY_BUDGET: how->opt.budget_ns = how_budget(arg, state); return 0;
	case ARGP_KEY_INIT: state->child_inputs[0] = how; return 0;
	default: return ARGP_ERR_UNKNOWN;
	}
}

#define BUDGET_OPTION                                                                              \
	{                                                                                          \
		"budget", KEY_BUDGET, "TIME", 0,                                                   \
			"of the whole run, resume included (stop.budget)", 0                       \
	}

static const struct argp_option resume_options[] = {
	BUDGET_OPTION,
	{ 0 },
};

static const struct argp_option what_options[] = {
	{ "set", KEY_SET, "KEY=VALUE", 0, "lay a value over the scenario: guest.memory=512MiB", 0 },
	{ "profile", KEY_PROFILE, "NAME", 0, "lay one of the scenario's profiles over it", 0 },
	{ "arm", KEY_ARM, "NAME", 0, "only this arm, or those of a pattern; repeatable", 0 },
	{ "seed", KEY_SEED, "N", 0, "of the plan: order of arms and the guests' seeds", 0 },
	{ "git-bisect", KEY_GIT_BISECT, "MTTF", OPTION_ARG_OPTIONAL,
	  "exit as `git bisect run` wants it: 0, 1, 125 or 128", 0 },
	{ "until-decided", KEY_UNTIL_DECIDED, 0, 0,
	  "go on until arms are known to differ, or be alike", 0 },
	BUDGET_OPTION,
	{ "tag", KEY_TAG, "TEXT", 0, "kept in plan.json, to find the run by", 0 },
	{ "dry-run", KEY_DRY, 0, 0, "print the plan and the exact machines, start nothing", 0 },
	{ 0 },
};

static const struct argp_child children[] = { { &how_argp, 0, 0, 0 }, { 0 } };

static int dry_run(struct scenario *s, const struct run_args *a)
{
	_cleanup_buf_ struct buf out = BUF_INIT;
	struct err err = { 0 };
	int r = runner_describe(s, &a->how.opt, &out, &err);

	if (r < 0)
		return cmd_fail(&err, EXIT_INTERNAL);
	fputs(buf_str(&out), stdout);
	return 0;
}

/* ---- git bisect run ---- */

static const struct {
	int code, git;
} git_codes[] = {
	{ EXIT_GOAL_MET, 0 },       { EXIT_REPRODUCED, 1 }, { EXIT_DIFFER, 1 },
	{ EXIT_INCONCLUSIVE, 125 }, { EXIT_INFRA, 125 },    { EXIT_HOST_UNABLE, 125 },
	{ EXIT_TIME_LIMIT, 0 }, /* its budget is over and nothing failed */
};

/* What bisecting cannot go on with (a scenario that is wrong, a full disk, Ctrl-C) aborts it. */
static int git_code(int code)
{
	for (size_t i = 0; i < ARRAY_SIZE(git_codes); i++)
		if (git_codes[i].code == code)
			return git_codes[i].git;
	return 128;
}

struct sum { /* of a run's verdicts */
	size_t trials, failed;
	double seconds;
};

static int add_verdict(void *arg, const struct verdict *v)
{
	struct sum *s = arg;

	if (v->outcome == OUTCOME_INFRA)
		return 0;
	s->trials++;
	s->failed += v->outcome == OUTCOME_FAILED;
	s->seconds += (double)v->exposure_ns / (double)NS_PER_S;
	return 0;
}

/* One line for whoever reads the log of git bisect. A crash is certain; a clean soak is as good as
 * it is long, against the MTTF of a bad version. */
static void say_git(const struct run_args *a, const char *path, int code)
{
	_cleanup_close_ int dir = fs_open_dir(AT_FDCWD, path, NULL);
	struct sum s = { 0 };
	const double mttf = (double)a->mttf_ns / (double)NS_PER_S;

	if (dir < 0 || verdicts_read(dir, add_verdict, &s, NULL) < 0)
		return;
	switch (git_code(code)) {
	case 1:
		printf("bad: %zu of %zu guests failed in %.1f s of soak (100 %% sure)\n", s.failed,
		       s.trials, s.seconds);
		break;
	case 0:
		printf("good: %zu guests soaked %.1f s and none failed (", s.trials, s.seconds);
		if (mttf > 0)
			printf("%.1f %% sure, if a bad one fails after %.3g s in the mean)\n",
			       -100 * expm1(-s.seconds / mttf), mttf);
		else
			printf("95 %% sure, if a bad one fails after %.3g s or less in the mean)\n",
			       s.seconds / -log(0.05));
		break;
	case 125: puts("skip: it could not be tested"); break;
	default: puts("abort: this is no answer about the version"); break;
	}
}

static int run(struct scenario *s, const struct run_args *a)
{
	struct run_result result = { 0 };
	struct err err = { 0 };
	int r = runner_start(s, &a->how.opt, &result, &err);
	_cleanup_free_
	char *path = result.path ? xstrdup(result.path) : NULL;
	int code = how_finish(&a->how, &result, r, &err);

	if (a->git_bisect && path)
		say_git(a, path, code);
	return code;
}

int cmd_run(int argc, char **argv)
{
	_cleanup_json_ json_t *params = NULL;
	static const struct argp argp = {
		what_options,
		parse_what,
		"SCENARIO",
		"Runs a scenario: boots its guests, soaks them, reports how long they lived.\v"
		"Example: kernsoak run scenarios/fib-rebalance.yaml --set stop.trials=3",
		children,
		0,
		0,
	};
	struct run_args a = { .what.signature = signature_word };
	struct scenario s = { 0 };
	struct err err = { 0 };
	int r;

	cmd_parse(&argp, argc, argv, &a);
	r = scenario_read(a.how.what, &a.what, &s, &err);
	if (r == 0 && (a.until_decided || s.stop.until_decided)) {
		a.how.opt.strategy = strategy_until_decided.name;
		r = decided_params(&s, &params, &err);
		a.how.opt.params = params;
	}
	if (r == 0 && cascade_hosts(&s)) {
		if (a.until_decided) {
			err_set(&err, EINVAL, "there is no sequential test of cascades");
			r = err_exit(&err, EXIT_BAD_USAGE);
		}
		a.how.opt.strategy = strategy_cascade.name;
		a.how.opt.params = NULL;
	}
	if (r < 0)
		r = cmd_fail(&err, EXIT_BAD_SCENARIO);
	else if (a.dry_run)
		r = dry_run(&s, &a);
	else
		r = run(&s, &a);
	if (a.git_bisect)
		r = git_code(r);
	scenario_done(&s);
	strv_done(&a.what.set);
	strv_done(&a.what.only_arms);
	return r;
}

int cmd_resume(int argc, char **argv)
{
	static const struct argp argp = {
		resume_options,
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
	struct how how = { 0 };
	struct run_result result = { 0 };
	struct err err = { 0 };
	int r;

	cmd_parse(&argp, argc, argv, &how);
	r = runner_resume(how.what, &how.opt, &result, &err);
	return how_finish(&how, &result, r, &err);
}
