/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A scenario to begin with, commented by the schema's own sentences. Pure. */
#ifndef KS_MODEL_DRAFT_H
#define KS_MODEL_DRAFT_H

#include "base/str.h"
#include "model/loads.h"

struct draft {
	const char *name, *kernel;
	const char *schema; /* the JSON Schema's path, for editors; NULL: not named */
	const struct load_def *const *load; /* at least one */
	size_t n_loads;
};

/* Appends it. What is not needed stands there as a comment, with its default or an example. */
void draft_write(const struct draft *d, struct buf *out);

#endif
