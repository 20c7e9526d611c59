/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The agent's channel: a unix socket on which we listen and to which QEMU connects, so that nothing
 * is lost from the first byte. Bytes become lines; writing never blocks. The guest at the other end
 * is not trusted: a line without end is dropped and counted, whatever its length.
 */
#ifndef KS_VM_CHANNEL_H
#define KS_VM_CHANNEL_H

#include "base/loop.h"

enum {
	CHANNEL_QUEUE_MAX = 65536, /* bytes that wait for a guest that does not read */
};

struct channel;

typedef void (*channel_line_fn)(void *arg, const char *line, size_t n, uint64_t at_ns);

/* Listens at `path` (replaced where it exists). Lines are without their newline, at most
 * `line_max` bytes, with a NUL behind; valid during the call. */
int channel_new(struct loop *loop, const char *path, size_t line_max, channel_line_fn fn, void *arg,
		struct channel **ret, struct err *err);

/* All n bytes are taken, or none: -EAGAIN where the queue is full or nobody has connected yet,
 * -EPIPE once the other end has closed. */
int channel_send(struct channel *c, const char *line, size_t n);

uint64_t channel_dropped(const struct channel *c); /* lines that were too long */

/* Hangs up and removes the socket. NULL is fine; returns NULL. Allowed inside the line callback. */
struct channel *channel_free(struct channel *c);

#endif
