/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One crash report while it arrives: facts are taken line by line, and the verdict (title, guilty
 * function, integrity) at the end. Holds a bounded number of frames whatever comes.
 */
#ifndef KS_DETECT_OOPS_H
#define KS_DETECT_OOPS_H

#include "detect/kmsg.h"
#include "detect/signatures.h"

enum {
	CAPTURE_LEN = 160,
	STALL_FRAMES = 64,      /* kept of a report */
	UNRELIABLE_FRAMES = 20, /* those marked `?` are kept among the first so many only */
	HEAD_FRAMES = 40,       /* of a longer one the first so many and the last others are kept */
};

struct oops {
	const struct signature *sig;
	struct sighting s;
	char capture[CAPTURES + 1][CAPTURE_LEN];
	char caller[16];
	struct frame header;               /* the function that the header names; "" none */
	struct frame at;                   /* where a lock was being taken; "" none */
	struct frame link;                 /* the link register, for a jump to nowhere */
	struct frame frame[STALL_FRAMES];  /* of the traces that count, in order */
	unsigned char trace[STALL_FRAMES]; /* which trace each belongs to */
	unsigned n_frames, n_traces;
	unsigned n_calls;   /* entries of call traces that count */
	unsigned n_lines;   /* of the report, its first included */
	unsigned n_foreign; /* in a row, of lines that are none of it; in eighths for user space */
	bool stamped;       /* its lines carry a clock: what carries none is not the kernel's */
	bool lost;          /* printk says that lines are missing */
	bool has_pid, pc_bad;
	unsigned long pid; /* of the task that it says was running */
	bool expanded;     /* symbolised: the header comes once for each inlined function */
	bool end_trace;    /* "---[ end trace" was seen */
	bool user;         /* the trace went down to user space */
	bool ended;        /* what follows is leftovers */
	bool intermixed;   /* another report's lines are among its own */
	bool elsewhere;    /* inside of a trace that does not count (who allocated it ...) */
	bool owned;        /* the frames are those of who allocated the page */
	bool not_next;     /* the next trace does not count either */
	bool at_next;      /* the next line says where a lock is taken */
	bool frozen;       /* what follows is not about the cause any more */
	bool cut_short;    /* the console ended inside of it */
	const char *rw;
};

enum oops_line {
	OOPS_MINE,
	OOPS_FOREIGN,
	OOPS_OVER, /* foreign, and the report has ended */
};

/* A report opens with this line: `text` is what its signature's literal was found in. */
void oops_open(struct oops *o, const struct signature *sig, const struct captures *c,
	       const struct kmsg *k);

enum oops_line oops_take(struct oops *o, const struct kmsg *k);

/* A line that is no report's went by. */
enum oops_line oops_stray(struct oops *o, const struct kmsg *k);

/* A panic followed; `own`: from the same speaker, so that what comes now is its own trace. */
void oops_panic(struct oops *o, bool own);

bool oops_has_stack(const struct oops *o);

/* Sets of functions that this report's row does not blame. */
unsigned oops_innocent(const struct oops *o);

/* blame.c: fills o->s: title, function, frames, ids, integrity. */
void oops_close(struct oops *o);

#endif
