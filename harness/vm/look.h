/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What QEMU can tell of a guest from outside, through libvirt: its monitor's answers and its
 * memory. For vm_libvirt.c only; `pidfd` is QEMU's (virt_call_begin).
 */
#ifndef KS_VM_LOOK_H
#define KS_VM_LOOK_H

#include <libvirt/libvirt.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/json.h"

/* A command of the human monitor. */
int look_monitor(virDomainPtr dom, int pidfd, const char *command, struct buf *out,
		 struct err *err);

/* A command of QMP; *ret: what it returns, freed by the caller. */
int look_ask(virDomainPtr dom, int pidfd, const json_t *command, json_t **ret, struct err *err);

/* kdump-compressed with zlib, without paging: makedumpfile's form, which crash(8) and drgn read. */
int look_dump(virDomainPtr dom, int pidfd, const char *path, uint64_t limit_ns, struct err *err);

#endif
