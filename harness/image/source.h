/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The source of a kernel: which one a recipe means, and a copy of it to build in. */
#ifndef KS_IMAGE_SOURCE_H
#define KS_IMAGE_SOURCE_H

#include "image/apt.h"
#include "image/build_job.h"
#include "model/kernel_recipe.h"

struct source {
	char *id;     /* names just this source: "linux-source-6.12 6.12.117-1", "git 1a2b3c..." */
	char *commit; /* RECIPE_GIT */
	bool changed; /* its HEAD was meant, and what is checked out differs from that */
	struct apt_packages package; /* RECIPE_DEBIAN: one */
};

#define _cleanup_source_ _cleanup_(source_done)
void source_done(struct source *s);

/* Which version, commit or digest it is at the moment. Nothing is fetched. Exit code 69. */
int source_identify(const struct kernel_recipe *r, struct source *ret, struct err *err);

/*
 * Fills the empty folder `dir` with it (a package comes through apt, once) and applies the recipe's
 * patches. Nobody else has these files: no other build is changed by it.
 */
int source_copy(const struct kernel_recipe *r, const struct source *s, const struct build_watch *w,
		int log, const char *dir, struct err *err);

#endif
