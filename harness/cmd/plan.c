/* SPDX-License-Identifier: GPL-3.0-or-later */
/* kernsoak plan: what a question will take, before a night starts. */
#include <errno.h>
#include <math.h>
#include <stdio.h>

#include "cmd/args.h"
#include "cmd/ask.h"
#include "cmd/cmd.h"
#include "model/units.h"
#include "report/contrast.h"
#include "report/outlook.h"
#include "run/runner.h"

enum {
	ARMS_MAX = 200,
	SLOTS_MAX = 1024,
	KEY_MTTF = 'm',
	KEY_FROM = 'F',
	KEY_FACTOR = 'f',
	KEY_SLOTS = 'j',
	KEY_SOAK = 'l',
	KEY_BUDGET = 'B',
	KEY_SET = 's',
	KEY_PROFILE = 'p',
	KEY_RESULTS = 'r',
	KEY_ARMS = 256,
	KEY_ALPHA,
	KEY_POWER,
	KEY_BOOT,
	KEY_JSON,
};

/* 0: not said; then the scenario, the earlier run, or a default says it. */
struct plan_args {
	const char *scenario, *from, *results;
	struct scenario_options what;
	double mttf_s, soak_s, boot_s, budget_s, factor, alpha, power;
	uint64_t arms, slots;
	bool json, bare_power;
};

static double duration(const char *arg, const char *option, bool none, struct argp_state *state)
{
	struct err err = { 0 };
	uint64_t ns = 0;

	if (none && str_eq(arg, "none"))
		return INFINITY;
	if (duration_parse(arg, &ns, &err) < 0)
		argp_error(state, "%s: %s", option, err.msg);
	if (!ns)
		argp_error(state, "%s has to be longer than %s", option, arg);
	return (double)ns / 1e9;
}

/* "--power 0.9" as well as "--power=0.9" and "--power" alone; getopt has put the words last. */
static bool take_power(struct plan_args *a, const char *arg, struct argp_state *state)
{
	double v;

	if (!a->bare_power || number_parse(arg, &v, NULL) < 0)
		return false;
	a->power = cmd_number(arg, "--power", 0, 1, state);
	a->bare_power = false;
	return true;
}

static error_t take_scenario(struct plan_args *a, char *arg, struct argp_state *state)
{
	if (take_power(a, arg, state))
		return 0;
	cmd_one(arg, &a->scenario, state);
	return 0;
}

static error_t parse_question(int key, char *arg, struct argp_state *state)
{
	struct plan_args *a = state->input;

	switch (key) {
	case KEY_FACTOR: a->factor = cmd_number(arg, "--factor", 1, 1e4, state); return 0;
	case KEY_ALPHA: a->alpha = cmd_number(arg, "--alpha", 0, 0.5, state); return 0;
	case KEY_ARMS: a->arms = cmd_count(arg, "--arms", 2, ARMS_MAX, state); return 0;
	case KEY_SLOTS: a->slots = cmd_count(arg, "--slots", 1, SLOTS_MAX, state); return 0;
	case KEY_MTTF: a->mttf_s = duration(arg, "--mttf", false, state); return 0;
	case KEY_SOAK: a->soak_s = duration(arg, "--soak", true, state); return 0;
	case KEY_BOOT: a->boot_s = duration(arg, "--boot", false, state); return 0;
	case KEY_BUDGET: a->budget_s = duration(arg, "--budget", true, state); return 0;
	default: return ARGP_ERR_UNKNOWN;
	}
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct plan_args *a = state->input;
	error_t r = 0;

	switch (key) {
	case KEY_FROM: a->from = arg; break;
	case KEY_SET: strv_add(&a->what.set, arg); break;
	case KEY_PROFILE: a->what.profile = arg; break;
	case KEY_RESULTS: a->results = arg; break;
	case KEY_JSON: a->json = true; break;
	case KEY_POWER:
		a->power = arg ? cmd_number(arg, "--power", 0, 1, state) : a->power;
		a->bare_power = !arg;
		break;
	case ARGP_KEY_ARG: r = take_scenario(a, arg, state); break;
	default: r = parse_question(key, arg, state); break;
	}
	return r;
}

static const struct argp_option options[] = {
	{ "mttf", KEY_MTTF, "TIME", 0, "mean time to failure of the first arm", 0 },
	{ "from", KEY_FROM, "RUN[:ARM]", 0, "take it, its interval and boots from that run", 0 },
	{ "factor", KEY_FACTOR, "F", 0, "the hazard ratio to see (stop.decided's, or 2)", 0 },
	{ "power", KEY_POWER, "P", OPTION_ARG_OPTIONAL, "chance to see it (stop.decided's, or 0.8)",
	  0 },
	{ "alpha", KEY_ALPHA, "A", 0, "chance of a false claim (stop.decided's, or 0.05)", 0 },
	{ "arms", KEY_ARMS, "N", 0, "arms, each compared with the first (2)", 0 },
	{ "soak", KEY_SOAK, "TIME", 0, "a trial's limit, or none (the scenario's)", 0 },
	{ "slots", KEY_SLOTS, "N", 0, "guests at once (as many as this host carries)", 0 },
	{ "boot", KEY_BOOT, "TIME", 0, "what a trial costs besides its soak (10s)", 0 },
	{ "budget", KEY_BUDGET, "TIME", 0, "say what so much time can show", 0 },
	{ "set", KEY_SET, "KEY=VALUE", 0, "lay a value over the scenario", 0 },
	{ "profile", KEY_PROFILE, "NAME", 0, "lay one of its profiles over it", 0 },
	{ "json", KEY_JSON, 0, 0, "the same as JSON (docs/RESULTS.md)", 0 },
	{ "results", KEY_RESULTS, "DIR", 0, "where runs are kept", 0 },
	{ 0 },
};

static const struct argp argp = {
	options,
	parse,
	"[SCENARIO]",
	"Says what it takes to tell arms apart: trials, guest-time and hours, for a plan of fixed "
	"size and for a run until it is decided; how long to soak a trial; and how much clean time "
	"shows that a bug is fixed. Nothing is run; run --dry-run shows the trials.\v"
	"Examples: kernsoak plan --power --mttf 20m --factor 2 --budget 8h\n"
	"          kernsoak plan my-bug.yaml --from last:stock --factor 4",
	0,
	0,
	0,
};

/* --- where the rest comes from --- */

static int read_scenario(const struct plan_args *a, struct outlook_question *q, struct err *err)
{
	struct scenario s = { 0 };
	int r;

	if (!a->scenario)
		return 0;
	r = scenario_read(a->scenario, &a->what, &s, err);
	if (r < 0) {
		err_exit(err, EXIT_BAD_SCENARIO);
		return r;
	}
	q->arms = MAX(s.stop.arms.n ? s.stop.arms.n : s.n_arms, (size_t)2);
	q->factor = s.stop.factor;
	q->alpha = s.stop.alpha;
	q->power = s.stop.power;
	q->slots = runner_slots(&s);
	if (s.arm[0].settings.limits.soak != TIME_NEVER)
		q->soak_s = (double)s.arm[0].settings.limits.soak / 1e9;
	if (s.stop.budget_ns != TIME_NEVER)
		q->budget_s = (double)s.stop.budget_ns / 1e9;
	scenario_done(&s);
	return 0;
}

static const struct view_arm *arm_named(const struct view *v, const char *name, struct err *err)
{
	for (size_t i = 0; i < v->n_arms; i++)
		if (!name || str_eq(v->arm[i].name, name))
			return &v->arm[i];
	err_set(err, EINVAL, "run %s has no arm '%s'", v->run, name ? name : "");
	err_exit(err, EXIT_BAD_USAGE);
	return NULL;
}

static int take_arm(const struct view *v, const struct view_arm *arm, bool keep_soak,
		    struct outlook_question *q, struct err *err)
{
	const json_t *soak = json_at(arm->settings, "limits.soak");
	size_t ended = arm->counted + arm->outcome[OUTCOME_INFRA];
	double overhead = (arm->wall_s - arm->time.expo.total_time) / (double)MAX(ended, (size_t)1);

	if (!arm->time.expo.n_event) {
		err_set(err, EINVAL,
			"arm '%s' of run %s has not failed: its MTTF is not known; say --mttf",
			arm->name, v->run);
		return err_exit(err, EXIT_BAD_USAGE);
	}
	q->mttf_s = arm->time.expo.mttf;
	q->mttf_ci = arm->time.mttf_ci;
	q->d0 = arm->time.expo.n_event;
	q->t0_s = arm->time.expo.total_time;
	q->boot_s = overhead > 0 ? overhead : q->boot_s;
	if (!keep_soak) {
		q->slots = MAX(v->slots, (size_t)1);
		q->soak_s =
			json_is_integer(soak) ? (double)json_integer_value(soak) / 1e9 : q->soak_s;
	}
	return 0;
}

static int read_run(const struct plan_args *a, struct outlook_question *q, struct err *err)
{
	_cleanup_run_dir_ struct run_dir run = RUN_DIR_INIT;
	_cleanup_view_ struct view v = { 0 };
	_cleanup_free_
	char *ref = a->from ? xstrdup(a->from) : NULL;
	const struct view_arm *arm;
	char *slash, *colon;
	int r;

	if (!ref)
		return 0;
	slash = strrchr(ref, '/');
	colon = strchr(slash ? slash : ref, ':');
	if (colon)
		*colon++ = 0;
	r = run_dir_open(results_path(a->results), *ref ? ref : "last", &run, err);
	if (r < 0)
		return err_exit(err, EXIT_BAD_USAGE);
	r = view_load(&run, &v, err);
	if (r < 0)
		return r;
	arm = arm_named(&v, colon, err);
	return arm ? take_arm(&v, arm, a->scenario != NULL, q, err) : -EINVAL;
}

/* What was said on the command line beats the scenario, and the run. */
static void take_words(const struct plan_args *a, struct outlook_question *q)
{
	if (a->mttf_s > 0) {
		q->mttf_s = a->mttf_s;
		q->mttf_ci = interval_none();
		q->d0 = 0;
	}
	q->soak_s = a->soak_s > 0 ? a->soak_s : q->soak_s;
	q->boot_s = a->boot_s > 0 ? a->boot_s : q->boot_s;
	q->budget_s = a->budget_s > 0 ? a->budget_s : q->budget_s;
	q->arms = a->arms ? (size_t)a->arms : q->arms;
	q->slots = a->slots ? (size_t)a->slots : q->slots;
	q->factor = a->factor > 0 ? a->factor : q->factor;
	q->alpha = a->alpha > 0 ? a->alpha : q->alpha;
	q->power = a->power > 0 ? a->power : q->power;
}

static int ask(const struct plan_args *a, struct outlook_question *ret, struct err *err)
{
	struct scenario nobody = { 0 };
	struct outlook_question q = {
		.mttf_ci = { NAN, NAN },
		.soak_s = INFINITY,
		.budget_s = INFINITY,
		.boot_s = 10,
		.factor = contrast_usual.factor,
		.alpha = contrast_usual.alpha,
		.power = contrast_usual.power,
		.arms = 2,
		.slots = runner_slots(&nobody),
	};
	int r = read_scenario(a, &q, err);

	if (r == 0)
		r = read_run(a, &q, err);
	if (r < 0)
		return r;
	take_words(a, &q);
	if (!(q.mttf_s > 0)) {
		err_set(err, EINVAL, "how often does it fail? --mttf 20m, or --from RUN:ARM");
		return err_exit(err, EXIT_BAD_USAGE);
	}
	if (q.soak_s / q.mttf_s < 1e-9 || q.mttf_s / q.boot_s > 1e9) {
		err_set(err, EINVAL,
			"hardly a trial in a thousand million would fail: soak longer");
		return err_exit(err, EXIT_BAD_USAGE);
	}
	*ret = q;
	return 0;
}

static int print(const struct outlook *o, bool json)
{
	struct text_style style = ask_style();
	_cleanup_buf_ struct buf out = BUF_INIT;

	if (json)
		return ask_print_json(outlook_json(o));
	outlook_text(o, &style, &out);
	return ask_print(&out);
}

int cmd_plan(int argc, char **argv)
{
	struct plan_args a = { 0 };
	struct outlook_question q;
	struct outlook o;
	struct err err = { 0 };
	int r;

	cmd_parse(&argp, argc, argv, &a);
	if (ask(&a, &q, &err) < 0) {
		r = cmd_fail(&err, EXIT_INTERNAL);
	} else {
		outlook_make(&q, &o);
		r = print(&o, a.json);
	}
	strv_done(&a.what.set);
	strv_done(&a.what.only_arms);
	return r;
}
