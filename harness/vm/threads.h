/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The threads that run a guest's processors, as QEMU names them ("CPU 1/TCG", "CPU 1/KVM"). */
#ifndef KS_VM_THREADS_H
#define KS_VM_THREADS_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* By the number of the vCPU: how long each has run on the host so far, and how long it has run or
 * waited for a processor of the host's; ns. Those that are not seen are 0. Returns how many there
 * are, at most `max`. `proc` is "/proc". */
size_t threads_vcpu_ns(const char *proc, pid_t pid, uint64_t *ret_ran, uint64_t *ret_wanted,
		       size_t max);

#endif
