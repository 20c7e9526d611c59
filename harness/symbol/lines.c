/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From an address to the chain of functions that are inlined there, through libdw. Only the
 * compilation unit that has the address is read. */
#include <dwarf.h>
#include <elfutils/libdw.h>
#include <errno.h>
#include <stdio.h>

#include "symbol/image.h"

enum {
	DEPTH_MAX = 64,
	DIES_MAX = 4 << 20, /* looked at for one address: a file may say that its tree is a ring */
	RANGES_MAX = 8 << 20,
};

static void add_range(struct image *im, size_t *cap, uint64_t low, uint64_t high, Dwarf_Off cu)
{
	if (low >= high || im->n_ranges >= RANGES_MAX)
		return;
	if (im->n_ranges == *cap) {
		*cap = *cap ? 2 * *cap : 1024;
		im->range = xrealloc(im->range, *cap * sizeof(*im->range));
	}
	im->range[im->n_ranges++] = (struct cu_range){ low, high, cu };
}

static void read_ranges(struct image *im, Dwarf *dwarf)
{
	Dwarf_CU *cu = NULL;
	size_t cap = 0;
	Dwarf_Die die;

	while (dwarf_get_units(dwarf, cu, &cu, NULL, NULL, &die, NULL) == 0) {
		Dwarf_Addr base, low, high;
		ptrdiff_t at = 0;

		while ((at = dwarf_ranges(&die, at, &base, &low, &high)) > 0 &&
		       im->n_ranges < RANGES_MAX)
			add_range(im, &cap, low, high, dwarf_dieoffset(&die));
	}
	im->ranged = true;
}

static bool find_cu(struct image *im, Dwarf *dwarf, uint64_t addr, Dwarf_Die *ret)
{
	if (dwarf_addrdie(dwarf, addr, ret))
		return true;
	if (!im->ranged)
		read_ranges(im, dwarf);
	for (size_t i = 0; i < im->n_ranges; i++)
		if (im->range[i].low <= addr && addr < im->range[i].high)
			return dwarf_offdie(dwarf, im->range[i].cu, ret) != NULL;
	return false;
}

/* The functions around an address, outermost first. */
struct nest {
	Dwarf_Die die[SYMBOL_PLACES];
	size_t n;
	unsigned looked;
};

enum kind { PASS_BY, LOOK_INTO, IS_BLOCK, IS_FUNCTION };

static enum kind kind_of(Dwarf_Die *die)
{
	switch (dwarf_tag(die)) {
	case DW_TAG_subprogram:
	case DW_TAG_inlined_subroutine: return IS_FUNCTION;
	case DW_TAG_lexical_block: return IS_BLOCK;
	case DW_TAG_namespace: return LOOK_INTO; /* Rust */
	default: return PASS_BY;
	}
}

/* Descends to addr: in every level at most one child has it. */
static bool descend(Dwarf_Die *parent, uint64_t addr, unsigned depth, struct nest *nest)
{
	Dwarf_Die die;

	if (depth == DEPTH_MAX || dwarf_child(parent, &die) != 0)
		return false;
	do {
		enum kind kind = kind_of(&die);

		if (++nest->looked > DIES_MAX)
			return false;
		if (kind == PASS_BY || (kind != LOOK_INTO && dwarf_haspc(&die, addr) <= 0))
			continue;
		if (kind == IS_FUNCTION) {
			nest->n = MIN(nest->n, (size_t)SYMBOL_PLACES - 1);
			nest->die[nest->n++] = die;
		}
		if (descend(&die, addr, depth + 1, nest) || kind != LOOK_INTO)
			return true;
	} while (dwarf_siblingof(&die, &die) == 0);
	return false;
}

/* Lexically: a/./b and a/x/../b are a/b. */
static void squeeze(char *path)
{
	char *to = path, *from = path;

	while (*from) {
		size_t n = strcspn(from, "/");
		bool up = n == 2 && strncmp(from, "..", 2) == 0;
		char *last = to;

		while (last > path && last[-1] == '/')
			last--;
		while (last > path && last[-1] != '/')
			last--;
		if (n == 1 && *from == '.') {
			from += 1 + (from[1] == '/');
			continue;
		}
		if (up && last < to && strncmp(last, "../", 3) != 0 && *last != '/') {
			to = last;
			from += n + (from[n] == '/');
			continue;
		}
		memmove(to, from, n);
		to += n;
		from += n;
		if (*from == '/')
			*to++ = *from++;
		while (*from == '/')
			from++;
	}
	*to = '\0';
}

/* What lies at the top of the kernel's sources. */
static bool is_top(const char *path)
{
	static const char *const tops[] = {
		"arch/",    "block/", "certs/",    "crypto/",  "drivers/", "fs/",
		"include/", "init/",  "io_uring/", "ipc/",     "kernel/",  "lib/",
		"mm/",      "net/",   "rust/",     "samples/", "scripts/", "security/",
		"sound/",   "tools/", "usr/",      "virt/",
	};

	for (size_t i = 0; i < ARRAY_SIZE(tops); i++)
		if (str_after(path, tops[i]))
			return true;
	return false;
}

/*
 * Without the folder that the compiler was called in, or, where that is a build folder inside of
 * the sources (Debian's debian/build/...), without the folder of the sources.
 */
static const char *shorten(const char *path, const char *comp_dir)
{
	const char *best = path;
	size_t n = 0, i;

	for (i = 0; path[i] && path[i] == comp_dir[i]; i++)
		if (path[i] == '/')
			n = i + 1;
	if (!comp_dir[i] && path[i] == '/')
		best = path + i + 1;
	else if (n > 1 && is_top(path + n))
		best = path + n;
	return *best ? best : path;
}

static void put_file(struct symbol_place *p, Dwarf_Die *cu, const char *path)
{
	Dwarf_Attribute attr;
	const char *dir = dwarf_formstring(dwarf_attr(cu, DW_AT_comp_dir, &attr));
	char whole[1024], from[1024];

	snprintf(whole, sizeof(whole), "%s", path ? path : "?");
	snprintf(from, sizeof(from), "%s", dir ? dir : "");
	squeeze(whole);
	squeeze(from);
	snprintf(p->file, sizeof(p->file), "%.255s", shorten(whole, from));
}

static void put_call_site(struct symbol_place *p, Dwarf_Die *cu, Dwarf_Die *inlined)
{
	Dwarf_Word file = 0, line = 0;
	Dwarf_Attribute attr;
	Dwarf_Files *files;
	size_t n;

	dwarf_formudata(dwarf_attr(inlined, DW_AT_call_line, &attr), &line);
	p->line = (unsigned)line;
	if (dwarf_formudata(dwarf_attr(inlined, DW_AT_call_file, &attr), &file) == 0 &&
	    dwarf_getsrcfiles(cu, &files, &n) == 0 && file < n)
		put_file(p, cu, dwarf_filesrc(files, file, NULL, NULL));
	else
		put_file(p, cu, NULL);
}

static void put_leaf(struct symbol_place *p, Dwarf_Die *cu, Dwarf_Line *line)
{
	int no = 0;

	dwarf_lineno(line, &no);
	p->line = (unsigned)MAX(no, 0);
	put_file(p, cu, dwarf_linesrc(line, NULL, NULL));
}

static void put_places(Dwarf_Die *cu, Dwarf_Line *line, struct nest *nest, const char *symbol,
		       struct symbol_reply *ret)
{
	ret->n = MAX(nest->n, (size_t)1); /* assembly has lines, and no functions around them */
	for (size_t i = 0; i < ret->n; i++) {
		struct symbol_place *p = &ret->place[i];
		size_t from_outside = ret->n - 1 - i;
		const char *name = nest->n ? dwarf_diename(&nest->die[from_outside]) : NULL;

		snprintf(p->function, sizeof(p->function), "%s", name ? name : symbol);
		if (i == 0)
			put_leaf(p, cu, line);
		else
			put_call_site(p, cu, &nest->die[from_outside + 1]);
	}
}

int image_lines(struct image *im, const struct sym *s, uint64_t addr, struct symbol_reply *ret,
		struct err *err)
{
	struct nest nest = { .n = 0 };
	Dwarf_Addr bias = 0;
	Dwarf *dwarf = im->mod ? dwfl_module_getdwarf(im->mod, &bias) : NULL;
	Dwarf_Line *line;
	Dwarf_Die cu;

	if (!dwarf)
		return err_set(err, ENOTSUP,
			       "%s has no debug information (Debian: package "
			       "linux-image-RELEASE-dbg; own builds: CONFIG_DEBUG_INFO)",
			       im->path);
	addr += im->to_file[s->section] - bias;
	line = find_cu(im, dwarf, addr, &cu) ? dwarf_getsrc_die(&cu, addr) : NULL;
	if (!line)
		return err_set(err, ENODATA, "%s has no line for an address in %s", im->path,
			       s->name);
	descend(&cu, addr, 0, &nest);
	put_places(&cu, line, &nest, s->name, ret);
	return 0;
}
