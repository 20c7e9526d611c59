/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Lines of a file that somebody appends to. */
#ifndef KS_BASE_TAIL_H
#define KS_BASE_TAIL_H

#include "base/buf.h"

#define TAIL_ALL UINT32_MAX

struct tail {
	int dirfd; /* borrowed */
	const char *name;
	unsigned before; /* lines that are there already and are handed on, too; TAIL_ALL */
	int fd;          /* -1: not there yet */
	uint64_t at;
	struct buf part; /* of a line that is not whole yet */
};

typedef void (*tail_fn)(void *arg, const char *line, size_t n);

/* Nothing is read yet; the file need not be there. `name` is borrowed. */
void tail_init(struct tail *t, int dirfd, const char *name, unsigned before);
void tail_done(struct tail *t);

/* Hands on the lines that have become whole since, without their newline and NUL-terminated. One
 * longer than 64 KiB comes in pieces. */
void tail_read(struct tail *t, tail_fn fn, void *arg);

/* The file's last bytes, where they are no whole line; then it begins anew. */
void tail_finish(struct tail *t, tail_fn fn, void *arg);

#endif
