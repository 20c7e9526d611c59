/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "boot.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/random.h>
#include <sched.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

static const struct {
	const char *type, *path, *options;
	unsigned long flags;
} mounts[] = {
	{ "proc", "/proc", NULL, MS_NOSUID | MS_NODEV | MS_NOEXEC },
	{ "sysfs", "/sys", NULL, MS_NOSUID | MS_NODEV | MS_NOEXEC },
	{ "devtmpfs", "/dev", "mode=0755", MS_NOSUID },
	{ "devpts", "/dev/pts", "mode=0620,ptmxmode=0666", MS_NOSUID | MS_NOEXEC },
	{ "tmpfs", "/dev/shm", "mode=1777", MS_NOSUID | MS_NODEV },
	{ "tmpfs", "/run", "mode=0755", MS_NOSUID | MS_NODEV },
	{ "tmpfs", "/tmp", "mode=1777", MS_NOSUID | MS_NODEV },
	{ "cgroup2", "/sys/fs/cgroup", NULL, MS_NOSUID | MS_NODEV | MS_NOEXEC },
	{ "debugfs", "/sys/kernel/debug", NULL, MS_NOSUID | MS_NODEV | MS_NOEXEC },
	{ "tracefs", "/sys/kernel/tracing", NULL, MS_NOSUID | MS_NODEV | MS_NOEXEC },
};

void boot_mounts(void)
{
	umask(022);
	for (size_t i = 0; i < sizeof mounts / sizeof *mounts; i++) {
		mkdir(mounts[i].path, 0755);
		mount(mounts[i].type, mounts[i].path, mounts[i].type, mounts[i].flags,
		      mounts[i].options);
	}
}

void boot_silence(void)
{
	int fd = open("/dev/null", O_RDWR);

	if (fd < 0) { /* no devtmpfs */
		mkdir("/dev", 0755);
		mknod("/dev/null", S_IFCHR | 0666, makedev(1, 3));
		fd = open("/dev/null", O_RDWR);
	}
	for (int i = 0; i <= 2 && fd >= 0; i++)
		dup2(fd, i);
	if (fd > 2)
		close(fd);
}

static void link_applet(const char *name)
{
	static const char *const dirs[] = { "/bin", "/sbin", "/usr/bin", "/usr/sbin" };
	char path[256];

	for (size_t i = 0; i < sizeof dirs / sizeof *dirs; i++) {
		snprintf(path, sizeof path, "%s/%s", dirs[i], name);
		if (access(path, F_OK) == 0)
			return; /* busybox itself is on its own list, too */
	}
	snprintf(path, sizeof path, "/bin/%s", name);
	symlink("busybox", path);
}

/* Not popen(3): before the links there is no /bin/sh. */
static FILE *open_list(pid_t *ret_pid)
{
	char *argv[] = { "busybox", "--list", NULL };
	posix_spawn_file_actions_t actions;
	int end[2];

	if (pipe2(end, O_CLOEXEC) < 0)
		return NULL;
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, end[1], STDOUT_FILENO);
	if (posix_spawn(ret_pid, "/bin/busybox", &actions, NULL, argv, environ) != 0)
		*ret_pid = -1;
	posix_spawn_file_actions_destroy(&actions);
	close(end[1]);
	return fdopen(end[0], "r");
}

void boot_applets(void)
{
	char line[64];
	pid_t pid = -1;
	FILE *list = open_list(&pid);

	if (!list)
		return;
	while (fgets(line, sizeof line, list)) {
		line[strcspn(line, "\n")] = 0;
		if (line[0] && !strchr(line, '/'))
			link_applet(line);
	}
	fclose(list);
	if (pid > 0)
		waitpid(pid, NULL, 0);
}

static void write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return;
	if (write(fd, text, strlen(text)) < 0) {
		/* an optional strength: the agent works without it */
	}
	close(fd);
}

void boot_harden(void)
{
	struct sched_param p = { .sched_priority = 1 };

	write_file("/proc/self/oom_score_adj", "-1000");
	mlockall(MCL_CURRENT | MCL_FUTURE);
	if (sched_setscheduler(0, SCHED_FIFO | SCHED_RESET_ON_FORK, &p) < 0)
		setpriority(PRIO_PROCESS, 0, -19);
}

void boot_soften(void)
{
	write_file("/proc/self/oom_score_adj", "0");
	setpriority(PRIO_PROCESS, 0, 0);
}

static uint64_t mix(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15ull;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
	return z ^ (z >> 31);
}

int boot_reseed(uint64_t seed)
{
	struct {
		struct rand_pool_info info;
		uint64_t pool[8];
	} bytes = { .info = { .entropy_count = 512, .buf_size = sizeof bytes.pool } };
	int fd, r = 0;

	for (size_t i = 0; i < 8; i++)
		bytes.pool[i] = mix(&seed);
	fd = open("/dev/urandom", O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (ioctl(fd, RNDADDENTROPY, &bytes) < 0 || ioctl(fd, RNDRESEEDCRNG) < 0)
		r = -errno;
	close(fd);
	return r;
}
