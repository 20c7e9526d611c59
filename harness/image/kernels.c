/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "image/kernels.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include "base/exit.h"
#include "base/fs.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/sha256.h"
#include "base/str.h"
#include "image/apt.h"
#include "image/cache.h"
#include "image/unpack.h"
#include "image/vmlinux.h"

#define SCHEME       "debian:"
#define PREFIX       "linux-image-"
#define SUFFIX       "-amd64"
#define META         "meta.json"
#define DOWNLOAD     "download"
#define VMLINUX_ROOM ((uint64_t)64 << 20)
#define BY_PATH      "file-" /* entries of kernels by path; the others are named by their package */

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

static char *kernels_dir(void)
{
	_cleanup_free_
	char *cache = fs_cache_dir();

	return xasprintf("%s/kernels", cache);
}

/* --- an entry of the cache ------------------------------------------------------------------- */

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

static int entry_load(const char *dir, const char *ref, struct kernel *ret, struct err *err)
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
static int entry_describe(int dirfd, const struct kernel *k, struct err *err)
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

struct map {
	void *data;
	size_t n;
};

static void unmap(struct map *m)
{
	if (m->data)
		munmap(m->data, m->n);
}
#define _cleanup_map_ _cleanup_(unmap)

/* A vmlinux with its debug information has half a gigabyte: it is mapped, not read. */
static int map_file(int dirfd, const char *path, struct map *ret, struct err *err)
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
	*ret = (struct map){ p, (size_t)st.st_size };
	return 0;
}

/*
 * Writes the ELF of the bzImage beside it as `vmlinux`. ret_made is false, without an error, where
 * the image holds none that QEMU can enter: it boots as it is.
 */
static int extract(int dirfd, const struct map *image, bool *ret_made, struct err *err)
{
	_cleanup_buf_ struct buf elf = BUF_INIT;
	int r = vmlinux_extract(image->data, image->n, &elf, err);

	if (r < 0 && r != -ENOTSUP)
		return r;
	*ret_made = r == 0 && vmlinux_has_pvh(elf.data, elf.len);
	return *ret_made ? fs_write(dirfd, "vmlinux", elf.data, elf.len, err) : 0;
}

/* --- Debian packages ------------------------------------------------------------------------- */

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
	_cleanup_map_ struct map image = { 0 };
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
	r = map_file(dirfd, k->bzimage, &image, err);
	if (r == 0)
		r = extract(dirfd, &image, &made, err);
	if (r < 0)
		return err_wrap(err, "%s", deb);
	if (made)
		k->vmlinux = xstrdup("vmlinux");
	return entry_describe(dirfd, k, err);
}

/* linux-image-6.1.0-54-cloud-amd64 is debian:6.1.0-54-cloud. */
static char *package_to_name(const char *package)
{
	const char *abi = str_after(package, PREFIX);
	size_t n = abi ? strlen(abi) : 0, tail = sizeof(SUFFIX) - 1;

	if (!abi)
		return xstrdup(package);
	if (n > tail && str_eq(abi + n - tail, SUFFIX))
		n -= tail;
	return xasprintf(SCHEME "%.*s", (int)n, abi);
}

static int unpack_package(const char *deb, const char *name, int dirfd, struct err *err)
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
	k.name = name ? xstrdup(name) : package_to_name(k.package);
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
		r = unpack_package(deb, NULL, dirfd, err);
	return r < 0 ? r : fs_remove_tree(dirfd, DOWNLOAD, err);
}

/* 6.12.117+deb12-cloud without its +deb12. */
static char *without_suite(const char *name)
{
	char *copy = xstrdup(name), *at = strstr(copy, "+deb"), *end = at ? at + 4 : NULL;

	if (!at)
		return copy;
	while (isdigit((unsigned char)*end))
		end++;
	memmove(at, end, strlen(end) + 1);
	return copy;
}

/* Which of the packages, sorted by version, a short name means; NULL: none. */
static const char *match_package(const struct strv *packages, const char *abi)
{
	_cleanup_free_
	char *exact = xasprintf(PREFIX "%s" SUFFIX, abi);
	const char *best = NULL;

	for (size_t i = 0; i < packages->n; i++) {
		_cleanup_free_
		char *plain = without_suite(packages->item[i]);

		if (str_eq(packages->item[i], exact))
			return packages->item[i];
		if (str_eq(plain, exact))
			best = packages->item[i];
	}
	return best;
}

/* The part of a reference that names the version and flavour; people also write the release or
 * the package's name. */
static int parse_debian(const char *ref, char **ret, struct err *err)
{
	const char *abi = str_after(ref, SCHEME), *p;
	size_t n, tail = sizeof(SUFFIX) - 1;

	abi = str_after(abi, PREFIX) ? str_after(abi, PREFIX) : abi;
	n = strlen(abi);
	if (n > tail && str_eq(abi + n - tail, SUFFIX))
		n -= tail;
	for (p = abi; p < abi + n && (isalnum((unsigned char)*p) || strchr("-.+~", *p)); p++)
		;
	if (n == 0 || n > 100 || p < abi + n || !isdigit((unsigned char)*abi))
		goto malformed;
	*ret = xstrndup(abi, n);
	return 0;
malformed:
	err_set(err, EINVAL,
		"'%.120s' names no Debian kernel; write it as debian:6.1.0-54-cloud or "
		"debian:6.12.117-cloud (`kernsoak kernels list` shows them)",
		ref);
	return err_exit(err, EXIT_BAD_SCENARIO);
}

static void cached_packages(const char *cache, struct strv *ret)
{
	_cleanup_strv_ struct strv names = { 0 };

	if (fs_list(AT_FDCWD, cache, &names, NULL) < 0)
		return;
	for (size_t i = 0; i < names.n; i++)
		if (str_after(names.item[i], PREFIX))
			strv_add(ret, names.item[i]);
	strv_sort(ret, str_version_cmp);
}

struct near {
	const char *package;
	unsigned distance;
};

static int compare_near(const void *a, const void *b)
{
	const struct near *x = a, *y = b;

	if (x->distance != y->distance)
		return x->distance < y->distance ? -1 : 1;
	return -str_version_cmp(x->package, y->package);
}

/* "debian:6.1.0-55-cloud, debian:6.1.0-56-cloud, ...": fewest edits first, then newest. */
static void list_nearest(const struct strv *packages, const char *abi, struct buf *out)
{
	_cleanup_free_
	char *wanted = xasprintf(PREFIX "%s" SUFFIX, abi);
	_cleanup_free_
	struct near *near = xcalloc(packages->n, sizeof(*near));

	for (size_t i = 0; i < packages->n; i++) {
		_cleanup_free_
		char *plain = without_suite(packages->item[i]);

		near[i] = (struct near){ packages->item[i], str_distance(wanted, plain) };
	}
	qsort(near, packages->n, sizeof(*near), compare_near);
	for (size_t i = 0; i < MIN(packages->n, (size_t)6); i++) {
		_cleanup_free_
		char *name = package_to_name(near[i].package);

		buf_printf(out, "%s%s", i ? ", " : "", name);
	}
}

static int fetch(const char *cache, const char *abi, char **ret_package, struct err *err)
{
	_cleanup_strv_ struct strv all = { 0 }, one = { 0 };
	_cleanup_apt_packages_ struct apt_packages shown = { 0 };
	_cleanup_buf_ struct buf near = BUF_INIT;
	const char *package;
	int r = apt_kernels(&all, err);

	if (r < 0)
		return err_wrap(err, "cannot fetch " SCHEME "%s", abi);
	package = match_package(&all, abi);
	if (package) {
		strv_add(&one, package);
		r = apt_show(&one, &shown, err);
		if (r < 0)
			return r;
	}
	if (!shown.n) {
		list_nearest(&all, abi, &near);
		err_set(err, ENOENT,
			"apt has no kernel " SCHEME "%s; the nearest of the %zu it has: "
			"%s (`kernsoak kernels list` shows all)",
			abi, all.n, buf_str(&near));
		return err_exit(err, EXIT_HOST_UNABLE);
	}
	r = cache_make(cache, package, BY_PATH, make_from_apt, &shown.item[0], err);
	if (r == 0)
		*ret_package = xstrdup(package);
	return r;
}

static int find_debian(const char *ref, bool may_fetch, struct kernel *ret, struct err *err)
{
	_cleanup_free_
	char *cache = kernels_dir(), *abi = NULL, *package = NULL, *dir = NULL;
	_cleanup_strv_ struct strv cached = { 0 };
	const char *match;
	int r = parse_debian(ref, &abi, err);

	if (r < 0)
		return r;
	cached_packages(cache, &cached);
	match = match_package(&cached, abi);
	if (match)
		package = xstrdup(match);
	else if (may_fetch)
		r = fetch(cache, abi, &package, err);
	else
		r = err_set(err, ENOENT,
			    SCHEME "%s is not in the cache; `kernsoak kernels fetch " SCHEME
				   "%s` gets it",
			    abi, abi);
	if (r < 0)
		return err_exit(err, EXIT_HOST_UNABLE);
	dir = xasprintf("%s/%s", cache, package);
	return entry_load(dir, ref, ret, err);
}

/* --- kernels by path ------------------------------------------------------------------------- */

static int describe_file(int dirfd, const char *path, const struct map *image, struct kernel *k,
			 struct err *err)
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
		r = extract(dirfd, image, &made, err);
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
	_cleanup_map_ struct map image = { 0 };
	_cleanup_kernel_ struct kernel k = { .name = xstrdup(path) };
	char sum[SHA256_HEX];
	int r = map_file(AT_FDCWD, path, &image, err);

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
	return entry_describe(dirfd, &k, err);
}

static int make_from_deb(const char *dir, int dirfd, const void *arg, struct err *err)
{
	(void)dir;
	return unpack_package(arg, arg, dirfd, err);
}

/* A file that is replaced by another gets another entry. */
static char *file_entry(const char *path, const struct stat *st)
{
	uint64_t h = hash_str(HASH_INIT, path);

	h = hash_bytes(h, &st->st_size, sizeof(st->st_size));
	h = hash_bytes(h, &st->st_mtim, sizeof(st->st_mtim));
	h = hash_bytes(h, &st->st_ino, sizeof(st->st_ino));
	return xasprintf(BY_PATH "%016llx", (unsigned long long)h);
}

/* The modules that belong to a kernel file: in lib/modules/RELEASE beside it, or one level up (as
 * /boot and /lib are). */
static char *sibling_modules(const char *path, const char *release)
{
	static const char *const places[] = { "lib/modules", "../lib/modules" };
	int n = (int)(strrchr(path, '/') - path);

	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		_cleanup_free_
		char *dir = xasprintf("%.*s/%s/%s", n, path, places[i], release);
		char *real = realpath(dir, NULL);

		if (real)
			return real;
	}
	return NULL;
}

/* vmlinuz-RELEASE has config-RELEASE beside it. */
static char *sibling_config(const char *path, const char *release)
{
	int n = (int)(strrchr(path, '/') - path);
	char *config = xasprintf("%.*s/config-%s", n, path, release);

	if (access(config, R_OK) == 0)
		return config;
	free(config);
	return NULL;
}

static int find_file(const char *ref, struct kernel *ret, struct err *err)
{
	_cleanup_free_
	char *cache = kernels_dir(), *path = realpath(ref, NULL);
	_cleanup_free_
	char *entry = NULL, *dir = NULL;
	cache_maker *make;
	struct stat st;
	size_t n;
	int r;

	if (!path || stat(path, &st) < 0) {
		err_set(err, errno, "there is no kernel %s: %s", ref, strerror(errno));
		return err_exit(err, EXIT_HOST_UNABLE);
	}
	n = strlen(path);
	entry = file_entry(path, &st);
	dir = xasprintf("%s/%s", cache, entry);
	make = n > 4 && str_eq(path + n - 4, ".deb") ? make_from_deb : make_from_file;
	r = cache_use(cache, entry) ? 0 : cache_make(cache, entry, BY_PATH, make, path, err);
	if (r < 0)
		return err_exit(err, EXIT_HOST_UNABLE);
	r = entry_load(dir, ref, ret, err);
	if (r == 0 && !ret->package) { /* looked for anew: modules may be installed any time */
		ret->modules_dir = sibling_modules(path, ret->release);
		ret->config = sibling_config(path, ret->release);
	}
	return r;
}

int kernel_find(const char *ref, bool may_fetch, struct kernel *ret, struct err *err)
{
	if (str_after(ref, SCHEME))
		return find_debian(ref, may_fetch, ret, err);
	if (strchr(ref, '/'))
		return find_file(ref, ret, err);
	err_set(err, EINVAL,
		"'%.120s' names no kernel; write debian:6.1.0-54-cloud, or a path with a slash "
		"(./bzImage)%s",
		ref, isdigit((unsigned char)*ref) ? "; did you forget debian: ?" : "");
	return err_exit(err, EXIT_BAD_SCENARIO);
}

/* --- the list -------------------------------------------------------------------------------- */

void kernel_list_done(struct kernel_list *l)
{
	for (size_t i = 0; i < l->n; i++) {
		free(l->row[i].name);
		free(l->row[i].package);
		free(l->row[i].version);
	}
	free(l->row);
	*l = (struct kernel_list){ 0 };
}

static struct kernel_row *row_for(struct kernel_list *l, const char *package)
{
	for (size_t i = 0; i < l->n; i++)
		if (str_eq(l->row[i].package, package))
			return &l->row[i];
	l->row = xrealloc(l->row, (l->n + 1) * sizeof(*l->row));
	l->row[l->n] = (struct kernel_row){
		.name = package_to_name(package),
		.package = xstrdup(package),
	};
	return &l->row[l->n++];
}

static int add_available(struct kernel_list *l, struct err *err)
{
	_cleanup_apt_packages_ struct apt_packages shown = { 0 };
	_cleanup_strv_ struct strv names = { 0 };
	int r = apt_kernels(&names, err);

	if (r == 0)
		r = apt_show(&names, &shown, err);
	for (size_t i = 0; r == 0 && i < shown.n; i++) {
		struct kernel_row *row = row_for(l, shown.item[i].name);

		row->available = true;
		row->size_bytes = shown.item[i].size_bytes;
		if (!row->version)
			row->version = xstrdup(shown.item[i].version);
	}
	return r;
}

static void add_cached(struct kernel_list *l, const char *cache)
{
	_cleanup_strv_ struct strv names = { 0 };

	cached_packages(cache, &names);
	for (size_t i = 0; i < names.n; i++) {
		_cleanup_free_
		char *dir = xasprintf("%s/%s", cache, names.item[i]);
		_cleanup_kernel_ struct kernel k = { 0 };
		struct kernel_row *row;

		if (entry_load(dir, names.item[i], &k, NULL) < 0)
			continue;
		row = row_for(l, names.item[i]);
		row->cached = true;
		row->version = TAKE(k.version, NULL);
	}
}

static int compare_rows(const void *a, const void *b)
{
	const struct kernel_row *x = a, *y = b;

	return str_version_cmp(x->package, y->package);
}

int kernel_list(struct kernel_list *ret, struct err *ret_why, struct err *err)
{
	_cleanup_free_
	char *cache = kernels_dir();
	_cleanup_kernel_list_ struct kernel_list l = { 0 };
	struct err why = { 0 };

	add_cached(&l, cache);
	if (add_available(&l, &why) < 0 && l.n == 0) {
		if (err)
			*err = why;
		return -why.code;
	}
	if (l.n)
		qsort(l.row, l.n, sizeof(*l.row), compare_rows);
	if (ret_why)
		*ret_why = why;
	*ret = TAKE(l, (struct kernel_list){ 0 });
	return 0;
}
