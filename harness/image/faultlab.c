/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "image/faultlab.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

#include "base/exit.h"
#include "base/fs.h"
#include "base/proc.h"
#include "base/sha256.h"
#include "base/str.h"
#include "image/apt.h"
#include "image/build_job.h"
#include "image/cache.h"
#include "image/unpack.h"

#define MODULE     "faultlab.ko"
#define HEADERS    "headers-" /* entries of the cache: unpacked headers, and */
#define MODULES    "module-"  /* built modules; both go when nobody used them for two weeks */
#define OUTPUT_MAX ((size_t)4 << 20)
#define SOURCE_MAX ((size_t)1 << 20)

static char *faultlab_dir(void)
{
	_cleanup_free_
	char *cache = fs_cache_dir();

	return xasprintf("%s/faultlab", cache);
}

/* ---- headers of a Debian kernel ---- */

/* The package's own name in a Depends field: "linux-kbuild-6.1 (>= 6.1.170-3)". */
static char *dependency(const char *depends, const char *prefix, const char *suffix)
{
	for (const char *p = depends; *p;) {
		size_t n = strcspn(p, " ,("), tail = strlen(suffix);

		if (n > tail && strncmp(p, prefix, strlen(prefix)) == 0 &&
		    strncmp(p + n - tail, suffix, tail) == 0)
			return xstrndup(p, n);
		p += strcspn(p, ",");
		p += strspn(p, ", ");
	}
	return NULL;
}

static int unpack_here(const char *deb, const char *dir, struct err *err)
{
	/* Links and modes matter: there are programs in it, and scripts/ is a link. */
	const char *argv[] = { "dpkg-deb", "-x", deb, dir, NULL };
	_cleanup_buf_ struct buf said = BUF_INIT;
	int r = proc_transcript(argv, NULL, OUTPUT_MAX, &said, err);

	if (r > 0) {
		err_set(err, EIO, "dpkg-deb cannot unpack %s: %.300s", deb, buf_str(&said));
		return err_exit(err, EXIT_CANNOT_WRITE);
	}
	return r;
}

/* Downloads the package, unpacks it into `dir`; its control file's Depends in *ret_depends. */
static int add_package(const char *name, const char *dir, int dirfd, char **ret_depends,
		       struct err *err)
{
	_cleanup_apt_packages_ struct apt_packages shown = { 0 };
	_cleanup_strv_ struct strv one = { 0 };
	_cleanup_buf_ struct buf control = BUF_INIT;
	_cleanup_free_
	char *download = xasprintf("%s/download", dir), *deb = NULL;
	int r;

	strv_add(&one, name);
	r = apt_show(&one, &shown, err);
	if (r < 0)
		return r;
	if (!shown.n) {
		err_set(err, ENOENT,
			"apt has no package %s (archives drop those of older kernels: `kernsoak "
			"kernels list` says which there are; a build tree brings its own)",
			name);
		return err_exit(err, EXIT_HOST_UNABLE);
	}
	r = fs_mkdir_p(download, 0755, err);
	if (r == 0)
		r = apt_download(&shown.item[0], download, &deb, err);
	if (r == 0)
		r = deb_control(deb, &control, err);
	if (r == 0)
		r = unpack_here(deb, dir, err);
	if (r == 0)
		r = fs_remove_tree(dirfd, "download", err);
	if (r == 0 && ret_depends)
		*ret_depends = deb_field(buf_str(&control), "Depends");
	return r;
}

/* Its Makefile includes the common headers' by an absolute path, which is not where they are now.
 */
static int redirect(int dirfd, const char *release, const char *common, struct err *err)
{
	_cleanup_free_
	char *path = xasprintf("usr/src/linux-headers-%s", release),
	     *text = xasprintf("include $(dir $(lastword $(MAKEFILE_LIST)))../%s/Makefile\n",
			       common);
	_cleanup_close_ int headers = fs_open_dir(dirfd, path, err);

	return headers < 0 ? headers : fs_write(headers, "Makefile", text, strlen(text), err);
}

static int make_headers(const char *dir, int dirfd, const void *arg, struct err *err)
{
	const struct kernel *k = arg;
	_cleanup_free_
	char *name = xasprintf("linux-headers-%s", k->release), *depends = NULL, *common = NULL,
	     *kbuild = NULL;
	int r = add_package(name, dir, dirfd, &depends, err);

	if (r < 0)
		return r;
	common = dependency(depends ? depends : "", "linux-headers-", "-common");
	kbuild = dependency(depends ? depends : "", "linux-kbuild-", "");
	if (!common || !kbuild) {
		err_set(err, EBADMSG, "%s does not depend on its common headers: %.200s", name,
			depends ? depends : "nothing");
		return err_exit(err, EXIT_HOST_UNABLE);
	}
	r = add_package(common, dir, dirfd, NULL, err);
	if (r == 0)
		r = add_package(kbuild, dir, dirfd, NULL, err);
	return r < 0 ? r : redirect(dirfd, k->release, common, err);
}

static int debian_headers(const struct kernel *k, bool may_fetch, char **ret, struct err *err)
{
	_cleanup_free_
	char *cache = faultlab_dir(), *entry = xasprintf(HEADERS "%s", k->release);
	int r = 0;

	if (!cache_use(cache, entry)) {
		if (!may_fetch) {
			err_set(err, ENOENT, "the headers of %s are not in the cache", k->release);
			return err_exit(err, EXIT_HOST_UNABLE);
		}
		r = cache_make(cache, entry, HEADERS, make_headers, k, err);
	}
	if (r == 0)
		*ret = xasprintf("%s/%s/usr/src/linux-headers-%s", cache, entry, k->release);
	return r < 0 ? err_wrap(err, "to plant faults, the headers of %s are needed", k->release)
		     : 0;
}

/* ---- the build tree of a kernel by path ---- */

/* Was the tree built, and is it this kernel's? */
static bool is_tree_of(const char *dir, const char *release)
{
	_cleanup_free_
	char *path = xasprintf("%s/include/config/kernel.release", dir),
	     *symbols = xasprintf("%s/Module.symvers", dir);
	_cleanup_buf_ struct buf text = BUF_INIT;
	const size_t n = strlen(release);

	return access(symbols, R_OK) == 0 &&
	       fs_read(AT_FDCWD, path, SOURCE_MAX, &text, NULL) == 0 &&
	       strncmp(buf_str(&text), release, n) == 0 && strchr("\n", buf_str(&text)[n]);
}

static int tree_by_path(const struct kernel *k, char **ret, struct err *err)
{
	static const char *const places[] = { ".", "../../..", "build" };
	const char *file = k->bzimage ? k->bzimage : k->vmlinux, *slash = strrchr(file, '/');
	char *candidate[ARRAY_SIZE(places)] = { 0 };
	int r = -ENOENT;

	for (size_t i = 0; i < ARRAY_SIZE(places); i++)
		candidate[i] =
			i < 2 ? xasprintf("%.*s/%s", (int)(slash - file), file, places[i])
			      : xasprintf("%s/%s", k->modules_dir ? k->modules_dir : "", places[i]);
	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		if (r < 0 && is_tree_of(candidate[i], k->release)) {
			*ret = realpath(candidate[i], NULL);
			r = *ret ? 0 : -errno;
		}
	}
	for (size_t i = 0; i < ARRAY_SIZE(places); i++)
		free(candidate[i]);
	if (r == 0)
		return 0;
	err_set(err, ENOENT,
		"to plant faults, a module must be built for %s: there is no build tree of %s "
		"around "
		"it, and no lib/modules/%s/build (`make modules_prepare` and `make` leave "
		"Module.symvers there)",
		k->ref, k->release, k->release);
	return err_exit(err, EXIT_HOST_UNABLE);
}

/* ---- the build ---- */

struct job {
	const char *source, *headers;
};

static bool is_source(const char *name)
{
	const char *dot = strrchr(name, '.');

	return str_eq(name, "Kbuild") ||
	       (dot && (str_eq(dot, ".c") || str_eq(dot, ".h")) && !str_eq(name, "faultlab.mod.c"));
}

/* The names of the source's files; at least one. */
static int list_source(const char *source, struct strv *ret, struct err *err)
{
	_cleanup_strv_ struct strv names = { 0 };

	if (fs_list(AT_FDCWD, source, &names, NULL) == 0)
		for (size_t i = 0; i < names.n; i++)
			if (is_source(names.item[i]))
				strv_add(ret, names.item[i]);
	if (ret->n)
		return 0;
	err_set(err, ENOENT,
		"the source of faultlab is not at %s (`make install` puts it beside the guest's "
		"programs; KERNSOAK_FAULTLAB_DIR says where it is)",
		source);
	return err_exit(err, EXIT_HOST_UNABLE);
}

static int digest(const char *source, const struct strv *names, const struct kernel *k,
		  char ret[SHA256_HEX], struct err *err)
{
	struct sha256 sum;

	sha256_init(&sum);
	sha256_str(&sum, k->release);
	sha256_str(&sum, k->digest);
	for (size_t i = 0; i < names->n; i++) {
		_cleanup_free_
		char *path = xasprintf("%s/%s", source, names->item[i]);
		_cleanup_buf_ struct buf text = BUF_INIT;
		int r = fs_read(AT_FDCWD, path, SOURCE_MAX, &text, err);

		if (r < 0)
			return r;
		sha256_str(&sum, names->item[i]);
		sha256_str(&sum, buf_str(&text));
	}
	sha256_hex(&sum, ret);
	return 0;
}

static int copy_source(const char *source, int dirfd, struct err *err)
{
	_cleanup_strv_ struct strv names = { 0 };
	_cleanup_close_ int from = fs_open_dir(AT_FDCWD, source, err);
	int r = from < 0 ? from : list_source(source, &names, err);

	for (size_t i = 0; i < names.n && r == 0; i++)
		r = fs_copy(from, names.item[i], dirfd, names.item[i], err);
	return r;
}

static int run_make(const char *dir, const char *headers, struct err *err)
{
	_cleanup_free_
	char *where = xasprintf("M=%s", dir), *gcc = fs_which("x86_64-linux-gnu-gcc-12"),
	     *plain = fs_which("gcc");
	/* Another make's flags are not for this one. Debian's headers ask for the gcc that built
	 * the kernel; where it is not here, whatever gcc is. */
	const char *argv[] = { "env",
			       "-u",
			       "MAKEFLAGS",
			       "-u",
			       "MFLAGS",
			       "-u",
			       "MAKELEVEL",
			       "make",
			       "-C",
			       headers,
			       where,
			       "modules",
			       gcc ? NULL : "CC=gcc",
			       NULL };
	_cleanup_free_
	char *make = fs_which("make");
	_cleanup_buf_ struct buf said = BUF_INIT, why = BUF_INIT;
	int r;

	if (!make || (!gcc && !plain)) {
		err_set(err, ENOENT,
			"to plant faults, a module must be built, and there is no %s here (apt-get "
			"install make gcc)",
			make ? "gcc" : "make");
		return err_exit(err, EXIT_HOST_UNABLE);
	}
	r = proc_transcript(argv, NULL, OUTPUT_MAX, &said, err);
	if (r <= 0)
		return r;
	build_complaints(buf_str(&said), said.len, &why);
	err_set(err, EIO, "faultlab cannot be built against %s: %s", headers, buf_str(&why));
	return err_exit(err, EXIT_HOST_UNABLE);
}

static int make_module(const char *dir, int dirfd, const void *arg, struct err *err)
{
	const struct job *job = arg;
	_cleanup_close_ int work = fs_make_dir(dirfd, "build", 0755, err);
	_cleanup_free_
	char *build = xasprintf("%s/build", dir);
	int r = work < 0 ? work : copy_source(job->source, work, err);

	if (r == 0)
		r = run_make(build, job->headers, err);
	if (r == 0)
		r = fs_copy(work, MODULE, dirfd, MODULE, err);
	return r < 0 ? r : fs_remove_tree(dirfd, "build", err);
}

int faultlab_build(const struct kernel *k, const char *source, bool may_fetch, char **ret_path,
		   struct err *err)
{
	_cleanup_strv_ struct strv names = { 0 };
	_cleanup_free_
	char *cache = faultlab_dir(), *headers = NULL, *entry = NULL;
	char sum[SHA256_HEX];
	int r = list_source(source, &names, err);

	if (r == 0)
		r = digest(source, &names, k, sum, err);
	if (r < 0)
		return r;
	entry = xasprintf(MODULES "%s-%.16s", k->release, sum);
	if (!cache_use(cache, entry)) {
		struct job job = { .source = source };

		r = k->package ? debian_headers(k, may_fetch, &headers, err)
			       : tree_by_path(k, &headers, err);
		job.headers = headers;
		if (r == 0)
			r = cache_make(cache, entry, MODULES, make_module, &job, err);
	}
	if (r == 0)
		*ret_path = xasprintf("%s/%s/" MODULE, cache, entry);
	return r;
}

char *faultlab_source(void)
{
	/* Below lib/kernsoak/ where it is installed; of a build, in the checkout around it. */
	static const char *const places[] = { "../lib/kernsoak/faultlab", "../workloads/faultlab" };

	return fs_beside_program(getenv("KERNSOAK_FAULTLAB_DIR"), places, ARRAY_SIZE(places));
}
