/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The one loop of a process: descriptors (epoll) and deadlines over a clock.
 * Over a fake clock it never waits: when no descriptor is ready, time jumps to the next deadline.
 * A callback may free any source, its own included; memory goes after the round.
 */
#ifndef KS_BASE_LOOP_H
#define KS_BASE_LOOP_H

#include "base/clock.h"
#include "base/err.h"

struct loop;
struct loop_source; /* owned by the loop; dead after loop_remove() or, for timers, after it fired */

typedef void (*loop_fd_fn)(void *arg, uint32_t epoll_events);
typedef void (*loop_timer_fn)(void *arg);
typedef void (*loop_signal_fn)(void *arg, int signo);

/* `clock` is borrowed and outlives the loop. */
int loop_new(struct clock *clock, struct loop **ret, struct err *err);
struct loop *loop_free(struct loop *l); /* returns NULL */

uint64_t loop_now(const struct loop *l); /* ns of the clock; code asks this, never the system */

/* Watches fd (borrowed) for EPOLLIN etc. NULL with errno when epoll refuses it. */
struct loop_source *loop_add_fd(struct loop *l, int fd, uint32_t events, loop_fd_fn fn, void *arg);

/* Fires once, at or after at_ns; TIME_NEVER: never. Same instant: in order of addition. */
struct loop_source *loop_add_timer(struct loop *l, uint64_t at_ns, loop_timer_fn fn, void *arg);

/* Blocks the signal and delivers it through the loop (signalfd). */
struct loop_source *loop_add_signal(struct loop *l, int signo, loop_signal_fn fn, void *arg);

/* NULL is fine. Returns NULL: `x->timer = loop_remove(x->loop, x->timer);` */
struct loop_source *loop_remove(struct loop *l, struct loop_source *s);

/*
 * Runs until loop_quit(); returns its code. Over a fake clock with nothing left to wait for:
 * -EDEADLK, since it would hang for ever.
 */
int loop_run(struct loop *l);
void loop_quit(struct loop *l, int code);

#endif
