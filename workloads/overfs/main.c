/* SPDX-License-Identifier: GPL-3.0-or-later */
/* overfs by itself, on a host or from a shell load; the load overcopy has it built in. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "overfs.h"

static int usage(void)
{
	fprintf(stderr, "usage: overfs MOUNTPOINT CAPACITY_MIB POLICY [KEY=VALUE...]\n"
			"\n"
			"POLICY, of writes that do not fit: enospc eio retry stall drop fail-all\n"
			"KEY: writeback=0|1 (1), statfs=true|lies (true), latency_ms=N (0)\n"
			"\n"
			"Serves until it is unmounted. Example:\n"
			"  overfs /mnt/x 64 enospc latency_ms=20\n");
	return 64;
}

static int set(struct overfs_config *c, const char *arg)
{
	if (sscanf(arg, "latency_ms=%lu", &c->latency_ns) == 1)
		c->latency_ns *= 1000000;
	else if (strcmp(arg, "writeback=0") == 0 || strcmp(arg, "writeback=1") == 0)
		c->writeback = arg[10] == '1';
	else if (strcmp(arg, "statfs=true") == 0 || strcmp(arg, "statfs=lies") == 0)
		c->statfs_lies = arg[7] == 'l';
	else
		return -1;
	return 0;
}

int main(int argc, char **argv)
{
	struct overfs_config c = { .writeback = true, .prefix = "" };
	struct overfs *fs;
	int policy;

	if (argc < 4 || (policy = overfs_policy_by_name(argv[3])) < 0)
		return usage();
	c.mountpoint = argv[1];
	c.capacity_bytes = strtoull(argv[2], NULL, 10) << 20;
	c.policy = (enum overfs_policy)policy;
	for (int i = 4; i < argc; i++)
		if (set(&c, argv[i]) < 0)
			return usage();
	fs = overfs_mount(&c);
	if (!fs) {
		fprintf(stderr, "overfs: cannot mount at %s: %s\n", argv[1], strerror(errno));
		return 1;
	}
	return overfs_serve(fs) == 0 ? 0 : 1;
}
