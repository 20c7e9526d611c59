/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "image/modules.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <fts.h>

#include "base/exit.h"
#include "base/fs.h"
#include "image/unpack.h"

#define MODULE_MAX ((size_t)256 << 20)
#define NAMES_MAX  ((size_t)16 << 20)

/* What a modules directory holds: names sorted, paths beside them. */
struct file {
	char *name, *path;
};

struct index {
	struct file *file;
	size_t n;
	struct strv builtin;
};

static void index_done(struct index *x)
{
	for (size_t i = 0; i < x->n; i++) {
		free(x->file[i].name);
		free(x->file[i].path);
	}
	free(x->file);
	strv_done(&x->builtin);
}
#define _cleanup_index_ _cleanup_(index_done)

static void module_done(struct module *m)
{
	free(m->name);
	free(m->path);
	strv_done(&m->needs);
}

void modules_done(struct modules *m)
{
	for (size_t i = 0; i < m->n; i++)
		module_done(&m->item[i]);
	free(m->item);
	*m = (struct modules){ 0 };
}

/* The module's name in a path ("kernel/drivers/virtio/virtio-pci.ko.xz" is virtio_pci); NULL where
 * it is no module's. */
static char *module_name(const char *path, size_t n)
{
	static const char *const endings[] = { ".ko", ".ko.xz", ".ko.zst", ".ko.gz" };
	const char *slash = memrchr(path, '/', n);
	const char *base = slash ? slash + 1 : path;
	size_t len = n - (size_t)(base - path);
	char *name;

	for (size_t i = 0; i < ARRAY_SIZE(endings); i++) {
		size_t end = strlen(endings[i]);

		if (len <= end || strncmp(base + len - end, endings[i], end) != 0)
			continue;
		name = xstrndup(base, len - end);
		for (char *p = name; *p; p++)
			*p = *p == '-' ? '_' : *p;
		return name;
	}
	return NULL;
}

static char *normal_name(const char *name)
{
	char *copy = xstrdup(name);

	for (char *p = copy; *p; p++)
		*p = *p == '-' ? '_' : *p;
	return copy;
}

static int compare_files(const void *a, const void *b)
{
	const struct file *x = a, *y = b;
	int r = strcmp(x->name, y->name);

	return r ? r : strcmp(x->path, y->path);
}

static int read_tree(const char *dir, struct index *x, struct err *err)
{
	char *roots[] = { (char *)(uintptr_t)dir, NULL };
	FTS *fts = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR | FTS_NOSTAT, NULL);
	size_t skip = strlen(dir) + 1;
	FTSENT *e;

	if (!fts)
		return err_set(err, errno, "cannot read %s: %s", dir, strerror(errno));
	while ((e = fts_read(fts))) {
		char *name = e->fts_info == FTS_D || e->fts_info == FTS_DP
				     ? NULL
				     : module_name(e->fts_path, e->fts_pathlen);

		if (!name)
			continue;
		x->file = xrealloc(x->file, (x->n + 1) * sizeof(*x->file));
		x->file[x->n++] = (struct file){ name, xstrdup(e->fts_path + skip) };
	}
	fts_close(fts);
	if (x->n)
		qsort(x->file, x->n, sizeof(*x->file), compare_files);
	return 0;
}

/* modules.builtin has one path a line; a tree without it merely knows of nothing built in. */
static void read_builtin(const char *dir, struct index *x)
{
	_cleanup_free_
	char *path = xasprintf("%s/modules.builtin", dir);
	_cleanup_buf_ struct buf text = BUF_INIT;

	if (fs_read(AT_FDCWD, path, NAMES_MAX, &text, NULL) < 0)
		return;
	for (const char *line = buf_str(&text); *line; line += strspn(line, "\n")) {
		size_t n = strcspn(line, "\n");
		char *name = module_name(line, n);

		if (name)
			strv_take(&x->builtin, name);
		line += n;
	}
}

static const struct file *find_file(const struct index *x, const char *name)
{
	for (size_t low = 0, high = x->n; low < high;) {
		size_t mid = (low + high) / 2;
		int r = strcmp(name, x->file[mid].name);

		if (r == 0)
			return &x->file[mid];
		if (r < 0)
			high = mid;
		else
			low = mid + 1;
	}
	return NULL;
}

int module_read(const char *dir, const char *path, struct buf *out, struct err *err)
{
	_cleanup_free_
	char *full = xasprintf("%s/%s", dir, path);
	_cleanup_buf_ struct buf packed = BUF_INIT;
	size_t n = strlen(path);
	int r = fs_read(AT_FDCWD, full, MODULE_MAX, &packed, err);

	if (r < 0)
		return r;
	if (n < 3 || !str_eq(path + n - 3, ".ko"))
		return unpack_bytes(packed.data, packed.len, full, MODULE_MAX, out, err);
	buf_append(out, packed.data, packed.len);
	return 0;
}

/* The bytes of section i; false where the table or the section leaves the file. */
static bool section(const struct buf *elf, const Elf64_Ehdr *head, size_t i, Elf64_Shdr *ret)
{
	uint64_t at = head->e_shoff + i * sizeof(*ret);

	if (i >= head->e_shnum || head->e_shoff > elf->len || at > elf->len ||
	    elf->len - at < sizeof(*ret))
		return false;
	memcpy(ret, elf->data + at, sizeof(*ret));
	return ret->sh_type == SHT_NOBITS ||
	       (ret->sh_offset <= elf->len && ret->sh_size <= elf->len - ret->sh_offset);
}

/* Does the name of this section say .modinfo? */
static bool is_modinfo(const struct buf *elf, const Elf64_Shdr *names, const Elf64_Shdr *s)
{
	static const char want[] = ".modinfo";

	return s->sh_type == SHT_PROGBITS && s->sh_name < names->sh_size &&
	       names->sh_size - s->sh_name >= sizeof(want) &&
	       memcmp(elf->data + names->sh_offset + s->sh_name, want, sizeof(want)) == 0;
}

/* The section .modinfo: "key=value" strings, each ended by a NUL. */
static bool find_modinfo(const struct buf *elf, const char **ret, size_t *ret_n)
{
	Elf64_Ehdr head;
	Elf64_Shdr names, s;

	if (elf->len < sizeof(head) || memcmp(elf->data, ELFMAG, SELFMAG) != 0 ||
	    elf->data[EI_CLASS] != ELFCLASS64 || elf->data[EI_DATA] != ELFDATA2LSB)
		return false;
	memcpy(&head, elf->data, sizeof(head));
	if (!section(elf, &head, head.e_shstrndx, &names) || names.sh_type != SHT_STRTAB)
		return false;
	for (size_t i = 0; section(elf, &head, i, &s); i++) {
		if (!is_modinfo(elf, &names, &s))
			continue;
		*ret = elf->data + s.sh_offset;
		*ret_n = s.sh_size;
		return true;
	}
	return false;
}

/* Adds the words of "a,b" or "a b", normalised. */
static void add_words(struct strv *v, const char *s, size_t n)
{
	while (n) {
		size_t len = 0;

		while (len < n && s[len] != ',' && s[len] != ' ')
			len++;
		if (len) {
			_cleanup_free_
			char *word = xstrndup(s, len);

			strv_take(v, normal_name(word));
		}
		s += MIN(len + 1, n);
		n -= MIN(len + 1, n);
	}
}

/* What one module's .modinfo asks for. */
struct wishes {
	struct strv hard, before, after;
};

static void wishes_done(struct wishes *w)
{
	strv_done(&w->hard);
	strv_done(&w->before);
	strv_done(&w->after);
}
#define _cleanup_wishes_ _cleanup_(wishes_done)

/* "pre: a b post: c" */
static void add_soft(struct wishes *w, const char *s)
{
	const char *pre = strstr(s, "pre:"), *post = strstr(s, "post:");

	if (pre)
		add_words(&w->before, pre + 4,
			  post > pre ? (size_t)(post - pre - 4) : strlen(pre + 4));
	if (post)
		add_words(&w->after, post + 5,
			  pre > post ? (size_t)(pre - post - 5) : strlen(post + 5));
}

static void read_wishes(const char *info, size_t n, struct wishes *w)
{
	while (n) {
		size_t len = strnlen(info, n);
		_cleanup_free_
		char *line = xstrndup(info, len);
		const char *value;

		if ((value = str_after(line, "depends=")))
			add_words(&w->hard, value, strlen(value));
		else if ((value = str_after(line, "softdep=")))
			add_soft(w, value);
		info += MIN(len + 1, n);
		n -= MIN(len + 1, n);
	}
}

/* --- the closure ----------------------------------------------------------------------------- */

struct walk {
	const char *dir;
	const struct index *index;
	struct strv open; /* begun and not yet in `out`: a circle ends here */
	struct modules out;
};

static const struct module *find_done(const struct walk *w, const char *name)
{
	for (size_t i = 0; i < w->out.n; i++)
		if (str_eq(w->out.item[i].name, name))
			return &w->out.item[i];
	return NULL;
}

static const char *nth_name(size_t i, const void *arg)
{
	return ((const struct index *)arg)->file[i].name;
}

static int missing(const struct walk *w, const char *name, const char *by, struct err *err)
{
	const char *near = str_nearest(name, w->index->n, nth_name, w->index);

	err_set(err, ENOENT, "the kernel has no module %s%s%s%s%s%s", name,
		by ? ", which is needed by " : "", by ? by : "", near ? "; did you mean " : "",
		near ? near : "", near ? "?" : "");
	return err_exit(err, EXIT_HOST_UNABLE);
}

static int read_info(const struct walk *w, const struct file *f, struct wishes *ret,
		     struct err *err)
{
	_cleanup_buf_ struct buf elf = BUF_INIT;
	const char *info;
	size_t n;
	int r = module_read(w->dir, f->path, &elf, err);

	if (r < 0)
		return r;
	if (!find_modinfo(&elf, &info, &n))
		return err_set(err, EBADMSG, "%s/%s is no kernel module", w->dir, f->path);
	read_wishes(info, n, ret);
	return 0;
}

/* What m needs, and what that needs, in order, each once. */
static void add_needs(const struct walk *w, struct module *m, const struct strv *names)
{
	for (size_t i = 0; i < names->n; i++) {
		const struct module *need = find_done(w, names->item[i]);

		if (!need)
			continue; /* built in, or a soft one that the kernel lacks */
		for (size_t j = 0; j < need->needs.n; j++)
			if (!strv_has(&m->needs, need->needs.item[j]))
				strv_add(&m->needs, need->needs.item[j]);
		if (!strv_has(&m->needs, need->name))
			strv_add(&m->needs, need->name);
	}
}

static int visit(struct walk *w, const char *name, const char *by, bool soft, struct err *err);

static int visit_all(struct walk *w, const struct strv *names, const char *by, bool soft,
		     struct err *err)
{
	int r = 0;

	for (size_t i = 0; i < names->n && r == 0; i++)
		r = visit(w, names->item[i], by, soft, err);
	return r;
}

static int visit(struct walk *w, const char *name, const char *by, bool soft, struct err *err)
{
	_cleanup_wishes_ struct wishes wish = { 0 };
	const struct file *f = find_file(w->index, name);
	struct module m = { 0 };
	int r;

	if (strv_has(&w->open, name)) /* done, or begun further up */
		return 0;
	if (!f)
		return soft || strv_has(&w->index->builtin, name) ? 0 : missing(w, name, by, err);
	strv_add(&w->open, name);
	r = read_info(w, f, &wish, err);
	if (r == 0)
		r = visit_all(w, &wish.before, name, true, err);
	if (r == 0)
		r = visit_all(w, &wish.hard, name, false, err);
	if (r < 0)
		return r;
	m = (struct module){ .name = xstrdup(name), .path = xstrdup(f->path) };
	add_needs(w, &m, &wish.before);
	add_needs(w, &m, &wish.hard);
	w->out.item = xrealloc(w->out.item, (w->out.n + 1) * sizeof(*w->out.item));
	w->out.item[w->out.n++] = m;
	return visit_all(w, &wish.after, name, true, err);
}

int modules_closure(const char *dir, const struct strv *wanted, struct modules *ret,
		    struct err *err)
{
	_cleanup_index_ struct index index = { 0 };
	struct walk w = { .dir = dir, .index = &index };
	int r = 0;

	if (dir) {
		r = read_tree(dir, &index, err);
		read_builtin(dir, &index);
	}
	for (size_t i = 0; dir && i < wanted->n && r == 0; i++) {
		_cleanup_free_
		char *name = normal_name(wanted->item[i]);

		r = visit(&w, name, NULL, false, err);
	}
	strv_done(&w.open);
	if (r < 0)
		modules_done(&w.out);
	else
		*ret = w.out;
	return r;
}
