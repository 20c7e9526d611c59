/* SPDX-License-Identifier: GPL-3.0-or-later */
/* kernsoak bisect SCENARIO --over AXIS, and what is asked of such a run afterwards. */
#include <argp.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>

#include "base/fs.h"
#include "cmd/args.h"
#include "cmd/ask.h"
#include "cmd/bisect.h"
#include "cmd/cmd.h"
#include "cmd/how.h"
#include "model/yaml.h"
#include "run/axis_find.h"
#include "run/bisect_text.h"

struct bisect_args {
	struct how how; /* what: the scenario */
	struct bisect_params p;
	const char *over, *arm, *profile, *build, *built, *budget;
	bool dry_run, unordered;
};

enum {
	KEY_SET = 's',
	KEY_ARM = 'a',
	KEY_PROFILE = 'p',
	KEY_DRY = 'n',
	KEY_SEED = 256,
	KEY_OVER,
	KEY_FIND,
	KEY_CONFIDENCE,
	KEY_BUDGET,
	KEY_BUILD,
	KEY_BUILT,
	KEY_UNORDERED,
};

static bool parse_find(const char *arg, struct argp_state *state)
{
	if (!str_eq(arg, "first-bad") && !str_eq(arg, "first-good"))
		argp_error(state, "--find takes first-bad or first-good, not '%s'", arg);
	return str_eq(arg, "first-good");
}

static double parse_confidence(const char *arg, struct argp_state *state)
{
	char *end;
	double v = strtod(arg, &end);

	if (*end == '%' && !end[1] && end != arg)
		v /= 100;
	else if (*end || end == arg)
		v = 0;
	if (!(v >= 0.5 && v <= 0.9999))
		argp_error(state, "--confidence takes a share from 0.5 to 0.9999, not '%s'", arg);
	return v;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct bisect_args *a = state->input;

	switch (key) {
	case KEY_OVER: a->over = arg; return 0;
	case KEY_FIND: a->p.first_good = parse_find(arg, state); return 0;
	case KEY_CONFIDENCE: a->p.confidence = parse_confidence(arg, state); return 0;
	case KEY_BUDGET: a->budget = arg; return 0;
	case KEY_BUILD: a->build = arg; return 0;
	case KEY_BUILT: a->built = arg; return 0;
	case KEY_UNORDERED: a->unordered = true; return 0;
	case KEY_SET: strv_add(&a->p.set, arg); return 0;
	case KEY_ARM: a->arm = arg; return 0;
	case KEY_PROFILE: a->profile = arg; return 0;
	case KEY_DRY: a->dry_run = true; return 0;
	case KEY_SEED: a->how.opt.seed = how_number(arg, "--seed", state); return 0;
	case ARGP_KEY_INIT: state->child_inputs[0] = &a->how; return 0;
	case ARGP_KEY_END:
		if (!a->how.what)
			argp_error(state, "which scenario? (or simulate, log, replay)");
		if (!a->over)
			argp_error(state, "over which axis? --over debian:6.1.0-47..6.1.0-56");
		return 0;
	default: return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp_option options[] = {
	{ "over", KEY_OVER, "AXIS", 0, "debian:A..B, git:DIR#A..B, KEY=V,V, or set:KEY=V,V", 0 },
	{ "find", KEY_FIND, "WHAT", 0, "first-bad (default) or first-good", 0 },
	{ "confidence", KEY_CONFIDENCE, "P", 0, "stop at so much probability (default: 0.95)", 0 },
	{ "budget", KEY_BUDGET, "TIME", 0, "stop after that time with what is known: 2h", 0 },
	{ "build", KEY_BUILD, "COMMAND", 0, "git: how a commit is built", 0 },
	{ "built", KEY_BUILT, "PATH", 0, "git: its kernel (arch/x86/boot/bzImage)", 0 },
	{ "unordered", KEY_UNORDERED, 0, OPTION_HIDDEN,
	  "the values are causes: as set: before the axis", 0 },
	{ "set", KEY_SET, "KEY=VALUE", 0, "lay a value over the scenario", 0 },
	{ "arm", KEY_ARM, "NAME", 0, "the arm to lay the axis over (the first)", 0 },
	{ "profile", KEY_PROFILE, "NAME", 0, "lay one of the scenario's profiles over it", 0 },
	{ "seed", KEY_SEED, "N", 0, "of the guests' seeds", 0 },
	{ "dry-run", KEY_DRY, 0, 0, "print the axis, start nothing", 0 },
	{ 0 },
};

/* The arm's name goes into the commands of the result, where there is one. */
static void choose_arm(struct bisect_args *a, const struct scenario *s)
{
	if (!*a->p.arm && !(s->n_arms == 1 && str_eq(s->arm[0].name, "baseline"))) {
		free(a->p.arm);
		a->p.arm = xstrdup(s->arm[0].name);
	}
}

static int check_build(const struct bisect_args *a, struct err *err)
{
	const bool git = a->p.axis.kind == AXIS_COMMITS;

	if (git == (a->build != NULL) && (git || !a->built))
		return 0;
	err_set(err, EINVAL,
		git ? "how is a commit built? --build 'make -j8 bzImage'"
		    : "--build and --built go with an axis of commits: git:DIR#GOOD..BAD");
	return err_exit(err, EXIT_BAD_USAGE);
}

/* The scenario as it stands, for its kernel's flavour, its arm, and what counts as the bug. */
static int look_at_scenario(struct bisect_args *a, const struct buf *source, char **ret_kernel,
			    struct err *err)
{
	struct scenario s = { 0 };
	int r = bisect_scenario(a->how.what, source, &a->p, NULL, &s, err);

	if (r < 0)
		return r;
	choose_arm(a, &s);
	a->p.target = bisect_target_words(&s.arm[0].settings.target);
	*ret_kernel = xstrdup(s.arm[0].settings.kernel);
	scenario_done(&s);
	return 0;
}

static int read_question(struct bisect_args *a, struct scenario *ret, struct err *err)
{
	_cleanup_free_
	char *kernel = NULL;
	_cleanup_free_
	char *over = a->unordered && !str_after(a->over, "set:") ? xasprintf("set:%s", a->over)
								 : xstrdup(a->over);
	_cleanup_buf_ struct buf source = BUF_INIT;
	int r = fs_read_named(a->how.what, TREE_MAX_BYTES, &source, err);

	if (r < 0)
		return err_exit(err, EXIT_BAD_SCENARIO);
	r = look_at_scenario(a, &source, &kernel, err);
	if (r < 0)
		return err_exit(err, EXIT_BAD_SCENARIO);
	r = axis_find(over, kernel, &a->p.axis, err);
	if (r == 0)
		r = check_build(a, err);
	if (r < 0)
		return r;
	r = bisect_arms(a->how.what, &source, &a->p, ret, err);
	return r < 0 ? err_exit(err, EXIT_BAD_SCENARIO) : 0;
}

static void describe(const struct bisect_args *a)
{
	const struct axis *x = &a->p.axis;

	printf("# %s version of %zu; the %s end should fail: %s\n",
	       a->p.first_good ? "first good" : "first bad", x->n,
	       a->p.first_good ? "first" : "last", a->p.target);
	for (size_t i = 0; i < x->n; i++) {
		_cleanup_buf_ struct buf line = BUF_INIT, clean = BUF_INIT;

		buf_printf(&line, "%-24s %s", x->value[i].label, x->value[i].note);
		for (size_t k = 0; k < x->value[i].set.n; k++)
			buf_printf(&line, "%s%s", k ? ", " : "  ", x->value[i].set.item[k]);
		str_sanitise(&clean, buf_str(&line), line.len, false); /* a commit's subject */
		puts(buf_str(&clean));
	}
}

static int run(struct bisect_args *a, struct scenario *s)
{
	_cleanup_json_ json_t *params = bisect_params_to_json(&a->p);
	struct run_result result = { 0 };
	struct err err = { 0 };
	int r;

	a->how.opt.strategy = BISECT_STRATEGY;
	a->how.opt.params = params;
	r = runner_start(s, &a->how.opt, &result, &err);
	return how_finish(&a->how, &result, r, &err);
}

static const struct argp_child children[] = { { &how_argp, 0, 0, 0 }, { 0 } };

int cmd_bisect_run(int argc, char **argv)
{
	static const struct argp argp = {
		options,
		parse,
		"SCENARIO --over AXIS",
		"Finds the version, or value, from which on a scenario fails, or fails no more.\v"
		"Also: bisect simulate, log [RUN], replay RUN|FILE; each takes --help.\n"
		"Example: kernsoak bisect my-bug.yaml --over debian:6.1.0-47..6.1.0-56",
		children,
		0,
		0,
	};
	struct bisect_args a = { .p.confidence = 0.95 };
	struct scenario s = { 0 };
	struct err err = { 0 };
	int r;

	cmd_parse(&argp, argc, argv, &a);
	a.p.scenario = xstrdup(a.how.what);
	a.p.arm = xstrdup(a.arm ? a.arm : "");
	a.p.profile = xstrdup(a.profile ? a.profile : "");
	a.p.build = xstrdup(a.build ? a.build : "");
	a.p.built = xstrdup(a.built ? a.built : "");
	if (a.budget)
		strv_take(&a.p.set, xasprintf("stop.budget=%s", a.budget));
	r = read_question(&a, &s, &err);
	if (r < 0)
		r = cmd_fail(&err, EXIT_BAD_USAGE);
	else if (a.dry_run)
		describe(&a);
	else
		r = run(&a, &s);
	scenario_done(&s);
	bisect_params_done(&a.p);
	return r;
}
