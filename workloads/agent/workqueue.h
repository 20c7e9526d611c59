/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Do the kernel's shared works still run? Most of what a kernel puts off it gives to system_wq, and
 * where that stands still on a CPU nothing is printed (WQ_WATCHDOG is off in the kernels of
 * distributions). So a process of its own gives system_wq of each CPU a work at intervals and waits
 * for it: an fsync() by AIO, which is such a work, of a file in memory, for which it is none. It
 * waits where signals reach it, so that the watchdog for hung tasks does not take it for one.
 */
#ifndef KS_AGENT_WORKQUEUE_H
#define KS_AGENT_WORKQUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* The tokens of a `workqueue` line of docs/PROTOCOL.md: as disk_setup(). From then on it is tried.
 */
int workqueue_setup(const char *tokens, char *said, size_t size);

/*
 * Once a second: how long the work on *ret_cpu has been waited for, where that is the limit or
 * more; told again each time that it has become twice as long. Else 0.
 */
uint64_t workqueue_overdue(uint64_t now_ns, unsigned *ret_cpu);

/* A process ended: was it that one? Then `said` is why works are tried no more. */
bool workqueue_reaped(pid_t pid, int status, char *said, size_t size);

#endif
