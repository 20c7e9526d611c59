/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Root images: a Debian root as a recipe describes it, made by mmdebstrap, packed as one read-only
 * erofs, kept in the cache under roots/NAME-RECIPE-VERSIONS/. The two digests are of the recipe's
 * text and of the versions that apt has of the packages that it names. Building takes minutes, so a
 * run takes the newest image of the recipe there is, whatever apt has by now; root_build() makes
 * the one of today.
 *
 * The file is uncompressed: guests run under TCG, where unpacking a page costs and the host's disk
 * does not (473 MiB against 233 with lz4).
 */
#ifndef KS_IMAGE_ROOTFS_H
#define KS_IMAGE_ROOTFS_H

#include "base/err.h"
#include "image/recipe.h"

#define ROOT_SERIAL "ksroot" /* of the disk, by which the agent knows it */

struct root_image {
	char *entry;    /* its name in the cache */
	char *path;     /* of the erofs */
	char *digest;   /* SHA256 of the erofs */
	char *recipe;   /* digest of the recipe's text */
	int64_t made_s; /* when: seconds since 1970 */
	uint64_t bytes;
	uint64_t build_ns;
};

#define _cleanup_root_image_ _cleanup_(root_image_done)
void root_image_done(struct root_image *r);

/* The newest image in the cache of this very recipe; -ENOENT (exit code 69): none. */
int root_find(const char *name, const struct recipe *recipe, struct root_image *ret,
	      struct err *err);

/*
 * Makes the image of the recipe and of what apt has today, where the cache does not have it.
 * ret_made: it was made now. Failures carry exit code 69 and name the log.
 */
int root_build(const char *name, const struct recipe *recipe, struct root_image *ret,
	       bool *ret_made, struct err *err);

struct root_list {
	struct root_image *item;
	size_t n;
};

#define _cleanup_root_list_ _cleanup_(root_list_done)
void root_list_done(struct root_list *l);

/* All of them, newest first. */
int root_list(struct root_list *ret, struct err *err);

/* What mmdebstrap is to be called with, to leave the image at `out`: pure, for tests. */
void root_command(const struct recipe *recipe, const struct strv *sources, const char *out,
		  struct strv *ret);

#endif
