/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Whole lines out of a descriptor that gives them in pieces. A line that does not fit is dropped
 * and counted; the next one is read again from its start.
 */
#ifndef KS_AGENT_LINES_H
#define KS_AGENT_LINES_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* Open: set buf and size, the rest is 0. */
struct lines {
	char *buf;
	size_t size;
	size_t start, end; /* what was read and not handed out */
	bool skipping;     /* within a line that was too long */
	unsigned dropped;  /* lines that were too long */
};

/* One read(2): what it returned, or -errno. Call lines_next() until NULL before the next one. */
ssize_t lines_read(struct lines *l, int fd);

/* The next whole line without its newline, valid until the next lines_read(); NULL: none yet. */
char *lines_next(struct lines *l);

#endif
