/* SPDX-License-Identifier: GPL-3.0-or-later */
/* kernsoak gc: old raw evidence thinned. */
#include <errno.h>
#include <stdio.h>

#include "cmd/args.h"
#include "cmd/cmd.h"
#include "model/units.h"
#include "store/gc.h"
#include "store/layout.h"

struct gc_args {
	const char *results;
	struct gc_limits limits;
};

static const struct argp_option options[] = {
	{ "age", 'a', "TIME", 0, "of runs that were last at work before that: 30d", 0 },
	{ "dry-run", 'n', 0, 0, "say what would go, and touch nothing", 0 },
	{ "results", 'r', "DIR", 0, "where runs are kept", 0 },
	{ "size", 's', "SIZE", 0, "the oldest runs' first, until all results fit: 20GiB", 0 },
	{ 0 },
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct gc_args *a = state->input;
	struct err err = { 0 };
	uint64_t ns = 0;

	switch (key) {
	case 'a':
		if (duration_parse(arg, &ns, &err) < 0)
			argp_error(state, "--age: %s", err.msg);
		a->limits.age_s = MAX(ns / NS_PER_S, UINT64_C(1));
		return 0;
	case 'n': a->limits.dry_run = true; return 0;
	case 'r': a->results = arg; return 0;
	case 's':
		if (size_parse(arg, &a->limits.size_bytes, &err) < 0)
			argp_error(state, "--size: %s", err.msg);
		return 0;
	case ARGP_KEY_ARG: argp_error(state, "'%s' is one argument too many", arg); return EINVAL;
	case ARGP_KEY_END:
		if (!a->limits.age_s && !a->limits.size_bytes)
			argp_error(state, "thin what? --age TIME, --size SIZE, or both");
		return 0;
	default: return ARGP_ERR_UNKNOWN;
	}
}

static void say_run(void *arg, const char *run, size_t trials, uint64_t bytes)
{
	char text[UNIT_TEXT];

	(void)arg;
	printf("%s: %zu trial%s, %s\n", run, trials, trials == 1 ? "" : "s",
	       size_human(text, bytes));
}

int cmd_gc(int argc, char **argv)
{
	static const struct argp argp = {
		options,
		parse,
		"",
		"Thins old raw evidence: consoles but for their reports, samples, memory dumps, "
		"disks.\v"
		"What statistics are made of stays, and so does all of the first trial of each "
		"crash. Runs that are at work, and trials that were interrupted, are not "
		"touched.\n\n"
		"Example: kernsoak gc --age 30d --size 20GiB --dry-run",
		NULL,
		0,
		0,
	};
	struct gc_args a = { 0 };
	struct gc_freed freed;
	struct err err = { 0 };
	char text[UNIT_TEXT];

	cmd_parse(&argp, argc, argv, &a);
	if (gc_collect(results_path(a.results), &a.limits, say_run, NULL, &freed, &err) < 0)
		return cmd_fail(&err, EXIT_INTERNAL);
	printf("%s of %zu trial%s in %zu run%s %s", size_human(text, freed.bytes), freed.trials,
	       freed.trials == 1 ? "" : "s", freed.runs, freed.runs == 1 ? "" : "s",
	       a.limits.dry_run ? "would go" : "went");
	printf("; %s stay", size_human(text, freed.after_bytes));
	printf(freed.busy ? "; %zu at work left alone\n" : "\n", freed.busy);
	return 0;
}
