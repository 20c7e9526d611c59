/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The arms of a run whose strategy is lazy: made ready when first wanted, or never. */
#ifndef KS_RUN_RUNNER_ARMS_H
#define KS_RUN_RUNNER_ARMS_H

#include "run/runner_loop.h"

/* Before the first trial: the strategy hears of the arms that an earlier runner could not make
 * ready. Nothing where the strategy is not lazy. */
void runner_arms_begin(struct runner *r);

/* Can a trial of the arm start? Where nobody has tried yet, a process begins to make it ready
 * (r->job), and runner_go_on() is called at its end. */
bool runner_arm_ready(struct runner *r, uint64_t arm);

#endif
