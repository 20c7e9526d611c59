/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "root.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "modules.h"

#define NEW      "/newroot"
#define BELOW    "/below"
#define ABOVE    "/above"
#define LOOKS    500 /* for the disk, 20 ms apart */
#define LOOK_NS  20000000
#define MAX_NAME 64

struct plan {
	char serial[MAX_NAME];
	char module[64][MAX_NAME];
	size_t n_modules;
};

static bool read_plan(struct plan *p)
{
	FILE *f = fopen(ROOT_FILE, "re");
	char key[16], value[MAX_NAME];

	if (!f)
		return false;
	while (fscanf(f, "%15s %63s", key, value) == 2)
		if (strcmp(key, "disk") == 0)
			strcpy(p->serial, value);
		else if (strcmp(key, "module") == 0 && p->n_modules < 64)
			strcpy(p->module[p->n_modules++], value);
	fclose(f);
	return true;
}

static int load(const char *name, char *why, size_t why_size)
{
	return module_load(name, why, why_size) == MODULE_FAILED ? -1 : 0;
}

static bool has_serial(const char *device, const char *serial)
{
	char path[PATH_MAX], text[MAX_NAME] = "";
	FILE *f;

	snprintf(path, sizeof path, "/sys/block/%s/serial", device);
	f = fopen(path, "re");
	if (!f)
		return false;
	if (!fgets(text, sizeof text, f))
		text[0] = 0;
	fclose(f);
	text[strcspn(text, "\n")] = 0;
	return strcmp(text, serial) == 0;
}

static bool find_disk(const char *serial, char *ret, size_t size)
{
	DIR *dir = opendir("/sys/block");
	struct dirent *entry;
	bool found = false;

	while (dir && !found && (entry = readdir(dir)))
		if (entry->d_name[0] != '.' && has_serial(entry->d_name, serial)) {
			snprintf(ret, size, "/dev/%s", entry->d_name);
			found = true;
		}
	if (dir)
		closedir(dir);
	return found;
}

static bool wait_for_disk(const char *serial, char *ret, size_t size)
{
	struct timespec t = { .tv_nsec = LOOK_NS };

	for (int i = 0; i < LOOKS; i++) {
		if (find_disk(serial, ret, size))
			return true;
		nanosleep(&t, NULL);
	}
	return false;
}

static int cannot(const char *what, char *why, size_t why_size)
{
	snprintf(why, why_size, "the image's root: %s: %s", what, strerror(errno));
	return -1;
}

static int mount_tree(const char *device, char *why, size_t why_size)
{
	mkdir(BELOW, 0755);
	mkdir(ABOVE, 0755);
	mkdir(NEW, 0755);
	if (mount(device, BELOW, "erofs", MS_RDONLY, NULL) < 0)
		return cannot("erofs", why, why_size);
	if (mount("tmpfs", ABOVE, "tmpfs", 0, "mode=0755") < 0)
		return cannot("tmpfs", why, why_size);
	mkdir(ABOVE "/upper", 0755);
	mkdir(ABOVE "/work", 0755);
	if (mount("overlay", NEW, "overlay", 0,
		  "lowerdir=" BELOW ",upperdir=" ABOVE "/upper,workdir=" ABOVE "/work") < 0)
		return cannot("overlay", why, why_size);
	return 0;
}

static const struct {
	const char *from, *to;
	unsigned long flags;
} taken[] = {
	{ "/loads", NEW "/loads", MS_BIND }, { "/lib/modules", NEW "/usr/lib/modules", MS_BIND },
	{ "/proc", NEW "/proc", MS_MOVE },   { "/sys", NEW "/sys", MS_MOVE },
	{ "/dev", NEW "/dev", MS_MOVE },     { "/tmp", NEW "/tmp", MS_MOVE },
	{ "/run", NEW "/run", MS_MOVE },     { BELOW, NEW ROOT_BELOW, MS_MOVE },
};

static int take_along(char *why, size_t why_size)
{
	mkdir("/run/kernsoak", 0755);
	mkdir("/run/kernsoak/root", 0755);
	for (size_t i = 0; i < sizeof taken / sizeof *taken; i++) {
		mkdir(taken[i].to, 0755);
		if (mount(taken[i].from, taken[i].to, NULL, taken[i].flags, NULL) < 0)
			return cannot(taken[i].from, why, why_size);
	}
	return 0;
}

/* The initramfs cannot be unmounted: it is covered. */
static int switch_root(char *why, size_t why_size)
{
	if (chdir(NEW) < 0 || mount(".", "/", NULL, MS_MOVE, NULL) < 0 || chroot(".") < 0 ||
	    chdir("/") < 0)
		return cannot("switch", why, why_size);
	return 0;
}

/*
 * Container storage is an overlay itself, whose upper layer may not be on one. The size is a
 * limit, not a reservation.
 */
static void mount_storage(void)
{
	mkdir("/var/lib/containers", 0755);
	mount("tmpfs", "/var/lib/containers", "tmpfs", 0, "mode=0755");
}

int root_enter(char *why, size_t why_size)
{
	static const char *const early[] = { "virtio_blk", "erofs", "overlay" };
	static struct plan plan;
	char device[PATH_MAX];

	if (!read_plan(&plan))
		return 0;
	for (size_t i = 0; i < sizeof early / sizeof *early; i++)
		if (load(early[i], why, why_size) < 0)
			return -1;
	if (!wait_for_disk(plan.serial, device, sizeof device)) {
		snprintf(why, why_size, "the image's root: no disk has the serial %s", plan.serial);
		return -1;
	}
	if (mount_tree(device, why, why_size) < 0 || take_along(why, why_size) < 0 ||
	    switch_root(why, why_size) < 0)
		return -1;
	mount_storage();
	for (size_t i = 0; i < plan.n_modules; i++)
		if (load(plan.module[i], why, why_size) < 0)
			return -1;
	return 0;
}
