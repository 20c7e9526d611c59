/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A recipe for a kernel: which source, which configuration, which patches (docs/KERNELS.md).
 *
 *   source: debian:linux-source-6.12     or debian:PACKAGE=VERSION, git:TREE#REVISION, ./X.tar.xz
 *   base: allnoconfig                    or defconfig, a file, a kernel whose configuration it is
 *   fragments: [lean, kasan, ./my.config]
 *   patches: [./fix.patch]
 */
#ifndef KS_MODEL_KERNEL_RECIPE_H
#define KS_MODEL_KERNEL_RECIPE_H

#include "base/sha256.h"
#include "model/kconfig.h"

enum kernel_recipe_source { RECIPE_DEBIAN, RECIPE_GIT, RECIPE_TAR };

enum kernel_recipe_base {
	RECIPE_ALLNOCONFIG, /* nothing but what the fragments say */
	RECIPE_DEFCONFIG,   /* what the source takes for usual */
	RECIPE_CONFIG,      /* a file */
	RECIPE_KERNEL,      /* that of a kernel by reference */
};

struct kernel_recipe {
	char *name; /* lean+kasan, or the file's without .yaml */
	enum kernel_recipe_source kind;
	char *source;   /* the package, the tree's or the tarball's path */
	char *revision; /* of the package or the tree; NULL: the candidate, HEAD */
	enum kernel_recipe_base base;
	char *config;          /* a file's path, or a kernel; NULL: none */
	struct strv fragments; /* paths */
	struct strv patches;   /* paths, in the order of application */
};

#define _cleanup_kernel_recipe_ _cleanup_(kernel_recipe_done)
void kernel_recipe_done(struct kernel_recipe *r);

/*
 * `ref` is the path of a recipe (with a slash), or the name of one in the folder `shipped`, to
 * which names of fragments there may be added: lean+kasan. Complaints say where and carry 65.
 */
int kernel_recipe_read(const char *ref, const char *shipped, struct kernel_recipe *ret,
		       struct err *err);

/* `source` as a recipe says it, instead of what it says; paths are relative to the folder we are
 * in. Exit code 64. */
int kernel_recipe_set_source(struct kernel_recipe *r, const char *source, struct err *err);

/*
 * All that the fragments say, the later over the earlier, and CONFIG_LOCALVERSION by the recipe's
 * name where they do not say it. Its items point into `r`.
 */
int kernel_recipe_asked(const struct kernel_recipe *r, struct kconfig *ret, struct err *err);

/* Adds the bytes of its patches, in their order. Exit code 65. */
int kernel_recipe_add_patches(const struct kernel_recipe *r, struct sha256 *sum, struct err *err);

/* Is it the name of a recipe, or of a fragment? It becomes part of `uname -r` and of file names. */
bool kernel_recipe_is_name(const char *s, size_t n);

#endif
