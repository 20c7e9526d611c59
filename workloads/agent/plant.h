/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The module of planted faults (workloads/faultlab/), which is told all by its parameters. */
#ifndef KS_AGENT_PLANT_H
#define KS_AGENT_PLANT_H

#include <stddef.h>

/*
 * Plants one fault: `tokens` are the module's words, encoded as on the wire. 0, or -1 with a
 * sentence in `why`, the module's own where it has one.
 */
int plant_add(const char *tokens, char *why, size_t why_size);

/* Starts the clocks of all that was planted. The kernel may die of it before this returns. */
int plant_arm(char *why, size_t why_size);

#endif
