/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "disk.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/dm-ioctl.h>
#include <linux/loop.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#define SECTOR 512

static int loop_configure(int loop, const char *file)
{
	struct loop_config config = { .info.lo_flags = LO_FLAGS_AUTOCLEAR };
	int fd = open(file, O_RDWR | O_CLOEXEC), r = 0;

	if (fd < 0)
		return -errno;
	config.fd = (uint32_t)fd;
	if (ioctl(loop, LOOP_CONFIGURE, &config) < 0)
		r = -errno;
	close(fd);
	return r;
}

int loop_make(const char *file, int *ret_number)
{
	char path[32];
	int control = open("/dev/loop-control", O_RDWR | O_CLOEXEC), number, loop, r;

	if (control < 0)
		return -errno;
	number = ioctl(control, LOOP_CTL_GET_FREE);
	r = number < 0 ? -errno : 0;
	close(control);
	if (r < 0)
		return r;
	snprintf(path, sizeof path, "/dev/loop%d", number);
	loop = open(path, O_RDWR | O_CLOEXEC);
	if (loop < 0)
		return -errno;
	r = loop_configure(loop, file);
	if (r < 0) {
		close(loop);
		return r;
	}
	*ret_number = number;
	return loop;
}

/* One ioctl's buffer: the head, and what the targets say. */
struct dm_call {
	struct dm_ioctl head;
	char data[1024];
};

static int dm_ioctl(const char *name, unsigned long request, struct dm_call *c)
{
	int control = open("/dev/mapper/control", O_RDWR | O_CLOEXEC), r = 0;

	if (control < 0)
		return -errno;
	c->head.version[0] = DM_VERSION_MAJOR;
	c->head.data_size = sizeof *c;
	c->head.data_start = offsetof(struct dm_call, data);
	snprintf(c->head.name, sizeof c->head.name, "%s", name);
	if (ioctl(control, request, c) < 0)
		r = -errno;
	close(control);
	return r;
}

static int put_targets(struct dm_call *c, const struct dm_target *target, size_t n)
{
	size_t at = 0;

	for (size_t i = 0; i < n; i++) {
		struct dm_target_spec spec = { .sector_start = target[i].start_bytes / SECTOR,
					       .length = target[i].bytes / SECTOR };
		size_t size = (sizeof spec + strlen(target[i].args) + 1 + 7) / 8 * 8;

		if (size > sizeof c->data - at)
			return -E2BIG;
		spec.next = (uint32_t)size;
		snprintf(spec.target_type, sizeof spec.target_type, "%s", target[i].type);
		memcpy(c->data + at, &spec, sizeof spec);
		strcpy(c->data + at + sizeof spec, target[i].args);
		at += size;
	}
	c->head.target_count = (uint32_t)n;
	return 0;
}

int dm_make(const char *name, const struct dm_target *target, size_t n)
{
	struct dm_call create = { 0 }, load = { 0 }, resume = { 0 };
	int r = dm_ioctl(name, DM_DEV_CREATE, &create);

	if (r < 0)
		return r;
	r = put_targets(&load, target, n);
	if (r == 0)
		r = dm_ioctl(name, DM_TABLE_LOAD, &load);
	if (r == 0)
		r = dm_ioctl(name, DM_DEV_SUSPEND, &resume); /* without its flag: resume */
	if (r < 0) {
		dm_remove(name);
		return r;
	}
	return (int)minor(create.head.dev);
}

int dm_remove(const char *name)
{
	struct dm_call c = { 0 };

	return dm_ioctl(name, DM_DEV_REMOVE, &c);
}
