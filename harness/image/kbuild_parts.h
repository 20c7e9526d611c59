/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the files of kbuild.h share, and nobody else needs. */
#ifndef KS_IMAGE_KBUILD_PARTS_H
#define KS_IMAGE_KBUILD_PARTS_H

#include "image/source.h"

#define KBUILD_ENTRY "build-"     /* entries of the cache */
#define KBUILD_FACTS "build.json" /* in each of them */

/*
 * The layout of an entry, in the making too. The objects lie directly in the source's folder, as
 * then everything that make, gcc and ccache hear of is relative (srctree is ".."): the entry may be
 * renamed, ccache finds what another build compiled, and warnings of the kernel name kernel/fork.c.
 */
#define KBUILD_TREE "tree"
#define KBUILD_OBJ  KBUILD_TREE "/obj"

struct kbuild_facts {
	const char *recipe, *source, *compiler;
	const char *name; /* of the kernel: build:lean@1a2b3c4d */
	uint64_t began_s;
};

/* kbuild_tools.c: what a build needs and this host lacks: exit code 69, with the packages. */
int kbuild_check_tools(const struct kernel_recipe *r, struct err *err);

/* kbuild_keep.c: makes the built tree an entry: takes the kernel and its files out of it, removes
 * what modules need not be built against, and describes the rest. */
int kbuild_keep(int dirfd, const struct kbuild_facts *f, struct err *err);

#endif
