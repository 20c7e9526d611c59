/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * guest.heartbeat.ask: the probe from outside. While the guest soaks, its agent is asked at
 * intervals for what a service does for each of its users (docs/PROTOCOL.md, ask); what it answers
 * is the witness's.
 */
#ifndef KS_RUN_ASKING_H
#define KS_RUN_ASKING_H

#include "base/loop.h"
#include "vm/vm.h"

struct asking;

/* NULL where the settings want none. Everything is borrowed. */
struct asking *asking_start(struct loop *loop, struct vm *vm, const struct guest *guest);
struct asking *asking_free(struct asking *a); /* returns NULL */

#endif
