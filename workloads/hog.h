/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Anonymous memory that is held and touched, by a process of its own: it is the first that the OOM
 * killer takes, and it takes care not to be taken. It holds less than it was told to where more
 * would leave less than `keep_free` to the rest of the guest, and says so.
 */
#ifndef KS_WORKLOADS_HOG_H
#define KS_WORKLOADS_HOG_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

enum touch {
	TOUCH_ONCE,       /* when it is taken, and not again */
	TOUCH_SEQUENTIAL, /* page by page, over and over */
	TOUCH_RANDOM,
};

struct hog {
	uint64_t bytes; /* what it was told to hold; 0: no hog */
	uint64_t keep_free;
	uint64_t limit; /* of its cgroup; 0: none */
	uint64_t pause_ns;
	uint64_t seed;
	enum touch touch;
	bool lock;
	bool use_swap; /* free swap is room, too */
	/* hog's own */
	pid_t pid;
	struct hog_state *state;
};

/* Proves that as much can be had at all, and locked. Ends the load where it cannot. */
void hog_prove(const struct hog *h);
void hog_start(struct hog *h);
/*
 * To be called now and then: takes up a hog that was killed after all, with three quarters of what
 * it held. From the thread that called hog_start(): with that one it dies.
 */
void hog_tend(struct hog *h);

#endif
