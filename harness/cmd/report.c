/* SPDX-License-Identifier: GPL-3.0-or-later */
/* kernsoak report: what a run says about time to failure. */
#include <stdio.h>

#include "cmd/ask.h"
#include "cmd/bisect.h"
#include "cmd/cmd.h"
#include "report/json.h"
#include "run/bisect_text.h"

/* Of a bisection the answer, too. */
static json_t *with_answer(json_t *o, const struct run_dir *run)
{
	_cleanup_bisect_result_ struct bisect_result r = { 0 };

	if (bisect_is_one(run) && bisect_load(run, &r, NULL) == 0)
		json_object_set_new(o, "bisect", bisect_json(&r));
	return o;
}

static int print_json(const struct view *v, const struct run_dir *run)
{
	return ask_print_json(with_answer(json_report(v), run));
}

static int print_text(const struct view *v)
{
	struct text_style style = ask_style();
	_cleanup_buf_ struct buf out = BUF_INIT;

	text_report(v, &style, &out);
	return ask_print(&out);
}

/* `own`: as the verb that made the run says it; else the report has the answer beside the arms. */
static int report(const char *results, const char *ref, bool json, bool own)
{
	_cleanup_run_dir_ struct run_dir run = RUN_DIR_INIT;
	_cleanup_view_ struct view v = { 0 };
	struct err err = { 0 };
	int r = run_dir_open(results, ref, &run, &err);

	if (r < 0)
		return cmd_fail(&err, EXIT_BAD_USAGE);
	if (bisect_is_one(&run) && (own || !json))
		return cmd_bisect_report(&run, json);
	r = view_load(&run, &v, &err);
	if (r < 0)
		return cmd_fail(&err, EXIT_INTERNAL);
	return json ? print_json(&v, &run) : print_text(&v);
}

int cmd_report_run(const char *path, bool json)
{
	_cleanup_free_
	char *ref = strchr(path, '/') ? xstrdup(path) : xasprintf("./%s", path);

	return report(results_path(NULL), ref, json, true);
}

int cmd_report(int argc, char **argv)
{
	struct ask ask;

	ask_parse(argc, argv, ASK_JSON | ASK_REF, "[RUN]",
		  "Says what a run found: who failed, after how long, and how sure that is.\v"
		  "RUN is an id, the beginning of one, a path, or 'last' (the default).\n\n"
		  "Example: kernsoak report last --json | jq '.arms[].time.mttf'",
		  &ask);
	return report(ask.results, ask.ref, ask.json, false);
}
