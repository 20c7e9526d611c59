/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * guest.balloon: memory that is taken from the guest and given back, in turn, while it soaks.
 * What was asked for and what the guest has by then goes into agent.log.
 */
#ifndef KS_RUN_BALLOON_H
#define KS_RUN_BALLOON_H

#include "base/loop.h"
#include "run/evidence.h"
#include "vm/vm.h"

struct balloon;

/* NULL where the settings have none. Everything is borrowed. */
struct balloon *balloon_start(struct loop *loop, struct vm *vm, struct evidence *evidence,
			      const struct guest *guest);
struct balloon *balloon_free(struct balloon *b); /* returns NULL */

#endif
