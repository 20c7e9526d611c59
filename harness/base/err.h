/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * An error as a value: an errno and one sentence for a person.
 *
 * A function that can fail returns 0 (or more) or -errno; one that takes `struct err *` also
 * leaves a sentence there, on failure only. NULL is allowed and means that nobody will read it.
 */
#ifndef KS_BASE_ERR_H
#define KS_BASE_ERR_H

#include "base/macro.h"

struct err {
	int code;       /* positive errno; 0 while nothing failed */
	int exit_code;  /* what the process should exit with; 0: let cmd/ choose */
	char msg[1536]; /* no newline at the end; may have several lines (a caret under a column) */
};

/* Records the failure and returns -code, so that callers write `return err_set(err, EINVAL, ...)`.
 */
int err_set(struct err *err, int code, const char *fmt, ...) PRINTF(3, 4);

/* Puts context before the sentence ("reading plan.json: ..."); returns -err->code. */
int err_wrap(struct err *err, const char *fmt, ...) PRINTF(2, 3);

/* Marks with which documented exit code the process should end; keeps the first mark. Returns
 * -err->code. */
int err_exit(struct err *err, int exit_code);

#endif
