/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * struct machine -> libvirt's domain XML. Pure: no connection, no files, same bytes every time.
 *
 * The domain is as small as a q35 gets (each device costs boot time under TCG): one virtio-serial
 * controller on the root bus, ttyS0 into a file, no USB, graphics or network, and no disk, watchdog
 * or balloon but those that the machine names; where it wants a netconsole, a card whose only wire
 * is a unix socket of ours. It never reboots: a reset ends QEMU, which says why
 * in its last event.
 */
#ifndef KS_VM_DOMAIN_H
#define KS_VM_DOMAIN_H

#include "vm/vm.h"

#define DOMAIN_NAMESPACE "https://kernsoak.invalid/domain/1" /* of the metadata's element */
#define DOMAIN_QEMU      "/usr/bin/qemu-system-x86_64"
#define DOMAIN_CHANNEL   "org.kernsoak.agent"
#define DOMAIN_SOCKET    "agent.sock"      /* in machine.work: we listen, QEMU connects */
#define DOMAIN_WITNESS   "netconsole.sock" /* there, too: QEMU sends the guest's frames to it */

enum { DOMAIN_DISKS = 16 };

/*
 * Appends the XML. `owner` becomes the variable KERNSOAK_OWNER of QEMU's environment, by which a
 * sweep recognises an orphan; NULL: none. -EINVAL for what cannot stand in XML (a control byte in
 * the command line), with the field's name.
 */
int domain_xml(const struct machine *m, const char *owner, struct buf *out, struct err *err);

#endif
