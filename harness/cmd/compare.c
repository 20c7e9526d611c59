/* SPDX-License-Identifier: GPL-3.0-or-later */
/* kernsoak compare: arms of a run, or runs, against each other. */
#include <errno.h>
#include <stdio.h>

#include "cmd/args.h"
#include "cmd/ask.h"
#include "cmd/cmd.h"
#include "report/compare.h"

enum {
	KEY_RESULTS = 'r',
	KEY_JSON = 'j',
	KEY_BASELINE = 'b',
	KEY_POOL = 'p',
	KEY_FACTOR = 'f',
	KEY_ALPHA = 256,
	KEY_POWER,
};

struct compare_args {
	const char *results, *baseline;
	struct strv what; /* [LABEL=]RUN[:ARM] */
	struct contrast_options opt;
	bool json, pool;
};

struct opened {
	struct sides_run run[CMD_RUNS_MAX];
	struct view view[CMD_RUNS_MAX];
	char *label[CMD_RUNS_MAX], *arm[CMD_RUNS_MAX];
	size_t n;
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct compare_args *a = state->input;

	switch (key) {
	case KEY_RESULTS: a->results = arg; return 0;
	case KEY_JSON: a->json = true; return 0;
	case KEY_POOL: a->pool = true; return 0;
	case KEY_BASELINE: a->baseline = arg; return 0;
	case KEY_FACTOR: a->opt.factor = cmd_number(arg, "--factor", 1, 1e6, state); return 0;
	case KEY_ALPHA: a->opt.alpha = cmd_number(arg, "--alpha", 0, 0.5, state); return 0;
	case KEY_POWER: a->opt.power = cmd_number(arg, "--power", 0, 1, state); return 0;
	case ARGP_KEY_ARG: cmd_add_run(arg, &a->what, state); return 0;
	case ARGP_KEY_END:
		if (!a->what.n)
			strv_add(&a->what, "last");
		return 0;
	default: return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp_option options[] = {
	{ "baseline", KEY_BASELINE, "ARM", 0, "what the others are compared with (the first)", 0 },
	{ "pool", KEY_POOL, 0, 0, "take like arms of like runs together, a stratum a run", 0 },
	{ "factor", KEY_FACTOR, "F", 0, "the hazard ratio that matters (2)", 0 },
	{ "alpha", KEY_ALPHA, "A", 0, "chance of a false claim, all pairs together (0.05)", 0 },
	{ "power", KEY_POWER, "P", 0, "chance to see it, for what is missing (0.8)", 0 },
	{ "json", KEY_JSON, 0, 0, "the same as JSON (docs/RESULTS.md)", 0 },
	CMD_OPTION_RESULTS(KEY_RESULTS),
	{ 0 },
};

static const struct argp argp = {
	options,
	parse,
	"[[LABEL=]RUN[:ARM]]...",
	"Says whether arms differ in how long they live, and how sure that is: the arms of one "
	"run, arms of several (RUN:ARM), or several runs, arm by arm of the same name.\v"
	"RUN is an id, the beginning of one, a path, or 'last' (the default).\n\n"
	"Exit status: 11 they differ; 0 a difference of the factor is ruled out; 12 neither is "
	"shown.\n\n"
	"Examples: kernsoak compare last\n"
	"          kernsoak compare before=20261120 after=20261121\n"
	"          kernsoak compare 20261120:stock last:stock --factor 1.5",
	0,
	0,
	0,
};

/* "night1=20261121:stock": the label ends before the path begins, the arm begins behind it. */
static char *split(char *word, char **ret_label, char **ret_arm)
{
	char *last, *colon;

	word += cmd_label(word, ret_label) - word;
	last = strrchr(word, '/');
	colon = strchr(last ? last : word, ':');
	if (colon) {
		*ret_arm = xstrdup(colon + 1);
		*colon = 0;
	}
	return word;
}

static int open_one(struct opened *o, const char *results, const char *what, struct err *err)
{
	_cleanup_run_dir_ struct run_dir run = RUN_DIR_INIT;
	_cleanup_free_
	char *word = xstrdup(what);
	size_t i = o->n++;
	const char *ref = split(word, &o->label[i], &o->arm[i]);
	int r = run_dir_open(results, *ref ? ref : "last", &run, err);

	if (r < 0)
		return err_exit(err, EXIT_BAD_USAGE);
	r = view_load(&run, &o->view[i], err);
	o->run[i] = (struct sides_run){ o->label[i], o->arm[i], &o->view[i] };
	return r;
}

static void opened_free(struct opened *o)
{
	for (size_t i = 0; i < o->n; i++) {
		view_done(&o->view[i]);
		free(o->label[i]);
		free(o->arm[i]);
	}
	free(o);
}

static int print(const struct comparison *of, bool json)
{
	struct text_style style = ask_style();
	_cleanup_buf_ struct buf out = BUF_INIT;

	if (json)
		return ask_print_json(compare_json(of));
	compare_text(of, &style, &out);
	return ask_print(&out);
}

static int exit_code(const struct contrast *c)
{
	switch (compare_answer(c)) {
	case COMPARE_DIFFER: return EXIT_DIFFER;
	case COMPARE_ALIKE: return EXIT_GOAL_MET;
	case COMPARE_UNDECIDED: return EXIT_INCONCLUSIVE;
	}
	return EXIT_INTERNAL;
}

static int compare(const struct compare_args *a, struct opened *o)
{
	_cleanup_contrast_ struct contrast c = { 0 };
	_cleanup_sides_ struct sides s = { 0 };
	struct comparison of = { o->run, 0, &c };
	struct err err = { 0 };
	int r = 0;

	for (size_t i = 0; i < a->what.n && r >= 0; i++)
		r = open_one(o, a->results, a->what.item[i], &err);
	if (r < 0)
		return cmd_fail(&err, EXIT_INTERNAL);
	of.n_runs = o->n;
	if (sides_make(o->run, o->n, a->baseline, a->pool, &s, &err) < 0)
		return cmd_fail(&err, EXIT_BAD_USAGE);
	contrast_make(s.side, s.n, s.versus, s.n_pairs, &a->opt, &c);
	r = print(&of, a->json);
	return r ? r : exit_code(&c);
}

int cmd_compare(int argc, char **argv)
{
	struct compare_args a = { .opt = contrast_usual };
	struct opened *o = xcalloc(1, sizeof(*o));
	int r;

	cmd_parse(&argp, argc, argv, &a);
	a.results = results_path(a.results);
	r = compare(&a, o);
	opened_free(o);
	strv_done(&a.what);
	return r;
}
