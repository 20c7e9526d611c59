/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "backing.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../kfile.h"
#include "../load.h"
#include "disk.h"

#define MIB     ((uint64_t)1 << 20)
#define DM_NAME "overcopy"
#define MKE2FS  "mke2fs"
/* All that ext4 needs stands at its start, where the device is good. */
#define LAYOUT "packed_meta_blocks=1,lazy_itable_init=1,nodiscard,num_backup_sb=0"
#define OVERHEAD                                                                                   \
	(8 * MIB) /* of ext4: a journal of 4 MiB, 4096 inodes, bitmaps, all at its start           \
		   */

static void check(int r, const char *what)
{
	if (r < 0)
		load_fail("%s: %s", what, strerror(-r));
}

static void check_errno(int r, const char *what)
{
	check(r < 0 ? -errno : 0, what);
}

/* ---- overfs ---- */

/* In its own process, that neither the OOM killer nor reclaim may take from the soak. */
static _Noreturn void serve(const struct backing *b, int ready)
{
	struct overfs *fs;
	int error = 0;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	prctl(PR_SET_NAME, "overfs");
	kfile_write("/proc/self/oom_score_adj", "-1000");
	mlockall(MCL_CURRENT | MCL_FUTURE);
	fs = overfs_mount(&b->overfs);
	if (!fs)
		error = errno;
	if (write(ready, &error, sizeof error) != sizeof error || !fs)
		_exit(1);
	close(ready);
	_exit(overfs_serve(fs) < 0);
}

static void start_server(struct backing *b)
{
	int ready[2], error = EIO;

	check_errno(pipe2(ready, O_CLOEXEC), "pipe");
	b->server = fork();
	check_errno(b->server, "no process for overfs");
	if (b->server == 0)
		serve(b, ready[1]);
	close(ready[1]);
	if (read(ready[0], &error, sizeof error) != sizeof error || error)
		load_fail("overfs at %s: %s (the kernel needs FUSE)", b->overfs.mountpoint,
			  strerror(error));
	close(ready[0]);
}

/* FUSE keeps a server from holding more than its share of dirty pages: 1 % of what others may. */
static void loosen(struct backing *b)
{
	char path[128];
	struct stat st;
	bool lifted;

	check_errno(stat(b->overfs.mountpoint, &st), b->overfs.mountpoint);
	snprintf(path, sizeof path, "/sys/class/bdi/%u:%u/strict_limit", major(st.st_dev),
		 minor(st.st_dev));
	lifted = kfile_write(path, "0") == 0; /* there since 6.2 */
	snprintf(path, sizeof path, "/sys/class/bdi/%u:%u/max_ratio", major(st.st_dev),
		 minor(st.st_dev));
	check(kfile_write(path, "100"), path);
	snprintf(b->limits, sizeof b->limits, "max_ratio 100, strict_limit %s",
		 lifted ? "0" : "stays (kernels before 6.2 cannot)");
}

static void make_overfs(struct backing *b)
{
	snprintf(b->limits, sizeof b->limits, "limits of FUSE");
	start_server(b);
	if (b->loose)
		loosen(b);
}

/* ---- ext4 ---- */

static void disk_path(const struct backing *b, const char *file, char *ret, size_t size)
{
	snprintf(ret, size, "%s/%s", b->dir, file);
}

/* The loop's file has room for the capacity and what ext4 needs; under dm, for all. */
static void make_room(const struct backing *b)
{
	char options[64] = "size=100%";

	if (b->kind == BACKING_LOOP)
		snprintf(options, sizeof options, "size=%llu",
			 (unsigned long long)(b->overfs.capacity_bytes + OVERHEAD));
	mkdir(b->dir, 0755);
	check_errno(mount("overcopy", b->dir, "tmpfs", 0, options), "tmpfs");
}

static void run_mke2fs(const char *file)
{
	static const char *const options[] = {
		"-q", "-F", "-t", "ext4",   "-b", "4096",          "-N", "4096",
		"-m", "0",  "-J", "size=4", "-O", "sparse_super2", "-E", LAYOUT,
	};
	enum { N = sizeof options / sizeof *options };
	char *argv[N + 3] = { (char *)MKE2FS };
	int status = 0;
	pid_t pid;

	for (int i = 0; i < N; i++)
		argv[i + 1] = (char *)options[i];
	argv[N + 1] = (char *)file;
	pid = fork();
	check_errno(pid, "fork");
	if (pid == 0) {
		dup2(STDERR_FILENO, STDOUT_FILENO);
		execvp(MKE2FS, argv);
		_exit(127);
	}
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (status)
		load_fail("%s: status %d", MKE2FS, WEXITSTATUS(status));
}

static void make_file(const struct backing *b, char *path, size_t size)
{
	int fd;

	disk_path(b, "disk", path, size);
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	check_errno(fd, path);
	check_errno(ftruncate(fd, (off_t)b->claims_bytes), path);
	close(fd);
	run_mke2fs(path);
}

/* Good up to the capacity. After it: errors, or a flakey device that never lets a write through. */
static int map_device(const struct backing *b)
{
	uint64_t good = b->overfs.capacity_bytes + OVERHEAD;
	char linear[32], flakey[64];
	bool forgets = b->kind == BACKING_DM_FLAKEY;

	snprintf(linear, sizeof linear, "7:%d 0", b->loop_number);
	snprintf(flakey, sizeof flakey, "7:%d %llu 0 3600 1 drop_writes", b->loop_number,
		 (unsigned long long)(good / 512));
	const struct dm_target target[] = {
		{ 0, good, "linear", linear },
		{ good, b->claims_bytes - good, forgets ? "flakey" : "error",
		  forgets ? flakey : "" },
	};
	return dm_make(DM_NAME, target, 2);
}

static void make_ext4(struct backing *b)
{
	char file[128], device[32], options[64];
	int dm;

	make_room(b);
	make_file(b, file, sizeof file);
	b->loop = loop_make(file, &b->loop_number);
	check(b->loop, "a loop device");
	snprintf(device, sizeof device, "/dev/loop%d", b->loop_number);
	if (b->kind != BACKING_LOOP) {
		dm = map_device(b);
		check(dm, "a device of the device mapper");
		snprintf(device, sizeof device, "/dev/dm-%d", dm);
	}
	snprintf(options, sizeof options, "errors=%s,noinit_itable", b->on_errors);
	check_errno(mount(device, b->overfs.mountpoint, "ext4", MS_NOATIME, options), device);
	snprintf(b->limits, sizeof b->limits, "ext4 that claims %llu MiB",
		 (unsigned long long)(b->claims_bytes / MIB));
}

static void unmake_ext4(struct backing *b)
{
	if (b->kind != BACKING_LOOP)
		check(dm_remove(DM_NAME), "removing the device mapper's device");
	close(b->loop); /* the device goes with its last user */
	check_errno(umount2(b->dir, MNT_DETACH), b->dir);
}

/* ---- */

void backing_make(struct backing *b)
{
	mkdir(b->overfs.mountpoint, 0755);
	b->server = 0;
	if (b->kind == BACKING_OVERFS)
		make_overfs(b);
	else
		make_ext4(b);
}

void backing_abort(struct backing *b)
{
	if (b->server > 0)
		kill(b->server, SIGKILL);
}

int backing_unmake(struct backing *b)
{
	int r = umount2(b->overfs.mountpoint, 0) < 0 ? -errno : 0;

	if (r < 0)
		umount2(b->overfs.mountpoint, MNT_DETACH);
	backing_abort(b);
	if (b->server > 0)
		waitpid(b->server, NULL, 0);
	if (b->kind != BACKING_OVERFS)
		unmake_ext4(b);
	return r;
}
