/* SPDX-License-Identifier: GPL-3.0-or-later */
/* kernsoak image: builds the lean image by hand, to look into it or to boot it without a scenario.
 */
#include <getopt.h>
#include <stdio.h>

#include "cmd/cmd.h"
#include "image/initramfs.h"

static const char usage[] =
	"usage: kernsoak image [-k KERNEL] [-m MODULE]... [-p PROGRAM]... [LOAD]...\n"
	"\n"
	"Prints the path of an initramfs for KERNEL (default: debian:6.1.0-56-cloud) with\n"
	"these loads and what they need, more kernel modules, and more programs of this\n"
	"host.\n\n"
	"Example: kernsoak image -k debian:6.1.0-54-cloud -m dummy fib-rebalance\n";

static int build(const char *ref, struct image_want want)
{
	_cleanup_kernel_ struct kernel kernel = { 0 };
	_cleanup_free_
	char *guest_dir = image_guest_dir(), *path = NULL;
	struct err err = { 0 };

	want.kernel = &kernel;
	want.guest_dir = guest_dir;
	if (kernel_find(ref, true, &kernel, &err) < 0 || image_build(&want, &path, &err) < 0) {
		if (err.exit_code == EXIT_BAD_SCENARIO)
			err.exit_code = EXIT_BAD_USAGE; /* here it was the command line */
		return cmd_fail(&err, EXIT_INTERNAL);
	}
	puts(path);
	return 0;
}

int cmd_image(int argc, char **argv)
{
	static const struct option options[] = {
		{ "kernel", required_argument, NULL, 'k' },
		{ "module", required_argument, NULL, 'm' },
		{ "program", required_argument, NULL, 'p' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	_cleanup_strv_ struct strv loads = { 0 }, modules = { 0 }, programs = { 0 };
	struct image_want want = { .loads = &loads, .modules = &modules, .programs = &programs };
	const char *ref = "debian:6.1.0-56-cloud";
	int c;

	while ((c = getopt_long(argc, argv, "k:m:p:h", options, NULL)) != -1) {
		if (c == 'h')
			fputs(usage, stdout);
		if (c == 'h' || c == '?')
			return c == 'h' ? 0 : EXIT_BAD_USAGE;
		if (c == 'k')
			ref = optarg;
		else
			strv_add(c == 'm' ? &modules : &programs, optarg);
	}
	for (; optind < argc; optind++)
		strv_add(&loads, argv[optind]);
	return build(ref, want);
}
