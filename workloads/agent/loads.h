/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The loads of the job, all together: they are started, watched and ended, and the host is told
 * what they say. When that is done is init.c's to decide.
 */
#ifndef KS_AGENT_LOADS_H
#define KS_AGENT_LOADS_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { LOADS_MAX = 16, LOADS_FDS = 2 * LOADS_MAX };

/* Of the job's line: name= and the parameters. What is wrong with it is said. */
void loads_add(const char *tokens);

/* They make ready, each with a seed of its own; an `error` is said of one that cannot be started.
 */
void loads_spawn(uint64_t seed);
bool loads_armed(void); /* all of them */

/* `begun` is said: a load that ends from here on has `exited`, and is no `error`. */
void loads_begun(void);
void loads_go(void);

/* load=NAME KEY=NUMBER: a parameter gets another value while the load works. What came of it is
 * said. */
void loads_tune(const char *tokens);

/* Asked to end, and killed; no load's end is told any more. */
void loads_terminate(void);
void loads_kill(void);
size_t loads_alive(void); /* of which a process lives, even if the load itself is gone */

/* What waitpid(2) gave; it may be nobody of theirs. */
void loads_reaped(int pid, int status);

/* Counts go to the host at intervals: when the next is due, and those that are due. */
uint64_t loads_due_ns(void); /* UINT64_MAX: never */
void loads_on_time(uint64_t at_ns);

/* What they say: fills in up to LOADS_FDS, and reads what poll(2) found. */
nfds_t loads_before_poll(struct pollfd *fds);
void loads_after_poll(const struct pollfd *fds);

#endif
