/* SPDX-License-Identifier: GPL-3.0-or-later */
/* kernsoak bisect simulate: what a bisection costs, by our policy and by those of others. */
#include <math.h>
#include <stdio.h>

#include "base/json.h"
#include "base/str.h"
#include "cmd/args.h"
#include "cmd/bisect.h"
#include "cmd/cmd.h"
#include "model/units.h"
#include "stats/simulate.h"

enum { VERSIONS_MAX = 65536, REPEATS_MAX = 1000000 };

enum {
	KEY_VERSIONS = 256,
	KEY_MTTF,
	KEY_SLOTS,
	KEY_REPEATS,
	KEY_SEED,
	KEY_POLICY,
	KEY_WORLD,
	KEY_BOOT,
	KEY_SWITCH,
	KEY_JSON,
	KEY_CONFIDENCE
};

/* Worlds in which what a policy believes is not so. */
static const struct {
	const char *name;
	double shape, stray, other, unusable;
	bool random;
} worlds[] = {
	{ "exponential", 1, 0, 0, 0 },  { "weibull-0.6", 0.6, 0, 0, 0 },
	{ "weibull-2", 2, 0, 0, 0 },    { "foreign", 1, 0, 1, 0 },
	{ "unbootable", 1, 0, 0, 0.1 }, { "background", 1, 0.05, 0, 0 },
	{ "random", 1, 0, 0, 0, true },
};

struct simulate_args {
	struct world world;
	const char *world_name, *policy; /* policy: NULL: all */
	uint64_t repeats, seed;
	bool json;
};

static const char *world_name(size_t i, const void *arg)
{
	(void)arg;
	return worlds[i].name;
}

static const char *policy_name_at(size_t i, const void *arg)
{
	(void)arg;
	return policy_name(i);
}

static double seconds(const char *arg, const char *option, bool zero, struct argp_state *state)
{
	uint64_t ns = 0;
	struct err err = { 0 };

	if (duration_parse(arg, &ns, &err) < 0)
		argp_error(state, "%s: %s", option, err.msg);
	if (ns == 0 && !zero)
		argp_error(state, "%s is more than 0", option);
	return (double)ns / 1e9;
}

static double fraction(const char *arg, const char *option, struct argp_state *state)
{
	char *end;
	double v = strtod(arg, &end);

	if (end == arg || *end || !(v >= 0.5 && v <= 0.9999))
		argp_error(state, "%s takes a fraction such as 0.95, not '%s'", option, arg);
	return v;
}

static void set_world(struct simulate_args *a, const char *name, struct argp_state *state)
{
	const char *near = str_nearest(name, ARRAY_SIZE(worlds), world_name, NULL);

	for (size_t i = 0; i < ARRAY_SIZE(worlds); i++) {
		if (!str_eq(worlds[i].name, name))
			continue;
		a->world_name = name;
		a->world.shape = worlds[i].shape;
		a->world.stray = worlds[i].stray;
		a->world.other = worlds[i].other;
		a->world.unusable = worlds[i].unusable;
		a->world.random = worlds[i].random;
		return;
	}
	argp_error(state, "there is no world '%s'%s%s%s", name, near ? "; did you mean '" : "",
		   near ? near : "", near ? "'?" : "");
}

static void set_policy(struct simulate_args *a, const char *name, struct argp_state *state)
{
	size_t n = 0;
	const char *near;

	a->policy = str_eq(name, "all") ? NULL : name;
	while (policy_name(n) && !str_eq(policy_name(n), name))
		n++;
	if (!a->policy || policy_name(n))
		return;
	near = str_nearest(name, n, policy_name_at, NULL);
	argp_error(state, "there is no policy '%s'%s%s%s", name, near ? "; did you mean '" : "",
		   near ? near : "", near ? "'?" : "");
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct simulate_args *a = state->input;
	struct world *w = &a->world;

	switch (key) {
	case KEY_VERSIONS:
		w->versions = cmd_count(arg, "--versions", 2, VERSIONS_MAX, state);
		return 0;
	case KEY_MTTF: w->mttf_s = seconds(arg, "--mttf", false, state); return 0;
	case KEY_BOOT: w->boot_s = seconds(arg, "--boot", true, state); return 0;
	case KEY_SWITCH: w->switch_s = seconds(arg, "--switch", true, state); return 0;
	case KEY_SLOTS: w->slots = cmd_count(arg, "--slots", 1, GAME_SLOTS_MAX, state); return 0;
	case KEY_REPEATS: a->repeats = cmd_count(arg, "--repeats", 1, REPEATS_MAX, state); return 0;
	case KEY_SEED: a->seed = cmd_count(arg, "--seed", 0, UINT64_MAX, state); return 0;
	case KEY_POLICY: set_policy(a, arg, state); return 0;
	case KEY_WORLD: set_world(a, arg, state); return 0;
	case KEY_CONFIDENCE: w->confidence = fraction(arg, "--confidence", state); return 0;
	case KEY_JSON: a->json = true; return 0;
	case ARGP_KEY_END:
		if (w->random && w->versions < 4)
			argp_error(state, "random worlds need 4 versions");
		return 0;
	case ARGP_KEY_ARG: argp_error(state, "'%s' is one too many", arg); return 0;
	default: return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp_option options[] = {
	{ "versions", KEY_VERSIONS, "N", 0, "how many versions, the good and the bad end (64)", 0 },
	{ "mttf", KEY_MTTF, "TIME", 0, "mean time to failure of a bad one (15m)", 0 },
	{ "slots", KEY_SLOTS, "N", 0, "guests at once (1)", 0 },
	{ "repeats", KEY_REPEATS, "N", 0, "bisections of each policy (400)", 0 },
	{ "seed", KEY_SEED, "N", 0, "of the worlds and of the lives (1)", 0 },
	{ "confidence", KEY_CONFIDENCE, "P", 0, "that our policies stop at (0.95)", 0 },
	{ "policy", KEY_POLICY, "NAME", 0,
	  "full, time, known, naive, tuned, safe, oracle, syz, syz-tuned, bernoulli, "
	  "bernoulli-tuned, or all (the default)",
	  0 },
	{ "world", KEY_WORLD, "NAME", 0,
	  "exponential (the default), weibull-0.6, weibull-2, foreign (other crashes as often as "
	  "this one), unbootable (a tenth of the versions), background (good versions crash too, "
	  "at a 20th of the rate), random (any of 4 to N versions, an MTTF of 1 to 50 minutes, "
	  "any shape, any background)",
	  0 },
	{ "boot", KEY_BOOT, "TIME", 0, "a guest takes to boot (30s)", 0 },
	{ "switch", KEY_SWITCH, "TIME", 0, "and more where it is of another version (60s)", 0 },
	{ "json", KEY_JSON, 0, 0, "an object a policy, one a line", 0 },
	{ 0 },
};

static const char doc[] =
	"Play bisections of made-up versions, to see what they cost and how often they are wrong."
	"\v"
	"Costs are seconds of guests, boots included, in MTTFs. No policy can be below the bound, "
	"even one that is told the rate and boots for nothing.\n\n"
	"Example: kernsoak bisect simulate --versions 64 --mttf 15m --policy all";

static json_t *to_json(const struct simulate_args *a, size_t policy, const struct simulated *s)
{
	json_t *o = json_object();

	json_set_str(o, "policy", policy_name(policy));
	json_set_str(o, "world", a->world_name);
	json_set_u64(o, "versions", a->world.versions);
	json_set_double(o, "mttf_s", a->world.random ? NAN : a->world.mttf_s);
	json_set_u64(o, "slots", a->world.slots);
	json_set_u64(o, "repeats", a->repeats);
	json_set_u64(o, "seed", a->seed);
	json_set_double(o, "cost_mttf", s->cost_mttf);
	json_set_double(o, "cost_se", s->cost_se);
	json_set_double(o, "wall_mttf", s->wall_mttf);
	json_set_double(o, "error", s->error);
	json_set_double(o, "gave_up", s->gave_up);
	json_set_double(o, "bound_mttf", simulate_bound_mttf(a->world.versions));
	return o;
}

static void print_head(const struct simulate_args *a)
{
	double bound = simulate_bound_mttf(a->world.versions);

	printf("%zu versions, MTTF %g s, %zu slot%s, world %s, %llu bisections each, seed %llu\n",
	       a->world.versions, a->world.mttf_s, a->world.slots, a->world.slots == 1 ? "" : "s",
	       a->world_name, (unsigned long long)a->repeats, (unsigned long long)a->seed);
	printf("no policy can cost less than %.1f MTTFs\n\n", bound);
	printf("%-16s %8s %6s %7s %8s %7s\n", "policy", "MTTFs", "+-", "wall", "wrong", "bound/");
}

static void print_row(const struct simulate_args *a, size_t policy, const struct simulated *s)
{
	printf("%-16s %8.1f %6.1f %7.1f %7.1f%% %7.2f  %s\n", policy_name(policy), s->cost_mttf,
	       s->cost_se, s->wall_mttf, 100 * s->error,
	       simulate_bound_mttf(a->world.versions) / s->cost_mttf, policy_sentence(policy));
}

static int print_json(json_t *row)
{
	int r = json_dumpf(row, stdout, JSON_COMPACT | JSON_REAL_PRECISION(10));

	putchar('\n');
	json_decref(row);
	return r;
}

int cmd_bisect_simulate(int argc, char **argv)
{
	static const struct argp argp = { options, parse, NULL, doc, 0, 0, 0 };
	struct simulate_args a = {
		.world = world_default, .world_name = worlds[0].name, .repeats = 400, .seed = 1
	};
	int r = 0;

	cmd_parse(&argp, argc, argv, &a);
	if (!a.json)
		print_head(&a);
	for (size_t i = 0; policy_name(i) && r == 0; i++) {
		struct simulated s;

		if (a.policy && !str_eq(a.policy, policy_name(i)))
			continue;
		simulate(i, &a.world, a.repeats, a.seed, &s);
		if (a.json)
			r = print_json(to_json(&a, i, &s));
		else
			print_row(&a, i, &s);
		fflush(stdout);
	}
	return r == 0 ? 0 : EXIT_CANNOT_WRITE;
}
