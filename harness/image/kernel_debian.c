/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "image/kernel_parts.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include "base/exit.h"
#include "base/fs.h"
#include "base/sha256.h"
#include "image/apt.h"
#include "image/cache.h"
#include "image/unpack.h"

#define DOWNLOAD     "download"
#define VMLINUX_ROOM ((uint64_t)64 << 20)

static bool wanted_path(const char *path)
{
	return str_after(path, "boot/") || str_after(path, "lib/modules/") ||
	       str_after(path, "usr/lib/modules/") ||
	       (str_after(path, "usr/share/doc/") && strstr(path, "/changelog"));
}

/* boot/vmlinuz-RELEASE tells the release. */
static int find_release(int dirfd, const char *deb, char **ret, struct err *err)
{
	_cleanup_strv_ struct strv names = { 0 };
	const char *release = NULL;

	if (fs_list(dirfd, "boot", &names, NULL) == 0)
		for (size_t i = 0; i < names.n && !release; i++)
			release = str_after(names.item[i], "vmlinuz-");
	if (!release || !*release)
		return err_set(err, EBADMSG, "%s holds no kernel (no boot/vmlinuz-*)", deb);
	*ret = xstrdup(release);
	return 0;
}

/* The relative path where the entry has it, else NULL. */
static char *if_there(int dirfd, char *path)
{
	if (faccessat(dirfd, path, F_OK, 0) == 0)
		return path;
	free(path);
	return NULL;
}

static int describe_package(int dirfd, const char *deb, struct kernel *k, struct err *err)
{
	_cleanup_file_map_ struct file_map image = { 0 };
	bool made = false;
	int r = find_release(dirfd, deb, &k->release, err);

	if (r < 0)
		return r;
	k->bzimage = xasprintf("boot/vmlinuz-%s", k->release);
	k->config = if_there(dirfd, xasprintf("boot/config-%s", k->release));
	k->modules_dir = if_there(dirfd, xasprintf("lib/modules/%s", k->release));
	if (!k->modules_dir)
		k->modules_dir = if_there(dirfd, xasprintf("usr/lib/modules/%s", k->release));
	k->changelog = if_there(dirfd, xasprintf("usr/share/doc/%s/changelog.gz", k->package));
	r = file_map(dirfd, k->bzimage, &image, err);
	if (r == 0)
		r = kernel_extract(dirfd, &image, &made, err);
	if (r < 0)
		return err_wrap(err, "%s", deb);
	if (made)
		k->vmlinux = xstrdup("vmlinux");
	return kernel_entry_describe(dirfd, k, err);
}

int kernel_unpack_deb(const char *deb, const char *name, int dirfd, struct err *err)
{
	_cleanup_buf_ struct buf control = BUF_INIT;
	_cleanup_kernel_ struct kernel k = { 0 };
	char sum[SHA256_HEX];
	int r = deb_control(deb, &control, err);

	if (r == 0)
		r = sha256_file(AT_FDCWD, deb, sum, err);
	if (r == 0)
		r = deb_unpack(deb, dirfd, wanted_path, err);
	if (r < 0)
		return r;
	k.package = deb_field(buf_str(&control), "Package");
	k.version = deb_field(buf_str(&control), "Version");
	if (!k.package || !*k.package || strchr(k.package, '/'))
		return err_set(err, EBADMSG, "%s does not say which package it is", deb);
	k.name = name ? xstrdup(name) : kernel_name_of_package(k.package);
	k.digest = xstrdup(sum);
	return describe_package(dirfd, deb, &k, err);
}

/* Said before the download rather than by whoever runs out first. */
static int check_room(int dirfd, const struct apt_package *p, struct err *err)
{
	uint64_t need = p->size_bytes + p->installed_bytes + VMLINUX_ROOM, have;
	struct statvfs fs;

	if (fstatvfs(dirfd, &fs) < 0)
		return 0;
	have = (uint64_t)fs.f_bavail * fs.f_frsize;
	if (have >= need)
		return 0;
	err_set(err, ENOSPC, "%s needs %llu MiB in the cache, and its disk has %llu MiB left",
		p->name, (unsigned long long)need >> 20, (unsigned long long)have >> 20);
	return err_exit(err, EXIT_CANNOT_WRITE);
}

static int make_from_apt(const char *dir, int dirfd, const void *arg, struct err *err)
{
	_cleanup_free_
	char *download = xasprintf("%s/" DOWNLOAD, dir);
	_cleanup_free_
	char *deb = NULL;
	int r = check_room(dirfd, arg, err);

	if (r < 0)
		return r;
	if (mkdirat(dirfd, DOWNLOAD, 0755) < 0) {
		err_set(err, errno, "cannot make %s: %s", download, strerror(errno));
		return err_exit(err, EXIT_CANNOT_WRITE);
	}
	r = apt_download(arg, download, &deb, err);
	if (r == 0)
		r = kernel_unpack_deb(deb, NULL, dirfd, err);
	return r < 0 ? r : fs_remove_tree(dirfd, DOWNLOAD, err);
}

/* -ENOENT, with the nearest names, where it has none such. */
static int look_in_apt(const char *abi, struct apt_packages *ret, struct err *err)
{
	_cleanup_strv_ struct strv all = { 0 }, one = { 0 };
	_cleanup_buf_ struct buf near = BUF_INIT;
	const char *package;
	int r = apt_kernels(&all, err);

	if (r < 0)
		return r;
	package = kernel_match_package(&all, abi);
	if (package) {
		strv_add(&one, package);
		r = apt_show(&one, ret, err);
	}
	if (r < 0 || ret->n)
		return r;
	kernel_list_nearest(&all, abi, &near);
	err_set(err, ENOENT,
		"apt has no kernel " KERNEL_SCHEME "%s; the nearest of the %zu it has: "
		"%s (`kernsoak kernels list` shows all)",
		abi, all.n, buf_str(&near));
	return err_exit(err, EXIT_HOST_UNABLE);
}

static int fetch(const char *cache, const char *abi, char **ret_package, struct err *err)
{
	_cleanup_apt_packages_ struct apt_packages shown = { 0 };
	int r = look_in_apt(abi, &shown, err);

	if (r < 0)
		return r == -ENOENT ? r : err_wrap(err, "cannot fetch " KERNEL_SCHEME "%s", abi);
	r = cache_make(cache, shown.item[0].name, KERNEL_BY_PATH, make_from_apt, &shown.item[0],
		       err);
	if (r == 0)
		*ret_package = xstrdup(shown.item[0].name);
	return r;
}

int kernel_available(const char *ref, struct err *err)
{
	_cleanup_apt_packages_ struct apt_packages shown = { 0 };
	_cleanup_kernel_ struct kernel k = { 0 };
	_cleanup_free_
	char *abi = NULL;
	struct err why = { 0 };

	if (kernel_find(ref, false, &k, &why) == 0)
		return 0;
	if (!str_after(ref, KERNEL_SCHEME) || kernel_ref_parse(ref, &abi, &why) < 0) {
		*err = why;
		return -MAX(why.code, 1);
	}
	return look_in_apt(abi, &shown, err);
}

int kernel_find_debian(const char *ref, bool may_fetch, struct kernel *ret, struct err *err)
{
	_cleanup_free_
	char *cache = kernel_cache_dir(), *abi = NULL, *package = NULL, *dir = NULL;
	_cleanup_strv_ struct strv cached = { 0 };
	const char *match;
	int r = kernel_ref_parse(ref, &abi, err);

	if (r < 0)
		return r;
	kernel_cached_packages(cache, &cached);
	match = kernel_match_package(&cached, abi);
	if (match)
		package = xstrdup(match);
	else if (may_fetch)
		r = fetch(cache, abi, &package, err);
	else
		r = err_set(err, ENOENT,
			    KERNEL_SCHEME
			    "%s is not in the cache; `kernsoak kernels fetch " KERNEL_SCHEME
			    "%s` gets it",
			    abi, abi);
	if (r < 0)
		return err_exit(err, EXIT_HOST_UNABLE);
	dir = xasprintf("%s/%s", cache, package);
	return kernel_entry_load(dir, ref, ret, err);
}
