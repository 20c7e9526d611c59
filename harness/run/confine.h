/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Started as root, a trial gives root up before it opens libvirt: safer, and a guest is created in
 * a quarter of a second instead of eight (libvirt as root finds /dev/kvm unusable for its QEMU user
 * and probes QEMU anew each time).
 *
 * QEMU then runs as that user and must reach its files, whatever folder root put them in. So the
 * process takes a mount namespace of its own and binds them below /run/kernsoak, where paths are
 * short (a socket's may have 107 bytes) and nobody else sees them. An ordinary user needs none of
 * it.
 */
#ifndef KS_RUN_CONFINE_H
#define KS_RUN_CONFINE_H

#include <sys/types.h>

#include "base/err.h"

struct confine_path {
	char name[40];       /* below /run/kernsoak */
	const char *outside; /* as we know it */
	char inside[256];    /* out: as QEMU will see it */
};

/*
 * Binds the paths, makes a private work folder and drops root where we have it. *ret_work: the
 * folder, freed by the caller; confine_leave() removes it. The user is $KERNSOAK_USER, else
 * libvirt-qemu, else nobody; KERNSOAK_USER=root drops nothing.
 */
int confine_enter(struct confine_path *path, size_t n, char **ret_work, struct err *err);
void confine_leave(const char *work);

/* Would confine_enter() work here? Tried in a child of its own; exit code 69 where it would not. */
int confine_check(struct err *err);

/* The user a trial would run as: false where none would be changed to. */
bool confine_user(uid_t *ret_uid, gid_t *ret_gid);

#endif
