/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "disks.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include "../kfile.h"
#include "../wire.h"

#define SECTOR 512

struct disk {
	char name[32], fs[16], mount[256], options[512], device[64];
	uint64_t bytes;
	bool read_only;
};

static const struct {
	const char *word;
	unsigned long set, clear;
} flags[] = {
	{ "defaults", 0, 0 },           { "ro", MS_RDONLY, 0 },
	{ "rw", 0, MS_RDONLY },         { "nosuid", MS_NOSUID, 0 },
	{ "nodev", MS_NODEV, 0 },       { "noexec", MS_NOEXEC, 0 },
	{ "sync", MS_SYNCHRONOUS, 0 },  { "dirsync", MS_DIRSYNC, 0 },
	{ "noatime", MS_NOATIME, 0 },   { "nodiratime", MS_NODIRATIME, 0 },
	{ "relatime", MS_RELATIME, 0 }, { "strictatime", MS_STRICTATIME, 0 },
	{ "lazytime", MS_LAZYTIME, 0 },
};

static bool take_flag(const char *word, size_t n, unsigned long *flag)
{
	for (size_t i = 0; i < sizeof flags / sizeof *flags; i++)
		if (strlen(flags[i].word) == n && memcmp(word, flags[i].word, n) == 0) {
			*flag = (*flag | flags[i].set) & ~flags[i].clear;
			return true;
		}
	return false;
}

int disk_options(const char *options, unsigned long *ret_flags, char *data, size_t size)
{
	size_t used = 0;

	*ret_flags = 0;
	data[0] = 0;
	while (*options) {
		size_t n = strcspn(options, ",");

		if (n && !take_flag(options, n, ret_flags)) {
			if (used + n + 2 > size)
				return -1;
			used += (size_t)sprintf(data + used, "%s%.*s", used ? "," : "", (int)n,
						options);
		}
		options += n + (options[n] == ',');
	}
	return 0;
}

int disk_find(const char *dir, const char *serial, char *ret, size_t size)
{
	DIR *d = opendir(dir);
	struct dirent *e;
	int r = -1;

	while (d && r < 0 && (e = readdir(d))) {
		char path[PATH_MAX], found[64];

		snprintf(path, sizeof path, "%s/%s/serial", dir, e->d_name);
		if (e->d_name[0] == '.' || kfile_read(path, found, sizeof found) < 0)
			continue;
		found[strcspn(found, "\n")] = 0;
		if (strcmp(found, serial) == 0)
			r = (size_t)snprintf(ret, size, "%s", e->d_name) < size ? 0 : -1;
	}
	if (d)
		closedir(d);
	return r;
}

int disk_mounted(const char *mounts, const char *device, const char *path, const char *fs,
		 char *ret, size_t size)
{
	int r = -1;

	while (*mounts) {
		char line[1024], *rest = line;
		size_t n = strcspn(mounts, "\n");

		snprintf(line, sizeof line, "%.*s", (int)n, mounts);
		const char *from = strsep(&rest, " "), *at = strsep(&rest, " ");
		const char *type = strsep(&rest, " "), *options = strsep(&rest, " ");
		if (options && strcmp(at, path) == 0) {
			r = strcmp(from, device) == 0 && strcmp(type, fs) == 0 ? 0 : -1;
			snprintf(ret, size, "%s", options);
		}
		mounts += n + (mounts[n] == '\n');
	}
	return r;
}

static int read_disk(const char *tokens, struct disk *d)
{
	char bytes[24], read_only[4];

	if (wire_get(tokens, "name", d->name, sizeof d->name) < 0 ||
	    wire_get(tokens, "bytes", bytes, sizeof bytes) < 0 ||
	    wire_number(bytes, &d->bytes) < 0 || wire_get(tokens, "fs", d->fs, sizeof d->fs) < 0 ||
	    wire_get(tokens, "mount", d->mount, sizeof d->mount) < 0 ||
	    wire_get(tokens, "options", d->options, sizeof d->options) < 0 ||
	    wire_get(tokens, "read-only", read_only, sizeof read_only) < 0)
		return -1;
	d->read_only = strcmp(read_only, "1") == 0;
	return 0;
}

/* Of a file below /sys/block/DEVICE. */
static uint64_t block_number(const char *device, const char *file)
{
	char path[PATH_MAX], text[32];
	uint64_t v;

	snprintf(path, sizeof path, "/sys/block/%s/%s", device, file);
	if (kfile_read(path, text, sizeof text) < 0)
		return UINT64_MAX;
	text[strcspn(text, "\n")] = 0;
	return wire_number(text, &v) < 0 ? UINT64_MAX : v;
}

static int check_device(struct disk *d, uint64_t *ret_bytes, char *said, size_t size)
{
	char name[32];

	if (disk_find("/sys/block", d->name, name, sizeof name) < 0) {
		snprintf(said, size, "disk %s: no block device has that serial number", d->name);
		return -1;
	}
	snprintf(d->device, sizeof d->device, "/dev/%s", name);
	*ret_bytes = block_number(name, "size") * SECTOR;
	if (d->bytes && *ret_bytes != d->bytes) {
		snprintf(said, size, "disk %s: asked for %llu bytes, %s has %llu", d->name,
			 (unsigned long long)d->bytes, d->device, (unsigned long long)*ret_bytes);
		return -1;
	}
	if ((block_number(name, "ro") == 1) != d->read_only) {
		snprintf(said, size, "disk %s: %s is %s", d->name, d->device,
			 d->read_only ? "not read-only" : "read-only");
		return -1;
	}
	return 0;
}

static void make_dirs(const char *path)
{
	char copy[256];

	snprintf(copy, sizeof copy, "%s", path);
	for (char *p = strchr(copy + 1, '/'); p; p = strchr(p + 1, '/')) {
		*p = 0;
		mkdir(copy, 0755);
		*p = '/';
	}
	mkdir(copy, 0755);
}

static int mount_it(const struct disk *d, char *now, size_t now_size, char *said, size_t size)
{
	static char mounts[64 * 1024];
	unsigned long flag;
	char data[512];

	make_dirs(d->mount);
	if (disk_options(d->options, &flag, data, sizeof data) < 0) {
		snprintf(said, size, "disk %s: too many mount options", d->name);
		return -1;
	}
	if (d->read_only)
		flag |= MS_RDONLY;
	if (mount(d->device, d->mount, d->fs, flag, data) < 0) {
		snprintf(said, size, "disk %s: %s does not mount on %s as %s with options '%s': %s",
			 d->name, d->device, d->mount, d->fs, d->options, strerror(errno));
		return -1;
	}
	if (kfile_read("/proc/mounts", mounts, sizeof mounts) < 0 ||
	    disk_mounted(mounts, d->device, d->mount, d->fs, now, now_size) < 0) {
		snprintf(said, size, "disk %s: /proc/mounts does not show %s on %s as %s", d->name,
			 d->device, d->mount, d->fs);
		return -1;
	}
	if ((flag & MS_RDONLY) && strncmp(now, "ro", 2) != 0) {
		snprintf(said, size, "disk %s: %s is mounted %s", d->name, d->mount, now);
		return -1;
	}
	return 0;
}

int disk_setup(const char *tokens, char *said, size_t size)
{
	struct disk d;
	uint64_t bytes;
	char now[512];

	if (read_disk(tokens, &d) < 0) {
		snprintf(said, size, "disk: no name, or a token is missing");
		return -1;
	}
	if (check_device(&d, &bytes, said, size) < 0)
		return -1;
	if (!d.mount[0]) {
		snprintf(said, size, "disk %s: %s, %llu bytes", d.name, d.device,
			 (unsigned long long)bytes);
		return 0;
	}
	if (mount_it(&d, now, sizeof now, said, size) < 0)
		return -1;
	snprintf(said, size, "disk %s: %s, %llu bytes, %s on %s, %s", d.name, d.device,
		 (unsigned long long)bytes, d.fs, d.mount, now);
	return 0;
}
