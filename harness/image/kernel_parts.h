/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the files of kernels.h share, and nobody else needs. */
#ifndef KS_IMAGE_KERNEL_PARTS_H
#define KS_IMAGE_KERNEL_PARTS_H

#include "base/str.h"
#include "image/kernels.h"

#define KERNEL_SCHEME  "debian:"
#define KERNEL_BY_PATH "file-" /* entries of kernels by path; others are named by their package */

/* ---- kernel_entry.c: an entry of the cache, and the image files in it ---- */

char *kernel_cache_dir(void); /* the caller frees */

int kernel_entry_load(const char *dir, const char *ref, struct kernel *ret, struct err *err);

/* Writes what `k` says, with the paths of its files relative to the entry. */
int kernel_entry_describe(int dirfd, const struct kernel *k, struct err *err);

struct file_map {
	void *data;
	size_t n;
};

#define _cleanup_file_map_ _cleanup_(file_unmap)
void file_unmap(struct file_map *m);
int file_map(int dirfd, const char *path, struct file_map *ret, struct err *err);

/*
 * Writes the ELF of the bzImage beside it as `vmlinux`. ret_made is false, without an error, where
 * the image holds none that QEMU can enter: it boots as it is.
 */
int kernel_extract(int dirfd, const struct file_map *image, bool *ret_made, struct err *err);

/* ---- kernel_ref.c: names of Debian's kernels ---- */

/* linux-image-6.1.0-54-cloud-amd64 is debian:6.1.0-54-cloud. The caller frees. */
char *kernel_name_of_package(const char *package);

/* The part of a reference that names the version and flavour; people also write the release or
 * the package's name. Malformed: exit code 65. */
int kernel_ref_parse(const char *ref, char **ret_abi, struct err *err);

/* Which of the packages, sorted by version, a short name means; NULL: none. */
const char *kernel_match_package(const struct strv *packages, const char *abi);

/* Appends "debian:6.1.0-55-cloud, debian:6.1.0-56-cloud, ...": fewest edits first, then newest. */
void kernel_list_nearest(const struct strv *packages, const char *abi, struct buf *out);

/* The packages that have an entry in the cache, sorted by version. */
void kernel_cached_packages(const char *cache, struct strv *ret);

/* ---- kernel_debian.c: packages, fetched and unpacked ---- */

/* Unpacks into an entry. `name` is what the kernel is called; NULL: by its package. */
int kernel_unpack_deb(const char *deb, const char *name, int dirfd, struct err *err);

int kernel_find_debian(const char *ref, bool may_fetch, struct kernel *ret, struct err *err);

#endif
