/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "memcg.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cgroup.h"
#include "kfile.h"
#include "load.h"

#define ROOT "/sys/fs/cgroup"

static struct {
	char path[256]; /* of our group; "" before memcg_enable() */
} self;

void memcg_enable(void)
{
	char path[320];
	int r = kfile_write(ROOT "/cgroup.subtree_control", "+memory");

	if (r < 0)
		load_fail("the memory controller of " ROOT ": %s", strerror(-r));
	r = cgroup_own(self.path, sizeof self.path);
	if (r < 0 || strcmp(self.path, ROOT) == 0)
		load_fail("no cgroup of its own to limit: the kernel needs cgroup v2");
	memcg_path("memory.max", path, sizeof path);
	if (access(path, W_OK) < 0)
		load_fail("%s is not there though the memory controller is on", path);
}

bool memcg_enabled(void)
{
	return *self.path;
}

void memcg_path(const char *file, char *ret, size_t size)
{
	snprintf(ret, size, "%s/%s", self.path, file);
}

void memcg_limit(const char *file, uint64_t bytes)
{
	const uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
	char path[320], text[32];
	int r;

	memcg_path(file, path, sizeof path);
	snprintf(text, sizeof text, "%llu", (unsigned long long)bytes);
	r = kfile_write(path, text);
	if (r == 0)
		r = kfile_line(path, text, sizeof text);
	if (r < 0)
		load_fail("%s: %s", path, strerror(-r));
	if (strtoull(text, NULL, 10) != bytes / page * page)
		load_fail("%s: wrote %llu, it reads %s", path, (unsigned long long)bytes, text);
}
