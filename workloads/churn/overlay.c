/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "churn.h"

#define LOWER     CHURN_DIR "/lower"
#define OPEN_DIRS 16

static const char *const lower_dirs[] = { LOWER,         LOWER "/bin", LOWER "/etc",
					  LOWER "/proc", LOWER "/tmp", LOWER "/var" };

/* The load itself is the program of its containers: it is static. */
static int copy_self(const char *to)
{
	int in = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	int out = open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0755);
	ssize_t n = 1;
	int r = 0;

	while (in >= 0 && out >= 0 && n > 0)
		n = sendfile(out, in, NULL, 1 << 20);
	if (in < 0 || out < 0 || n < 0)
		r = -errno;
	if (in >= 0)
		close(in);
	if (out >= 0)
		close(out);
	return r;
}

/* Something to be copied up, renamed and covered. */
static int write_lower(const char *name)
{
	char path[PATH_MAX];
	int fd;

	snprintf(path, sizeof path, LOWER "/etc/%s", name);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (fd < 0)
		return -errno;
	dprintf(fd, "# %s, of the image\n", name);
	close(fd);
	return 0;
}

/*
 * A mount namespace of the load's own, so that its mounts end with it whatever happens, and one
 * tmpfs for the image and for what containers write.
 */
int overlay_prepare(const char **ret_why)
{
	int r = 0;

	*ret_why = "a mount namespace of its own";
	if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		return -errno;
	*ret_why = CHURN_DIR;
	mkdir("/run", 0755);
	mkdir(CHURN_DIR, 0755);
	if (mount("churn", CHURN_DIR, "tmpfs", 0, "mode=0755") < 0)
		return -errno;
	*ret_why = LOWER;
	for (size_t i = 0; i < sizeof lower_dirs / sizeof *lower_dirs && r == 0; i++)
		r = mkdir(lower_dirs[i], 0755) < 0 ? -errno : 0;
	if (r == 0)
		r = copy_self(LOWER INSIDE_PROGRAM);
	if (r == 0)
		r = write_lower("hosts");
	return r == 0 ? write_lower("passwd") : r;
}

static void path_of(uint64_t number, const char *part, char *ret, size_t size)
{
	snprintf(ret, size, CHURN_DIR "/%llu%s", (unsigned long long)number, part);
}

int overlay_mount(uint64_t number)
{
	static const char *const parts[] = { "", "/upper", "/work", "/root" };
	char path[128], options[512];

	for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
		path_of(number, parts[i], path, sizeof path);
		if (mkdir(path, 0755) < 0)
			return -errno;
	}
	snprintf(options, sizeof options,
		 "lowerdir=" LOWER ",upperdir=" CHURN_DIR "/%llu/upper,workdir=" CHURN_DIR
		 "/%llu/work",
		 (unsigned long long)number, (unsigned long long)number);
	return mount("overlay", path, "overlay", 0, options) < 0 ? -errno : 0;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *walk)
{
	(void)st;
	(void)type;
	(void)walk;
	return remove(path) < 0 && errno != ENOENT ? -1 : 0;
}

int overlay_umount(uint64_t number)
{
	char path[128];

	path_of(number, "/root", path, sizeof path);
	if (umount2(path, 0) < 0 && errno != EINVAL && errno != ENOENT)
		return -errno;
	path_of(number, "", path, sizeof path);
	if (nftw(path, remove_one, OPEN_DIRS, FTW_DEPTH | FTW_PHYS | FTW_MOUNT) < 0 &&
	    errno != ENOENT)
		return -errno;
	return 0;
}

/* An initramfs is the one root that pivot_root(2) does not take: there the new root goes on top. */
static int make_root(void)
{
	if (syscall(SYS_pivot_root, ".", ".") == 0)
		return umount2(".", MNT_DETACH) < 0 ? -errno : 0;
	if (errno != EINVAL)
		return -errno;
	return mount(".", "/", NULL, MS_MOVE, NULL) < 0 || chroot(".") < 0 ? -errno : 0;
}

/* The overlay is bound to its own place first: as it came from another user namespace it is locked
 * there. */
int overlay_enter(uint64_t number)
{
	char path[128];
	int r;

	path_of(number, "/root", path, sizeof path);
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    mount(path, path, NULL, MS_BIND | MS_REC, NULL) < 0 || chdir(path) < 0 ||
	    mount("proc", "proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) < 0 ||
	    mount("tmp", "tmp", "tmpfs", MS_NOSUID | MS_NODEV, "size=1m") < 0)
		return -errno;
	r = make_root();
	return r == 0 && chdir("/") < 0 ? -errno : r;
}
