/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a root image is made of: images/NAME.recipe, whose first lines say what the keys are. Pure.
 */
#ifndef KS_IMAGE_RECIPE_H
#define KS_IMAGE_RECIPE_H

#include "base/err.h"
#include "base/sha256.h"
#include "base/str.h"

struct recipe {
	char *suite; /* Debian's: bookworm */
	struct strv packages;
	struct strv modules;     /* of the kernel, which the image's programs need */
	struct strv exclude;     /* path patterns that dpkg leaves out */
	struct strv remove;      /* patterns below the root, without a slash in front */
	struct strv run;         /* lines for the root's /bin/sh, in order */
	char digest[SHA256_HEX]; /* of what it says: comments and blank lines do not count */
};

#define _cleanup_recipe_ _cleanup_(recipe_done)
void recipe_done(struct recipe *r);

/* -EINVAL with exit code 65: "NAME:LINE: what is wrong". */
int recipe_parse(const char *name, const char *text, struct recipe *ret, struct err *err);

/* The text of the recipe that this program came with; NULL: none of that name. */
const char *recipe_builtin(const char *name);

/* The built-in one, parsed. -ENOENT with exit code 65 where there is none. */
int recipe_get(const char *name, struct recipe *ret, struct err *err);

#endif
