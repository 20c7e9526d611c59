/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The limits of a soak that are silences: what has not been heard of for too long. Pure. */
#ifndef KS_RUN_SILENCE_H
#define KS_RUN_SILENCE_H

#include "run/classify.h"

/* A limit that is over. */
struct silence {
	enum ending ending;
	char detail[128];
};

/* Has the agent beaten lately? */
bool silence_agent_lives(const struct facts *f, uint64_t at_ns);

/*
 * Looks at a guest that soaks, `sound_ns` the instant of its last byte from console or agent. True:
 * a limit is over. Else *ret_next is the instant to look again (TIME_NEVER: nothing is limited).
 */
bool silence_look(const struct settings *s, const struct facts *f, uint64_t sound_ns,
		  uint64_t at_ns, uint64_t *ret_next, struct silence *ret);

#endif
