/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A load as a process of the agent: its pipes, its words, its end. Knows nothing of the host: what
 * a load says is handed to a function as one of these events.
 */
#ifndef KS_AGENT_CHILD_H
#define KS_AGENT_CHILD_H

#include <stdint.h>

#include "../wire.h"
#include "lines.h"

#define CHILD_LINE_MAX 4096
#define CHILD_TUNABLE  64
#define CHILD_NOTES    100 /* a second; a load that says more is cut short */

enum child_state { CHILD_IDLE, CHILD_ARMING, CHILD_ARMED, CHILD_ENDED };

enum child_event {
	CHILD_SAYS_ARMED,   /* text: how it knows */
	CHILD_SAYS_FAIL,    /* text: why not */
	CHILD_SAYS_NOTE,    /* text: for agent.log; its stderr too */
	CHILD_COUNTED,      /* child->count has grown */
	CHILD_EXITED,       /* child->status: exit code, or 128 + signal */
	CHILD_SAYS_OVERDUE, /* text: NAME MILLISECONDS of a probe that does not come back */
	CHILD_SAYS_FINDING, /* text: NAME N: so many more attempts came to that */
};

struct child;
typedef void (*child_says_fn)(struct child *c, enum child_event event, const char *text);

/* Open: the agent keeps an array of these and walks it. */
struct child {
	char name[64];
	char args[WIRE_LINE_MAX]; /* key=value tokens, values still encoded */
	enum child_state state;
	int pid;
	int status;
	int in, out, err; /* our ends; -1: closed */
	struct lines out_lines, err_lines;
	char out_buf[CHILD_LINE_MAX], err_buf[CHILD_LINE_MAX];
	uint64_t count;
	char tunable[CHILD_TUNABLE]; /* names of parameters, a blank behind each */
	uint64_t notes_second;
	unsigned notes, notes_lost;
	/* The agent's own book-keeping of progress. */
	uint64_t sent_count, sent_at_ns;
};

void child_init(struct child *c, const char *name, const char *args);

/* Starts /loads/NAME with its parameters and `seed`: 0, or -1 with a sentence in `why`. */
int child_spawn(struct child *c, uint64_t seed, char *why, size_t why_size);

/* Handles what it has said; to be called when out or err is readable. */
void child_read(struct child *c, uint64_t now_ns, child_says_fn says);

/* Lets it start its work. */
void child_go(struct child *c);

/* Gives a parameter another value, which the load has said that it takes: 0, or -1 with a sentence
 * in `why`. */
int child_tune(struct child *c, const char *key, uint64_t value, char *why, size_t why_size);

/* Called with what waitpid(2) gave. Reads its last words first. */
void child_reaped(struct child *c, int wait_status, uint64_t now_ns, child_says_fn says);

/* Whether it, or anything that it started, lives. */
bool child_alive(const struct child *c);

/* To the load and all that it started. */
void child_terminate(struct child *c);
void child_kill(struct child *c);

#endif
