/* SPDX-License-Identifier: GPL-3.0-or-later */
/* kernsoak bisect log and replay: the evidence as lines, and the answer made of them anew. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

#include "base/fs.h"
#include "cmd/ask.h"
#include "cmd/bisect.h"
#include "cmd/cmd.h"
#include "run/bisect_text.h"

enum { MAX_LOG = 64 << 20 };

static struct progress_style style_of(const struct text_style *t)
{
	return (struct progress_style){ .width = t->width, .utf8 = t->utf8, .colour = t->color };
}

static int print(const struct bisect_result *r, bool json)
{
	const struct text_style style = ask_style();
	const struct progress_style own = style_of(&style);
	_cleanup_buf_ struct buf out = BUF_INIT;

	if (json)
		return ask_print_json(bisect_json(r));
	bisect_text(r, &own, &out);
	return ask_print(&out);
}

int cmd_bisect_report(const struct run_dir *run, bool json)
{
	_cleanup_bisect_result_ struct bisect_result r = { 0 };
	const struct progress_style plain = { .width = 80 };
	_cleanup_json_ json_t *o = NULL;
	_cleanup_buf_ struct buf text = BUF_INIT;
	struct err err = { 0 };

	if (bisect_load(run, &r, &err) < 0)
		return cmd_fail(&err, EXIT_INTERNAL);
	o = bisect_json(&r);
	bisect_text(&r, &plain, &text);
	/* beside the evidence, for whoever comes later; a folder of somebody else stays as it is */
	if (json_write(run->fd, RUN_ANSWER, o, NULL) == 0)
		fs_write(run->fd, RUN_ANSWER_TEXT, buf_str(&text), text.len, NULL);
	return print(&r, json);
}

/* ---- log ---- */

int cmd_bisect_log(int argc, char **argv)
{
	_cleanup_run_dir_ struct run_dir run = RUN_DIR_INIT;
	_cleanup_json_ json_t *lines = NULL;
	_cleanup_buf_ struct buf out = BUF_INIT;
	struct err err = { 0 };
	struct ask ask;
	size_t i;
	json_t *o;

	ask_parse(argc, argv, ASK_REF, "[RUN]",
		  "Prints what a bisection knows, a line of JSON for each trial.\v"
		  "RUN is an id, the beginning of one, a path, or 'last' (the default).\n\n"
		  "Example: kernsoak bisect log last >evidence.jsonl",
		  &ask);
	if (run_dir_open(ask.results, ask.ref, &run, &err) < 0)
		return cmd_fail(&err, EXIT_BAD_USAGE);
	if (bisect_log(&run, &lines, &err) < 0)
		return cmd_fail(&err, EXIT_INTERNAL);
	json_array_foreach (lines, i, o) {
		_cleanup_free_
		char *line = json_dumps(o, JSON_COMPACT | JSON_REAL_PRECISION(15));

		buf_printf(&out, "%s\n", line);
	}
	return ask_print(&out);
}

/* ---- replay ---- */

static int parse_lines(const char *name, const struct buf *text, json_t *lines, struct err *err)
{
	size_t number = 1;

	for (const char *s = buf_str(text), *end; *s; s = *end ? end + 1 : end, number++) {
		json_error_t at;
		json_t *o;

		end = s + strcspn(s, "\n");
		if (s + strspn(s, " \t\r") >= end)
			continue;
		o = json_loadb(s, (size_t)(end - s), 0, &at);
		if (!json_is_object(o)) {
			json_decref(o);
			return err_set(err, EINVAL, "%s:%zu: it should be a line of JSON%s%s", name,
				       number, o ? "" : ": ", o ? "" : at.text);
		}
		json_array_append_new(lines, o);
	}
	return 0;
}

static int replay_file(const char *name, struct bisect_result *ret, struct err *err)
{
	_cleanup_buf_ struct buf text = BUF_INIT;
	_cleanup_json_ json_t *lines = json_array();
	int r = fs_read_named(name, MAX_LOG, &text, err);

	if (r == 0)
		r = parse_lines(name, &text, lines, err);
	if (r < 0)
		return r;
	r = bisect_replay(lines, ret, err);
	return r < 0 ? err_wrap(err, "%s", name) : 0;
}

static bool is_file(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISREG(st.st_mode);
}

int cmd_bisect_replay(int argc, char **argv)
{
	_cleanup_run_dir_ struct run_dir run = RUN_DIR_INIT;
	_cleanup_bisect_result_ struct bisect_result r = { 0 };
	struct err err = { 0 };
	struct ask ask;
	int code;

	ask_parse(argc, argv, ASK_JSON | ASK_REF, "[RUN|FILE]",
		  "Makes the answer of a bisection anew, from its folder or from a log; the order "
		  "of the lines does not matter.\v"
		  "RUN is an id, the beginning of one, a path, or 'last' (the default); FILE is "
		  "what `bisect log` printed.\n\n"
		  "Example: kernsoak bisect replay evidence.jsonl",
		  &ask);
	if (ask.ref && is_file(ask.ref)) {
		code = replay_file(ask.ref, &r, &err);
	} else {
		code = run_dir_open(ask.results, ask.ref, &run, &err);
		if (code == 0)
			code = bisect_load(&run, &r, &err);
	}
	return code < 0 ? cmd_fail(&err, EXIT_BAD_USAGE) : print(&r, ask.json);
}
