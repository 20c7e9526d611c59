/* SPDX-License-Identifier: GPL-3.0-or-later */
/* kernsoak init: a scenario to begin with. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

#include "base/fs.h"
#include "cmd/args.h"
#include "cmd/cmd.h"
#include "cmd/image.h"
#include "model/draft.h"
#include "model/schema.h"

struct init_args {
	const char *path, *kernel;
	const struct load_def *load[16];
	size_t n_loads;
};

enum { KEY_LOAD = 'l', KEY_KERNEL = 'k' };

static const struct argp_option options[] = {
	{ "load", KEY_LOAD, "LOAD", 0, "what the guest does (may be repeated; default: stress-ng)",
	  0 },
	{ "kernel", KEY_KERNEL, "KERNEL", 0,
	  "what boots: debian:ABI or a path (default: " IMAGE_KERNEL ")", 0 },
	{ 0 },
};

static const char *nth_load(size_t i, const void *arg)
{
	(void)arg;
	return load_nth(i)->name;
}

static void add_load(struct init_args *a, const char *name, struct argp_state *state)
{
	const struct load_def *load = load_by_name(name);
	const char *near;
	size_t n = 0;

	if (load && a->n_loads < ARRAY_SIZE(a->load)) {
		a->load[a->n_loads++] = load;
		return;
	}
	if (load)
		argp_error(state, "%zu loads at most", ARRAY_SIZE(a->load));
	while (load_nth(n))
		n++;
	near = str_nearest(name, n, nth_load, NULL);
	argp_error(state, "there is no load '%s'%s%s%s (kernsoak check --schema load lists them)",
		   name, near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct init_args *a = state->input;
	struct err err = { 0 };

	switch (key) {
	case KEY_LOAD: add_load(a, arg, state); return 0;
	case KEY_KERNEL:
		if (field_accepts(schema_by_path("kernel"), arg, &err) < 0)
			argp_error(state, "--kernel: %s", err.msg);
		a->kernel = arg;
		return 0;
	case ARGP_KEY_ARG: cmd_one(arg, &a->path, state); return 0;
	case ARGP_KEY_END:
		if (!a->path)
			argp_error(state, "what is it to be called?");
		return 0;
	default: return ARGP_ERR_UNKNOWN;
	}
}

/* Of dir/NAME.yaml or NAME the NAME; the caller frees. */
static char *name_of(const char *path)
{
	const char *slash = strrchr(path, '/'), *base = slash ? slash + 1 : path;
	const size_t n = strlen(base);

	return xstrndup(base, n > 5 && str_eq(base + n - 5, ".yaml") ? n - 5 : n);
}

/* Of the checkout, or of where the program is installed; NULL where it is in neither. */
static char *schema_path(void)
{
	static const char *const places[] = { "../docs", "../share/kernsoak" };
	_cleanup_free_
	char *dir = fs_beside_program(NULL, places, ARRAY_SIZE(places));
	_cleanup_free_
	char *path = xasprintf("%s/scenario.schema.json", dir);

	return realpath(path, NULL);
}

static int write_new(const char *path, const struct buf *text, struct err *err)
{
	_cleanup_close_ int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
	int r = fd < 0 ? -errno : fs_write_all(fd, text->data, text->len);

	if (r == -EEXIST)
		return err_set(err, EEXIST, "%s is there already, and init overwrites nothing",
			       path);
	if (r == 0)
		return 0;
	if (fd >= 0)
		unlink(path);
	return err_set(err, -r, "cannot write %s: %s", path, strerror(-r));
}

static int init(const struct init_args *a)
{
	_cleanup_free_
	char *name = name_of(a->path), *schema = schema_path(), *file = NULL;
	_cleanup_buf_ struct buf text = BUF_INIT;
	struct err err = { 0 };

	if (field_accepts(schema_by_path("name"), name, &err) < 0)
		return cmd_fail(&err, EXIT_BAD_USAGE);
	file = xasprintf("%.*s%s.yaml",
			 (int)(strrchr(a->path, '/') ? strrchr(a->path, '/') + 1 - a->path : 0),
			 a->path, name);
	draft_write(&(struct draft){ name, a->kernel, schema, a->load, a->n_loads }, &text);
	if (write_new(file, &text, &err) < 0)
		return cmd_fail(&err, EXIT_CANNOT_WRITE);
	printf("%s is written; edit it, then: kernsoak check %s && kernsoak run %s\n", file, file,
	       file);
	return 0;
}

int cmd_init(int argc, char **argv)
{
	static const struct argp argp = {
		options,
		parse,
		"NAME",
		"Writes NAME.yaml, a scenario to begin with, in which each line says what it is "
		"for. Overwrites nothing.\v"
		"Example: kernsoak init my-bug --load fib-rebalance --kernel "
		"debian:6.1.0-54-cloud\n\n"
		"Exit status: 0 it is written; 73 it could not be, or is there already.",
		NULL,
		NULL,
		NULL,
	};
	struct init_args a = { .kernel = IMAGE_KERNEL };

	cmd_parse(&argp, argc, argv, &a);
	if (!a.n_loads)
		a.load[a.n_loads++] = load_by_name("stress-ng");
	return init(&a);
}
