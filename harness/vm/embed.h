/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The root folder of libvirt's embedded driver: its configuration, its environment, and the cache
 * of QEMU's capabilities, which costs half a second of probing where it is cold.
 *
 * The cache is shared by copying: what is known is copied into the root before libvirt opens, what
 * was learnt is published by rename afterwards. libvirt itself writes cache files in place, and two
 * first users of one folder would read each other's halves.
 */
#ifndef KS_VM_EMBED_H
#define KS_VM_EMBED_H

#include "base/buf.h"
#include "base/err.h"

/*
 * Makes `root` (which may exist) ready: etc/qemu.conf, XDG_RUNTIME_DIR and HOME where ours are of
 * no use, known capabilities. Before the first call of libvirt.
 */
int embed_prepare(const char *root, struct err *err);

/* Publishes what libvirt learnt about QEMU for the next process; failing is nobody's loss. */
void embed_publish(const char *root);

/*
 * $KERNSOAK_LIBVIRT_CACHE, else /var/tmp/kernsoak-libvirt-cache-UID (made 0700; not used where
 * somebody else owns it): the caller frees; NULL where there is none to be had.
 */
char *embed_cache_dir(void);

#endif
