/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a run did, in order: RUN/journal, one JSON object a line, appended and fsynced one by one.
 * It is what `resume` trusts. A kill -9 in the middle of a record leaves a torn last line, which
 * readers ignore and the next writer cuts off; everything before it is whole.
 *
 *	{"n": 1, "at_s": 1795000000, "event": "begin", "run": "2026...", "pid": 812}
 *	{"n": 2, "at_s": 1795000001, "event": "spawn", "trial": 1, "slot": 0, "pid": 815}
 *	{"n": 3, "at_s": 1795000019, "event": "end", "trial": 1, "outcome": "FAILED", "exit": 10}
 *
 * Which fields an event has is the table in journal.c.
 */
#ifndef KS_STORE_JOURNAL_H
#define KS_STORE_JOURNAL_H

#include <sys/types.h>

#include "base/err.h"
#include "model/verdict.h"

enum journal_event {
	JOURNAL_BEGIN,  /* run, pid: a runner took up the new run */
	JOURNAL_RESUME, /* pid: another runner took it up again */
	JOURNAL_SPAWN,  /* trial, slot, pid: a trial's process was started */
	JOURNAL_END,    /* trial, outcome, exposure_ns, exit: it ended, and this was its verdict */
	JOURNAL_ADD,    /* trial, arm, soak_ns (0: the arm's own), why: one more than was planned */
	JOURNAL_DECIDED, /* exit, why: the strategy has its answer; what still runs is not wanted */
	JOURNAL_STOP,    /* why: no new trials from here on (a signal, the budget) */
	JOURNAL_DONE,    /* why: every trial that was wanted has ended */
	JOURNAL_PLACE, /* cascade, trial, at_ms, containers, pending, why: a host has so many now */
	JOURNAL_CASCADE_END, /* cascade, at_ms, why: "time", "all-dead" or "void: ..." */
	JOURNAL_COUNT
};

/* One record. Plain data; of the fields below the line only those of its event mean something. */
struct journal_record {
	enum journal_event event;
	uint64_t n;   /* 1, 2, 3, ...; set by journal_append() */
	int64_t at_s; /* wall clock, seconds since 1970; 0: journal_append() asks the clock */

	uint64_t trial, slot;
	uint64_t soak_ns, exposure_ns;
	int64_t pid;
	enum outcome outcome;
	uint64_t cascade, containers, pending; /* pending: containers that wait for a host */
	int64_t at_ms;                         /* wall clock, milliseconds since 1970 */
	int64_t exit; /* the trial process's: 0-255, 256 + signal, -1 not known */
	char run[96], arm[128], why[512];
};

const char *journal_event_name(enum journal_event e);             /* "spawn" */
json_t *journal_record_to_json(const struct journal_record *rec); /* as it is in the file */

struct journal;

/*
 * Opens (or begins) the journal of a run for writing, cuts off a torn last line, and holds it until
 * journal_free(), or the end of the process, however it comes: -EBUSY, naming the holder's pid,
 * where another runner has it. The lock is an open file description's: a child that is forked
 * and executes gives it up by itself.
 */
int journal_open(int run_fd, struct journal **ret, struct err *err);
struct journal *journal_free(struct journal *j); /* returns NULL */

/*
 * Appends and fsyncs one record. Where it cannot (disk full: exit code 73) the file is as long
 * as before, and the same call may be repeated when there is room again.
 */
int journal_append(struct journal *j, const struct journal_record *rec, struct err *err);

/* Returns 0 to go on; anything else ends the reading and is what journal_read() returns. */
typedef int (*journal_fn)(void *arg, const struct journal_record *rec);

/*
 * Calls fn for each record in order; needs no lock. Events that this version does not know are
 * passed over. A missing journal has no records. -EBADMSG, naming the line, where a record in the
 * middle is broken: nobody but a person should decide about that.
 */
int journal_read(int run_fd, journal_fn fn, void *arg, struct err *err);

/* Does a runner hold it right now? Then 1, and its pid (0 where it has not yet said); else 0. */
int journal_holder(int run_fd, pid_t *ret);

#endif
