/* SPDX-License-Identifier: GPL-3.0-or-later */
/* kernsoak prepare RUN ARM [URI]: the process that makes one arm of a run ready (internal). */
#include <stdio.h>

#include "base/str.h"
#include "cmd/args.h"
#include "cmd/cmd.h"
#include "run/version.h"

struct prepare_args {
	const char *word[3];
	size_t n;
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct prepare_args *a = state->input;

	switch (key) {
	case ARGP_KEY_ARG:
		if (a->n == ARRAY_SIZE(a->word))
			argp_error(state, "'%s' is one too many", arg);
		a->word[a->n++] = arg;
		return 0;
	case ARGP_KEY_END:
		if (a->n < 2)
			argp_error(state, "which run, which arm?");
		return 0;
	default: return ARGP_ERR_UNKNOWN;
	}
}

int cmd_prepare(int argc, char **argv)
{
	static const struct argp argp = {
		NULL,
		parse,
		"RUN ARM [URI]",
		"Makes one arm of a run ready: its kernel, its image, its accelerator. What "
		"`bisect` "
		"starts; ARM counts from 0.\v"
		"Example: kernsoak prepare results/20261121-142233-fib-rebalance 3",
		0,
		0,
		0
	};
	struct prepare_args a = { 0 };
	struct err err = { 0 };
	uint64_t arm = 0;

	cmd_parse(&argp, argc, argv, &a);
	if (str_to_u64(a.word[1], UINT32_MAX, &arm) < 0) {
		fprintf(stderr, "kernsoak prepare: an arm is a number, not '%s'\n", a.word[1]);
		return EXIT_BAD_USAGE;
	}
	if (version_prepare(a.word[0], arm, a.word[2] ? a.word[2] : "", &err) < 0)
		return cmd_fail(&err, EXIT_HOST_UNABLE);
	return 0;
}
