/* SPDX-License-Identifier: GPL-3.0-or-later */
/* kernsoak report: what runs say about time to failure, as text, HTML, Markdown or JSON. */
#include <errno.h>
#include <stdio.h>

#include "cmd/args.h"
#include "cmd/ask.h"
#include "cmd/bisect.h"
#include "cmd/cmd.h"
#include "report/html_report.h"
#include "report/json.h"
#include "report/markdown.h"
#include "report/text_more.h"
#include "run/bisect_text.h"

enum { FILE_WIDTH = 100, KEY_FORMAT = 256 };

enum format { FORMAT_AUTO, FORMAT_TEXT, FORMAT_HTML, FORMAT_MARKDOWN, FORMAT_JSON };

static const struct {
	const char *name, *ending;
	enum format format;
} formats[] = {
	{ "text", ".txt", FORMAT_TEXT },
	{ "html", ".html", FORMAT_HTML },
	{ "markdown", ".md", FORMAT_MARKDOWN },
	{ "json", ".json", FORMAT_JSON },
};

struct report_args {
	const char *results, *output;
	struct strv what; /* [LABEL=]RUN */
	enum format format;
};

/* --- the runs --- */

struct opened {
	size_t n;
	struct dossier_run run[CMD_RUNS_MAX];
	struct run_dir dir[CMD_RUNS_MAX];
	struct view view[CMD_RUNS_MAX];
	char *label[CMD_RUNS_MAX];
	json_t *answer[CMD_RUNS_MAX], *log[CMD_RUNS_MAX];
};

static void opened_free(struct opened *o)
{
	for (size_t i = 0; i < o->n; i++) {
		view_done(&o->view[i]);
		run_dir_done(&o->dir[i]);
		free(o->label[i]);
		json_decref(o->answer[i]);
		json_decref(o->log[i]);
	}
	free(o);
}

/* Of a bisection its answer and its evidence; where they cannot be read, it is a run like others.
 */
static void open_bisection(struct opened *o, size_t i)
{
	_cleanup_bisect_result_ struct bisect_result r = { 0 };

	if (!bisect_is_one(&o->dir[i]) || bisect_log(&o->dir[i], &o->log[i], NULL) < 0 ||
	    bisect_load(&o->dir[i], &r, NULL) < 0)
		return;
	o->answer[i] = bisect_json(&r);
}

static int open_one(struct opened *o, const char *results, const char *what, struct err *err)
{
	size_t i = o->n;
	const char *ref = cmd_label(what, &o->label[i]);
	int r;

	o->dir[i].fd = -1;
	o->n++;
	r = run_dir_open(results, *ref ? ref : "last", &o->dir[i], err);
	if (r < 0)
		return err_exit(err, EXIT_BAD_USAGE);
	for (size_t k = 0; k < i; k++)
		if (str_eq(o->dir[k].id, o->dir[i].id))
			r = err_set(err, EINVAL, "run %s is named twice", o->dir[i].id);
	if (r < 0)
		return err_exit(err, EXIT_BAD_USAGE);
	r = view_load(&o->dir[i], &o->view[i], err);
	open_bisection(o, i);
	o->run[i] = (struct dossier_run){ o->label[i], &o->dir[i], &o->view[i], o->answer[i],
					  o->log[i] };
	return r;
}

static int open_all(struct opened *o, const struct report_args *a, struct err *err)
{
	int r = 0;

	for (size_t i = 0; i < a->what.n && r >= 0; i++)
		r = open_one(o, results_path(a->results), a->what.item[i], err);
	return r < 0 ? r : 0;
}

/* --- printing --- */

static int print_text(const struct view *v)
{
	struct text_style style = ask_style();
	_cleanup_buf_ struct buf out = BUF_INIT;

	text_report(v, &style, &out);
	return ask_print(&out);
}

/* A run as its verb says it at its end: short. */
int cmd_report_run(const char *path, bool json)
{
	_cleanup_run_dir_ struct run_dir run = RUN_DIR_INIT;
	_cleanup_view_ struct view v = { 0 };
	_cleanup_free_
	char *ref = strchr(path, '/') ? xstrdup(path) : xasprintf("./%s", path);
	struct err err = { 0 };

	if (run_dir_open(results_path(NULL), ref, &run, &err) < 0)
		return cmd_fail(&err, EXIT_BAD_USAGE);
	if (bisect_is_one(&run))
		return cmd_bisect_report(&run, json);
	if (view_load(&run, &v, &err) < 0)
		return cmd_fail(&err, EXIT_INTERNAL);
	return json ? ask_print_json(json_report(&v)) : print_text(&v);
}

/* A terminal's width and colours are not for a file. */
static struct text_style style_for(const struct report_args *a)
{
	struct text_style style = ask_style();

	if (a->output) {
		style.color = false;
		style.width = FILE_WIDTH;
	}
	return style;
}

static void put_text(const struct report_args *a, const struct dossier *d, struct buf *out)
{
	const struct text_style style = style_for(a);

	for (size_t i = 0; i < d->n_runs; i++) {
		buf_puts(out, i ? "\n" : "");
		text_report(d->run[i].view, &style, out);
	}
	text_more(d, &style, out);
}

static int print(const struct report_args *a, const struct dossier *d)
{
	_cleanup_buf_ struct buf out = BUF_INIT;
	_cleanup_json_ json_t *o = NULL;

	switch (a->format) {
	case FORMAT_HTML: html_report(d, &out); break;
	case FORMAT_MARKDOWN: markdown_report(d, &out); break;
	case FORMAT_JSON: json_put(&out, o = json_dossier(d)); break;
	case FORMAT_AUTO:
	case FORMAT_TEXT: put_text(a, d, &out); break;
	}
	return ask_write(a->output, &out);
}

static int report(const struct report_args *a, struct opened *o)
{
	_cleanup_dossier_ struct dossier d = { 0 };
	struct err err = { 0 };

	if (open_all(o, a, &err) < 0)
		return cmd_fail(&err, EXIT_INTERNAL);
	if (a->format == FORMAT_TEXT && o->n == 1 && o->answer[0] && !a->output)
		return cmd_bisect_report(&o->dir[0], false);
	if (dossier_load(o->run, o->n, &d, &err) < 0)
		return cmd_fail(&err, EXIT_INTERNAL);
	return print(a, &d);
}

/* --- the command line --- */

static enum format format_named(const char *name, struct argp_state *state)
{
	for (size_t i = 0; i < ARRAY_SIZE(formats); i++)
		if (str_eq(formats[i].name, name))
			return formats[i].format;
	argp_error(state, "--format is text, html, markdown or json, not '%s'", name);
	return FORMAT_AUTO;
}

static enum format format_of_file(const char *path)
{
	const char *dot = path ? strrchr(path, '.') : NULL;

	for (size_t i = 0; dot && i < ARRAY_SIZE(formats); i++)
		if (str_eq(formats[i].ending, dot))
			return formats[i].format;
	return FORMAT_TEXT;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct report_args *a = state->input;

	switch (key) {
	case 'r': a->results = arg; return 0;
	case 'o': a->output = arg; return 0;
	case 'j': a->format = FORMAT_JSON; return 0;
	case KEY_FORMAT: a->format = format_named(arg, state); return 0;
	case ARGP_KEY_ARG: cmd_add_run(arg, &a->what, state); return 0;
	case ARGP_KEY_END:
		if (!a->what.n)
			strv_add(&a->what, "last");
		if (a->format == FORMAT_AUTO)
			a->format = format_of_file(a->output);
		return 0;
	default: return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp_option options[] = {
	{ "output", 'o', "FILE", 0, "write it there; the ending says the format", 0 },
	{ "format", KEY_FORMAT, "FORMAT", 0, "text, html, markdown or json", 0 },
	{ "json", 'j', 0, 0, "as --format json (docs/report.schema.json)", 0 },
	CMD_OPTION_RESULTS('r'),
	{ 0 },
};

static const struct argp argp = {
	options,
	parse,
	"[[LABEL=]RUN]...",
	"Says what runs found: who failed, after how long, and how sure that is.\v"
	"RUN is an id, the beginning of one, a path, or 'last' (the default).\n\n"
	"Example: kernsoak report -o report.html\n"
	"         kernsoak report last --format markdown | mail -s 'last night' list\n"
	"         kernsoak report last --json | jq '.arms[].time.mttf'",
	0,
	0,
	0,
};

int cmd_report(int argc, char **argv)
{
	struct report_args a = { 0 };
	struct opened *o = xcalloc(1, sizeof(*o));
	int r;

	cmd_parse(&argp, argc, argv, &a);
	r = report(&a, o);
	opened_free(o);
	strv_done(&a.what);
	return r;
}
