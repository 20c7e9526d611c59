/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cmd/how.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>

#include "base/str.h"
#include "cmd/args.h"
#include "cmd/cmd.h"
#include "model/units.h"

enum { JOBS_MAX = 1024 };

enum {
	KEY_JOBS = 'j',
	KEY_QUIET = 'q',
	KEY_URI = 0x1000,
	KEY_RESULTS,
	KEY_JSON,
	KEY_NO_REPORT,
	KEY_JSONL
};

uint64_t how_number(const char *arg, const char *option, struct argp_state *state)
{
	uint64_t n = 0;

	if (str_to_u64(arg, UINT32_MAX, &n) < 0 || n == 0)
		argp_error(state, "%s takes a whole number from 1, not '%s'", option, arg);
	return n;
}

uint64_t how_budget(const char *arg, struct argp_state *state)
{
	struct err err = { 0 };
	uint64_t ns = 0;

	if (duration_parse(arg, &ns, &err) < 0)
		argp_error(state, "--budget: %s", err.msg);
	if (ns < NS_PER_S)
		argp_error(state, "--budget should be a second or more, not %s", arg);
	return ns;
}

/* Without a file: stdout, which then has no room for anything else. */
static void open_events(struct how *h, const char *path, struct argp_state *state)
{
	h->opt.events_fd = STDOUT_FILENO;
	h->events_on_stdout = !path;
	if (!path)
		return;
	h->opt.events_fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
	if (h->opt.events_fd < 0)
		argp_failure(state, EXIT_CANNOT_WRITE, errno, "cannot write %s", path);
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct how *h = state->input;

	switch (key) {
	case KEY_JOBS:
		h->opt.slots = how_number(arg, "--jobs", state);
		if (h->opt.slots > JOBS_MAX)
			argp_error(state, "--jobs is %d at most, not %s", JOBS_MAX, arg);
		return 0;
	case KEY_QUIET: h->opt.quiet = true; return 0;
	case KEY_URI: h->opt.uri = arg; return 0;
	case KEY_RESULTS: h->opt.results = arg; return 0;
	case KEY_JSON: h->json = true; return 0;
	case KEY_NO_REPORT: h->no_report = true; return 0;
	case KEY_JSONL: open_events(h, arg, state); return 0;
	case ARGP_KEY_ARG: cmd_one(arg, &h->what, state); return 0;
	case ARGP_KEY_END:
		if (h->events_on_stdout && h->json)
			argp_error(state, "--json and --jsonl both want stdout; write "
					  "--jsonl=FILE");
		return 0;
	default: return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp_option options[] = {
	{ "jobs", KEY_JOBS, "N", 0, "guests at once (processors / vCPUs of a guest)", 0 },
	{ "quiet", KEY_QUIET, 0, 0, "no progress on stderr", 0 },
	{ "uri", KEY_URI, "URI", 0, "libvirt connection (qemu:///embed: without a daemon)", 0 },
	CMD_OPTION_RESULTS(KEY_RESULTS),
	{ "json", KEY_JSON, 0, 0, "the report as JSON on stdout", 0 },
	{ "jsonl", KEY_JSONL, "FILE", OPTION_ARG_OPTIONAL,
	  "what happens, as JSON lines: on stdout, or into FILE", 0 },
	{ "no-report", KEY_NO_REPORT, 0, 0, "no report at the end", 0 },
	{ 0 },
};

const struct argp how_argp = { options, parse, 0, 0, 0, 0, 0 };

int how_finish(const struct how *how, struct run_result *result, int r, const struct err *err)
{
	int code = r < 0 ? cmd_fail(err, EXIT_INTERNAL) : result->exit_code;

	if (how->opt.events_fd > STDERR_FILENO)
		close(how->opt.events_fd);
	if (result->path && !how->no_report && !how->events_on_stdout)
		cmd_report_run(result->path, how->json);
	if (result->path && !how->opt.quiet)
		fprintf(stderr, "results: %s\n", result->path);
	if (result->path &&
	    (code == EXIT_SIGINT || code == EXIT_SIGTERM || code == EXIT_CANNOT_WRITE))
		fprintf(stderr, "go on with: kernsoak resume %s\n", result->path);
	free(result->path);
	return code;
}
