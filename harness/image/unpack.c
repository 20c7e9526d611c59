/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "image/unpack.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "base/exit.h"
#include "base/fs.h"

#define BLOCK 65536

static void cleanup_archive(struct archive **a)
{
	archive_read_free(*a);
}
#define _cleanup_archive_ _cleanup_(cleanup_archive)

/* All filters but those that libarchive would hand to an external program. */
static void allow_filters(struct archive *a)
{
	archive_read_support_filter_xz(a);
	archive_read_support_filter_gzip(a);
	archive_read_support_filter_lz4(a);
	archive_read_support_filter_zstd(a);
	archive_read_support_filter_lzma(a);
	archive_read_support_filter_bzip2(a);
}

static int damaged(struct archive *a, const char *what, struct err *err)
{
	const char *why = archive_error_string(a);

	return err_set(err, EBADMSG, "%s is damaged: %s", what, why ? why : "it ends too soon");
}

/* Appends the rest of the current entry. */
static int read_entry(struct archive *a, const char *what, size_t max, struct buf *out,
		      struct err *err)
{
	size_t start = out->len;

	for (;;) {
		ssize_t n;

		buf_reserve(out, BLOCK);
		n = archive_read_data(a, out->data + out->len, BLOCK);
		if (n < 0)
			return damaged(a, what, err);
		out->len += (size_t)n;
		out->data[out->len] = 0;
		if (n == 0)
			return 0;
		if (out->len - start > max)
			return err_set(err, EFBIG, "%s holds more than %zu MiB", what, max >> 20);
	}
}

int unpack_bytes(const void *data, size_t n, const char *what, size_t max, struct buf *out,
		 struct err *err)
{
	_cleanup_archive_ struct archive *a = archive_read_new();
	struct archive_entry *entry;

	allow_filters(a);
	archive_read_support_format_raw(a);
	if (archive_read_open_memory(a, data, n) != ARCHIVE_OK ||
	    archive_read_next_header(a, &entry) != ARCHIVE_OK)
		return damaged(a, what, err);
	return read_entry(a, what, max, out, err);
}

/* A .deb is an ar(5) of debian-binary, control.tar.* and data.tar.*: `inner` reads one of these
 * through `outer`. */
struct deb {
	struct archive *outer, *inner;
	char block[BLOCK];
};

static void deb_close(struct deb *d)
{
	archive_read_free(d->inner);
	archive_read_free(d->outer);
}
#define _cleanup_deb_ _cleanup_(deb_close)

static la_ssize_t read_member(struct archive *inner, void *arg, const void **ret)
{
	struct deb *d = arg;
	la_ssize_t n = archive_read_data(d->outer, d->block, sizeof(d->block));

	if (n < 0)
		archive_set_error(inner, EBADMSG, "%s", archive_error_string(d->outer));
	*ret = d->block;
	return n;
}

/* Opens the member whose name starts with `prefix` as a tar. On failure, close all the same. */
static int deb_open(struct deb *d, const char *deb, const char *prefix, struct err *err)
{
	struct archive_entry *entry;
	int r;

	if (access(deb, R_OK) < 0)
		return err_set(err, errno, "cannot read %s: %s", deb, strerror(errno));
	d->outer = archive_read_new();
	d->inner = archive_read_new();
	archive_read_support_format_ar(d->outer);
	allow_filters(d->inner);
	archive_read_support_format_tar(d->inner);
	if (archive_read_open_filename(d->outer, deb, BLOCK) != ARCHIVE_OK)
		return err_set(err, EBADMSG, "%s is not a Debian package", deb);
	while ((r = archive_read_next_header(d->outer, &entry)) == ARCHIVE_OK) {
		const char *name = archive_entry_pathname(entry);

		if (name && str_after(name, prefix))
			break;
	}
	if (r != ARCHIVE_OK)
		return err_set(err, EBADMSG, "%s is not a Debian package (it has no %s)", deb,
			       prefix);
	if (archive_read_open(d->inner, d, NULL, read_member, NULL) != ARCHIVE_OK)
		return damaged(d->inner, deb, err);
	return 0;
}

static const char *entry_path(struct archive_entry *entry)
{
	const char *path = archive_entry_pathname(entry);

	while (path && path[0] == '.' && path[1] == '/')
		path += 2;
	return path && *path && *path != '/' ? path : NULL;
}

int deb_control(const char *deb, struct buf *out, struct err *err)
{
	_cleanup_deb_ struct deb d = { 0 };
	struct archive_entry *entry;
	int r = deb_open(&d, deb, "control.tar", err);

	if (r < 0)
		return r;
	while ((r = archive_read_next_header(d.inner, &entry)) == ARCHIVE_OK) {
		const char *path = entry_path(entry);

		if (path && str_eq(path, "control"))
			return read_entry(d.inner, deb, 1 << 20, out, err);
	}
	if (r != ARCHIVE_EOF)
		return damaged(d.inner, deb, err);
	return err_set(err, EBADMSG, "%s has no control file", deb);
}

char *deb_field(const char *control, const char *field)
{
	size_t n = strlen(field);

	for (const char *line = control; *line; line += strspn(line, "\n")) {
		size_t len = strcspn(line, "\n");

		if (len > n && strncmp(line, field, n) == 0 && line[n] == ':') {
			const char *value = line + n + 1;

			value += strspn(value, " \t");
			return xstrndup(value, strcspn(value, "\r\n"));
		}
		line += len;
	}
	return NULL;
}

static bool climbs(const char *path)
{
	for (const char *p = path; *p; p += strspn(p, "/")) {
		size_t n = strcspn(p, "/");

		if (n == 2 && p[0] == '.' && p[1] == '.')
			return true;
		p += n;
	}
	return false;
}

static int cannot_write(struct err *err, int code, const char *path)
{
	err_set(err, code, "cannot write %s: %s", path, strerror(code));
	return err_exit(err, EXIT_CANNOT_WRITE);
}

static int make_parents(int dirfd, const char *path, struct err *err)
{
	_cleanup_free_
	char *copy = xstrdup(path);

	for (char *p = strchr(copy, '/'); p; p = strchr(p + 1, '/')) {
		*p = 0;
		if (mkdirat(dirfd, copy, 0755) < 0 && errno != EEXIST)
			return cannot_write(err, errno, copy);
		*p = '/';
	}
	return 0;
}

static int write_entry(struct deb *d, const char *deb, int dirfd, const char *path, struct err *err)
{
	_cleanup_close_ int fd = -1;
	char chunk[BLOCK];
	la_ssize_t n;
	int r = make_parents(dirfd, path, err);

	if (r < 0)
		return r;
	fd = openat(dirfd, path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0644);
	if (fd < 0)
		return cannot_write(err, errno, path);
	while ((n = archive_read_data(d->inner, chunk, sizeof(chunk))) > 0) {
		r = fs_write_all(fd, chunk, (size_t)n);
		if (r < 0)
			return cannot_write(err, -r, path);
	}
	return n < 0 ? damaged(d->inner, deb, err) : 0;
}

/* A tar ends before the stream that carries it does: what follows must be there too. */
static int read_tail(struct deb *d, const char *deb, struct err *err)
{
	la_ssize_t n;

	while ((n = archive_read_data(d->outer, d->block, sizeof(d->block))) > 0)
		;
	return n < 0 ? damaged(d->outer, deb, err) : 0;
}

int deb_unpack(const char *deb, int dirfd, bool (*want)(const char *path), struct err *err)
{
	_cleanup_deb_ struct deb d = { 0 };
	struct archive_entry *entry;
	int r = deb_open(&d, deb, "data.tar", err);
	int next = ARCHIVE_EOF;

	while (r == 0 && (next = archive_read_next_header(d.inner, &entry)) == ARCHIVE_OK) {
		const char *path = entry_path(entry);

		if (!path || archive_entry_filetype(entry) != AE_IFREG ||
		    archive_entry_hardlink(entry) || !want(path))
			continue;
		if (climbs(path))
			return err_set(err, EBADMSG, "%s holds a file outside itself: %s", deb,
				       path);
		r = write_entry(&d, deb, dirfd, path, err);
	}
	if (r < 0)
		return r;
	return next == ARCHIVE_EOF ? read_tail(&d, deb, err) : damaged(d.inner, deb, err);
}

/* ---- tarballs ---- */

static const char *without_steps(const char *path, unsigned strip)
{
	while (path && strip--) {
		path = strchr(path, '/');
		path = path ? path + strspn(path, "/") : NULL;
	}
	return path && *path && !climbs(path) ? path : NULL;
}

/* Devices and sockets have no place in a source. */
static bool is_plain(struct archive_entry *entry)
{
	const mode_t type = archive_entry_filetype(entry);

	return archive_entry_hardlink(entry) || type == AE_IFREG || type == AE_IFDIR ||
	       type == AE_IFLNK;
}

/* Moves what the entry is called, and what it is a hard link to, below `dir`; false: not wanted. */
static bool place(struct archive_entry *entry, unsigned strip, const char *dir)
{
	const char *path = without_steps(entry_path(entry), strip);
	const char *link = archive_entry_hardlink(entry);
	_cleanup_free_
	char *to = NULL, *target = NULL;

	if (!path || !is_plain(entry))
		return false;
	to = xasprintf("%s/%s", dir, path);
	if (link) {
		link = without_steps(link, strip);
		if (!link)
			return false;
		target = xasprintf("%s/%s", dir, link);
		archive_entry_set_hardlink(entry, target);
	}
	archive_entry_set_pathname(entry, to);
	return true;
}

static int write_data(struct archive *in, struct archive *out)
{
	const void *data;
	la_int64_t at;
	size_t n;
	int r;

	while ((r = archive_read_data_block(in, &data, &n, &at)) == ARCHIVE_OK)
		if (archive_write_data_block(out, data, n, at) != ARCHIVE_OK)
			return ARCHIVE_FATAL;
	return r == ARCHIVE_EOF ? ARCHIVE_OK : r;
}

static int unpack_entries(struct archive *in, struct archive *out, const char *tar, unsigned strip,
			  const char *dir, bool (*stopped)(const void *), const void *arg,
			  struct err *err)
{
	struct archive_entry *entry;
	int r;

	while ((r = archive_read_next_header(in, &entry)) == ARCHIVE_OK) {
		if (stopped && stopped(arg))
			return err_set(err, EINTR, "interrupted");
		if (!place(entry, strip, dir))
			continue;
		if (archive_write_header(out, entry) != ARCHIVE_OK ||
		    write_data(in, out) != ARCHIVE_OK)
			break;
	}
	if (r == ARCHIVE_EOF)
		return 0;
	if (archive_errno(out))
		return cannot_write(err, archive_errno(out), dir);
	return damaged(in, tar, err);
}

int tar_unpack(const char *tar, unsigned strip, const char *dir, bool (*stopped)(const void *arg),
	       const void *arg, struct err *err)
{
	_cleanup_archive_ struct archive *in = archive_read_new();
	struct archive *out = archive_write_disk_new();
	_cleanup_free_
	char *real = realpath(dir, NULL); /* the cache may be reached by a link, a file may not */
	int r;

	allow_filters(in);
	archive_read_support_format_tar(in);
	archive_write_disk_set_options(out, ARCHIVE_EXTRACT_TIME | ARCHIVE_EXTRACT_SECURE_SYMLINKS |
						    ARCHIVE_EXTRACT_SECURE_NODOTDOT);
	if (!real || access(tar, R_OK) < 0)
		r = err_set(err, errno, "cannot read %s: %s", tar, strerror(errno));
	else if (archive_read_open_filename(in, tar, BLOCK) != ARCHIVE_OK)
		r = err_set(err, EBADMSG, "%s is not a tarball: %s", tar, archive_error_string(in));
	else
		r = unpack_entries(in, out, tar, strip, real, stopped, arg, err);
	archive_write_free(out);
	return r;
}
