/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cgroup.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kfile.h"
#include "load.h"

#define MS 1000000ull

/* Where cgroup2 is mounted: /sys/fs/cgroup in our guests, another place on hosts of both kinds. */
static int find_mount(char *ret, size_t size)
{
	char line[1024], path[512];
	FILE *f = fopen("/proc/self/mountinfo", "re");
	int r = -ENOENT;

	if (!f)
		return -errno;
	while (r < 0 && fgets(line, sizeof line, f))
		if (strstr(line, " - cgroup2 ") &&
		    sscanf(line, "%*s %*s %*s %*s %511s", path) == 1 && strlen(path) < size) {
			strcpy(ret, path);
			r = 0;
		}
	fclose(f);
	return r;
}

int cgroup_own(char *ret, size_t size)
{
	char mount[512], text[2048], *line;
	int r = find_mount(mount, sizeof mount);

	if (r < 0)
		return r;
	r = kfile_line("/proc/self/cgroup", text, sizeof text);
	if (r < 0)
		return r;
	line = strncmp(text, "0::", 3) == 0 ? text : strstr(text, "\n0::");
	if (!line)
		return -ENOENT;
	line = strchr(line, '/');
	line[strcspn(line, "\n")] = 0;
	if (snprintf(ret, size, "%s%s", mount, line[1] ? line : "") >= (int)size)
		return -ENAMETOOLONG;
	return 0;
}

static int write_in(const char *path, const char *file, const char *text)
{
	char name[PATH_MAX + 32];

	snprintf(name, sizeof name, "%s/%s", path, file);
	return kfile_write(name, text);
}

/* "+memory" and "+pids" into the group's subtree_control. */
static int turn_on(const char *path, const char *controllers)
{
	char words[128], one[64], *save = NULL;
	int r = 0;

	snprintf(words, sizeof words, "%s", controllers);
	for (char *w = strtok_r(words, " ", &save); w && r == 0; w = strtok_r(NULL, " ", &save)) {
		snprintf(one, sizeof one, "+%s", w);
		r = write_in(path, "cgroup.subtree_control", one);
	}
	return r;
}

/* In each group between the mount and `own`, and in `own` itself. */
static int turn_on_down_to(const char *own, const char *controllers)
{
	char mount[512], path[PATH_MAX];
	int r = find_mount(mount, sizeof mount);

	for (size_t n = strlen(mount); r == 0 && n <= strlen(own); n++)
		if (own[n] == '/' || !own[n]) {
			snprintf(path, sizeof path, "%.*s", (int)n, own);
			r = turn_on(path, controllers);
		}
	return r;
}

int cgroup_split(const char *own, const char *controllers)
{
	char self[PATH_MAX];
	int r;

	snprintf(self, sizeof self, "%s/self", own);
	r = cgroup_make(self, 0, 0);
	if (r == 0)
		r = write_in(self, "cgroup.procs", "0");
	return r == 0 && *controllers ? turn_on_down_to(own, controllers) : r;
}

int cgroup_make(const char *path, uint64_t memory_bytes, uint64_t pids)
{
	char number[32];
	int r = 0;

	if (mkdir(path, 0755) < 0 && errno != EEXIST)
		return -errno;
	if (memory_bytes) {
		snprintf(number, sizeof number, "%llu", (unsigned long long)memory_bytes);
		r = write_in(path, "memory.max", number);
	}
	if (pids && r == 0) {
		snprintf(number, sizeof number, "%llu", (unsigned long long)pids);
		r = write_in(path, "pids.max", number);
	}
	return r;
}

int cgroup_remove(const char *path)
{
	for (int i = 0; i < 1000; i++) {
		if (rmdir(path) == 0 || errno == ENOENT)
			return 0;
		if (errno != EBUSY)
			return -errno;
		load_pause(MS);
	}
	return -EBUSY;
}
