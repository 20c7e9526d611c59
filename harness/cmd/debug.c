/* SPDX-License-Identifier: GPL-3.0-or-later */
/* kernsoak debug: a trial again, with a debugger at its guest. */
#include <stdio.h>

#include "cmd/args.h"
#include "cmd/cmd.h"
#include "cmd/places.h"
#include "cmd/trial_ref.h"
#include "cmd/vmlinux.h"
#include "run/trial_process.h"

struct debug_args {
	const char *results, *what;
	struct symbol_sources symbols;
	bool wait;
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct debug_args *a = state->input;

	switch (key) {
	case 'r': a->results = arg; return 0;
	case 'w': a->wait = true; return 0;
	case ARGP_KEY_INIT: state->child_inputs[0] = &a->symbols; return 0;
	case ARGP_KEY_ARG: cmd_one(arg, &a->what, state); return 0;
	case ARGP_KEY_END:
		if (!a->what)
			argp_error(state, "which trial?");
		return 0;
	default: return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp_option options[] = {
	{ "wait", 'w', 0, 0, "the guest stands still until the debugger lets it go", 0 },
	CMD_OPTION_RESULTS('r'),
	{ 0 },
};

static const struct argp argp = {
	options,
	parse,
	"TRIAL",
	"Runs one trial again with a gdb stub, and prints the line that starts gdb.\v"
	"The guest has the trial's seed and no limits of time, its kernel is not moved (nokaslr). "
	"When it has failed it is stopped and kept until Ctrl-C. The kernel with debug information "
	"is looked for below /usr/lib/debug, or where --vmlinux or --debug-dir says.\n\n"
	"Example: kernsoak debug last/17\n"
	"         kernsoak debug --wait --debug-dir dbg last/17",
	cmd_places_children,
	NULL,
	NULL,
};

struct session {
	const struct vmlinux *vmlinux;
	bool wait;
};

/* From the folder itself: a socket's name has 107 bytes at most. */
static void print_line(const struct session *s, const char *dir)
{
	_cleanup_free_
	char *real = realpath(dir, NULL);
	_cleanup_buf_ struct buf line = BUF_INIT;

	buf_puts(&line, "cd ");
	shell_word(&line, real ? real : dir);
	buf_puts(&line,
		 " && gdb -ex 'set architecture i386:x86-64' -ex 'target remote " TRIAL_GDB "'");
	if (s->vmlinux->path) {
		buf_putc(&line, ' ');
		shell_word(&line, s->vmlinux->path);
	}
	printf("%s\n", buf_str(&line));
}

static void on_ready(void *arg, const char *dir)
{
	const struct session *s = arg;

	if (*s->vmlinux->lacking)
		fprintf(stderr, "kernsoak: %s\n", s->vmlinux->lacking);
	print_line(s, dir);
	printf(s->wait ? "The guest waits; in gdb, `hbreak FUNCTION` and `continue` let it go.\n"
		       : "The guest starts now; gdb may come at any time, and stops it.\n");
	fflush(stdout);
}

static void on_held(void *arg, const char *what)
{
	_cleanup_buf_ struct buf safe = BUF_INIT;

	(void)arg;
	str_sanitise(&safe, what, strlen(what), false);
	printf("It failed: %s\nIt is stopped, and kept until Ctrl-C.\n", buf_str(&safe));
	fflush(stdout);
}

static int debug(const struct debug_args *a, const struct trial_ref *t, struct err *err)
{
	_cleanup_vmlinux_ struct vmlinux vmlinux = { 0 };
	_cleanup_free_
	char *dir = NULL;
	_cleanup_free_
	struct verdict *v = xcalloc(1, sizeof(*v));
	struct session session = { &vmlinux, a->wait };
	struct trial_debug how = { a->wait, on_ready, on_held, &session };
	int r = vmlinux_find(&t->spec.settings, t->release, &a->symbols, &vmlinux, err);

	if (r == 0)
		r = trial_debug(t->path, &how, v, &dir, err);
	if (r == 0)
		printf("%s: %s\n", dir, outcome_name(v->outcome));
	return r;
}

int cmd_debug(int argc, char **argv)
{
	_cleanup_trial_ref_ struct trial_ref t = TRIAL_REF_INIT;
	struct debug_args a = { 0 };
	struct err err = { 0 };

	cmd_parse(&argp, argc, argv, &a);
	if (trial_ref_read(a.results, a.what, &t, &err) < 0)
		return cmd_fail(&err, EXIT_BAD_USAGE);
	return debug(&a, &t, &err) < 0 ? cmd_fail(&err, EXIT_INFRA) : 0;
}
