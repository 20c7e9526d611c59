/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One crash report while it arrives: facts are taken line by line, and the verdict (title, guilty
 * function, integrity) at the end. Holds a bounded number of frames whatever comes.
 */
#ifndef KS_DETECT_OOPS_H
#define KS_DETECT_OOPS_H

#include "detect/kmsg.h"
#include "detect/signatures.h"

enum { CAPTURE_LEN = 160, STALL_FRAMES = 96 };

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
	unsigned n_lines;   /* of the report, its first included */
	unsigned n_foreign; /* in a row, of lines that are none of it */
	bool elsewhere;     /* inside of a trace that does not count (who allocated it ...) */
	bool not_next;      /* the next trace does not count either */
	bool at_next;       /* the next line says where a lock is taken */
	bool frozen;        /* what follows is not about the cause any more */
	bool cut_short;     /* the console ended inside of it */
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

/* A panic followed. */
void oops_panic(struct oops *o);

bool oops_has_stack(const struct oops *o);

/* Fills o->s: title, function, frames, ids, integrity. */
void oops_close(struct oops *o);

#endif
