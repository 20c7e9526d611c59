/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The way into a guest that a trial and a shell share: files found, the folder handed over, root
 * given up, disks made. What is done with the guest then is the caller's.
 */
#ifndef KS_RUN_GUEST_H
#define KS_RUN_GUEST_H

#include "run/disks.h"
#include "run/files.h"
#include "run/machine.h"

struct guest_calls {
	int (*confined)(struct err *err); /* when root was given up; NULL: nothing to do */
	int (*run)(void *arg, const struct spec *spec, const struct machine_files *files,
		   struct err *err);
	void *arg;
};

/* `dir` is the folder of the console and of new disks; this process is another user's afterwards.
 */
int guest_run(const struct spec *spec, const char *dir, int dirfd, const struct guest_calls *calls,
	      struct err *err);

/* The disk that a guest's root is on. */
void guest_add_root(const char *path, struct disks *disks);

#endif
