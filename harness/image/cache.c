/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "image/cache.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>

#include "base/exit.h"
#include "base/fs.h"
#include "base/str.h"

#define KEEP_S (14 * 24 * 3600)
#define HALF   ".new" /* .NAME.new is the entry NAME in the making */

/* The entry's lock, held until it is closed. It is a file of its own that is never removed: a lock
 * that can vanish would let two in. -EWOULDBLOCK where `wait` is false and somebody has it. */
static int lock(int cachefd, const char *name, bool wait, struct err *err)
{
	_cleanup_free_
	char *file = xasprintf(".%s.lock", name);
	int fd = openat(cachefd, file, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);

	if (fd < 0) {
		err_set(err, errno, "cannot write %s in the cache: %s", file, strerror(errno));
		return err_exit(err, EXIT_CANNOT_WRITE);
	}
	while (flock(fd, wait ? LOCK_EX : LOCK_EX | LOCK_NB) < 0) {
		int code = errno;

		if (code == EINTR)
			continue;
		close(fd);
		return err_set(err, code, "cannot lock %s: %s", file, strerror(code));
	}
	return fd;
}

/* NAME of .NAME.new; NULL where the file is no entry in the making. */
static char *half_made(const char *file)
{
	size_t n = strlen(file), tail = strlen(HALF);

	if (n <= tail + 1 || file[0] != '.' || !str_eq(file + n - tail, HALF))
		return NULL;
	return xstrndup(file + 1, n - tail - 1);
}

static bool is_old(int cachefd, const char *file, const char *prefix)
{
	struct stat st;

	return str_after(file, prefix) && fstatat(cachefd, file, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	       time(NULL) - st.st_mtime > KEEP_S;
}

/* Under its lock. An entry goes as it came: by a rename, so that no half of it is ever seen. */
static void remove_entry(int cachefd, const char *file, bool half)
{
	_cleanup_free_
	char *temp = half ? xstrdup(file) : xasprintf(".%s" HALF, file);

	if (half || renameat(cachefd, file, cachefd, temp) == 0)
		fs_remove_tree(cachefd, temp, NULL);
}

/* Entries in the making are locked, so they stay. */
static void sweep(int cachefd, const char *volatile_prefix)
{
	_cleanup_strv_ struct strv files = { 0 };

	if (fs_list(cachefd, ".", &files, NULL) < 0)
		return;
	for (size_t i = 0; i < files.n; i++) {
		_cleanup_free_
		char *half = half_made(files.item[i]);
		_cleanup_close_ int lockfd = -1;

		if (!half && !is_old(cachefd, files.item[i], volatile_prefix))
			continue;
		lockfd = lock(cachefd, half ? half : files.item[i], false, NULL);
		if (lockfd >= 0)
			remove_entry(cachefd, files.item[i], half);
	}
}

/* Everything is on the disk before the name is: a machine that loses power keeps no half entry. */
static int publish(int cachefd, int dirfd, const char *from, const char *name, struct err *err)
{
	if (syncfs(dirfd) < 0 || renameat(cachefd, from, cachefd, name) < 0) {
		err_set(err, errno, "cannot keep %s in the cache: %s", name, strerror(errno));
		return err_exit(err, EXIT_CANNOT_WRITE);
	}
	fsync(cachefd);
	return 0;
}

static int make_under_lock(const char *cache, int cachefd, const char *name, cache_maker *make,
			   const void *arg, struct err *err)
{
	_cleanup_free_
	char *temp = xasprintf(".%s" HALF, name);
	_cleanup_free_
	char *dir = xasprintf("%s/%s", cache, temp);
	_cleanup_close_ int dirfd = -1;
	int r;

	if (faccessat(cachefd, name, F_OK, 0) == 0)
		return 0; /* another process made it while we waited */
	r = fs_remove_tree(cachefd, temp, err);
	if (r < 0)
		return r;
	dirfd = fs_make_dir(cachefd, temp, 0755, err);
	if (dirfd < 0)
		return dirfd;
	r = make(dir, dirfd, arg, err);
	if (r == 0)
		r = publish(cachefd, dirfd, temp, name, err);
	if (r < 0)
		fs_remove_tree(cachefd, temp, NULL);
	return r;
}

int cache_make(const char *cache, const char *name, const char *volatile_prefix, cache_maker *make,
	       const void *arg, struct err *err)
{
	_cleanup_close_ int cachefd = -1, lockfd = -1;
	int r = fs_mkdir_p(cache, 0755, err);

	if (r < 0)
		return err_exit(err, EXIT_CANNOT_WRITE);
	cachefd = fs_open_dir(AT_FDCWD, cache, err);
	if (cachefd < 0)
		return cachefd;
	sweep(cachefd, volatile_prefix);
	lockfd = lock(cachefd, name, true, err);
	if (lockfd < 0)
		return lockfd;
	return make_under_lock(cache, cachefd, name, make, arg, err);
}

bool cache_use(const char *cache, const char *name)
{
	_cleanup_free_
	char *path = xasprintf("%s/%s", cache, name);

	/* A cache of which we are only a reader keeps its times. */
	return utimensat(AT_FDCWD, path, NULL, 0) == 0 || access(path, F_OK) == 0;
}
