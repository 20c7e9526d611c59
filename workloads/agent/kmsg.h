/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The kernel's own log with its levels, which a serial console does not show: /dev/kmsg. */
#ifndef KS_AGENT_KMSG_H
#define KS_AGENT_KMSG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define KMSG_TEXT 1024

struct kmsg_record {
	unsigned level; /* 0 to 7 */
	uint64_t seq, us;
	char text[KMSG_TEXT];
};

/*
 * One read(2) of /dev/kmsg: n bytes "LEVEL,SEQ,US,FLAGS;TEXT\n" and perhaps lines of keys, which
 * are left out. False where it is none, or is not the kernel's own (somebody wrote it to
 * /dev/kmsg).
 */
bool kmsg_record(const char *data, size_t n, struct kmsg_record *ret);

struct kmsg_count {
	unsigned told;
	unsigned lost; /* overwritten before they were read, or beyond the KMSG_MOST first */
};

#define KMSG_MOST 500

/* Calls fn for all that the kernel has said so far of this level or a worse one. 0 or -errno. */
int kmsg_read(unsigned level, void (*fn)(const struct kmsg_record *r), struct kmsg_count *ret);

#endif
