/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The commands of a long build: they end with us, can be interrupted, and their complaints count.
 */
#ifndef KS_IMAGE_BUILD_JOB_H
#define KS_IMAGE_BUILD_JOB_H

#include "base/buf.h"
#include "base/err.h"

/* Who waits for a build: hears of it, and may end it. Both functions may be NULL. */
struct build_watch {
	/* `passing`: of the moment only, for a terminal. */
	void (*say)(void *arg, bool passing, const char *sentence);
	bool (*stopped)(void *arg);
	void *arg;
};

void build_say(const struct build_watch *w, bool passing, const char *fmt, ...) PRINTF(3, 4);

/* -EINTR, and a sentence, where it was stopped. */
int build_stopped(const struct build_watch *w, struct err *err);

/*
 * Runs a command in `cwd` (NULL: ours), in a group of its own of which nothing is left afterwards;
 * its output is appended to `log`. -EINTR where it was stopped, -EIO with its complaints where it
 * failed.
 */
int build_run(const struct build_watch *w, const char *what, const char *const *argv,
	      const char *cwd, int log, struct err *err);

/* Appends those few lines of a build's output that say why it failed, "; " between them; where none
 * looks like it, the last one. Sanitised. */
void build_complaints(const char *said, size_t n, struct buf *out);

#endif
