/* SPDX-License-Identifier: GPL-3.0-or-later */
/* kernsoak doctor: what this host has and lacks, in one table. */
#include <stdio.h>

#include "base/fs.h"
#include "cmd/cmd.h"

struct need {
	const char *program, *package, *why;
};

static const struct need needs[] = {
	{ "/usr/bin/qemu-system-x86_64", "qemu-system-x86", "boots the guests" },
	{ "/usr/bin/busybox", "busybox-static", "the guest's shell and tools" },
	{ "stress-ng", "stress-ng", "the stress-ng load" },
	{ "apt-get", "apt", "fetches Debian kernels" },
};

int cmd_doctor(int argc, char **argv)
{
	int missing = 0;

	(void)argc;
	(void)argv;
	for (size_t i = 0; i < ARRAY_SIZE(needs); i++) {
		_cleanup_free_
		char *path = fs_which(needs[i].program);

		printf("%-8s %-28s %s", path ? "ok" : "MISSING", needs[i].program, needs[i].why);
		if (!path)
			printf(" (apt-get install %s)", needs[i].package);
		putchar('\n');
		missing += !path;
	}
	printf("%-8s %-28s %s\n", access("/dev/kvm", R_OK | W_OK) == 0 ? "ok" : "no", "/dev/kvm",
	       "hardware acceleration; without it guests run under TCG, several times slower");
	return missing ? EXIT_HOST_UNABLE : 0;
}
