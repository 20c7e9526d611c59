/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/sha256.h"
#include "image/kbuild.h"
#include "image/kbuild_parts.h"
#include "image/kernel_parts.h"
#include "image/vmlinux.h"

/* ---- what goes ---- */

/* Of each folder, what modules are built against; the rest of it goes. */
static const struct {
	const char *folder, *kept; /* words */
} keeps[] = {
	{ KBUILD_TREE, "Makefile Kbuild COPYING arch include scripts obj" },
	{ KBUILD_TREE "/arch", "x86" },
	{ KBUILD_TREE "/arch/x86",
	  "Makefile Makefile_32.cpu Makefile.um Makefile.postlink include" },
	{ KBUILD_OBJ, "Makefile Module.symvers .config source arch include scripts tools" },
	{ KBUILD_OBJ "/arch", "x86" },
	{ KBUILD_OBJ "/arch/x86", "include module.lds" },
	{ KBUILD_OBJ "/tools", "objtool bpf" },
	{ KBUILD_OBJ "/tools/objtool", "objtool" },
	{ KBUILD_OBJ "/tools/bpf", "resolve_btfids" },
	{ KBUILD_OBJ "/tools/bpf/resolve_btfids", "resolve_btfids" },
};

/* The folder, or -1: no step of its path may be a link, as it could lead out of the entry. */
static int open_below(int dirfd, const char *path)
{
	int fd = fcntl(dirfd, F_DUPFD_CLOEXEC, 3);

	while (fd >= 0 && *path) {
		_cleanup_close_ int above = fd;
		_cleanup_free_
		char *step = xstrndup(path, strcspn(path, "/"));

		fd = openat(above, step, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		path += strlen(step);
		path += strspn(path, "/");
	}
	return fd;
}

static int prune_folder(int dirfd, const char *folder, const char *kept, struct err *err)
{
	_cleanup_strv_ struct strv names = { 0 }, keep = { 0 };
	_cleanup_close_ int fd = open_below(dirfd, folder);
	int r = 0;

	if (fd < 0)
		return 0;
	strv_add_words(&keep, kept);
	r = fs_list(fd, ".", &names, err);
	for (size_t i = 0; i < names.n && r == 0; i++)
		if (!strv_has(&keep, names.item[i]))
			r = fs_remove_tree(fd, names.item[i], err);
	return r;
}

static int prune(int dirfd, struct err *err)
{
	int r = 0;

	for (size_t i = 0; i < ARRAY_SIZE(keeps) && r == 0; i++)
		r = prune_folder(dirfd, keeps[i].folder, keeps[i].kept, err);
	return r;
}

/* ---- what stays ---- */

/* It becomes part of file names. */
static int read_release(int dirfd, char **ret, struct err *err)
{
	_cleanup_buf_ struct buf text = BUF_INIT;
	int r = fs_read(dirfd, KBUILD_OBJ "/include/config/kernel.release", 256, &text, err);
	const char *s = buf_str(&text);
	size_t n = strcspn(s, "\n");

	for (size_t i = 0; r == 0 && i < n; i++)
		if (!isalnum((unsigned char)s[i]) && !strchr("._+~-", s[i]))
			n = 0;
	if (r == 0 && (!n || *s == '.'))
		r = err_set(err, EBADMSG, "the build does not say which release it is");
	if (r == 0)
		*ret = xstrndup(s, n);
	return r;
}

/* The vmlinux with its symbols; where there is none, what the bzImage holds. QEMU enters it where
 * it has a PVH note. */
static int keep_vmlinux(int dirfd, struct kernel *k, struct err *err)
{
	_cleanup_file_map_ struct file_map image = { 0 };
	const bool built = renameat(dirfd, KBUILD_OBJ "/vmlinux", dirfd, "vmlinux") == 0;
	int r = file_map(dirfd, built ? "vmlinux" : k->bzimage, &image, err);
	bool entered = false;

	if (r == 0 && built)
		entered = vmlinux_has_pvh(image.data, image.n);
	else if (r == 0)
		r = kernel_extract(dirfd, &image, &entered, err);
	if (r == 0 && entered)
		k->vmlinux = xstrdup("vmlinux");
	return r;
}

/* modules_install left links to a folder that is about to be renamed. */
static int keep_modules(int dirfd, struct kernel *k, struct err *err)
{
	_cleanup_free_
	char *path = xasprintf("lib/modules/%s", k->release), *build = xasprintf("%s/build", path),
	     *source = xasprintf("%s/source", path);

	if (faccessat(dirfd, path, F_OK, 0) < 0)
		return 0;
	k->modules_dir = TAKE(path, NULL);
	unlinkat(dirfd, source, 0);
	unlinkat(dirfd, build, 0);
	if (symlinkat("../../../" KBUILD_OBJ, dirfd, build) < 0)
		return err_set(err, errno, "cannot write %s: %s", build, strerror(errno));
	return 0;
}

static int keep_image(int dirfd, struct kernel *k, struct err *err)
{
	_cleanup_free_
	char *map = xasprintf("boot/System.map-%s", k->release);
	char sum[SHA256_HEX];
	int r = 0;

	k->bzimage = xasprintf("boot/vmlinuz-%s", k->release);
	k->config = xasprintf("boot/config-%s", k->release);
	if (mkdirat(dirfd, "boot", 0755) < 0)
		return err_set(err, errno, "cannot make boot: %s", strerror(errno));
	r = fs_copy(dirfd, KBUILD_OBJ "/arch/x86/boot/bzImage", dirfd, k->bzimage, err);
	if (r == 0)
		r = fs_copy(dirfd, KBUILD_OBJ "/.config", dirfd, k->config, err);
	if (r == 0)
		r = sha256_file(dirfd, k->bzimage, sum, err);
	if (r < 0)
		return r;
	k->digest = xstrdup(sum);
	fs_copy(dirfd, KBUILD_OBJ "/System.map", dirfd, map, NULL);
	return 0;
}

static int write_facts(int dirfd, const struct kbuild_facts *f, struct err *err)
{
	_cleanup_json_ json_t *o = json_object();
	const uint64_t now = (uint64_t)clock_wall_s();

	json_set_str(o, "recipe", f->recipe);
	json_set_str(o, "source", f->source);
	json_set_str(o, "compiler", f->compiler);
	json_set_u64(o, "built-at", now);
	json_set_u64(o, "took-s", now - MIN(f->began_s, now));
	json_set_u64(o, "bytes", fs_tree_bytes(dirfd, "."));
	return json_write(dirfd, KBUILD_FACTS, o, err);
}

int kbuild_keep(int dirfd, const struct kbuild_facts *f, struct err *err)
{
	_cleanup_kernel_ struct kernel k = { .name = xstrdup(f->name),
					     .version = xstrdup(f->source) };
	int r = read_release(dirfd, &k.release, err);

	if (r == 0)
		r = keep_image(dirfd, &k, err);
	if (r == 0)
		r = keep_vmlinux(dirfd, &k, err);
	if (r == 0)
		r = keep_modules(dirfd, &k, err);
	if (r == 0)
		r = prune(dirfd, err);
	if (r == 0)
		r = write_facts(dirfd, f, err);
	return r < 0 ? r : kernel_entry_describe(dirfd, &k, err);
}
