/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A machine as this host's libvirt and QEMU need it: with paths that say where they begin. */
#ifndef KS_VM_HERE_H
#define KS_VM_HERE_H

#include <sys/resource.h>

#include "vm/vm.h"

/* Open: `m` is read. */
struct here {
	struct machine m;
	char *path[5];
	struct machine_disk *disk; /* their paths are owned */
};

/* libvirt and QEMU have left our working directory. */
void here_make(const struct machine *m, struct here *ret);
void here_done(struct here *h);

/* Is there what the machine needs? What is not carries exit code 69. */
int here_check(const struct machine *m, struct err *err);
int here_check_qemu(struct err *err);

/* How large a file of QEMU's may be: its console's cap, or the largest disk. */
rlim_t here_file_limit(const struct machine *m);

#endif
