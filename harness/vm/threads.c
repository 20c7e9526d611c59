/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "vm/threads.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/fs.h"
#include "base/str.h"

static bool read_text(int dir, const char *tid, const char *name, char *ret, size_t size)
{
	_cleanup_free_
	char *path = xasprintf("%s/%s", tid, name);
	_cleanup_close_ int fd = openat(dir, path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, ret, size - 1);

	ret[n > 0 ? n : 0] = 0;
	return n > 0;
}

size_t threads_vcpu_ns(const char *proc, pid_t pid, uint64_t *ret_ran, uint64_t *ret_wanted,
		       size_t max)
{
	_cleanup_free_
	char *path = xasprintf("%s/%d/task", proc, (int)pid);
	_cleanup_close_ int dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	_cleanup_strv_ struct strv tids = { 0 };
	size_t n = 0;

	memset(ret_ran, 0, max * sizeof(*ret_ran));
	memset(ret_wanted, 0, max * sizeof(*ret_wanted));
	if (dir < 0 || fs_list(dir, ".", &tids, NULL) < 0)
		return 0;
	for (size_t i = 0; i < tids.n; i++) {
		char comm[64], run[128];
		uint64_t waited = 0;
		unsigned cpu;

		if (!read_text(dir, tids.item[i], "comm", comm, sizeof(comm)) ||
		    sscanf(comm, "CPU %u/", &cpu) != 1 || cpu >= max ||
		    !read_text(dir, tids.item[i], "schedstat", run, sizeof(run)))
			continue;
		sscanf(run, "%" SCNu64 " %" SCNu64, &ret_ran[cpu], &waited);
		ret_wanted[cpu] = ret_ran[cpu] + waited;
		n = MAX(n, (size_t)cpu + 1);
	}
	return n;
}
