/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A kernel built by a recipe, kept beside the others in the cache under kernels/build-NAME-DIGEST.
 * The digest is of all that went into it: recipe, fragments, patches, source, compiler. An entry
 * appears whole, by a rename; the log of a build that failed is kept under logs/. Entries hold what
 * modules are built against, and stay until somebody removes them.
 */
#ifndef KS_IMAGE_KBUILD_H
#define KS_IMAGE_KBUILD_H

#include "image/build_job.h"
#include "image/kernels.h"

#define KBUILD_SCHEME "build:"

/* Where the recipes and fragments are that come with kernsoak. The caller frees. */
char *kbuild_recipe_dir(void);

struct kbuild_request {
	const char *recipe; /* its name, with +fragments, or its path (model/kernel_recipe.h) */
	const char *source; /* instead of the recipe's; NULL: that */
	unsigned jobs;
};

/*
 * Builds it, or finds it built. Exit codes: 65 what the recipe asks for is wrong or cannot be had
 * of this source, 69 the host lacks something or the build failed, 73 no room, 130 interrupted.
 */
int kbuild(const struct kbuild_request *q, const struct build_watch *w, struct kernel *ret,
	   struct err *err);

/* ---- kbuild_find.c: what was built ---- */

/* build:NAME is the newest of that name, build:NAME@DIGEST (of which eight digits do) just that. */
int kbuild_find(const char *ref, struct kernel *ret, struct err *err);

struct kbuild_row {
	char *name; /* build:lean@1a2b3c4d */
	char *release;
	char *source;        /* which one it was: "git 1a2b3c..." */
	uint64_t size_bytes; /* of the entry */
	uint64_t built_at_s; /* since 1970 */
	uint64_t took_s;
};

struct kbuild_list {
	struct kbuild_row *row;
	size_t n;
};

#define _cleanup_kbuild_list_ _cleanup_(kbuild_list_done)
void kbuild_list_done(struct kbuild_list *l);

/* All of them, the newest last. */
void kbuild_list(struct kbuild_list *ret);

#endif
