/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Names, addresses and sizes, as a kernel counts them: its size of a function is the way to the
 * next symbol, padding included, and not what the ELF says.
 */
#ifndef KS_SYMBOL_TABLE_H
#define KS_SYMBOL_TABLE_H

#include "base/macro.h"

struct sym {
	const char *name; /* borrowed */
	uint64_t addr;
	uint64_t size;    /* of the ELF; 0 unknown */
	uint32_t section; /* of the ELF */
	bool code;        /* a function, no label inside of one */
};

/* Open: read sym[] and n directly, in order of addresses once sorted. */
struct table {
	struct sym *sym;
	size_t n, cap;
	uint32_t *by_name;
};

void table_done(struct table *t);
void table_add(struct table *t, const struct sym *s);
void table_sort(struct table *t); /* once, after the last add and before the first look */

/* The symbol with the greatest address up to addr, NULL where all are above. */
const struct sym *table_at(const struct table *t, uint64_t addr);

/* Its size as a kernel prints it: the way to the next symbol; the ELF's for the last one. */
uint64_t table_size(const struct table *t, const struct sym *s);

/*
 * May a trace say that s has `size` bytes? A kernel's own table leaves out some labels, so the way
 * to any symbol up to the next function is right, and so is the ELF's size.
 */
bool table_fits(const struct table *t, const struct sym *s, uint64_t size);

enum { TABLE_FOUND_MAX = 32 };

struct found {
	const struct sym *sym[TABLE_FOUND_MAX]; /* of different addresses */
	size_t n;
};

/* All of that name, whatever the compiler's suffixes (.isra.0, .cold) on either side. */
void table_find(const struct table *t, const char *name, struct found *ret);

#endif
