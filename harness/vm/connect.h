/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A connection to libvirt: the embedded driver, or a daemon of this host. */
#ifndef KS_VM_CONNECT_H
#define KS_VM_CONNECT_H

#include <libvirt/libvirt.h>

#include "base/err.h"
#include "base/macro.h"

bool connect_is_embedded(const char *uri); /* "", NULL and qemu:///embed... */

/*
 * Starts libvirt's thread where it does not run yet. `root` is for the embedded driver's first
 * connection of this process; later ones get that one, whatever they ask for. Errors carry exit
 * code 69 and name the package, user or path that is missing.
 */
int connect_open(const char *uri, const char *root, virConnectPtr *ret, struct err *err);

/* Would connect_open() work? For the embedded driver without opening it: its first probe of QEMU
 * takes seconds and leaves threads. Errors as there. */
int connect_check(const char *uri, struct err *err);

/* After a guest was started: what libvirt learnt about QEMU is left for the next process. */
void connect_publish(void);

#endif
