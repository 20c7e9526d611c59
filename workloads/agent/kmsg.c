/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "kmsg.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

bool kmsg_record(const char *data, size_t n, struct kmsg_record *ret)
{
	const char *semicolon = memchr(data, ';', n), *end;
	unsigned long long seq, us;
	char head[64];
	unsigned priority;

	if (!semicolon || (size_t)(semicolon - data) >= sizeof head)
		return false;
	snprintf(head, sizeof head, "%.*s", (int)(semicolon - data), data);
	if (sscanf(head, "%u,%llu,%llu,", &priority, &seq, &us) != 3 || priority > 7)
		return false; /* above 7 stands a facility, and 0 is the kernel's */
	semicolon++;
	end = memchr(semicolon, '\n', (size_t)(data + n - semicolon));
	ret->level = priority;
	ret->seq = seq;
	ret->us = us;
	snprintf(ret->text, sizeof ret->text, "%.*s", (int)((end ? end : data + n) - semicolon),
		 semicolon);
	return true;
}

/* True: it is to be told. */
static bool to_tell(const struct kmsg_record *r, unsigned level, struct kmsg_count *count)
{
	if (r->level > level)
		return false;
	if (count->told < KMSG_MOST)
		return ++count->told;
	count->lost++;
	return false;
}

int kmsg_read(unsigned level, void (*fn)(const struct kmsg_record *r), struct kmsg_count *ret)
{
	static char data[8192]; /* the kernel's own bound of a record */
	static struct kmsg_record record;
	int fd = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC), r;
	ssize_t n;

	*ret = (struct kmsg_count){ 0 };
	if (fd < 0)
		return -errno;
	do {
		n = read(fd, data, sizeof data);
		if (n > 0 && kmsg_record(data, (size_t)n, &record) && to_tell(&record, level, ret))
			fn(&record);
		else if (n < 0 && errno == EPIPE)
			ret->lost++; /* what stood there was overwritten; at least one */
	} while (n > 0 || (n < 0 && (errno == EPIPE || errno == EINTR)));
	r = n < 0 && errno != EAGAIN ? -errno : 0;
	close(fd);
	return r;
}
