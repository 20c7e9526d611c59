/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The kernel and the image that a guest of these settings boots from. */
#ifndef KS_RUN_FILES_H
#define KS_RUN_FILES_H

#include "model/settings.h"

struct files {
	char *kernel, *initrd;
	char *root; /* the disk with the guest's root; NULL: its root is the initrd */
	char *note; /* what could not be checked of the kernel; NULL: nothing */
};

/*
 * Finds (fetches, where may_fetch says so) the kernel and builds the image, or takes both from the
 * cache. Fails with a sentence and exit code 69. A root image that was never built here is built
 * where may_fetch; that takes minutes, and stderr says so.
 */
int files_find(const struct settings *s, bool may_fetch, struct files *ret, struct err *err);
void files_done(struct files *f);

#endif
