/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * QEMU processes as /proc shows them: finding our own by its uuid, and ending those that nobody
 * owns any more. libvirt's embedded driver has no AUTODESTROY, and a daemon's is lost when the
 * daemon is killed, so a process that dies leaves its guest running.
 *
 * Every QEMU carries KERNSOAK_OWNER in its environment: which run and trial it belongs to, and
 * which process (pid, start time, pid namespace: a pid alone may name somebody else by now).
 */
#ifndef KS_VM_SWEEP_H
#define KS_VM_SWEEP_H

#include <sys/types.h>

#include "base/buf.h"

#define SWEEP_NAME_PREFIX "kernsoak-" /* of every domain's name */

/* The value of KERNSOAK_OWNER for a guest that the process `pid` owns. The caller frees. */
char *sweep_owner(const char *run, const char *trial, pid_t pid);

/* The QEMU whose command line carries the uuid; 0 where there is none that we may look at. */
pid_t sweep_find(const char *uuid);

/* Is `pid` (still) the QEMU with this uuid? */
bool sweep_is(pid_t pid, const char *uuid);

/*
 * Kills (SIGKILL, by pidfd, after looking twice) QEMUs that kernsoak started: with `run` all of
 * that run, whether their owner lives or not; with NULL those of any run whose owner is dead. Only
 * what carries both our name and our mark is touched. Returns how many, after they have ended.
 */
int vm_sweep(const char *run);

/*
 * Reaps ended daemons that were handed to us as the subreaper: a child that is neither in our
 * session nor the leader of its own was forked twice, so nobody waits for it. Safe from any thread.
 */
void sweep_reap(void);

#endif
