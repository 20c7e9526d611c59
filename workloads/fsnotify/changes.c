/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "churn.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../load.h"

#define MOUNT_PAUSE_NS 2000000u
#define SWAP_PAUSE_NS  2000000u

uint64_t churn_below(struct churner *c, uint64_t n)
{
	return load_random_from(&c->random) % n;
}

static void dir_path(const struct churn *c, uint64_t i, char ret[CHURN_PATH])
{
	snprintf(ret, CHURN_PATH, "%s/d%llu", c->dir, (unsigned long long)i);
}

static void file_path(struct churner *c, char ret[CHURN_PATH])
{
	snprintf(ret, CHURN_PATH, "%s/d%llu/f%llu", c->churn->dir,
		 (unsigned long long)churn_below(c, c->churn->directories),
		 (unsigned long long)churn_below(c, c->churn->files));
}

void churn_any_path(struct churner *c, char ret[CHURN_PATH])
{
	static const char *const others[] = { "m",         "m/f0",   "m/sub",        "cm",
					      "cm/..data", "cm/key", "cm/..data/key" };
	uint64_t draw = churn_below(c, 16);

	if (draw < 10)
		file_path(c, ret);
	else if (draw < 13)
		dir_path(c->churn, churn_below(c, c->churn->directories), ret);
	else
		snprintf(ret, CHURN_PATH, "%s/%s", c->churn->dir,
			 others[churn_below(c, sizeof others / sizeof *others)]);
}

/* ---- files ---- */

int churn_write_file(struct churn *c, const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644), r = 0;

	if (fd < 0)
		return -errno;
	if (write(fd, "change", 6) < 0)
		r = -errno;
	close(fd);
	c->writes++;
	return r;
}

static void change(struct churner *c)
{
	char path[CHURN_PATH], to[CHURN_PATH];

	file_path(c, path);
	switch (churn_below(c, 8)) {
	case 0:
		unlink(path);
		c->churn->deletes++;
		break;
	case 1:
		file_path(c, to);
		rename(path, to);
		c->churn->renames++;
		break;
	case 2:
		file_path(c, to);
		unlink(to);
		if (link(path, to) < 0) {
			/* another thread was faster: so it shall be */
		}
		c->churn->deletes++;
		break;
	case 3: chmod(path, churn_below(c, 2) ? 0644 : 0600); break;
	default: churn_write_file(c->churn, path);
	}
}

void *churn_change(void *churner)
{
	for (;;)
		change(churner);
	return NULL;
}

/* ---- mounts ---- */

static int fill_mount(struct churn *c, const char *path)
{
	char inside[CHURN_PATH + 8];

	snprintf(inside, sizeof inside, "%s/sub", path);
	mkdir(inside, 0755);
	snprintf(inside, sizeof inside, "%s/f0", path);
	return churn_write_file(c, inside);
}

static int mount_over(struct churn *c, const char *source, const char *path)
{
	int r = source ? mount(source, path, NULL, MS_BIND, NULL)
		       : mount("churn", path, "tmpfs", 0, "size=1m");

	if (r < 0)
		return -errno;
	if (!source)
		fill_mount(c, path);
	c->mounted++;
	return 0;
}

int churn_mount_once(struct churn *c, const char *path)
{
	int r = mount_over(c, NULL, path);

	if (r < 0)
		return r;
	return umount2(path, MNT_DETACH) < 0 ? -errno : 0;
}

void *churn_mount(void *churner)
{
	struct churner *c = churner;
	char path[CHURN_PATH], source[CHURN_PATH];

	snprintf(path, sizeof path, "%s/m", c->churn->dir);
	for (;;) {
		bool bind = churn_below(c, 2);
		int r;

		dir_path(c->churn, churn_below(c, c->churn->directories), source);
		r = mount_over(c->churn, bind ? source : NULL, path);
		if (r < 0 && r != -EBUSY && r != -ENOMEM)
			load_fail("mount over %s: %s", path, strerror(-r));
		load_pause(MOUNT_PAUSE_NS / 2 + churn_below(c, MOUNT_PAUSE_NS));
		umount2(path, churn_below(c, 2) ? MNT_DETACH : 0);
		umount2(path, MNT_DETACH); /* where it was busy */
	}
	return NULL;
}

/* ---- config maps ---- */

/*
 * As the kubelet's atomic writer does it: a new directory with a time in its name, a link to it
 * renamed over ..data, the old directory removed. cm/key links to ..data/key for ever.
 */
int churn_swap_once(struct churn *c, uint64_t generation)
{
	char name[64], path[CHURN_PATH + 80], link[CHURN_PATH], data[CHURN_PATH], old[64] = "";
	ssize_t n;

	snprintf(link, sizeof link, "%s/cm/..data_tmp", c->dir);
	snprintf(data, sizeof data, "%s/cm/..data", c->dir);
	snprintf(name, sizeof name, "..2026_%llu", (unsigned long long)generation);
	snprintf(path, sizeof path, "%s/cm/%s", c->dir, name);
	if (mkdir(path, 0755) < 0)
		return -errno;
	snprintf(path, sizeof path, "%s/cm/%s/key", c->dir, name);
	int r = churn_write_file(c, path);
	if (r < 0)
		return r;
	n = readlink(data, old, sizeof old - 1);
	unlink(link); /* of a swap that memory was too short for */
	if (symlink(name, link) < 0 || rename(link, data) < 0)
		return -errno;
	c->swapped++;
	if (n <= 0)
		return 0;
	snprintf(path, sizeof path, "%s/cm/%s/key", c->dir, old);
	unlink(path);
	snprintf(path, sizeof path, "%s/cm/%s", c->dir, old);
	return rmdir(path) < 0 ? -errno : 0;
}

void *churn_swap(void *churner)
{
	struct churner *c = churner;

	for (uint64_t generation = 2;; generation++) {
		int r = churn_swap_once(c->churn, generation);

		if (r < 0 && r != -ENOMEM)
			load_fail("swap of %s/cm/..data: %s", c->churn->dir, strerror(-r));
		load_pause(SWAP_PAUSE_NS / 2 + churn_below(c, SWAP_PAUSE_NS));
	}
	return NULL;
}

/* ---- */

static void make_dir(const char *path)
{
	if (mkdir(path, 0755) < 0 && errno != EEXIST)
		load_fail("%s: %s", path, strerror(errno));
}

void churn_make_files(const struct churn *c)
{
	char path[CHURN_PATH], file[CHURN_PATH + 32];

	make_dir(c->dir);
	for (uint64_t i = 0; i < c->directories; i++) {
		dir_path(c, i, path);
		make_dir(path);
		for (uint64_t k = 0; k < c->files; k++) {
			snprintf(file, sizeof file, "%s/f%llu", path, (unsigned long long)k);
			int fd = open(file, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
			if (fd < 0)
				load_fail("%s: %s", file, strerror(errno));
			close(fd);
		}
	}
	snprintf(path, sizeof path, "%s/m", c->dir);
	make_dir(path);
	snprintf(path, sizeof path, "%s/cm", c->dir);
	make_dir(path);
	snprintf(path, sizeof path, "%s/cm/key", c->dir);
	if (symlink("..data/key", path) < 0)
		load_fail("%s: %s", path, strerror(errno));
}
