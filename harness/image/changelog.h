/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a Debian package's changelog says between two versions, about what a crash is about. */
#ifndef KS_IMAGE_CHANGELOG_H
#define KS_IMAGE_CHANGELOG_H

#include "base/err.h"
#include "base/str.h"

/* A word of a crash, and how telling it is: its function 4, a part of its name 1. */
struct clue {
	char word[64];
	unsigned weight;
};

enum { CLUES_MAX = 64 };

/*
 * The words of a crash: functions of its stack and modules that it is about, and the parts of their
 * names that say which part of the kernel it is ("fib" of fib_rebalance, "mirred" of act_mirred,
 * but not "get" or "net"). The first function is the guilty one. Returns how many.
 */
size_t changelog_clues(const char *const *function, size_t n_functions, const char *const *module,
		       size_t n_modules, struct clue clue[CLUES_MAX]);

/*
 * The entries of the text newer than `older` (a package version; NULL: of the first one only) that
 * have a clue, most telling first, at most `max`; ret_all is how many there are in all.
 */
void changelog_search(const char *text, const char *older, const struct clue *clue, size_t n_clues,
		      size_t max, struct strv *ret, size_t *ret_all);

/* The same of a gzip file, as struct kernel names it. */
int changelog_read(const char *path, const char *older, const struct clue *clue, size_t n_clues,
		   size_t max, struct strv *ret, size_t *ret_all, struct err *err);

#endif
