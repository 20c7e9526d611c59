/* SPDX-License-Identifier: GPL-3.0-or-later */
/* kernsoak export: what was found, in a form that others read. */
#include <string.h>

#include "cmd/args.h"
#include "cmd/ask.h"
#include "cmd/cmd.h"
#include "cmd/places.h"
#include "report/export.h"
#include "report/mail.h"
#include "run/agent.h"
#include "run/evidence.h"

struct export_args {
	const char *results, *ref, *output, *origin;
	const struct export_format *format;
	bool mail;
	struct symbol_sources symbols;
};

enum { KEY_ORIGIN = 256 };

static const struct argp_option options[] = {
	{ "format", 'f', "NAME", 0, "a run as ktap, junit, csv, jsonl, kcidb or openmetrics", 0 },
	{ "mail", 'm', 0, 0, "a trial as the text of a mail to a kernel list", 0 },
	{ "origin", KEY_ORIGIN, "NAME", 0, "who submits to KCIDB (" EXPORT_ORIGIN ")", 0 },
	{ "output", 'o', "FILE", 0, "a file that appears whole, instead of stdout", 0 },
	{ "results", 'r', "DIR", 0, "the folder of runs ($KERNSOAK_RESULTS, results)", 0 },
	{ 0 },
};

static const char *format_name(size_t i, const void *arg)
{
	(void)arg;
	return export_format_nth(i)->name;
}

static void parse_format(struct export_args *a, const char *name, struct argp_state *state)
{
	_cleanup_buf_ struct buf names = BUF_INIT;
	const char *near;
	size_t n = 0;

	a->format = export_format_by_name(name);
	for (; export_format_nth(n); n++)
		buf_printf(&names, "%s%s", n ? ", " : "", export_format_nth(n)->name);
	near = str_nearest(name, n, format_name, NULL);
	if (!a->format && near)
		argp_error(state, "there is no format '%s'; did you mean '%s'?", name, near);
	if (!a->format)
		argp_error(state, "there is no format '%s'; there are %s", name, buf_str(&names));
}

static void check(const struct export_args *a, struct argp_state *state)
{
	if (!a->mail && !a->format)
		argp_error(state, "as what? --format NAME of a run, or --mail of a trial");
	if (a->mail && a->format)
		argp_error(state, "--mail is of a trial, --format of a run: one of them");
	if (a->mail && !a->ref)
		argp_error(state, "which trial?");
	if (!export_origin_ok(a->origin))
		argp_error(state, "--origin is made of a-z, 0-9 and _, not '%s'", a->origin);
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct export_args *a = state->input;

	switch (key) {
	case 'f': parse_format(a, arg, state); return 0;
	case 'm': a->mail = true; return 0;
	case 'o': a->output = arg; return 0;
	case 'r': a->results = arg; return 0;
	case KEY_ORIGIN: a->origin = arg; return 0;
	case ARGP_KEY_INIT: state->child_inputs[0] = &a->symbols; return 0;
	case ARGP_KEY_ARG:
		if (a->ref)
			argp_error(state, "'%s' is one too many", arg);
		a->ref = arg;
		return 0;
	case ARGP_KEY_END: check(a, state); return 0;
	default: return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp argp = {
	options,
	parse,
	"[RUN | RUN/TRIAL]",
	"Writes what was found in a form that others read.\v"
	"A mail has the kernel's release and command line, the report verbatim, how often it "
	"happens and how long that takes, and the scenario. The formats are told in "
	"docs/EXPORTS.md.\n\n"
	"Example: kernsoak export last --format junit -o junit.xml\n"
	"         kernsoak export last/17 --mail >bug.txt",
	cmd_places_children,
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
	return r < 0 ? r : ask_write(a->output, &out);
}

static int export_trial(const struct export_args *a, struct err *err)
{
	_cleanup_run_dir_ struct run_dir run = RUN_DIR_INIT;
	struct places *places = NULL;
	uint64_t trial = 0;
	int r = trial_ref_open(results_path(a->results), a->ref, &run, &trial, err);

	if (r == 0)
		r = cmd_places_open(&a->symbols, &places, err);
	if (r == 0)
		r = mail(a, &run, trial, places, err);
	places_free(places);
	return r;
}

static int export_run(const struct export_args *a, struct err *err)
{
	_cleanup_run_dir_ struct run_dir run = RUN_DIR_INIT;
	_cleanup_export_run_ struct export_run x = { 0 };
	_cleanup_buf_ struct buf out = BUF_INIT;
	int r = run_dir_open(results_path(a->results), a->ref, &run, err);

	if (r == 0)
		r = export_run_load(&run, &x, err);
	if (r < 0)
		return r;
	x.origin = a->origin;
	a->format->write(&x, &out);
	return ask_write(a->output, &out);
}

int cmd_export(int argc, char **argv)
{
	struct export_args a = { .origin = EXPORT_ORIGIN };
	struct err err = { 0 };
	int r;

	cmd_parse(&argp, argc, argv, &a);
	r = a.mail ? export_trial(&a, &err) : export_run(&a, &err);
	return r < 0 ? cmd_fail(&err, EXIT_BAD_USAGE) : r;
}
