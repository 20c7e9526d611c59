/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/tail.h"

#include <fcntl.h>
#include <sys/stat.h>

enum { READ_SIZE = 65536 };

void tail_init(struct tail *t, int dirfd, const char *name, unsigned before)
{
	*t = (struct tail){ .dirfd = dirfd, .name = name, .before = before, .fd = -1 };
}

void tail_done(struct tail *t)
{
	cleanup_close(&t->fd);
	t->fd = -1;
	buf_done(&t->part);
}

/* Where the last `before` lines begin; what lies further back than one read is not looked for. */
static uint64_t start_of(int fd, unsigned before)
{
	char data[READ_SIZE];
	struct stat st;
	uint64_t end, from;
	unsigned seen = 0;
	ssize_t n;

	if (before == TAIL_ALL || fstat(fd, &st) < 0)
		return 0;
	end = (uint64_t)st.st_size;
	from = end > READ_SIZE ? end - READ_SIZE : 0;
	n = before ? pread(fd, data, (size_t)(end - from), (off_t)from) : 0;
	for (ssize_t i = n - 1; i > 0; i--)
		if (data[i - 1] == '\n' && ++seen == before)
			return from + (uint64_t)i;
	return n > 0 ? from : end;
}

static void hand_on(struct tail *t, tail_fn fn, void *arg)
{
	char *p = t->part.data, *stop = p + t->part.len, *nl;

	for (; (nl = memchr(p, '\n', (size_t)(stop - p))); p = nl + 1) {
		*nl = 0;
		fn(arg, p, (size_t)(nl - p));
	}
	buf_consume(&t->part, (size_t)(p - t->part.data));
	if (t->part.len >= READ_SIZE)
		tail_finish(t, fn, arg);
}

void tail_read(struct tail *t, tail_fn fn, void *arg)
{
	ssize_t n;

	if (t->fd < 0) {
		t->fd = openat(t->dirfd, t->name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
		if (t->fd < 0)
			return;
		t->at = start_of(t->fd, t->before);
	}
	do {
		buf_reserve(&t->part, READ_SIZE);
		n = pread(t->fd, t->part.data + t->part.len, READ_SIZE, (off_t)t->at);
		if (n > 0) {
			t->part.len += (size_t)n;
			t->part.data[t->part.len] = 0;
			t->at += (uint64_t)n;
			hand_on(t, fn, arg);
		}
	} while (n > 0);
}

void tail_finish(struct tail *t, tail_fn fn, void *arg)
{
	if (t->part.len)
		fn(arg, t->part.data, t->part.len);
	buf_clear(&t->part);
}
