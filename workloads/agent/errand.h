/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the host asks for from outside: that a program is started and comes back, which is the least
 * that any service of the guest's does for each of its users. One at a time.
 */
#ifndef KS_AGENT_ERRAND_H
#define KS_AGENT_ERRAND_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* Sends the program out. 0, or -1 with what is wrong in `why`: no process, or the one before is
 * not back. */
int errand_send(const char *n, char *why, size_t why_size);

/* Was it this process? Then `n` as it was sent, and "" in `why` or what is wrong. */
bool errand_reaped(pid_t pid, int wait_status, char *ret_n, size_t n_size, char *why,
		   size_t why_size);

#endif
