/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "symbol/symbol.h"

#include <errno.h>
#include <stdio.h>

#include "symbol/find.h"
#include "symbol/image.h"

enum {
	MODULES_MAX = 256, /* of one log; their names are guest text */
	NAME_LEN = 64,
	IMAGES_MAX = 32, /* kept open from log to log */
};

/* The file for the kernel or a module of this log, once it has been looked for. */
struct slot {
	char module[NAME_LEN];
	char build_id[2 * BUILD_ID_LEN + 1]; /* that the log gives; "" none */
	bool sought;
	struct image *image;   /* NULL: none */
	char absent[NAME_LEN]; /* a function of the log that it has not */
	char why[512];         /* why there is no image, or why it is not believed */
};

struct symbols {
	struct image *vmlinux, *map;
	struct finds finds;
	char release[NAME_LEN];
	uint64_t moved;
	struct slot *slot;
	size_t n_slots;
	struct image *image[IMAGES_MAX + MODULES_MAX]; /* of the debug folder */
	size_t n_images;
};

struct symbols *symbols_free(struct symbols *sy)
{
	if (!sy)
		return NULL;
	while (sy->n_images > 0)
		image_free(sy->image[--sy->n_images]);
	image_free(sy->vmlinux);
	image_free(sy->map);
	finds_done(&sy->finds);
	free(sy->slot);
	free(sy);
	return NULL;
}

static void cleanup_symbols(struct symbols **sy)
{
	symbols_free(*sy);
}

int symbols_open(const struct symbol_sources *from, struct symbols **ret, struct err *err)
{
	_cleanup_(cleanup_symbols) struct symbols *sy = xcalloc(1, sizeof(*sy));
	int r = 0;

	sy->slot = xcalloc(MODULES_MAX, sizeof(*sy->slot));
	if (from->vmlinux)
		r = image_open_elf(from->vmlinux, &sy->vmlinux, err);
	if (r == 0 && from->system_map)
		r = image_open_map(from->system_map, &sy->map, err);
	if (r == 0 && from->debug_dir)
		r = finds_walk(from->debug_dir, &sy->finds, err);
	if (r < 0)
		return r;
	if (from->debug_dir && !sy->finds.kernels.n && !sy->finds.modules.n)
		return err_set(err, ENOENT,
			       "%s has no vmlinux and no module (.ko, .ko.debug) below it",
			       from->debug_dir);
	*ret = TAKE(sy, NULL);
	return 0;
}

static void believe(struct image *im)
{
	if (im)
		im->misfit = false;
}

void symbols_new_log(struct symbols *sy)
{
	sy->n_slots = 0;
	sy->moved = 0;
	sy->release[0] = '\0';
	believe(sy->vmlinux);
	believe(sy->map);
	for (size_t i = 0; i < sy->n_images; i++)
		believe(sy->image[i]);
	if (sy->n_images <= IMAGES_MAX)
		return;
	while (sy->n_images > 0)
		image_free(sy->image[--sy->n_images]);
}

void symbols_release(struct symbols *sy, const char *release)
{
	if (str_eq(sy->release, release))
		return;
	symbols_new_log(sy); /* the guest was booted anew, with another kernel */
	snprintf(sy->release, sizeof(sy->release), "%s", release);
}

void symbols_moved(struct symbols *sy, uint64_t by)
{
	sy->moved = by;
}

/* NULL where there are too many. */
static struct slot *slot_of(struct symbols *sy, const char *module)
{
	struct slot *s;

	for (size_t i = 0; i < sy->n_slots; i++)
		if (str_eq(sy->slot[i].module, module))
			return &sy->slot[i];
	if (sy->n_slots == MODULES_MAX || strlen(module) >= NAME_LEN || strchr(module, '/'))
		return NULL;
	s = &sy->slot[sy->n_slots++];
	*s = (struct slot){ .module = "" };
	snprintf(s->module, sizeof(s->module), "%s", module);
	return s;
}

void symbols_build_id(struct symbols *sy, const char *module, const char *hex)
{
	struct slot *s = slot_of(sy, module);

	if (!s || strlen(hex) >= sizeof(s->build_id) || str_eq(s->build_id, hex))
		return;
	s->sought = false;
	snprintf(s->build_id, sizeof(s->build_id), "%s", hex);
}

/* One that is open already is not read again. */
static struct image *open_image(struct symbols *sy, const char *path, struct err *err)
{
	for (size_t i = 0; i < sy->n_images; i++)
		if (str_eq(sy->image[i]->path, path))
			return sy->image[i];
	if (sy->n_images == ARRAY_SIZE(sy->image) ||
	    image_open_elf(path, &sy->image[sy->n_images], err) < 0)
		return NULL;
	return sy->image[sy->n_images++];
}

/* No file is their home: code that the kernel wrote itself. */
static bool is_generated(const char *module)
{
	return str_eq(module, "bpf") || str_after(module, "__builtin__");
}

static struct image *seek(struct symbols *sy, struct slot *s)
{
	bool module = *s->module;
	_cleanup_free_
	char *path = NULL;
	struct image *im = NULL;
	struct err err = { 0 };

	if (!module && sy->vmlinux)
		return sy->vmlinux;
	if (is_generated(s->module))
		return NULL;
	path = sy->finds.dir ? finds_pick(&sy->finds, s->module, sy->release, s->build_id) : NULL;
	if (path && (im = open_image(sy, path, &err)))
		return im;
	if (!module && sy->map)
		return sy->map;
	if (path)
		snprintf(s->why, sizeof(s->why), "%.511s", err.msg);
	else if (sy->finds.dir)
		snprintf(s->why, sizeof(s->why), "%s has no file for %s%s%s", sy->finds.dir,
			 module ? "module " : "the kernel", s->module,
			 module ? " (.ko, .ko.debug)" : " (vmlinux, vmlinux-RELEASE)");
	else if (sy->vmlinux)
		snprintf(s->why, sizeof(s->why), "lines of %s%s need --debug-dir",
			 module ? "module " : "the kernel", s->module);
	return NULL;
}

/* Build ids are certain, where both are known. */
static void compare_ids(struct slot *s)
{
	struct image *im = s->image;

	if (!im || !*s->build_id || !*im->build_id || str_eq(im->build_id, s->build_id))
		return;
	im->misfit = true;
	snprintf(s->why, sizeof(s->why),
		 "%s is of another build: its build id is %s, the log has %s; no lines from it",
		 im->path, im->build_id, s->build_id);
}

static struct slot *open_slot(struct symbols *sy, const char *module)
{
	struct slot *s = slot_of(sy, module);

	if (s && !s->sought) {
		s->sought = true;
		s->image = seek(sy, s);
		compare_ids(s);
	}
	return s;
}

static void answer(struct symbol_reply *ret, enum symbol_answer a, const char *why)
{
	ret->answer = a;
	snprintf(ret->why, sizeof(ret->why), "%.767s", why);
}

/* Of those of that name, the ones that may have the size that the trace says. */
static void keep_fitting(const struct table *t, const struct symbol_frame *f, struct found *found)
{
	size_t n = 0;

	for (size_t i = 0; f->size && i < found->n; i++)
		if (table_fits(t, found->sym[i], f->size))
			found->sym[n++] = found->sym[i];
	if (f->size)
		found->n = n;
}

/* Of those that are left, the ones of exactly that name, where there are any: a log of an old trial
 * has no suffixes. */
static void keep_exact(const char *name, struct found *found)
{
	size_t n = 0;

	for (size_t i = 0; i < found->n; i++)
		if (str_eq(found->sym[i]->name, name))
			found->sym[n++] = found->sym[i];
	if (n > 0)
		found->n = n;
}

static void say_misfit(struct slot *s, const struct symbol_frame *f, const struct found *all,
		       struct symbol_reply *ret)
{
	_cleanup_buf_ struct buf sizes = BUF_INIT;

	for (size_t i = 0; i < MIN(all->n, (size_t)3); i++)
		buf_printf(&sizes, "%s0x%llx", i ? ", " : "",
			   (unsigned long long)table_size(&s->image->table, all->sym[i]));
	snprintf(s->why, sizeof(s->why),
		 "%s is of another build: %s has 0x%llx bytes in the log and %s%s there; no lines "
		 "from it",
		 s->image->path, f->function, (unsigned long long)f->size, buf_str(&sizes),
		 all->n > 3 ? ", ..." : "");
	s->image->misfit = true;
	answer(ret, SYMBOL_MISFIT, s->why);
}

/* The kernel writes these itself. */
static bool is_made_up(const char *function)
{
	return str_after(function, "bpf_prog_") || str_after(function, "bpf_trampoline_");
}

/* One such name may be a console's garble; two are another build. */
static void say_absent(struct slot *s, const struct symbol_frame *f, struct symbol_reply *ret)
{
	if (is_made_up(f->function)) {
		answer(ret, SYMBOL_ABSENT, "");
		return;
	}
	snprintf(s->why, sizeof(s->why), "%s has no function %s", s->image->path, f->function);
	answer(ret, SYMBOL_ABSENT, s->why);
	if (!*s->absent) {
		snprintf(s->absent, sizeof(s->absent), "%s", f->function);
	} else if (strncmp(s->absent, f->function, sizeof(s->absent) - 1) != 0) {
		snprintf(s->why, sizeof(s->why),
			 "%s is of another build: it has neither %s nor %s; no lines from it",
			 s->image->path, s->absent, f->function);
		s->image->misfit = true;
		answer(ret, SYMBOL_MISFIT, s->why);
	}
}

/* The symbol of a frame; NULL with the answer in ret. */
static const struct sym *find_symbol(struct slot *s, const struct symbol_frame *f,
				     struct symbol_reply *ret)
{
	struct found all, found;
	char why[512];

	table_find(&s->image->table, f->function, &all);
	found = all;
	keep_fitting(&s->image->table, f, &found);
	keep_exact(f->function, &found);
	if (found.n == 1)
		return found.sym[0];
	if (found.n > 1) {
		snprintf(why, sizeof(why), "%zu functions of that size are called %s in %s",
			 found.n, f->function, s->image->path);
		answer(ret, SYMBOL_AMBIGUOUS, why);
	} else if (all.n > 0) {
		say_misfit(s, f, &all, ret);
	} else {
		say_absent(s, f, ret);
	}
	return NULL;
}

/* What stands at a bare address, less what KASLR added. */
static const struct sym *symbol_at(struct slot *s, uint64_t addr, struct symbol_reply *ret)
{
	const struct table *t = &s->image->table;
	const struct sym *sym = table_at(t, addr);
	char why[512];

	if (sym && addr - sym->addr < table_size(t, sym)) {
		snprintf(ret->symbol, sizeof(ret->symbol), "%.100s+0x%llx/0x%llx", sym->name,
			 (unsigned long long)(addr - sym->addr),
			 (unsigned long long)table_size(t, sym));
		return sym;
	}
	snprintf(why, sizeof(why), "%s has nothing at 0x%llx", s->image->path,
		 (unsigned long long)addr);
	answer(ret, SYMBOL_ABSENT, why);
	return NULL;
}

static void ask(struct symbols *sy, const struct symbol_frame *f, bool lines,
		struct symbol_reply *ret)
{
	bool bare = !f->function || !*f->function;
	struct slot *s = open_slot(sy, f->module ? f->module : "");
	uint64_t addr = f->address - sy->moved;
	const struct sym *sym;
	struct err err = { 0 };
	int r;

	ret->n = 0;
	ret->symbol[0] = '\0';
	if (!s || !s->image) {
		answer(ret, SYMBOL_NO_FILE, s ? s->why : "");
		return;
	}
	if (s->image->misfit) {
		answer(ret, SYMBOL_MISFIT, s->why);
		return;
	}
	sym = bare ? symbol_at(s, addr, ret) : find_symbol(s, f, ret);
	if (!sym)
		return;
	if (!bare)
		addr = sym->addr + f->offset;
	answer(ret, SYMBOL_FITS, "");
	if (!lines)
		return;
	addr -= f->caller && addr > sym->addr;
	r = image_lines(s->image, sym, addr, ret, &err);
	if (r < 0)
		answer(ret, r == -ENOTSUP && s->image->mod ? SYMBOL_NO_DEBUG : SYMBOL_NO_LINES,
		       err.msg);
	else
		ret->answer = SYMBOL_LINES;
}

void symbols_check(struct symbols *sy, const struct symbol_frame *f, struct symbol_reply *ret)
{
	ask(sy, f, false, ret);
}

void symbols_look_up(struct symbols *sy, const struct symbol_frame *f, struct symbol_reply *ret)
{
	ask(sy, f, true, ret);
}
