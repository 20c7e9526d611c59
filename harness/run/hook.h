/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A person's program that is told of what happened: mail, chat. */
#ifndef KS_RUN_HOOK_H
#define KS_RUN_HOOK_H

#include "base/err.h"
#include "base/str.h"

struct hook_variable {
	const char *name, *value;
};

/*
 * Runs the command (argv as it is: no shell reads it) with the text on its stdin and the variables
 * in its environment. At the deadline its process group gets SIGTERM, five seconds later SIGKILL.
 * -EIO with a sentence where it did not end with 0, -ETIMEDOUT where it was killed.
 */
int hook_run(const struct strv *command, const struct hook_variable *variable, size_t n,
	     const struct buf *text, uint64_t deadline_ns, struct err *err);

#endif
