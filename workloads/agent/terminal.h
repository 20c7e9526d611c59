/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A shell in the guest for somebody at the host (`kernsoak image shell`): a terminal of its own, or
 * two pipes where the host's end is none. What is typed and what it prints go over the agent's port
 * as lines; nothing here waits.
 */
#ifndef KS_AGENT_TERMINAL_H
#define KS_AGENT_TERMINAL_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "port.h"

#define TERMINAL_KEYS 8192 /* typed and not yet read by the shell: the host keeps below it */

/* Open. */
struct terminal {
	int in, out; /* our ends, the same with a terminal; -1: closed */
	int pid;     /* 0: none */
	bool tty;
	bool no_more; /* nothing will be typed any more: `in` closes when `keys` is empty */
	bool exited, told;
	int status;
	size_t n_keys;
	uint64_t typed; /* bytes that the shell's side has taken */
	char keys[TERMINAL_KEYS];
};

void terminal_init(struct terminal *t);

/* A word of the host; false where it is none of shell, keys, keys-end, window. */
bool terminal_word(struct terminal *t, const char *word, const char *tokens);

/* What poll(2) should watch: two entries. */
void terminal_before_poll(const struct terminal *t, const struct port *port,
			  struct pollfd fds[static 2]);

/* Moves what can be moved: keys to the shell, what it printed to the host, its end. */
void terminal_serve(struct terminal *t, struct port *port);

/* With what waitpid(2) gave; ignored where the process is not the shell. */
void terminal_reaped(struct terminal *t, int pid, int wait_status);

#endif
