/* SPDX-License-Identifier: GPL-3.0-or-later */
/* kernsoak crash: the memory of a guest that failed, in crash(8). */
#include <errno.h>
#include <stdio.h>

#include "base/fs.h"
#include "base/json.h"
#include "cmd/args.h"
#include "cmd/cmd.h"
#include "cmd/places.h"
#include "cmd/trial_ref.h"
#include "cmd/vmlinux.h"
#include "store/layout.h"

#define DUMP TRIAL_EVIDENCE "/memory.kdump"

struct crash_args {
	const char *results, *what;
	struct symbol_sources symbols;
	struct strv more; /* for crash(8) */
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct crash_args *a = state->input;

	switch (key) {
	case 'r': a->results = arg; return 0;
	case ARGP_KEY_INIT: state->child_inputs[0] = &a->symbols; return 0;
	case ARGP_KEY_ARG:
		if (a->what)
			strv_add(&a->more, arg);
		else
			a->what = arg;
		return 0;
	case ARGP_KEY_END:
		if (!a->what)
			argp_error(state, "which trial?");
		return 0;
	default: return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp_option options[] = {
	CMD_OPTION_RESULTS('r'),
	{ 0 },
};

static const struct argp argp = {
	options,
	parse,
	"TRIAL [-- ARGUMENT...]",
	"Opens the memory of a guest that failed in crash(8).\v"
	"The kernel with debug information is looked for below /usr/lib/debug, or where --vmlinux "
	"or "
	"--debug-dir says. What follows -- goes to crash(8).\n\n"
	"Example: kernsoak crash last/17\n"
	"         kernsoak crash --debug-dir dbg last/17 -- -i commands",
	cmd_places_children,
	NULL,
	NULL,
};

/* Why the ladder brought no memory; the caller frees. NULL: it was not asked for. */
static char *why_no_dump(int dir)
{
	_cleanup_json_ json_t *ledger = NULL;
	const json_t *rung;
	size_t i;

	if (json_read(dir, TRIAL_EVIDENCE "/ledger.json", &ledger, NULL) < 0)
		return NULL;
	json_array_foreach (json_object_get(ledger, "rungs"), i, rung) {
		const char *name = json_string_value(json_object_get(rung, "rung"));
		const char *why = json_string_value(json_object_get(rung, "why"));

		if (name && why && str_eq(name, "memory"))
			return xstrdup(why);
	}
	return NULL;
}

static int check_dump(const struct trial_ref *t, struct err *err)
{
	static const char *const when[] = { "never", "hangs", "failures" };
	_cleanup_free_
	char *why = NULL;

	if (faccessat(t->dir, DUMP, R_OK, 0) == 0)
		return 0;
	why = why_no_dump(t->dir);
	if (why)
		return err_set(err, ENOENT, "the memory of %s was not kept: %s", t->path, why);
	return err_set(err, ENOENT,
		       "%s has no " DUMP ": evidence.dump was `%s`; run it again with --set "
		       "evidence.dump=failures",
		       t->path, when[t->spec.settings.evidence.dump]);
}

static int find_crash(char **ret, struct err *err)
{
	*ret = fs_which_admin("crash");
	return *ret ? 0
		    : err_set(err, ENOENT,
			      "crash(8) is not installed: apt-get install crash (or your "
			      "distribution's package of that name)");
}

/* Does not come back where it succeeds. */
static int run_crash(const struct crash_args *a, const char *program, const char *vmlinux,
		     const struct trial_ref *t, struct err *err)
{
	_cleanup_free_
	char *dump = xasprintf("%s/" DUMP, t->path);
	_cleanup_free_
	const char **argv = xcalloc(a->more.n + 4, sizeof(*argv));
	size_t n = 0;

	argv[n++] = "crash";
	for (size_t i = 0; i < a->more.n; i++)
		argv[n++] = a->more.item[i];
	argv[n++] = vmlinux;
	argv[n++] = dump;
	execv(program, (char **)(uintptr_t)argv);
	return err_set(err, errno, "cannot run %s: %s", program, strerror(errno));
}

static int crash(const struct crash_args *a, const struct trial_ref *t, struct err *err)
{
	_cleanup_vmlinux_ struct vmlinux vmlinux = { 0 };
	_cleanup_free_
	char *program = NULL;
	int r = check_dump(t, err);

	if (r == 0)
		r = find_crash(&program, err);
	if (r == 0)
		r = vmlinux_find(&t->spec.settings, t->release, &a->symbols, &vmlinux, err);
	if (r == 0 && !vmlinux.debug)
		r = err_set(err, ENOENT, "%s", vmlinux.lacking);
	return r < 0 ? r : run_crash(a, program, vmlinux.path, t, err);
}

int cmd_crash(int argc, char **argv)
{
	_cleanup_trial_ref_ struct trial_ref t = TRIAL_REF_INIT;
	struct crash_args a = { 0 };
	struct err err = { 0 };

	cmd_parse(&argp, argc, argv, &a);
	if (trial_ref_read(a.results, a.what, &t, &err) == 0)
		crash(&a, &t, &err); /* comes back only where it could not */
	strv_done(&a.more);
	return cmd_fail(&err, EXIT_BAD_USAGE);
}
