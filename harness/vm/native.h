/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The command line that libvirt would start QEMU with: for a dry run. */
#ifndef KS_VM_NATIVE_H
#define KS_VM_NATIVE_H

#include "base/buf.h"

/*
 * Appends the command line, or a comment that says why there is none. Asked in a child process:
 * libvirt's embedded driver has one root in a process's life, and must not be opened as root.
 */
void native_describe(const char *uri, const char *xml, struct buf *out);

#endif
