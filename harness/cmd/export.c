/* SPDX-License-Identifier: GPL-3.0-or-later */
/* kernsoak export: what was found, in a form that others read. */
#include <string.h>

#include "cmd/args.h"
#include "cmd/ask.h"
#include "cmd/cmd.h"
#include "cmd/places.h"
#include "report/mail.h"
#include "run/agent.h"
#include "run/evidence.h"

struct export_args {
	const char *results, *ref;
	bool mail;
	struct symbol_sources symbols;
};

static const struct argp_option options[] = {
	{ "mail", 'm', 0, 0, "a trial as the text of a mail to a kernel list", 0 },
	{ "results", 'r', "DIR", 0, "the folder of runs ($KERNSOAK_RESULTS, results)", 0 },
	{ 0 },
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct export_args *a = state->input;

	switch (key) {
	case 'm': a->mail = true; return 0;
	case 'r': a->results = arg; return 0;
	case ARGP_KEY_INIT: state->child_inputs[0] = &a->symbols; return 0;
	case ARGP_KEY_ARG:
		if (a->ref)
			argp_error(state, "one trial at a time");
		a->ref = arg;
		return 0;
	case ARGP_KEY_END:
		if (!a->ref || !a->mail)
			argp_error(state, "%s", a->ref ? "as what? --mail" : "which trial?");
		return 0;
	default: return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp_child children[] = { { &cmd_places_argp, 0, NULL, 0 }, { 0 } };

static const struct argp argp = {
	options,
	parse,
	"RUN/TRIAL",
	"Writes what was found in a form that others read.\v"
	"A mail has the kernel's release and command line, the report verbatim, how often it "
	"happens "
	"and how long that takes, what jumped before it, and the scenario.\n\n"
	"Example: kernsoak export last/17 --mail >bug.txt",
	children,
};

/* The guest's hello, from agent.log. */
struct hello {
	struct agent_line line;
	bool found;
};

static void on_line(void *arg, uint64_t at_ns, const char *text, size_t n)
{
	struct hello *h = arg;

	(void)at_ns;
	if (h->found || strncmp(text, "hello ", 6) != 0)
		return;
	h->found = agent_parse(text, n, &h->line) == 0;
}

static int mail(const struct export_args *a, const struct run_dir *run, uint64_t trial,
		struct places *places, struct err *err)
{
	_cleanup_close_ int dir = trial_dir_open(run->fd, trial, err);
	_cleanup_buf_ struct buf out = BUF_INIT;
	struct mail_guest guest = { "", "", 0, 0 };
	struct hello hello = { 0 };
	size_t said = 0;
	int r;

	if (dir < 0)
		return dir;
	evidence_read(dir, TRIAL_AGENT, on_line, &hello, NULL);
	if (hello.found) {
		guest.version = pairs_get(&hello.line.arg, "version") ?: "";
		guest.cmdline = pairs_get(&hello.line.arg, "cmdline") ?: "";
		guest.cpus = agent_u64(&hello.line, "cpus", 0);
		guest.memory = agent_u64(&hello.line, "mem", 0);
	}
	r = mail_trial(run, trial, &guest, places, &out, err);
	if (hello.found)
		agent_line_done(&hello.line);
	if (places)
		cmd_places_complain(places, a->ref, &said);
	return r < 0 ? r : ask_print(&out);
}

int cmd_export(int argc, char **argv)
{
	_cleanup_run_dir_ struct run_dir run = RUN_DIR_INIT;
	struct export_args a = { 0 };
	struct places *places = NULL;
	struct err err = { 0 };
	uint64_t trial = 0;
	int r;

	cmd_parse(&argp, argc, argv, &a);
	r = trial_ref_open(results_path(a.results), a.ref, &run, &trial, &err);
	if (r == 0)
		r = cmd_places_open(&a.symbols, &places, &err);
	if (r == 0)
		r = mail(&a, &run, trial, places, &err);
	places_free(places);
	return r < 0 ? cmd_fail(&err, EXIT_BAD_USAGE) : r;
}
