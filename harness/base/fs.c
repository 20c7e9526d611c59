/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/fs.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/sendfile.h>
#include <sys/stat.h>

#include "base/exit.h"
#include "base/str.h"

void fs_reserve_std(void)
{
	int fd;

	do
		fd = open("/dev/null", O_RDWR);
	while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd >= 0)
		close(fd);
}

int fs_mkdir_p(const char *path, mode_t mode, struct err *err)
{
	_cleanup_free_
	char *copy = xstrdup(path);

	for (char *p = copy + 1; copy[0]; p++) {
		char c = *p;

		if (c && c != '/')
			continue;
		*p = 0;
		if (mkdir(copy, mode) < 0 && errno != EEXIST)
			return err_set(err, errno, "cannot make the directory %s: %s", copy,
				       strerror(errno));
		if (!c)
			break;
		*p = c;
	}
	return 0;
}

int fs_open_dir(int dirfd, const char *name, struct err *err)
{
	int fd = openat(dirfd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return err_set(err, errno, "cannot open the directory %s: %s", name,
			       strerror(errno));
	return fd;
}

int fs_make_dir(int dirfd, const char *name, mode_t mode, struct err *err)
{
	if (mkdirat(dirfd, name, mode) < 0 && errno != EEXIST) {
		err_set(err, errno, "cannot make the directory %s: %s", name, strerror(errno));
		return err_exit(err, EXIT_CANNOT_WRITE);
	}
	return fs_open_dir(dirfd, name, err);
}

int fs_read_fd(int fd, size_t max, struct buf *out)
{
	size_t start = out->len;
	ssize_t n;
	int r = 0;

	do {
		buf_reserve(out, 65536);
		n = read(fd, out->data + out->len, 65536);
		if (n > 0)
			out->len += (size_t)n;
		else if (n < 0 && errno != EINTR)
			r = -errno;
		if (out->len - start > max)
			r = -EFBIG;
	} while (n != 0 && r == 0);
	out->data[out->len] = 0;
	return r;
}

int fs_read(int dirfd, const char *name, size_t max, struct buf *out, struct err *err)
{
	_cleanup_close_ int fd = openat(dirfd, name, O_RDONLY | O_CLOEXEC);
	int r;

	if (fd < 0)
		return err_set(err, errno, "cannot open %s: %s", name, strerror(errno));
	r = fs_read_fd(fd, max, out);
	if (r == -EFBIG)
		return err_set(err, EFBIG, "%s is larger than %zu bytes", name, max);
	return r < 0 ? err_set(err, -r, "cannot read %s: %s", name, strerror(-r)) : 0;
}

int fs_write_all(int fd, const void *data, size_t n)
{
	const char *p = data;

	while (n) {
		ssize_t done = write(fd, p, n);

		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0)
			return -errno;
		p += done;
		n -= (size_t)done;
	}
	return 0;
}

static int write_sync_close(int fd, const void *data, size_t n)
{
	int r = fs_write_all(fd, data, n);

	if (r == 0 && fsync(fd) < 0)
		r = -errno;
	if (close(fd) < 0 && r == 0)
		r = -errno;
	return r;
}

void fs_read_part(int dirfd, const char *name, uint64_t offset, size_t n, struct buf *out)
{
	_cleanup_close_ int fd = openat(dirfd, name, O_RDONLY | O_CLOEXEC);

	buf_reserve(out, n);
	while (fd >= 0 && n) {
		ssize_t got = pread(fd, out->data + out->len, n, (off_t)offset);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			break;
		out->len += (size_t)got;
		offset += (uint64_t)got;
		n -= (size_t)got;
	}
	out->data[out->len] = 0;
}

int fs_write(int dirfd, const char *name, const void *data, size_t n, struct err *err)
{
	const char *slash = strrchr(name, '/'), *base = slash ? slash + 1 : name;
	char temp[PATH_MAX];
	int fd, r;

	snprintf(temp, sizeof(temp), "%.*s.%.200s.%d.new", (int)(base - name), name, base,
		 (int)getpid());
	fd = openat(dirfd, temp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644);
	r = fd < 0 ? -errno : write_sync_close(fd, data, n);
	if (r == 0 && renameat(dirfd, temp, dirfd, name) < 0)
		r = -errno;
	if (r < 0) {
		unlinkat(dirfd, temp, 0);
		err_set(err, -r, "cannot write %s: %s", name, strerror(-r));
		return err_exit(err, EXIT_CANNOT_WRITE);
	}
	fsync(dirfd); /* AT_FDCWD and odd file systems refuse: the rename stands all the same */
	return 0;
}

int fs_copy(int from_dir, const char *from, int to_dir, const char *to, struct err *err)
{
	_cleanup_close_ int in = openat(from_dir, from, O_RDONLY | O_CLOEXEC);
	_cleanup_close_ int out = -1;
	ssize_t n;

	if (in < 0)
		return err_set(err, errno, "cannot open %s: %s", from, strerror(errno));
	out = openat(to_dir, to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (out < 0) {
		err_set(err, errno, "cannot create %s: %s", to, strerror(errno));
		return err_exit(err, EXIT_CANNOT_WRITE);
	}
	while ((n = sendfile(out, in, NULL, 1 << 30)) > 0)
		;
	if (n < 0) {
		err_set(err, errno, "cannot copy %s to %s: %s", from, to, strerror(errno));
		return err_exit(err, EXIT_CANNOT_WRITE);
	}
	return 0;
}

int fs_list(int dirfd, const char *name, struct strv *out, struct err *err)
{
	struct dirent **list = NULL;
	int n = scandirat(dirfd, name, &list, NULL, NULL);

	if (n < 0)
		return err_set(err, errno, "cannot list %s: %s", name, strerror(errno));
	for (int i = 0; i < n; i++) {
		if (!str_eq(list[i]->d_name, ".") && !str_eq(list[i]->d_name, ".."))
			strv_add(out, list[i]->d_name);
		free(list[i]);
	}
	free(list);
	strv_sort(out, strcmp);
	return 0;
}

int fs_read_named(const char *path, size_t max, struct buf *out, struct err *err)
{
	const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path, *near;
	_cleanup_strv_ struct strv names = { 0 };
	_cleanup_free_
	char *folder = slash ? xstrndup(path, (size_t)(name - path)) : xstrdup(".");
	int r = fs_read(AT_FDCWD, path, max, out, err);

	if (r != -ENOENT || fs_list(AT_FDCWD, folder, &names, NULL) < 0)
		return r;
	near = strv_nearest(&names, name);
	if (!near)
		return r;
	return err_set(err, ENOENT, "there is no file %s; did you mean %.*s%s?", path,
		       (int)(name - path), path, near);
}

/* Calls visit on name and, before it, on everything below it; links are not followed. */
static int walk(int dirfd, const char *name, int (*visit)(int, const char *, bool, void *),
		void *arg)
{
	_cleanup_close_ int fd = -1;
	_cleanup_strv_ struct strv names = { 0 };
	struct stat st;
	int r;

	if (fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return -errno;
	if (!S_ISDIR(st.st_mode))
		return visit(dirfd, name, false, arg);
	fd = openat(dirfd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return -errno;
	r = fs_list(fd, ".", &names, NULL);
	for (size_t i = 0; i < names.n && r == 0; i++)
		r = walk(fd, names.item[i], visit, arg);
	return r < 0 ? r : visit(dirfd, name, true, arg);
}

static int remove_one(int dirfd, const char *name, bool dir, void *arg)
{
	(void)arg;
	return unlinkat(dirfd, name, dir ? AT_REMOVEDIR : 0) < 0 ? -errno : 0;
}

int fs_remove_tree(int dirfd, const char *name, struct err *err)
{
	int r = walk(dirfd, name, remove_one, NULL);

	if (r < 0 && r != -ENOENT)
		return err_set(err, -r, "cannot remove %s: %s", name, strerror(-r));
	return 0;
}

struct owner {
	uid_t uid;
	gid_t gid;
};

static int chown_one(int dirfd, const char *name, bool dir, void *arg)
{
	const struct owner *o = arg;

	(void)dir;
	return fchownat(dirfd, name, o->uid, o->gid, AT_SYMLINK_NOFOLLOW) < 0 ? -errno : 0;
}

int fs_chown_tree(int dirfd, const char *name, uid_t uid, gid_t gid, struct err *err)
{
	struct owner o = { uid, gid };
	int r = walk(dirfd, name, chown_one, &o);

	if (r < 0)
		return err_set(err, -r, "cannot give %s to uid %u: %s", name, uid, strerror(-r));
	return 0;
}

static int add_bytes(int dirfd, const char *name, bool dir, void *arg)
{
	uint64_t *sum = arg;
	struct stat st;

	(void)dir;
	if (fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) == 0)
		*sum += (uint64_t)st.st_blocks * 512;
	return 0;
}

uint64_t fs_tree_bytes(int dirfd, const char *name)
{
	uint64_t sum = 0;

	walk(dirfd, name, add_bytes, &sum);
	return sum;
}

char *fs_cache_dir(void)
{
	const char *xdg = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");

	if (xdg && xdg[0] == '/')
		return xasprintf("%s/kernsoak", xdg);
	if (home && home[0] == '/')
		return xasprintf("%s/.cache/kernsoak", home);
	return xstrdup("/var/tmp/kernsoak-cache");
}

char *fs_which(const char *command)
{
	const char *path = getenv("PATH");

	if (strchr(command, '/'))
		return access(command, X_OK) == 0 ? xstrdup(command) : NULL;
	if (!path)
		path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
	while (*path) {
		size_t n = strcspn(path, ":");
		char *full = xasprintf("%.*s/%s", (int)n, path, command);

		if (n && access(full, X_OK) == 0)
			return full;
		free(full);
		path += n + (path[n] == ':');
	}
	return NULL;
}

char *fs_which_admin(const char *command)
{
	static const char *const more[] = { "/usr/sbin", "/sbin" };
	char *path = fs_which(command);

	for (size_t i = 0; !path && !strchr(command, '/') && i < ARRAY_SIZE(more); i++) {
		_cleanup_free_
		char *full = xasprintf("%s/%s", more[i], command);

		path = fs_which(full);
	}
	return path;
}

char *fs_beside_program(const char *given, const char *const *places, size_t n)
{
	char self[4096], *slash, *dir = NULL;
	ssize_t len;

	if (given && *given)
		return xstrdup(given);
	len = readlink("/proc/self/exe", self, sizeof(self) - 1);
	self[MAX(len, (ssize_t)0)] = 0;
	slash = strrchr(self, '/');
	for (size_t i = 0; i < n; i++) {
		free(dir);
		dir = xasprintf("%.*s/%s", slash ? (int)(slash - self) : 0, self, places[i]);
		if (access(dir, X_OK) == 0)
			break;
	}
	return dir;
}
