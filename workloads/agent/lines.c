/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "lines.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

ssize_t lines_read(struct lines *l, int fd)
{
	ssize_t n;

	memmove(l->buf, l->buf + l->start, l->end - l->start);
	l->end -= l->start;
	l->start = 0;
	if (l->end == l->size) { /* no newline in a full buffer */
		l->dropped += !l->skipping;
		l->skipping = true;
		l->end = 0;
	}
	do
		n = read(fd, l->buf + l->end, l->size - l->end);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	l->end += (size_t)n;
	return n;
}

char *lines_next(struct lines *l)
{
	for (;;) {
		char *line = l->buf + l->start;
		char *newline = memchr(line, '\n', l->end - l->start);

		if (!newline)
			return NULL;
		*newline = 0;
		l->start = (size_t)(newline + 1 - l->buf);
		if (!l->skipping)
			return line;
		l->skipping = false;
	}
}
