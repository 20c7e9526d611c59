/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Adds and removes watches (inotify and fanotify) while others write, rename, delete, mount over
 * and unmount the same inodes and swap links as Kubernetes does with config maps. A watch's end
 * races with the event that looks for it: on 4.14 kernels masters of clusters locked up that way
 * (d90a10e2444b).
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/fanotify.h>
#include <sys/inotify.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fsnotify/churn.h"
#include "kfile.h"
#include "load.h"

#define SECOND_NS   1000000000u
#define SAY_EVERY   10 /* seconds */
#define MAX_THREADS 256

static struct churn churn;

static void read_params(void)
{
	churn.dir = load_param_text("dir");
	churn.threads = load_param_u64("threads");
	churn.watchers = load_param_u64("watchers");
	churn.directories = load_param_u64("directories");
	churn.files = load_param_u64("files");
	churn.mounts = load_param_bool("mounts");
	churn.fanotify = load_param_bool("fanotify");
	churn.swaps = load_param_bool("swaps");
	uint64_t micro_rate = load_param_u64("rate");
	if (micro_rate == 0)
		load_fail("the parameter `rate` is 0");
	churn.interval_ns = (uint64_t)((double)churn.watchers * 1e15 / (double)micro_rate);
}

/* Mounts of ours are nobody else's: what propagates would be another load. */
static void own_mounts(void)
{
	if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		load_fail("a mount namespace: %s", strerror(errno));
}

/* An event of inotify that has `bit`, now. */
static bool heard(int inotify, uint32_t bit)
{
	char events[4096] __attribute__((aligned(8)));
	ssize_t n = read(inotify, events, sizeof events);

	for (ssize_t at = 0; at < n;) {
		struct inotify_event *e = (void *)(events + at);

		if (e->mask & bit)
			return true;
		at += (ssize_t)(sizeof *e + e->len);
	}
	return false;
}

static void prove_inotify(const char *file)
{
	int fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);

	if (fd < 0 || inotify_add_watch(fd, file, IN_MODIFY) < 0)
		load_fail("inotify: %s", strerror(errno));
	if (churn_write_file(&churn, file) < 0 || !heard(fd, IN_MODIFY))
		load_fail("inotify says nothing of a write to %s", file);
	close(fd);
}

static void prove_fanotify(const char *file)
{
	struct fanotify_event_metadata e;
	int fd = fanotify_init(FAN_CLASS_NOTIF | FAN_NONBLOCK | FAN_CLOEXEC, O_RDONLY);

	if (fd < 0 || fanotify_mark(fd, FAN_MARK_ADD, FAN_MODIFY, AT_FDCWD, file) < 0)
		load_fail("fanotify: %s (the kernel needs CONFIG_FANOTIFY; or: fanotify: no)",
			  strerror(errno));
	if (churn_write_file(&churn, file) < 0 || read(fd, &e, sizeof e) < (ssize_t)sizeof e ||
	    !(e.mask & FAN_MODIFY))
		load_fail("fanotify says nothing of a write to %s", file);
	close(e.fd);
	close(fd);
	fd = fanotify_init(FAN_CLASS_NOTIF | FAN_REPORT_FID | FAN_CLOEXEC, O_RDONLY);
	if (fd < 0 || fanotify_mark(fd, FAN_MARK_ADD, FAN_DELETE_SELF, AT_FDCWD, file) < 0)
		load_fail("fanotify with FAN_REPORT_FID on %s: %s", file, strerror(errno));
	close(fd);
}

static void prove_mounts(void)
{
	char path[CHURN_PATH];
	int r;

	snprintf(path, sizeof path, "%s/m", churn.dir);
	r = churn_mount_once(&churn, path);
	if (r < 0)
		load_fail("mounting over %s: %s", path, strerror(-r));
}

static void prove_swaps(void)
{
	char path[CHURN_PATH], data[CHURN_PATH];
	int fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC), r;

	snprintf(path, sizeof path, "%s/cm", churn.dir);
	snprintf(data, sizeof data, "%s/cm/key", churn.dir);
	r = churn_swap_once(&churn, 0);
	if (r < 0 || access(data, R_OK) < 0)
		load_fail("%s does not lead to its data", data);
	inotify_add_watch(fd, path, IN_MOVED_TO);
	r = churn_swap_once(&churn, 1);
	if (r < 0 || !heard(fd, IN_MOVED_TO))
		load_fail("inotify says nothing of a swap in %s", path);
	close(fd);
}

static void prove(void)
{
	char file[CHURN_PATH];

	snprintf(file, sizeof file, "%s/d0/f0", churn.dir);
	prove_inotify(file);
	if (churn.fanotify)
		prove_fanotify(file);
	if (churn.mounts)
		prove_mounts();
	if (churn.swaps)
		prove_swaps();
}

static void start(void *(*body)(void *), uint64_t n)
{
	static struct churner churner[MAX_THREADS];
	static size_t used;

	for (uint64_t i = 0; i < n; i++) {
		struct churner *c = &churner[used++];
		pthread_t thread;

		if (used > MAX_THREADS)
			load_fail("more than %d threads", MAX_THREADS);
		*c = (struct churner){ .churn = &churn, .random = load_random() };
		if (pthread_create(&thread, NULL, body, c) != 0)
			load_fail("no thread");
	}
}

static unsigned long long so_far(_Atomic uint64_t *counter)
{
	return *counter;
}

static void say(void)
{
	load_note("ops inotify=%llu fanotify=%llu instances=%llu events=%llu writes=%llu "
		  "renames=%llu deletes=%llu mounts=%llu swaps=%llu",
		  so_far(&churn.inotify), so_far(&churn.fanotify_marks), so_far(&churn.instances),
		  so_far(&churn.events), so_far(&churn.writes), so_far(&churn.renames),
		  so_far(&churn.deletes), so_far(&churn.mounted), so_far(&churn.swapped));
}

static void reset_counters(void)
{
	churn.writes = churn.mounted = churn.swapped = 0;
}

/* Descriptors of events, of up to a page full of them, in each watcher. */
static void raise_limits(void)
{
	const struct rlimit files = { 65536, 65536 };

	setrlimit(RLIMIT_NOFILE, &files);
	kfile_write("/proc/sys/fs/inotify/max_user_instances", "8192");
	kfile_write("/proc/sys/fs/inotify/max_user_watches", "1048576");
}

int main(int argc, char **argv)
{
	load_init(argc, argv);
	read_params();
	own_mounts();
	churn_make_files(&churn);
	prove();
	reset_counters();
	load_armed("events came of a write (inotify%s)%s%s", churn.fanotify ? ", fanotify" : "",
		   churn.swaps ? ", of a swap" : "", churn.mounts ? "; a mount went" : "");
	load_wait_go();
	raise_limits();
	start(churn_watch, churn.watchers);
	start(churn_change, churn.threads);
	start(churn_mount, churn.mounts);
	start(churn_swap, churn.swaps);
	load_pause(SECOND_NS);
	for (;;) {
		say();
		load_pause((uint64_t)SAY_EVERY * SECOND_NS);
	}
}
