/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * From `fib_rebalance+0x128/0x1a0` to file:line and the chain of inlined functions, with the debug
 * information of the very build that crashed. A wrong build gives wrong lines that look right, so
 * the size of the function (and build ids, where the log prints them) must agree, or there is none.
 *
 * Knows nothing of consoles. Where the kernel was loaded (KASLR) does not matter to
 * function+offset.
 */
#ifndef KS_SYMBOL_SYMBOL_H
#define KS_SYMBOL_SYMBOL_H

#include "base/err.h"

enum { SYMBOL_PLACES = 24 };

struct symbols;

/* Where to look; NULL: nowhere. The debug folder is an unpacked -dbg package, /usr/lib/debug, or a
 * build tree. An explicit vmlinux comes before its, and both before the map, which has no lines. */
struct symbol_sources {
	const char *vmlinux, *debug_dir, *system_map;
};

/* Fails where a file that was named cannot be read; the debug folder's are opened when needed. */
int symbols_open(const struct symbol_sources *from, struct symbols **ret, struct err *err);
struct symbols *symbols_free(struct symbols *sy); /* returns NULL */

/* Another log, perhaps of another kernel: forgets what the last one told. */
void symbols_new_log(struct symbols *sy);

/* What the log tells of its kernel, before frames are asked about: `uname -r`; the build id of the
 * kernel ("") or of a module, in hex; by how much KASLR moved it (0: it did not). */
void symbols_release(struct symbols *sy, const char *release);
void symbols_build_id(struct symbols *sy, const char *module, const char *hex);
void symbols_moved(struct symbols *sy, uint64_t by);

struct symbol_frame {
	const char *function; /* as printed, suffixes or not; "" or NULL: at `address` */
	const char *module;   /* "" or NULL: the kernel proper */
	uint64_t offset;
	uint64_t size; /* of the function, as the trace says; 0 unknown */
	uint64_t address;
	bool caller; /* a return address: the call is the instruction before */
};

enum symbol_answer {
	SYMBOL_LINES,     /* place[0..n) */
	SYMBOL_FITS,      /* the function is there and has that size; lines were not asked for */
	SYMBOL_NO_LINES,  /* it is there, and no line belongs to the address */
	SYMBOL_NO_DEBUG,  /* ... because the file has no debug information */
	SYMBOL_NO_FILE,   /* nothing was given for this module; no sentence where none can be */
	SYMBOL_ABSENT,    /* no such function */
	SYMBOL_AMBIGUOUS, /* several of that name and size */
	SYMBOL_MISFIT,    /* the file is of another build: nothing from it can be believed */
};

struct symbol_place {
	char function[128];
	char file[256]; /* relative to the top of the sources where that is known */
	unsigned line;
};

/* Plain data, of text from a file: sanitise before printing. */
struct symbol_reply {
	enum symbol_answer answer;
	size_t n;                                 /* 0, but for SYMBOL_LINES */
	struct symbol_place place[SYMBOL_PLACES]; /* innermost first; the last is the frame's own */
	char symbol[160]; /* where an address was asked about: `f+0x1/0x2`; else "" */
	char why[768];    /* the sentence where there is no line */
};

/* A misfit is remembered: all that is asked of that file afterwards is one, until the next log. So
 * check all frames of a report before looking the first one up. */
void symbols_check(struct symbols *sy, const struct symbol_frame *f, struct symbol_reply *ret);
void symbols_look_up(struct symbols *sy, const struct symbol_frame *f, struct symbol_reply *ret);

#endif
