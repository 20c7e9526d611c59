/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Compressed bytes and Debian packages, read with libarchive. Both may come from anywhere. */
#ifndef KS_IMAGE_UNPACK_H
#define KS_IMAGE_UNPACK_H

#include "base/buf.h"
#include "base/err.h"

/*
 * Appends to `out` what one xz, gzip, lz4, zstd, lzma or bzip2 stream holds; -EBADMSG where it is
 * damaged, -EFBIG where it holds more than max. `what` names it in the sentence.
 */
int unpack_bytes(const void *data, size_t n, const char *what, size_t max, struct buf *out,
		 struct err *err);

/* Appends the package's control file ("Package: ...\n..."). */
int deb_control(const char *deb, struct buf *out, struct err *err);

/* The value of `field` in a control file, freed by the caller; NULL where it has none. */
char *deb_field(const char *control, const char *field);

/*
 * Writes those regular files of the package whose path ("boot/config-6.1.0") `want` accepts below
 * dirfd, with the directories they need. Links, devices and owners are left out, so nothing can be
 * written outside. Failures to write carry exit code 73.
 */
int deb_unpack(const char *deb, int dirfd, bool (*want)(const char *path), struct err *err);

/*
 * Writes a tarball's files and links below the folder `dir`, less the first `strip` steps of their
 * paths; nothing outside. Ends with -EINTR soon after stopped(arg) says so.
 */
int tar_unpack(const char *tar, unsigned strip, const char *dir, bool (*stopped)(const void *arg),
	       const void *arg, struct err *err);

#endif
