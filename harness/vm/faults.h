/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Disks that fail on purpose: QEMU's blkdebug, put between a disk and its file while the guest
 * runs, so that nothing fails before the soak. In words of QMP; libvirt has none for it.
 */
#ifndef KS_VM_FAULTS_H
#define KS_VM_FAULTS_H

#include "base/buf.h"
#include "base/json.h"
#include "vm/vm.h"

/* QEMU's names of what stands above the disk's file and of the file itself; borrowed from the
 * answer to query-named-block-nodes. -ENOENT where it has no such disk. */
int faults_nodes(const json_t *answer, const struct machine_disk *d, const char **ret_format,
		 const char **ret_file, struct err *err);

/* Two commands of QMP: one makes the node that fails, one puts it in place. The caller frees. */
json_t *faults_add(const struct machine_disk *d, const char *file);
json_t *faults_insert(const struct machine_disk *d, const char *format);

/* Lets all disks of the machine fail from now on. `ask` sends a command and gives the answer's
 * "return". */
int faults_begin(const struct machine *m,
		 int (*ask)(void *arg, const json_t *command, json_t **ret, struct err *err),
		 void *arg, struct err *err);

#endif
