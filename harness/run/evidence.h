/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a trial writes into its folder while it runs, one append a time and no fsync between two
 * reads of the console: console.idx (where in console.log which instant is), agent.log (every line
 * of the agent with the instant of its arrival), and netconsole.log with its index where there is
 * one. Both are enough to rebuild the verdict.
 * A folder of -1 writes nothing: campaigns over the fake VM need no disk.
 */
#ifndef KS_RUN_EVIDENCE_H
#define KS_RUN_EVIDENCE_H

#include "base/err.h"

struct evidence;

int evidence_open(int dirfd, struct evidence **ret, struct err *err);
struct evidence *evidence_close(struct evidence *e); /* returns NULL */

/* n bytes of console were read at at_ns; they end at byte `end` of console.log. */
void evidence_console(struct evidence *e, uint64_t end, uint64_t at_ns);
/* A message of the guest's netconsole, as it came, but that in netconsole.log it always ends with a
 * newline. False once that is full: nothing more is kept. */
bool evidence_netconsole(struct evidence *e, const char *message, size_t n, uint64_t at_ns);
void evidence_agent(struct evidence *e, const char *line, size_t n, uint64_t at_ns);

/* The harness's own remark, into agent.log behind a `#`, on one line whatever it quotes. No line of
 * a guest reads like one: what begins with a # has a blank put before it. */
void evidence_note(struct evidence *e, uint64_t at_ns, const char *fmt, ...) PRINTF(3, 4);

#define EXPOSURE_NOTE "exposure begins: " /* and the word of exposure.starts */

/* The remark of each second of a soak, behind that #: "host load=1234 steal=56 lag=NS vcpu0=NS
 * want0=NS". */
#define HOST_NOTE "host "

/*
 * The file `soak`, for the runner, from when the guest soaks: since when that counts (0: not yet,
 * exposure.starts) and, once it is over (over_ns not 0), when; instants of the host's clock, one a
 * line. Its lack is no reason not to go on.
 */
void evidence_soak(struct evidence *e, uint64_t from_ns, uint64_t over_ns);

/* What it says so far; leaves *ret_ alone where it says nothing (yet). Does the guest soak, or has
 * it? */
bool evidence_soak_read(int dirfd, uint64_t *ret_from_ns, uint64_t *ret_over_ns);

/* The first error of a write (ENOSPC ...), 0 while there was none. */
int evidence_error(const struct evidence *e);

typedef void (*evidence_line_fn)(void *arg, uint64_t at_ns, const char *text, size_t n);

/*
 * Reading back: calls fn for each whole line "NS TEXT" of the file (a NUL behind its n bytes, more
 * of them perhaps within). A torn last line and others that are none are left out. The memory it
 * takes is that of one line. -ENOENT where there is no such file.
 */
int evidence_read(int dirfd, const char *name, evidence_line_fn fn, void *arg, struct err *err);

#endif
