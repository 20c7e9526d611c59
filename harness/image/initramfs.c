/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "image/initramfs.h"

#include <archive.h>
#include <archive_entry.h>
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <time.h>

#include "base/exit.h"
#include "base/fs.h"
#include "base/proc.h"
#include "base/sha256.h"
#include "image/modules.h"
#include "image/rootfs.h"
#include "model/loads.h"

#define FILE_MAX ((size_t)1 << 30)
#define KEEP_S   (14 * 24 * 3600) /* an image that nobody used for so long is removed */

/* Without these the agent has no channel to the host. */
static const char *const base_modules[] = { "virtio_pci", "virtio_console" };

/* Where the agent mounts and makes things. */
static const char *const base_dirs[] = {
	"dev",  "etc", "mnt", "proc", "root",    "run",
	"sbin", "sys", "tmp", "var",  "usr/bin", "usr/sbin",
};

enum node_kind {
	NODE_DIR,
	NODE_FILE,   /* the bytes of source */
	NODE_MODULE, /* likewise, unpacked */
	NODE_TEXT,   /* text itself */
	NODE_LINK,   /* text is its target */
	NODE_CHAR,   /* a device: rdev */
};

struct node {
	char *path; /* without a slash in front */
	enum node_kind kind;
	mode_t mode;
	char *source, *text;
	dev_t rdev;
};

struct tree {
	struct node *node;
	size_t n;
	const char *modules_dir;
};

static void tree_done(struct tree *t)
{
	for (size_t i = 0; i < t->n; i++) {
		free(t->node[i].path);
		free(t->node[i].source);
		free(t->node[i].text);
	}
	free(t->node);
	*t = (struct tree){ 0 };
}
#define _cleanup_tree_ _cleanup_(tree_done)

static bool tree_has(const struct tree *t, const char *path)
{
	for (size_t i = 0; i < t->n; i++)
		if (str_eq(t->node[i].path, path))
			return true;
	return false;
}

static void add_node(struct tree *t, const struct node *node)
{
	t->node = xrealloc(t->node, (t->n + 1) * sizeof(*t->node));
	t->node[t->n++] = *node;
}

static void add_dir(struct tree *t, const char *path)
{
	if (!tree_has(t, path))
		add_node(t, &(struct node){ xstrdup(path), NODE_DIR, 0755, NULL, NULL, 0 });
}

/* Adds the node and the directories above it; the first of two with one path stays. */
static void add(struct tree *t, const char *path, enum node_kind kind, mode_t mode,
		const char *source, const char *text)
{
	_cleanup_free_
	char *copy = xstrdup(path);

	if (tree_has(t, path))
		return;
	for (char *p = strchr(copy, '/'); p; p = strchr(p + 1, '/')) {
		*p = 0;
		add_dir(t, copy);
		*p = '/';
	}
	add_node(t, &(struct node){ xstrdup(path), kind, mode, source ? xstrdup(source) : NULL,
				    text ? xstrdup(text) : NULL, 0 });
}

/* --- programs of the host -------------------------------------------------------------------- */

/* The program that loads this one (PT_INTERP): NULL for a static program and for a script. */
static char *interpreter(const char *path)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);
	char name[256];
	Elf64_Ehdr head;
	Elf64_Phdr ph;

	if (fd < 0 || pread(fd, &head, sizeof(head), 0) != sizeof(head) ||
	    memcmp(head.e_ident, ELFMAG, SELFMAG) != 0 || head.e_ident[EI_CLASS] != ELFCLASS64)
		return NULL;
	for (size_t i = 0; i < head.e_phnum; i++) {
		if (pread(fd, &ph, sizeof(ph), (off_t)(head.e_phoff + i * sizeof(ph))) !=
		    sizeof(ph))
			return NULL;
		if (ph.p_type != PT_INTERP)
			continue;
		if (ph.p_filesz < 2 || ph.p_filesz > sizeof(name) ||
		    pread(fd, name, ph.p_filesz, (off_t)ph.p_offset) != (ssize_t)ph.p_filesz ||
		    name[ph.p_filesz - 1] || name[0] != '/')
			return NULL;
		return xstrdup(name);
	}
	return NULL;
}

/* One line of `ld.so --list`: "\tlibm.so.6 => /lib/libm.so.6 (0x...)", "\t/lib64/ld-... (0x...)",
 * or a library that only the kernel knows ("linux-vdso.so.1 (0x...)"). */
static int add_library(struct tree *t, const char *program, const char *line, struct err *err)
{
	const char *path = strchr(line, '/'), *arrow = strstr(line, "=> ");
	_cleanup_free_
	char *file = NULL;

	if (strstr(line, "not found"))
		return err_set(err, ENOENT, "%s cannot run here: %s", program,
			       line + strspn(line, "\t "));
	if (arrow)
		path = arrow + 3;
	if (!path || *path != '/')
		return 0;
	file = xstrndup(path, strcspn(path, " \t"));
	add(t, file + 1, NODE_FILE, 0755, file, NULL);
	return 0;
}

/* The loader knows best which libraries it would load. The environment stays out: the guest's
 * loader will not have our LD_LIBRARY_PATH. */
static int add_libraries(struct tree *t, const char *program, const char *loader, struct err *err)
{
	const char *argv[] = { "env", "-i", loader, "--list", program, NULL };
	_cleanup_buf_ struct buf out = BUF_INIT;
	int r = proc_transcript(argv, NULL, 1 << 20, &out, err);

	if (r < 0)
		return r;
	if (r > 0)
		return err_set(err, EIO, "%s --list %s failed", loader, program);
	add(t, loader + 1, NODE_FILE, 0755, loader, NULL);
	for (const char *line = buf_str(&out); *line; line += strspn(line, "\n")) {
		size_t n = strcspn(line, "\n");
		_cleanup_free_
		char *one = xstrndup(line, n);

		r = add_library(t, program, one, err);
		if (r < 0)
			return r;
		line += n;
	}
	return 0;
}

static int add_executable(struct tree *t, const char *source, const char *path, struct err *err)
{
	_cleanup_free_
	char *loader = interpreter(source);

	add(t, path, NODE_FILE, 0755, source, NULL);
	return loader ? add_libraries(t, source, loader, err) : 0;
}

static int add_program(struct tree *t, const char *name, struct err *err)
{
	_cleanup_free_
	char *found = fs_which_admin(name);

	if (!found) {
		err_set(err, ENOENT, "there is no program %s on this host to put into the image",
			name);
		return err_exit(err, EXIT_HOST_UNABLE);
	}
	if (*found != '/') {
		err_set(err, EINVAL, "the program %s: say its name or its full path", name);
		return err_exit(err, EXIT_BAD_SCENARIO);
	}
	return add_executable(t, found, found + 1, err);
}

static int add_busybox(struct tree *t, struct err *err)
{
	_cleanup_free_
	char *found = fs_which_admin("busybox");

	if (!found) {
		err_set(err, ENOENT,
			"there is no busybox on this host (apt-get install "
			"busybox-static)");
		return err_exit(err, EXIT_HOST_UNABLE);
	}
	add(t, "bin/sh", NODE_LINK, 0777, NULL, "busybox");
	return add_executable(t, found, "bin/busybox", err);
}

/* --- the rest of the content ----------------------------------------------------------------- */

static int add_guest_program(struct tree *t, const char *guest_dir, const char *name,
			     const char *path, struct err *err)
{
	_cleanup_free_
	char *source = xasprintf("%s/%s", guest_dir, name);

	if (access(source, X_OK) < 0) {
		err_set(err, errno,
			"the guest's program %s is not there: %s (`make` builds it; "
			"KERNSOAK_GUEST_DIR says where)",
			source, strerror(errno));
		return err_exit(err, EXIT_HOST_UNABLE);
	}
	add(t, path, NODE_FILE, 0755, source, NULL);
	return 0;
}

static void add_words(struct strv *v, const char *words)
{
	while (*(words += strspn(words, " "))) {
		size_t n = strcspn(words, " ");

		strv_take(v, xstrndup(words, n));
		words += n;
	}
}

static void add_all(struct strv *v, const struct strv *more)
{
	for (size_t i = 0; more && i < more->n; i++)
		strv_add(v, more->item[i]);
}

/* The loads, and what model/loads says that they need. */
static int add_loads(struct tree *t, const struct image_want *want, struct strv *modules,
		     struct strv *programs, struct err *err)
{
	for (size_t i = 0; want->loads && i < want->loads->n; i++) {
		const char *name = want->loads->item[i];
		const struct load_def *def = load_by_name(name);
		_cleanup_free_
		char *path = xasprintf("loads/%s", name);
		int r;

		if (!def) {
			err_set(err, EINVAL, "there is no load %s", name);
			return err_exit(err, EXIT_BAD_SCENARIO);
		}
		r = add_guest_program(t, want->guest_dir, name, path, err);
		if (r < 0)
			return r;
		add_words(modules, def->modules);
		add_words(programs, def->programs);
	}
	return 0;
}

static void load_order_line(struct buf *out, const struct module *m)
{
	buf_printf(out, "%s %s.ko", m->name, m->name);
	for (size_t i = 0; i < m->needs.n; i++)
		buf_printf(out, "%c%s", i ? ',' : ' ', m->needs.item[i]);
	buf_putc(out, '\n');
}

static int add_modules(struct tree *t, const struct kernel *kernel, const struct strv *names,
		       const char *faultlab, struct err *err)
{
	_cleanup_modules_ struct modules closure = { 0 };
	_cleanup_buf_ struct buf order = BUF_INIT;
	int r = modules_closure(kernel->modules_dir, names, &closure, err);

	if (r < 0)
		return err_wrap(err, "%s", kernel->ref);
	for (size_t i = 0; i < closure.n; i++) {
		const struct module *m = &closure.item[i];
		_cleanup_free_
		char *path = xasprintf("lib/modules/%s/%s.ko", kernel->release, m->name);

		add(t, path, NODE_MODULE, 0644, m->path, NULL);
		load_order_line(&order, m);
	}
	if (faultlab) {
		_cleanup_free_
		char *path = xasprintf("lib/modules/%s/faultlab.ko", kernel->release);

		add(t, path, NODE_FILE, 0644, faultlab, NULL);
		buf_puts(&order, "faultlab faultlab.ko\n");
	}
	add(t, "lib/modules/load-order", NODE_TEXT, 0644, NULL, buf_str(&order));
	return 0;
}

/* Tells the agent of the disk, and brings what it takes to mount it. */
static void add_root(struct tree *t, const struct strv *root_modules, struct strv *modules)
{
	_cleanup_buf_ struct buf plan = BUF_INIT;

	buf_puts(&plan, "disk " ROOT_SERIAL "\n");
	for (size_t i = 0; i < root_modules->n; i++)
		buf_printf(&plan, "module %s\n", root_modules->item[i]);
	add(t, "etc/root-disk", NODE_TEXT, 0644, NULL, buf_str(&plan));
	add_words(modules, "virtio_blk erofs overlay");
	add_all(modules, root_modules);
}

static int compare_nodes(const void *a, const void *b)
{
	return strcmp(((const struct node *)a)->path, ((const struct node *)b)->path);
}

/* Everything that the image will hold, sorted by path, so that a directory comes before what is in
 * it and the same inputs give the same bytes. */
static int compose(const struct image_want *want, struct tree *t, struct err *err)
{
	_cleanup_strv_ struct strv modules = { 0 }, programs = { 0 };
	int r;

	t->modules_dir = want->kernel->modules_dir;
	for (size_t i = 0; i < ARRAY_SIZE(base_dirs); i++)
		add(t, base_dirs[i], NODE_DIR, str_eq(base_dirs[i], "tmp") ? 01777 : 0755, NULL,
		    NULL);
	add(t, "var/run", NODE_LINK, 0777, NULL, "/run");
	add(t, "dev/console", NODE_CHAR, 0600, NULL, NULL);
	t->node[t->n - 1].rdev = makedev(5, 1); /* the kernel opens it for PID 1 */
	for (size_t i = 0; i < ARRAY_SIZE(base_modules); i++)
		strv_add(&modules, base_modules[i]);
	r = add_guest_program(t, want->guest_dir, "init", "init", err);
	if (r == 0 && !want->root_modules)
		r = add_busybox(t, err);
	if (r == 0)
		r = add_loads(t, want, &modules, &programs, err);
	add_all(&modules, want->modules);
	add_all(&programs, want->programs);
	if (want->root_modules)
		add_root(t, want->root_modules, &modules);
	for (size_t i = 0; i < programs.n && r == 0 && !want->root_modules; i++)
		r = add_program(t, programs.item[i], err);
	if (r == 0)
		r = add_modules(t, want->kernel, &modules, want->faultlab, err);
	if (r == 0)
		qsort(t->node, t->n, sizeof(*t->node), compare_nodes);
	return r;
}

/* --- the name in the cache ------------------------------------------------------------------- */

/* Where on the host the node's bytes are; NULL: nowhere. */
static char *node_source(const struct tree *t, const struct node *node)
{
	if (!node->source)
		return NULL;
	return node->kind == NODE_MODULE ? xasprintf("%s/%s", t->modules_dir, node->source)
					 : xstrdup(node->source);
}

static int digest_node(struct sha256 *sum, const struct tree *t, const struct node *node,
		       struct err *err)
{
	_cleanup_free_
	char *source = node_source(t, node);
	_cleanup_buf_ struct buf line = BUF_INIT;
	struct stat st;

	buf_printf(&line, "%d %o %s\n", node->kind, node->mode, node->path);
	if (node->text)
		buf_printf(&line, "text %s\n", node->text);
	if (source) {
		if (stat(source, &st) < 0)
			return err_set(err, errno, "cannot read %s: %s", source, strerror(errno));
		buf_printf(&line, "file %s %lld %lld.%09ld\n", source, (long long)st.st_size,
			   (long long)st.st_mtim.tv_sec, st.st_mtim.tv_nsec);
	}
	sha256_str(sum, buf_str(&line));
	return 0;
}

static int digest(const struct tree *t, char ret[SHA256_HEX], struct err *err)
{
	struct sha256 sum;
	int r = 0;

	sha256_init(&sum);
	sha256_str(&sum, "kernsoak image 1 " KERNSOAK_VERSION);
	for (size_t i = 0; i < t->n && r == 0; i++)
		r = digest_node(&sum, t, &t->node[i], err);
	if (r == 0)
		sha256_hex(&sum, ret);
	return r;
}

/* --- the archive ----------------------------------------------------------------------------- */

static la_ssize_t append(struct archive *a, void *out, const void *data, size_t n)
{
	(void)a;
	buf_append(out, data, n);
	return (la_ssize_t)n;
}

static int read_node(const struct tree *t, const struct node *node, struct buf *out,
		     struct err *err)
{
	switch (node->kind) {
	case NODE_FILE: return fs_read(AT_FDCWD, node->source, FILE_MAX, out, err);
	case NODE_MODULE: return module_read(t->modules_dir, node->source, out, err);
	case NODE_TEXT: buf_puts(out, node->text); return 0;
	case NODE_DIR:
	case NODE_LINK:
	case NODE_CHAR: break;
	}
	return 0;
}

static mode_t file_type(enum node_kind kind)
{
	switch (kind) {
	case NODE_DIR: return AE_IFDIR;
	case NODE_FILE:
	case NODE_MODULE:
	case NODE_TEXT: return AE_IFREG;
	case NODE_LINK: return AE_IFLNK;
	case NODE_CHAR: return AE_IFCHR;
	}
	return 0;
}

static int write_node(struct archive *a, const struct tree *t, size_t i, struct err *err)
{
	const struct node *node = &t->node[i];
	struct archive_entry *e = archive_entry_new();
	_cleanup_buf_ struct buf data = BUF_INIT;
	int r = read_node(t, node, &data, err);

	archive_entry_set_pathname(e, node->path);
	archive_entry_set_filetype(e, file_type(node->kind));
	archive_entry_set_perm(e, node->mode);
	archive_entry_set_size(e, (la_int64_t)data.len);
	archive_entry_set_nlink(e, 1);
	archive_entry_set_ino64(e, (la_int64_t)i + 1);
	archive_entry_set_mtime(e, 0, 0);
	if (node->kind == NODE_LINK)
		archive_entry_set_symlink(e, node->text);
	if (node->kind == NODE_CHAR) {
		archive_entry_set_rdevmajor(e, major(node->rdev));
		archive_entry_set_rdevminor(e, minor(node->rdev));
	}
	if (r == 0 && (archive_write_header(a, e) != ARCHIVE_OK ||
		       archive_write_data(a, data.data, data.len) != (la_ssize_t)data.len))
		r = err_set(err, EIO, "cannot pack %s: %s", node->path, archive_error_string(a));
	archive_entry_free(e);
	return r;
}

static int pack(const struct tree *t, struct buf *out, struct err *err)
{
	struct archive *a = archive_write_new();
	int r = 0;

	archive_write_set_format_cpio_newc(a);
	archive_write_set_bytes_per_block(a, 512);
	if (archive_write_open(a, out, NULL, append, NULL) != ARCHIVE_OK)
		r = err_set(err, EIO, "cannot begin a cpio: %s", archive_error_string(a));
	for (size_t i = 0; i < t->n && r == 0; i++)
		r = write_node(a, t, i, err);
	if (archive_write_close(a) != ARCHIVE_OK && r == 0)
		r = err_set(err, EIO, "cannot end a cpio: %s", archive_error_string(a));
	archive_write_free(a);
	return r;
}

/* Images whose last use was long ago, and what a killed builder left. */
static void prune(int dirfd)
{
	_cleanup_strv_ struct strv names = { 0 };
	struct stat st;

	if (fs_list(dirfd, ".", &names, NULL) < 0)
		return;
	for (size_t i = 0; i < names.n; i++)
		if (fstatat(dirfd, names.item[i], &st, AT_SYMLINK_NOFOLLOW) == 0 &&
		    S_ISREG(st.st_mode) && time(NULL) - st.st_mtime > KEEP_S)
			unlinkat(dirfd, names.item[i], 0);
}

static int build(const struct tree *t, const char *images, const char *name, struct err *err)
{
	_cleanup_buf_ struct buf cpio = BUF_INIT;
	_cleanup_close_ int dirfd = -1;
	int r = pack(t, &cpio, err);

	if (r < 0)
		return r;
	r = fs_mkdir_p(images, 0755, err);
	if (r < 0)
		return err_exit(err, EXIT_CANNOT_WRITE);
	dirfd = fs_open_dir(AT_FDCWD, images, err);
	if (dirfd < 0)
		return dirfd;
	prune(dirfd);
	return fs_write(dirfd, name, cpio.data, cpio.len, err);
}

int image_build(const struct image_want *want, char **ret_path, struct err *err)
{
	_cleanup_tree_ struct tree t = { 0 };
	_cleanup_free_
	char *cache = fs_cache_dir(), *images = NULL, *path = NULL;
	char sum[SHA256_HEX], name[SHA256_HEX + 8];
	int r = compose(want, &t, err);

	if (r == 0)
		r = digest(&t, sum, err);
	if (r < 0)
		return r;
	snprintf(name, sizeof(name), "%.32s.cpio", sum);
	images = xasprintf("%s/images", cache);
	path = xasprintf("%s/%s", images, name);
	if (utimensat(AT_FDCWD, path, NULL, 0) < 0 && access(path, R_OK) < 0)
		r = build(&t, images, name, err);
	if (r == 0)
		*ret_path = TAKE(path, NULL);
	return r;
}

void image_stock(struct image_stock *ret)
{
	_cleanup_free_
	char *cache = fs_cache_dir(), *images = xasprintf("%s/images", cache);
	_cleanup_strv_ struct strv names = { 0 };
	_cleanup_close_ int dirfd = fs_open_dir(AT_FDCWD, images, NULL);
	struct stat st;

	*ret = (struct image_stock){ 0 };
	if (dirfd < 0 || fs_list(dirfd, ".", &names, NULL) < 0)
		return;
	for (size_t i = 0; i < names.n; i++) {
		if (fstatat(dirfd, names.item[i], &st, AT_SYMLINK_NOFOLLOW) < 0 ||
		    !S_ISREG(st.st_mode))
			continue;
		ret->n++;
		ret->bytes += (uint64_t)st.st_size;
		ret->used_s = MAX(ret->used_s, (int64_t)st.st_mtim.tv_sec);
	}
}

char *image_guest_dir(void)
{
	/* Beside the program in a build, below lib/ where it is installed, whatever the prefix. */
	static const char *const places[] = { "guest", "../lib/kernsoak/guest" };

	return fs_beside_program(getenv("KERNSOAK_GUEST_DIR"), places, ARRAY_SIZE(places));
}
