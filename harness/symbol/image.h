/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One file that knows functions: a vmlinux or a module with DWARF, or a System.map, which has no
 * lines. Whatever its bytes say, it is read or refused with a sentence.
 */
#ifndef KS_SYMBOL_IMAGE_H
#define KS_SYMBOL_IMAGE_H

#include <elfutils/libdwfl.h>

#include "base/buf.h"
#include "base/err.h"
#include "symbol/symbol.h"
#include "symbol/table.h"

enum { BUILD_ID_LEN = 20 }; /* of SHA-1, which kernels use; they print that much */

struct cu_range {
	uint64_t low, high;
	Dwarf_Off cu; /* its DIE */
};

/* Open to the room's own files. */
struct image {
	char *path;
	struct table table;
	char *text;                          /* a System.map's bytes, which the names point into */
	char build_id[2 * BUILD_ID_LEN + 1]; /* in hex; "" unknown */
	bool misfit;                         /* a function had another size in the log */

	Dwfl *dwfl;
	Dwfl_Module *mod;
	uint64_t *to_file; /* by section: from the table's addresses to those of mod */
	size_t n_sections;

	struct cu_range *range; /* where .debug_aranges does not say: clang writes none */
	size_t n_ranges;
	bool ranged;
};

int image_open_elf(const char *path, struct image **ret, struct err *err);
int image_open_map(const char *path, struct image **ret, struct err *err);
struct image *image_free(struct image *im); /* returns NULL */

/*
 * The place of the table's address `addr`, which belongs to section s->section: chain innermost
 * first. 0; -ENODATA and a sentence where the file has no line for it, -ENOTSUP where it has none
 * at all.
 */
int image_lines(struct image *im, const struct sym *s, uint64_t addr, struct symbol_reply *ret,
		struct err *err);

#endif
