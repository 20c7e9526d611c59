/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The agent's lines for the host: one is written at a time, and goes out by the port. */
#ifndef KS_AGENT_SAY_H
#define KS_AGENT_SAY_H

#include "../wire.h"
#include "port.h"

/* The port is borrowed for ever. */
void say_init(struct port *port);

/* The guest's clock, which lines have as `up`. */
uint64_t now_ns(void);

/* A line that begins with `word`; it is the caller's until send_line(), or the next say(). */
struct wire *say(const char *word);
bool send_line(struct wire *w, enum urgency urgency);

void say_up(const char *word); /* WORD up= */
void say_log(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void say_error(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* What should have come back for so long: a load's probe, or, without a load, one of the agent's.
 */
void say_overdue(const char *load, const char *name, uint64_t ms);

/* An `error` was said: there is no `ready` after it. */
bool say_failed(void);

#endif
