/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "files.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fiemap.h>
#include <linux/fs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "load.h"

int files_dir(const char *path)
{
	int fd;

	if (mkdir(path, 0755) < 0 && errno != EEXIST)
		load_fail("%s: %s", path, strerror(errno));
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		load_fail("%s: %s", path, strerror(errno));
	return fd;
}

/* "... MAJ:MIN root point options - type source options" */
static bool type_of_line(const char *line, dev_t dev, char *ret, size_t size)
{
	unsigned int major_is, minor_is;
	const char *type = strstr(line, " - ");

	if (!type || sscanf(line, "%*d %*d %u:%u", &major_is, &minor_is) != 2)
		return false;
	if (makedev(major_is, minor_is) != dev)
		return false;
	snprintf(ret, size, "%.*s", (int)strcspn(type + 3, " \n"), type + 3);
	return true;
}

void files_fs_type(int fd, char *ret, size_t size)
{
	FILE *mounts = fopen("/proc/self/mountinfo", "re");
	char line[4096];
	struct stat st;

	snprintf(ret, size, "?");
	if (mounts && fstat(fd, &st) == 0)
		while (fgets(line, sizeof line, mounts))
			if (type_of_line(line, st.st_dev, ret, size))
				break;
	if (mounts)
		fclose(mounts);
}

int files_new(int dir, const char *name)
{
	unlinkat(dir, name, 0);
	int fd = openat(dir, name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	if (fd < 0)
		load_fail("a new file %s: %s", name, strerror(errno));
	return fd;
}

uint64_t files_room(int dir)
{
	struct statvfs st;

	if (fstatvfs(dir, &st) < 0)
		load_fail("how much room there is: %s", strerror(errno));
	return (uint64_t)st.f_bavail * st.f_frsize;
}

size_t files_cached_pages(int fd, off_t offset, size_t bytes)
{
	const size_t page = (size_t)sysconf(_SC_PAGESIZE), pages = (bytes + page - 1) / page;
	unsigned char *in = calloc(pages, 1);
	void *map = mmap(NULL, bytes, PROT_READ, MAP_SHARED, fd, offset);
	size_t n = 0;

	if (!in || map == MAP_FAILED || mincore(map, bytes, in) < 0)
		load_fail("what is in the page cache: %s", strerror(errno));
	for (size_t i = 0; i < pages; i++)
		n += in[i] & 1;
	munmap(map, bytes);
	free(in);
	return n;
}

uint64_t files_extents(int fd, const char *name)
{
	struct fiemap map = { .fm_length = FIEMAP_MAX_OFFSET, .fm_flags = FIEMAP_FLAG_SYNC };

	if (ioctl(fd, FS_IOC_FIEMAP, &map) < 0)
		load_fail("FIEMAP of %s: %s", name, strerror(errno));
	return map.fm_mapped_extents;
}

void files_fragment(int fd, const char *name, uint64_t extents, uint64_t block)
{
	const int hole = FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE;

	if (fallocate(fd, 0, 0, (off_t)(2 * extents * block)) < 0)
		load_fail("%s: %llu blocks: %s", name, (unsigned long long)(2 * extents),
			  strerror(errno));
	for (uint64_t i = 0; i < extents; i++)
		if (fallocate(fd, hole, (off_t)(2 * i * block), (off_t)block) < 0)
			load_fail("%s: punch hole: %s", name, strerror(errno));
}
