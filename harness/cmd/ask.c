/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cmd/ask.h"

#include <errno.h>
#include <fcntl.h>
#include <langinfo.h>
#include <locale.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

#include "base/fs.h"
#include "cmd/args.h"
#include "cmd/cmd.h"
#include "cmd/places.h"

enum { KEY_RESULTS = 'r', KEY_JSON = 'j', KEY_LOG = 'l', WIDTH_DEFAULT = 80, WIDTH_MAX = 200 };

struct parse {
	struct ask *ask;
	unsigned wants;
};

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct parse *p = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		if (p->wants & ASK_PLACES)
			state->child_inputs[0] = &p->ask->symbols;
		return 0;
	case KEY_RESULTS: p->ask->results = arg; return 0;
	case KEY_JSON: p->ask->json = true; return 0;
	case KEY_LOG: p->ask->log = true; return 0;
	case ARGP_KEY_ARG:
		if (!(p->wants & ASK_REF) || p->ask->ref)
			argp_error(state, "'%s' is one argument too many", arg);
		p->ask->ref = arg;
		return 0;
	case ARGP_KEY_END:
		if (p->wants & ASK_MUST_REF && !p->ask->ref)
			argp_error(state, "which one?");
		return 0;
	default: return ARGP_ERR_UNKNOWN;
	}
}

void ask_parse(int argc, char **argv, unsigned wants, const char *args, const char *doc,
	       struct ask *ret)
{
	static const struct argp_option results = CMD_OPTION_RESULTS(KEY_RESULTS);
	static const struct argp_option json = {
		.name = "json",
		.key = KEY_JSON,
		.doc = "the same as JSON (docs/RESULTS.md)",
	};
	static const struct argp_option log = {
		.name = "log",
		.key = KEY_LOG,
		.doc = "the kernel's log instead, of serial console (s) and netconsole (n)",
	};
	struct argp_option options[4] = { results };
	size_t n = 1;
	const struct argp argp = {
		options, parse_option, args, doc, wants & ASK_PLACES ? cmd_places_children : 0, 0, 0
	};
	struct parse p = { .ask = ret, .wants = wants };

	if (wants & ASK_JSON)
		options[n++] = json;
	if (wants & ASK_LOG)
		options[n++] = log;
	*ret = (struct ask){ 0 };
	cmd_parse(&argp, argc, argv, &p);
	ret->results = results_path(ret->results);
}

struct text_style ask_style(void)
{
	const char *no_color = getenv("NO_COLOR"), *term = getenv("TERM");
	struct text_style style = { .width = WIDTH_DEFAULT };
	struct winsize size;

	setlocale(LC_CTYPE, "");
	style.utf8 = str_eq(nl_langinfo(CODESET), "UTF-8");
	if (!isatty(STDOUT_FILENO))
		return style;
	style.color = !(no_color && *no_color) && term && !str_eq(term, "dumb");
	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col)
		style.width = MIN(size.ws_col, (unsigned)WIDTH_MAX);
	return style;
}

int ask_print(const struct buf *out)
{
	struct err err = { 0 };

	if (fwrite(buf_str(out), 1, out->len, stdout) == out->len && fflush(stdout) == 0)
		return 0;
	err_set(&err, errno, "cannot write to stdout: %s", strerror(errno));
	return cmd_fail(&err, EXIT_CANNOT_WRITE);
}

static int write_into(const char *path, const struct buf *out, struct err *err)
{
	_cleanup_close_ int fd = open(path, O_WRONLY | O_CLOEXEC);
	const int r = fd < 0 ? -errno : fs_write_all(fd, buf_str(out), out->len);

	return r < 0 ? err_set(err, -r, "cannot write %s: %s", path, strerror(-r)) : 0;
}

int ask_write(const char *path, const struct buf *out)
{
	struct err err = { 0 };
	struct stat st;
	int r;

	if (!path || str_eq(path, "-"))
		return ask_print(out);
	if (stat(path, &st) == 0 && !S_ISREG(st.st_mode))
		r = write_into(path, out, &err);
	else
		r = fs_write(AT_FDCWD, path, buf_str(out), out->len, &err);
	return r < 0 ? cmd_fail(&err, EXIT_CANNOT_WRITE) : 0;
}

int ask_print_json(json_t *j)
{
	_cleanup_json_ json_t *o = j;
	_cleanup_buf_ struct buf out = BUF_INIT;

	json_put(&out, o);
	return ask_print(&out);
}
