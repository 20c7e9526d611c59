/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a watchdog's daemon must be able to do: a file on another file system, written and fsynced
 * each second. Where that starves, a machine with such a watchdog resets.
 */
#ifndef KS_WORKLOADS_OVERCOPY_CHECKIN_H
#define KS_WORKLOADS_OVERCOPY_CHECKIN_H

#include "task.h"

struct checkin {
	char file[128]; /* "": there is none */
	struct task task;
};

/* Of a folder; "": none. A heartbeat that fails is none: then the load ends with a sentence. */
void checkin_init(struct checkin *c, const char *dir, uint64_t overdue_ms);

/* To be called often: the next one, if the last is back and its second over. */
void checkin_again(struct checkin *c);

#endif
