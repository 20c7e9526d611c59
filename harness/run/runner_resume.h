/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A run as its folder tells it, so that another runner may go on with it. For runner.c only. */
#ifndef KS_RUN_RUNNER_RESUME_H
#define KS_RUN_RUNNER_RESUME_H

#include "run/runner_loop.h"

/* Plan, strategy and journal of r->dir, and the journal's lock. Of the trials, only their number
 * is known then. */
int runner_read_run(struct runner *r, struct err *err);

/* Counts every trial that was started, in the order in which they ended; settles those that did
 * not come to their end. Needs slots and progress. */
int runner_take_up(struct runner *r, struct err *err);

#endif
