/* SPDX-License-Identifier: GPL-3.0-or-later */
/* kernsoak night: scenarios in turn, night after night, and what of it is new. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>

#include "base/fs.h"
#include "cmd/args.h"
#include "cmd/ask.h"
#include "cmd/cmd.h"
#include "cmd/how.h"
#include "report/night.h"
#include "run/hook.h"
#include "run/night.h"
#include "store/gc.h"

struct night_args {
	const char *config, *results;
	bool json, report_only;
	struct night_options opt;
};

enum { KEY_NEW = 256, KEY_REPORT, KEY_SEED, KEY_RESULTS, KEY_URI, KEY_JSON };

static const struct argp_option options[] = {
	{ "json", KEY_JSON, 0, 0, "the summary as JSON on stdout", 0 },
	{ "new", KEY_NEW, 0, 0, "begin a new night, even where the last was interrupted", 0 },
	{ "quiet", 'q', 0, 0, "no progress on stderr", 0 },
	{ "report", KEY_REPORT, 0, 0, "say again what the last night found; nothing is run", 0 },
	{ "results", KEY_RESULTS, "DIR", 0, "where runs and nights are kept", 0 },
	{ "seed", KEY_SEED, "N", 0, "of the runs, with the night's number", 0 },
	{ "uri", KEY_URI, "URI", 0, "libvirt connection", 0 },
	{ 0 },
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct night_args *a = state->input;

	switch (key) {
	case KEY_JSON: a->json = true; return 0;
	case KEY_NEW: a->opt.fresh = true; return 0;
	case KEY_REPORT: a->report_only = true; return 0;
	case KEY_RESULTS: a->results = arg; return 0;
	case KEY_SEED: a->opt.seed = how_number(arg, "--seed", state); return 0;
	case KEY_URI: a->opt.uri = arg; return 0;
	case 'q': a->opt.quiet = true; return 0;
	case ARGP_KEY_ARG:
		if (a->config)
			argp_error(state, "'%s' is one too many", arg);
		a->config = arg;
		return 0;
	case ARGP_KEY_END:
		if (!a->config)
			argp_error(state, "which configuration? (docs/NIGHTS.md has an example)");
		return 0;
	default: return ARGP_ERR_UNKNOWN;
	}
}

/* ---- what it measured ---- */

static const char *text_of(const json_t *o, const char *key)
{
	const char *s = NULL;

	json_get_str(o, key, &s, NULL);
	return s ? s : "";
}

static void write_metrics(const struct export_run *x, const char *folder, const char *nights,
			  const char *entry)
{
	_cleanup_free_
	char *path = xasprintf("%s/kernsoak-%s-%s.prom", folder, nights, entry);
	_cleanup_buf_ struct buf out = BUF_INIT;
	struct err err = { 0 };

	export_format_by_name("openmetrics")->write(x, &out);
	if (fs_write(AT_FDCWD, path, buf_str(&out), out.len, &err) < 0)
		fprintf(stderr, "kernsoak: %s\n", err.msg);
}

/* A run that cannot be read has no measures, and is told of as not run. */
static json_t *measure_run(const struct night_config *c, const char *results, const json_t *entry)
{
	_cleanup_run_dir_ struct run_dir run = RUN_DIR_INIT;
	_cleanup_export_run_ struct export_run x = { 0 };
	struct err err = { 0 };

	if (!*text_of(entry, "run"))
		return NULL;
	if (run_dir_open(results, text_of(entry, "run"), &run, &err) < 0 ||
	    export_run_load(&run, &x, &err) < 0) {
		fprintf(stderr, "kernsoak: %s\n", err.msg);
		return NULL;
	}
	if (c->metrics)
		write_metrics(&x, c->metrics, c->name, text_of(entry, "name"));
	return night_measure(&x);
}

static int measure(const struct night_config *c, const struct night *n, const char *results,
		   struct err *err)
{
	const json_t *entries = json_object_get(n->state, "entries");
	_cleanup_json_ json_t *measures = json_object();

	for (size_t i = 0; i < json_array_size(entries); i++) {
		const json_t *entry = json_array_get(entries, i);
		json_t *m = measure_run(c, results, entry);

		if (m)
			json_object_set_new(measures, text_of(entry, "name"), m);
	}
	return json_write(n->fd, NIGHT_MEASURES, measures, err);
}

/* ---- and what of it is new ---- */

struct past {
	struct night_measured *night;
	size_t n;
};

static void past_done(struct past *p)
{
	for (size_t i = 0; i < p->n; i++)
		night_measured_done(&p->night[i]);
	free(p->night);
}

/* The nights up to this number. One that cannot be read is passed over, and said. */
static void read_past(const struct night_config *c, const struct nights *nights, uint64_t last,
		      struct past *ret)
{
	*ret = (struct past){ .night = xcalloc(nights->n + 1, sizeof(*ret->night)) };
	for (size_t i = 0; i < nights->n && nights->number[i] <= last; i++) {
		_cleanup_close_ int fd = nights_dir(nights, nights->number[i], NULL);
		_cleanup_json_ json_t *state = NULL, *measures = NULL;
		struct err err = { 0 };

		if (fd < 0 || json_read(fd, NIGHT_STATE, &state, NULL) < 0)
			continue;
		json_read(fd, NIGHT_MEASURES, &measures, NULL);
		if (night_measured_from_json(state, measures, c->compare.factor, c->compare.alpha,
					     &ret->night[ret->n], &err) < 0)
			fprintf(stderr, "kernsoak: night %" PRIu64 ": %s\n", nights->number[i],
				err.msg);
		else
			ret->n++;
	}
}

static int write_reports(const struct night_config *c, const struct night_said *s, int fd,
			 struct err *err)
{
	const struct text_style plain = { .width = 100, .utf8 = true };
	_cleanup_json_ json_t *j = night_json(c->name, s);
	_cleanup_buf_ struct buf text = BUF_INIT, page = BUF_INIT;
	int r = json_write(fd, NIGHT_REPORT, j, err);

	night_text(c->name, s, &plain, &text);
	if (r == 0)
		r = fs_write(fd, NIGHT_TEXT, buf_str(&text), text.len, err);
	night_html(c->name, s, &page);
	if (r == 0)
		r = fs_write(fd, NIGHT_PAGE, buf_str(&page), page.len, err);
	return r;
}

static int print(const struct night_config *c, const struct night_said *s, bool json)
{
	const struct text_style style = ask_style();
	_cleanup_buf_ struct buf out = BUF_INIT;

	if (json)
		return ask_print_json(night_json(c->name, s));
	night_text(c->name, s, &style, &out);
	return ask_print(&out);
}

static int exit_code(const struct night_said *s)
{
	if (night_said_count(s, NIGHT_ALARM))
		return EXIT_DIFFER;
	return night_said_count(s, NIGHT_TROUBLE) ? EXIT_INFRA : EXIT_GOAL_MET;
}

/* Its failure is said, and is trouble, but no news of a kernel. */
static int tell_hook(const struct night_config *c, const struct nights *nights,
		     const struct night_said *s, int code)
{
	const struct text_style plain = { .width = 80 };
	_cleanup_free_
	char *subject = night_subject(c->name, s);
	_cleanup_free_
	char *path = nights_path(nights, s->night->number);
	_cleanup_buf_ struct buf text = BUF_INIT;
	char status[16];
	const struct hook_variable variable[] = {
		{ "KERNSOAK_NIGHT", path },
		{ "KERNSOAK_NIGHT_SUBJECT", subject },
		{ "KERNSOAK_NIGHT_EXIT", status },
		{ "KERNSOAK_NIGHT_CHANGED", night_said_count(s, NIGHT_ALARM) ? "1" : "0" },
	};
	struct err err = { 0 };

	if (!c->hook.command.n || (c->hook.only_changes && code == EXIT_GOAL_MET))
		return code;
	snprintf(status, sizeof(status), "%d", code);
	night_text(c->name, s, &plain, &text);
	if (hook_run(&c->hook.command, variable, ARRAY_SIZE(variable), &text, c->hook.deadline_ns,
		     &err) == 0)
		return code;
	fprintf(stderr, "kernsoak: %s\n", err.msg);
	return code == EXIT_GOAL_MET ? EXIT_INFRA : code;
}

/*
 * Reports on a night. Where it has just ended, its hook is told and it is closed before anything is
 * printed: a stdout that takes nothing (SIGPIPE, a full disk) must not keep the news from people,
 * nor have them told twice.
 */
static int tell(const struct night_args *a, const struct night_config *c,
		const struct nights *nights, uint64_t number, struct night *ended, struct err *err)
{
	_cleanup_night_said_ struct night_said s = { 0 };
	_cleanup_close_ int fd = nights_dir(nights, number, err);
	struct past past;
	int r = fd < 0 ? fd : 0, code = 0, printed = 0;

	if (r < 0)
		return r;
	read_past(c, nights, number, &past);
	if (!past.n) {
		past_done(&past);
		return err_set(err, ENOENT, "%s has no night that can be read", nights->path);
	}
	night_judge(past.night, past.n, c->compare.factor, c->compare.alpha, &s);
	if (ended)
		r = write_reports(c, &s, fd, err);
	if (r == 0) {
		code = exit_code(&s);
		if (ended)
			code = tell_hook(c, nights, &s, code);
		if (ended && night_close(ended, err) < 0)
			r = err_exit(err, EXIT_CANNOT_WRITE);
		printed = print(c, &s, a->json);
	}
	night_said_done(&s);
	past_done(&past);
	if (r < 0)
		return r;
	return printed ? printed : code;
}

/* ---- a night ---- */

static void clean_up(const struct night_config *c, const char *results)
{
	const struct gc_limits limits = { .age_s = c->keep.age_ns / NS_PER_S,
					  .size_bytes = c->keep.size_bytes };
	struct gc_freed freed;
	struct err err = { 0 };

	if (!limits.age_s && !limits.size_bytes)
		return;
	if (gc_collect(results, &limits, NULL, NULL, &freed, &err) < 0)
		fprintf(stderr, "kernsoak: %s\n", err.msg);
}

static int interrupted(const struct night_args *a, const struct night *n)
{
	fprintf(stderr, "night %" PRIu64 " of %s is interrupted; go on with: kernsoak night %s\n",
		n->number, n->nights->name, a->config);
	return n->signal == SIGINT ? EXIT_SIGINT : EXIT_SIGTERM;
}

static int run(const struct night_args *a, const struct night_config *c, struct nights *nights,
	       struct err *err)
{
	_cleanup_night_ struct night n = { .fd = -1 };
	int r = nights_lock(nights, err);

	if (r == 0)
		r = night_begin(c, nights, &a->opt, &n, err);
	if (r == 0)
		r = night_run(&n, &a->opt, err);
	if (r < 0)
		return r;
	if (n.signal)
		return interrupted(a, &n);
	r = measure(c, &n, a->opt.results, err);
	if (r < 0)
		return r;
	clean_up(c, a->opt.results);
	return tell(a, c, nights, n.number, &n, err);
}

static int tell_again(const struct night_args *a, const struct night_config *c,
		      const struct nights *nights, struct err *err)
{
	if (nights->n)
		return tell(a, c, nights, nights->number[nights->n - 1], NULL, err);
	err_set(err, ENOENT, "there is no night in %s yet", nights->path);
	return err_exit(err, EXIT_BAD_USAGE);
}

int cmd_night(int argc, char **argv)
{
	static const struct argp argp = {
		options,
		parse,
		"CONFIG",
		"Runs the scenarios of a night in turn, and says what is new since the nights "
		"before.\v"
		"An interrupted night goes on with the same command. Exit 0: nothing new; 11: a "
		"new crash, or an arm that fails more or less often; 75: trouble on this host. "
		"docs/NIGHTS.md tells what CONFIG says.\n\n"
		"Example: kernsoak night nightly.yaml",
		NULL,
		0,
		0,
	};
	_cleanup_night_config_ struct night_config c = { 0 };
	_cleanup_nights_ struct nights nights = NIGHTS_INIT;
	struct night_args a = { 0 };
	struct err err = { 0 };
	int r;

	cmd_parse(&argp, argc, argv, &a);
	r = night_config_read(a.config, &c, &err);
	if (r == 0) {
		a.opt.results = results_path(a.results ?: c.results);
		r = nights_open(a.opt.results, c.name, &nights, &err);
	}
	if (r == 0 && !a.report_only)
		r = run(&a, &c, &nights, &err);
	else if (r == 0)
		r = tell_again(&a, &c, &nights, &err);
	return r < 0 ? cmd_fail(&err, EXIT_INTERNAL) : r;
}
