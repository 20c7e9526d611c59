/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "run/silence.h"

#include <stdio.h>

#define BEATS_NS (3 * NS_PER_S) /* the last beat may be as old as two seconds of a busy guest */

struct rule {
	uint64_t last_ns, limit_ns;
	enum ending ending;
	bool alive; /* it says something of an agent that lives; else the heartbeat's rule does */
};

bool silence_agent_lives(const struct facts *f, uint64_t at_ns)
{
	return f->last_beat_ns + BEATS_NS > at_ns;
}

static void tell(const struct settings *s, const struct facts *f, enum ending ending,
		 uint64_t silent_ns, struct silence *ret)
{
	const size_t size = sizeof(ret->detail);
	int n = snprintf(ret->detail, size, "nothing for %llu s",
			 (unsigned long long)(silent_ns / NS_PER_S));

	ret->ending = ending;
	if (ending == ENDING_FSYNC)
		snprintf(ret->detail + n, size - (size_t)n, " on %.64s", s->guest.heartbeat.fsync);
	else if (ending == ENDING_ANSWER && f->refusal[0])
		snprintf(ret->detail + n, size - (size_t)n, "; the last refusal: %s", f->refusal);
}

bool silence_look(const struct settings *s, const struct facts *f, uint64_t sound_ns,
		  uint64_t at_ns, uint64_t *ret_next, struct silence *ret)
{
	const struct limits *lim = &s->limits;
	const struct heartbeat_wish *wish = &s->guest.heartbeat;
	const struct rule rules[] = {
		{ f->last_beat_ns, lim->heartbeat, ENDING_HEARTBEAT, false },
		{ sound_ns, lim->silence, ENDING_SILENCE, false },
		{ MAX(f->last_progress_ns, f->tuned_ns), f->idle ? TIME_NEVER : lim->progress,
		  ENDING_PROGRESS, false },
		{ f->last_sync_ns, fsync_wanted(wish) ? lim->heartbeat : TIME_NEVER, ENDING_FSYNC,
		  true },
		{ f->last_answer_ns, ask_wanted(wish) ? lim->heartbeat : TIME_NEVER, ENDING_ANSWER,
		  true },
	};
	uint64_t next = TIME_NEVER;

	for (size_t i = 0; i < ARRAY_SIZE(rules); i++) {
		uint64_t last = MAX(rules[i].last_ns, f->soak_ns), due;

		if (rules[i].limit_ns == TIME_NEVER)
			continue;
		due = last + rules[i].limit_ns;
		if (due <= at_ns && rules[i].alive && !silence_agent_lives(f, at_ns))
			due = at_ns + NS_PER_S;
		if (due <= at_ns) {
			tell(s, f, rules[i].ending, at_ns - last, ret);
			return true;
		}
		next = MIN(next, due);
	}
	*ret_next = next;
	return false;
}
