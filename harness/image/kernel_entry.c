/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "image/kernel_parts.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "base/fs.h"
#include "base/json.h"
#include "image/vmlinux.h"

#define META "meta.json"

void kernel_done(struct kernel *k)
{
	free(k->ref);
	free(k->name);
	free(k->release);
	free(k->vmlinux);
	free(k->bzimage);
	free(k->modules_dir);
	free(k->config);
	free(k->changelog);
	free(k->package);
	free(k->version);
	free(k->digest);
	*k = (struct kernel){ 0 };
}

char *kernel_cache_dir(void)
{
	_cleanup_free_
	char *cache = fs_cache_dir();

	return xasprintf("%s/kernels", cache);
}

/* Paths in the cache are relative to their entry, so that the cache may be moved. */
static char *get_path(const json_t *meta, const char *key, const char *dir)
{
	const char *path = NULL;

	if (json_get_str(meta, key, &path, NULL) < 0 || !path)
		return NULL;
	return *path == '/' ? xstrdup(path) : xasprintf("%s/%s", dir, path);
}

static char *get_text(const json_t *meta, const char *key)
{
	const char *text = NULL;

	return json_get_str(meta, key, &text, NULL) < 0 || !text ? NULL : xstrdup(text);
}

int kernel_entry_load(const char *dir, const char *ref, struct kernel *ret, struct err *err)
{
	_cleanup_free_
	char *path = xasprintf("%s/" META, dir);
	_cleanup_json_ json_t *meta = NULL;
	_cleanup_kernel_ struct kernel k = { 0 };
	int r = json_read(AT_FDCWD, path, &meta, err);

	if (r < 0)
		return r;
	k = (struct kernel){
		.ref = xstrdup(ref),
		.name = get_text(meta, "name"),
		.release = get_text(meta, "release"),
		.vmlinux = get_path(meta, "vmlinux", dir),
		.bzimage = get_path(meta, "bzimage", dir),
		.modules_dir = get_path(meta, "modules", dir),
		.config = get_path(meta, "config", dir),
		.changelog = get_path(meta, "changelog", dir),
		.package = get_text(meta, "package"),
		.version = get_text(meta, "version"),
		.digest = get_text(meta, "sha256"),
	};
	if (!k.name || !k.release || !k.digest || (!k.vmlinux && !k.bzimage))
		return err_set(err, EBADMSG, "%s does not describe a kernel; remove %s", path, dir);
	*ret = TAKE(k, (struct kernel){ 0 });
	return 0;
}

static void set_text(json_t *meta, const char *key, const char *text)
{
	if (text)
		json_set_str(meta, key, text);
}

/* `k` with the paths of its files relative to the entry. */
int kernel_entry_describe(int dirfd, const struct kernel *k, struct err *err)
{
	_cleanup_json_ json_t *meta = json_object();

	set_text(meta, "name", k->name);
	set_text(meta, "release", k->release);
	set_text(meta, "vmlinux", k->vmlinux);
	set_text(meta, "bzimage", k->bzimage);
	set_text(meta, "modules", k->modules_dir);
	set_text(meta, "config", k->config);
	set_text(meta, "changelog", k->changelog);
	set_text(meta, "package", k->package);
	set_text(meta, "version", k->version);
	set_text(meta, "sha256", k->digest);
	return json_write(dirfd, META, meta, err);
}

/* --- an image file --------------------------------------------------------------------------- */

void file_unmap(struct file_map *m)
{
	if (m->data)
		munmap(m->data, m->n);
}

/* A vmlinux with its debug information has half a gigabyte: it is mapped, not read. */
int file_map(int dirfd, const char *path, struct file_map *ret, struct err *err)
{
	_cleanup_close_ int fd = openat(dirfd, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat st;
	void *p;

	if (fd < 0 || fstat(fd, &st) < 0)
		return err_set(err, errno, "cannot open %s: %s", path, strerror(errno));
	if (!S_ISREG(st.st_mode) || st.st_size == 0)
		return err_set(err, EINVAL, "%s is %s", path,
			       S_ISREG(st.st_mode) ? "empty" : "not a file");
	p = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (p == MAP_FAILED)
		return err_set(err, errno, "cannot map %s: %s", path, strerror(errno));
	*ret = (struct file_map){ p, (size_t)st.st_size };
	return 0;
}

int kernel_extract(int dirfd, const struct file_map *image, bool *ret_made, struct err *err)
{
	_cleanup_buf_ struct buf elf = BUF_INIT;
	int r = vmlinux_extract(image->data, image->n, &elf, err);

	if (r < 0 && r != -ENOTSUP)
		return r;
	*ret_made = r == 0 && vmlinux_has_pvh(elf.data, elf.len);
	return *ret_made ? fs_write(dirfd, "vmlinux", elf.data, elf.len, err) : 0;
}
