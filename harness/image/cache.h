/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Folders in a cache. An entry appears whole, by a rename, and what is there never changes; makers
 * of one entry take turns under its lock, so several processes may ask for the same at once.
 */
#ifndef KS_IMAGE_CACHE_H
#define KS_IMAGE_CACHE_H

#include "base/err.h"

/* Fills the new entry, whose path is `dir` (only until it is renamed), through dirfd. */
typedef int cache_maker(const char *dir, int dirfd, const void *arg, struct err *err);

/*
 * Makes the entry cache/name where it is missing, and sweeps away what killed makers left. Entries
 * whose names start with `volatile_prefix` are swept too where nobody called cache_use for two
 * weeks.
 */
int cache_make(const char *cache, const char *name, const char *volatile_prefix, cache_maker *make,
	       const void *arg, struct err *err);

/* Is the entry there? Then it is marked as used just now. */
bool cache_use(const char *cache, const char *name);

#endif
