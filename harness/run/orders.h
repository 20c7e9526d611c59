/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a run tells a trial while its guest soaks, as lines on the stdin of the trial's process:
 *
 *	tune load=NAME KEY=NUMBER	for the guest's agent (docs/PROTOCOL.md), as it is
 *	until ns=NUMBER			the soak's limit is so far from now, whatever it was
 *
 * A trial that was started by hand has none. What comes before the soak waits for it.
 */
#ifndef KS_RUN_ORDERS_H
#define KS_RUN_ORDERS_H

#include "run/evidence.h"
#include "vm/vm.h"

struct orders;

/* All is borrowed. The functions are called once the order has been carried out. */
struct orders_env {
	struct loop *loop;
	struct vm *vm;
	struct evidence *evidence;
	void (*tuned)(void *arg, uint64_t value);
	void (*until)(void *arg, uint64_t at_ns);
	void *arg;
};

/* In a process that a runner has started: its stdin as a descriptor of its own, and nothing behind
 * stdin any more. 0: there are no orders. */
int orders_take_stdin(void);

struct orders *orders_start(int fd, const struct orders_env *env); /* NULL where fd is 0 */
struct orders *orders_free(struct orders *o);                      /* returns NULL */

#endif
