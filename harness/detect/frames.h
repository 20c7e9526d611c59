/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One line of a stack dump or of a register dump to a frame, in the forms of x86, arm64, arm,
 * powerpc and riscv from 4.x on; function names as they are compared across builds; and which
 * functions are never to blame.
 */
#ifndef KS_DETECT_FRAMES_H
#define KS_DETECT_FRAMES_H

#include "model/sighting.h"

enum frame_line {
	FRAME_NONE,    /* no such line */
	FRAME_CALL,    /* an entry of a call trace */
	FRAME_PC,      /* where the processor was: RIP, pc, NIP, epc */
	FRAME_PC_BAD,  /* ... and that was no function: 0x0 */
	FRAME_PC_USER, /* ... and that was user space: the kernel's stack ends here */
	FRAME_LINK,    /* the link register: who called a function that is not there */
};

/* `text` is the kernel's text of a line. ret is written where a function was found. */
enum frame_line frames_parse(const char *text, struct frame *ret);

/* The symbol with an offset at the start of s (addresses before it aside), whatever follows it. */
bool frames_read(const char *s, struct frame *ret);

/*
 * How many bytes a symbol ("f.isra.0+0x12/0x34 [mod]") takes at the start of s; 0 where there is
 * none. ret_name: how many of these are the name, without compiler suffixes.
 */
size_t frames_symbol(const char *s, size_t *ret_name);

/*
 * The name under which one system call is known on every processor and version: sys_x for
 * __x64_sys_x, x for SyS_x and the like. Points into `function`.
 */
const char *frames_canonical(const char *function);

/* Sets of functions (skips.def), as bits: a recipe looks past those that it names. */
enum skip_set {
#define SET(id, bit, sentence) SKIP_##id = 1 << (bit),
#define SKIP(set, ...)
#include "detect/skips.def"
#undef SKIP
#undef SET
	/* whoever calls one of these is to blame for what befalls it */
	SKIP_HELPERS = SKIP_LIB | SKIP_LOCK | SKIP_WAIT | SKIP_SLAB | SKIP_COUNT,
};

bool frames_skipped(const char *function, unsigned sets);

/*
 * The same of a frame: a glob is about the kernel proper, so of a module's functions only those
 * that a set names in full are skipped. A driver's own kmalloc_ring() is its own fault.
 */
bool frame_skipped(const struct frame *f, unsigned sets);

/* Is it no call: the padding before a function (__pfx_f), or the end of the one before it? */
bool frames_padding(const struct frame *f);

/* Did the kernel's dispatch of works, timers, system calls ... call the frame before this one? */
bool frames_dispatches(const char *function);

#endif
