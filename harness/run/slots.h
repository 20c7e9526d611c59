/* SPDX-License-Identifier: GPL-3.0-or-later */
/* N places for the processes of trials: started, signalled and reaped over the loop. */
#ifndef KS_RUN_SLOTS_H
#define KS_RUN_SLOTS_H

#include <sys/types.h>

#include "base/loop.h"

struct slots;

/* exit_status as proc_wait() gives it. The slot is idle again when this is called. */
typedef void (*slot_end_fn)(void *arg, uint64_t trial, int exit_status);

struct slots *slots_new(struct loop *loop, size_t n, slot_end_fn fn, void *arg);
struct slots *slots_free(struct slots *s); /* returns NULL; nothing may be running */

size_t slots_count(const struct slots *s);
size_t slots_running(const struct slots *s);
int slots_idle(const struct slots *s); /* the number of one that is idle; -1: none */

/* Starts `kernsoak trial DIR` in an idle slot; what it prints goes to DIR/trial.log. */
int slots_spawn(struct slots *s, int slot, uint64_t trial, const char *dir, pid_t *ret_pid,
		struct err *err);

void slots_signal(const struct slots *s, int signo); /* to all that run */
/* A line (with its newline) for the trial's run/orders.h: 0; -ESRCH where none such runs, or -errno
 * where its process does not take it. */
int slots_order(const struct slots *s, uint64_t trial, const char *line);
void slots_signal_trial(const struct slots *s, uint64_t trial, int signo);

#endif
