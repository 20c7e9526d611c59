/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A heartbeat that must get an fsync through: a process of the agent's writes to a file of one
 * folder once a second, calls fsync(2), and says so. It may hang for ever in the kernel; the agent
 * does not.
 */
#ifndef KS_AGENT_CHECKIN_H
#define KS_AGENT_CHECKIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The tokens of a `heartbeat` line of docs/PROTOCOL.md: as disk_setup(). */
int checkin_setup(const char *tokens, char *said, size_t size);
bool checkin_wanted(void);

/* The process begins. 0, or -1 with a sentence in `why`. */
int checkin_start(char *why, size_t why_size);

/* To be polled for input; -1 where there is no process. */
int checkin_fd(void);

/* Reads what it said: 0, or the error of its last try, once each time that it changes. */
int checkin_read(void);

/* How often it has come through. */
uint64_t checkin_count(void);

#endif
