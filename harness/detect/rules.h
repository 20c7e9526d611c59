/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The table of signatures, with a scenario's changes, compiled: which row does a line fit? */
#ifndef KS_DETECT_RULES_H
#define KS_DETECT_RULES_H

#include "detect/match.h"
#include "detect/signatures.h"
#include "model/settings.h"

/* "------------[ cut here ]------------": the matcher stops there too, though it is no row. */
#define RULES_CUT_HERE "[ cut here ]"

struct rules;

/* Made once, never changed, the same for all detectors of the process. NULL: err says why. */
const struct rules *rules_get(struct err *err);

/*
 * The table with what a scenario adds and changes; `own` is borrowed until rules_free(). One pass
 * finds its literals with the built-in ones, so they cost no time but that of compiling (3 ms).
 */
struct rules *rules_new(const struct detection *own, struct err *err);
struct rules *rules_free(struct rules *r); /* returns NULL */

/* Could a sighting of this row be one that the scenario ignores? */
bool rules_may_ignore(const struct rules *r, const struct signature *sig);

/* The name of the detect.ignore that fits a whole sighting, or NULL. */
const char *rules_ignored_by(const struct rules *r, const struct sighting *s);

/* As matcher_benign(): how many bytes from the front hold no literal, and are plain. */
size_t rules_benign(const struct rules *r, const char *data, size_t n);

/* Which ones do? False: none. */
bool rules_hit(const struct rules *r, const char *data, size_t n, struct hits *ret);

/* The first row that fits `text` (a line without printk's prefix), NULL none. */
const struct signature *rules_find(const struct rules *r, const struct hits *hits, const char *text,
				   struct captures *ret);

/* Was RULES_CUT_HERE among them? */
bool rules_cut_here(const struct rules *r, const struct hits *hits);

#endif
