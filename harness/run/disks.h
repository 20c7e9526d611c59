/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The files behind a guest's disks. A new disk is a sparse file in the trial's folder, with a file
 * system made by this host's mkfs; its name is taken away as soon as QEMU has opened it, so that
 * nothing is left even by kill -9. An image is used where it is (read-only) or copied first.
 */
#ifndef KS_RUN_DISKS_H
#define KS_RUN_DISKS_H

#include "vm/vm.h"

struct disks {
	struct machine_disk *item; /* for struct machine; its strings are owned */
	size_t n;
};

/* Has this host the images, and the mkfs that the disks need? Exit code 69 and the package where it
 * has not. */
int disks_check(const struct settings *s, struct err *err);

/*
 * The disks of these settings with their files in `dir` (the trial's folder as QEMU sees it); no
 * file is made. image[i], where QEMU sees the image of disk i; NULL: where the settings say.
 */
void disks_plan(const struct settings *s, const char *dir, const char *const *image,
		struct disks *ret);

/* One more, with a name that the settings have not: valid until the next one. `path` is copied. */
struct machine_disk *disks_add(struct disks *d, const char *name, const char *path);

/* Makes the files that were planned. What was made is removed again on failure. */
int disks_make(const struct settings *s, const char *const *image, struct disks *d,
	       struct err *err);

/* QEMU has them open: names that need not last go. Never fails. */
void disks_opened(const struct machine *m);

void disks_done(struct disks *d); /* the files stay */

#endif
