/* SPDX-License-Identifier: GPL-3.0-or-later */
/* kernsoak doctor: what this host has and lacks, in one table. */
#include <errno.h>
#include <stdio.h>

#include "base/fs.h"
#include "cmd/args.h"
#include "cmd/cmd.h"
#include "run/confine.h"
#include "vm/vm.h"

struct need {
	const char *program, *package, *why;
};

static const struct need needs[] = {
	{ "/usr/bin/qemu-system-x86_64", "qemu-system-x86", "boots the guests" },
	{ "/usr/bin/busybox", "busybox-static", "the guest's shell and tools" },
	{ "stress-ng", "stress-ng", "the load stress-ng" },
	{ "apt-get", "apt", "fetches Debian kernels" },
};

static void row(const char *state, const char *what, const char *why)
{
	printf("%-8s %-28s %s\n", state, what, why);
}

static bool check_need(const struct need *n)
{
	_cleanup_free_
	char *path = fs_which(n->program), *why = NULL;

	why = path ? xstrdup(n->why) : xasprintf("%s (apt-get install %s)", n->why, n->package);
	row(path ? "ok" : "MISSING", n->program, why);
	return path;
}

static bool check_result(int r, const struct err *err, const char *what, const char *why)
{
	row(r < 0 ? "MISSING" : "ok", what, r < 0 ? err->msg : why);
	return r == 0;
}

static bool check_guests(void)
{
	struct err err = { 0 };
	int r = vm_check(vm_backend_by_name("libvirt"), "", &err);
	bool ok = check_result(r, &err, "libvirt", "its driver runs QEMU without a daemon");

	r = confine_check(&err);
	return check_result(r, &err, "privileges",
			    geteuid() == 0 ? "trials give root up before they start a guest"
					   : "guests run as the user that you are") &&
	       ok;
}

static void check_kvm(void)
{
	bool ok = access("/dev/kvm", R_OK | W_OK) == 0;

	row(ok ? "ok" : "no", "/dev/kvm",
	    ok ? "hardware acceleration; each kernel is tried with it once"
	       : "no hardware acceleration: guests run under TCG, several times slower");
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	if (key == ARGP_KEY_ARG)
		argp_error(state, "'%s' is one argument too many", arg);
	return key == ARGP_KEY_ARG ? 0 : ARGP_ERR_UNKNOWN;
}

int cmd_doctor(int argc, char **argv)
{
	static const struct argp argp = {
		NULL,
		parse,
		"",
		"Says what this host has and lacks to run guests, and what to install. Changes "
		"nothing.\v"
		"Example: kernsoak doctor\n\n"
		"Exit status: 0 guests can run; 69 something is missing.",
		NULL,
		NULL,
		NULL,
	};
	bool ok = true;

	cmd_parse(&argp, argc, argv, NULL);
	for (size_t i = 0; i < ARRAY_SIZE(needs); i++)
		ok = check_need(&needs[i]) && ok;
	ok = check_guests() && ok;
	check_kvm();
	return ok ? 0 : EXIT_HOST_UNABLE;
}
