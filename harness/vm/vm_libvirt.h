/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The backend of real guests: QEMU through libvirt, by default qemu:///embed, which needs no
 * daemon.
 *
 * The embedded driver has one root in a process's life: that of the first guest (its
 * machine.work/libvirt); later guests of the same process share it, so that folder must stay until
 * the process ends (a root= in the URI is not used: two trials could not share it). QEMU's monitor
 * socket is made below it, so machine.work may have 47 bytes at most. The process becomes a
 * subreaper, so that QEMU is its child and ends in view.
 *
 * Started as root the process should have dropped to an unprivileged user before the first start():
 * as root libvirt insists on a user `libvirt-qemu` and probes QEMU anew each time (8 s).
 *
 * Other URIs: the console file and the agent's socket are paths on this host, so only a daemon on
 * this host that runs QEMU as a user who may open them will do. A URI with a host name is refused.
 */
#ifndef KS_VM_VM_LIBVIRT_H
#define KS_VM_VM_LIBVIRT_H

#include "vm/sweep.h"
#include "vm/vm.h"

extern const struct vm_backend vm_libvirt;

#endif
