/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "image/kernel_parts.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "base/exit.h"
#include "base/hash.h"
#include "base/sha256.h"
#include "image/cache.h"
#include "image/kbuild.h"
#include "image/vmlinux.h"

static int describe_file(int dirfd, const char *path, const struct file_map *image,
			 struct kernel *k, struct err *err)
{
	bool made = false;
	int r;

	switch (vmlinux_kind(image->data, image->n)) {
	case KERNEL_NEITHER:
		return err_set(err, EINVAL,
			       "it is neither a bzImage, nor an x86-64 vmlinux, nor "
			       "a .deb");
	case KERNEL_ELF:
		if (!vmlinux_has_pvh(image->data, image->n))
			return err_set(err, ENOTSUP,
				       "this vmlinux has no PVH note, so QEMU cannot enter it "
				       "(CONFIG_PVH); name the bzImage instead");
		k->vmlinux = xstrdup(path);
		break;
	case KERNEL_BZIMAGE:
		r = kernel_extract(dirfd, image, &made, err);
		if (r < 0)
			return r;
		k->bzimage = xstrdup(path);
		k->vmlinux = made ? xstrdup("vmlinux") : NULL;
		break;
	}
	k->release = vmlinux_release(image->data, image->n);
	if (!k->release)
		return err_set(err, EBADMSG, "it does not say which release it is");
	return 0;
}

static int make_from_file(const char *dir, int dirfd, const void *arg, struct err *err)
{
	const char *path = arg;
	_cleanup_file_map_ struct file_map image = { 0 };
	_cleanup_kernel_ struct kernel k = { .name = xstrdup(path) };
	char sum[SHA256_HEX];
	int r = file_map(AT_FDCWD, path, &image, err);

	(void)dir;
	if (r < 0)
		return r;
	r = describe_file(dirfd, path, &image, &k, err);
	if (r < 0)
		return err_wrap(err, "%s", path);
	r = sha256_file(AT_FDCWD, path, sum, err);
	if (r < 0)
		return r;
	k.digest = xstrdup(sum);
	return kernel_entry_describe(dirfd, &k, err);
}

static int make_from_deb(const char *dir, int dirfd, const void *arg, struct err *err)
{
	(void)dir;
	return kernel_unpack_deb(arg, arg, dirfd, err);
}

/* A file that is replaced by another gets another entry. */
static char *file_entry(const char *path, const struct stat *st)
{
	uint64_t h = hash_str(HASH_INIT, path);

	h = hash_bytes(h, &st->st_size, sizeof(st->st_size));
	h = hash_bytes(h, &st->st_mtim, sizeof(st->st_mtim));
	h = hash_bytes(h, &st->st_ino, sizeof(st->st_ino));
	return xasprintf(KERNEL_BY_PATH "%016llx", (unsigned long long)h);
}

/* The kernel's file or folder at one of the places, which are relative to the kernel's folder and
 * may hold %s for its release. */
static char *sibling(const char *path, const char *const *places, const char *release)
{
	int n = (int)(strrchr(path, '/') - path);

	for (; *places; places++) {
		_cleanup_free_
		char *there = xasprintf("%.*s/%s%s", n, path, *places, release);
		char *real = realpath(there, NULL);

		if (real)
			return real;
	}
	return NULL;
}

/* In lib/modules/RELEASE beside it, or one level up (as /boot and /lib are), or at the top of its
 * build tree (make modules_install INSTALL_MOD_PATH=.). */
static char *sibling_modules(const char *path, const char *release)
{
	static const char *const places[] = { "lib/modules/", "../lib/modules/",
					      "../../../lib/modules/", NULL };

	return sibling(path, places, release);
}

/* vmlinuz-RELEASE has config-RELEASE beside it; a build tree has .config beside its vmlinux, three
 * levels above its arch/x86/boot/bzImage. */
static char *sibling_config(const char *path, const char *release)
{
	static const char *const named[] = { "config-", NULL };
	static const char *const tree[] = { ".config", NULL };
	static const char *const above[] = { "../../../.config", NULL };
	char *config = sibling(path, named, release);

	if (!config)
		config = sibling(path, tree, "");
	if (!config && strstr(path, "/arch/"))
		config = sibling(path, above, "");
	return config;
}

/* A build tree stands for the bzImage in it. */
static char *in_build_tree(char *path)
{
	static const char *const places[] = { "arch/x86/boot/bzImage", "vmlinux" };

	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		char *image = xasprintf("%s/%s", path, places[i]);

		if (access(image, R_OK) == 0) {
			free(path);
			return image;
		}
		free(image);
	}
	return path;
}

static int find_file(const char *ref, struct kernel *ret, struct err *err)
{
	_cleanup_free_
	char *cache = kernel_cache_dir(), *path = realpath(ref, NULL);
	_cleanup_free_
	char *entry = NULL, *dir = NULL;
	cache_maker *make;
	struct stat st;
	size_t n;
	int r;

	if (path)
		path = in_build_tree(path);
	if (!path || stat(path, &st) < 0) {
		err_set(err, errno, "there is no kernel %s: %s", ref, strerror(errno));
		return err_exit(err, EXIT_HOST_UNABLE);
	}
	n = strlen(path);
	entry = file_entry(path, &st);
	dir = xasprintf("%s/%s", cache, entry);
	make = n > 4 && str_eq(path + n - 4, ".deb") ? make_from_deb : make_from_file;
	r = cache_use(cache, entry) ? 0 : cache_make(cache, entry, KERNEL_BY_PATH, make, path, err);
	if (r < 0)
		return err_exit(err, EXIT_HOST_UNABLE);
	r = kernel_entry_load(dir, ref, ret, err);
	if (r == 0 && !ret->package) { /* looked for anew: modules may be installed any time */
		ret->modules_dir = sibling_modules(path, ret->release);
		ret->config = sibling_config(path, ret->release);
	}
	return r;
}

int kernel_find(const char *ref, bool may_fetch, struct kernel *ret, struct err *err)
{
	if (str_after(ref, KERNEL_SCHEME))
		return kernel_find_debian(ref, may_fetch, ret, err);
	if (str_after(ref, KBUILD_SCHEME))
		return kbuild_find(ref, ret, err);
	if (strchr(ref, '/'))
		return find_file(ref, ret, err);
	err_set(err, EINVAL,
		"'%.120s' names no kernel; write debian:6.1.0-54-cloud, or a path with a slash "
		"(./bzImage)%s",
		ref, isdigit((unsigned char)*ref) ? "; did you forget debian: ?" : "");
	return err_exit(err, EXIT_BAD_SCENARIO);
}
