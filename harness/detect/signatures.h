/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The table of everything that is recognised on a console (signatures.def). The first row in the
 * order of the table that fits a line wins.
 */
#ifndef KS_DETECT_SIGNATURES_H
#define KS_DETECT_SIGNATURES_H

#include "detect/frames.h"
#include "detect/pattern.h"

/* Where the guilty function is looked for. */
enum recipe {
	STACK_TRACE,  /* the first call trace */
	STACK_PC,     /* the instruction pointer first, then the call trace */
	STACK_HEADER, /* the {F} of the pattern first, then as STACK_PC */
	STACK_NAME,   /* the {F} of the pattern; no stack is printed */
	STACK_STALL,  /* what the dispatcher nearest to the stalled processor's leaf had called */
	STACK_ORDER,  /* where a lock became one that interrupts take */
	STACK_OWNER,  /* who allocated the page last, where that is known; else the call trace */
	STACK_NONE,   /* the kind has no stack */
};

enum {
	SIG_START = 1,       /* only at the start of the kernel's text (words like `rcu: ` aside) */
	SIG_NEEDS_STACK = 2, /* a mere message unless a stack follows */
	SIG_BODY = 4,        /* belongs to an open report that has no stack yet */
	SIG_PANIC = 8,       /* the kernel stops here: a flag on whatever was open */
	SIG_ONCE = 32,       /* nothing the first time: every boot says it */
	SIG_USER = 64,       /* only on lines that printk did not write */
	SIG_DUMP = 128,      /* no event, but the stack that follows is somebody else's */
	SIG_ALONE = 1024,    /* without a stack: told at once, and nothing that is open minds */
	SIG_HEARSAY = 2048, /* shows a task that runs: its stack cannot be unwound, only searched */
	SIG_SUBJECT = 4096, /* its first capture is what it is about: of another it is no repeat */
	SIG_SECOND = 16,    /* never a first cause: says that an earlier report was fatal */
};

struct signature {
	const char *name;    /* unique */
	const char *literal; /* what the matcher looks for */
	const char *tail;    /* pattern right behind the literal; NULL: anything */
	enum crash_class class;
	unsigned severity; /* 1 + enum severity; 0: the class's */
	const char
		*title;   /* {1} captures, {q} the first without numbers, {fn} the guilty function,
			       {rw} Read or Write, {line} all from the literal on without numbers */
	const char *bare; /* the title where no function was found; NULL: {fn} as "corrupted" */
	enum recipe stack;
	unsigned skip; /* sets of functions that are not to blame, besides REPORT */
	unsigned flags;
	const char *at;     /* `|`-separated: below a line with these, "at: f" names the function */
	const char *unless; /* `|`-separated texts: any of them on the line, and it is not this */
	const char *sentence;
	const char *example; /* a line that fits this row and none before it */
};

const struct signature *signature_nth(size_t i); /* NULL at the end */
enum severity signature_severity(const struct signature *sig);

/* The i-th name that a scenario may use: of a row that is an event. NULL at the end. */
const char *signature_word(size_t i);

#endif
