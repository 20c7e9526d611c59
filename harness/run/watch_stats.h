/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a guest's agent says each second, in a few words: for who looks on. */
#ifndef KS_RUN_WATCH_STATS_H
#define KS_RUN_WATCH_STATS_H

#include "run/agent.h"

enum { WATCH_CPUS = 64 };

/* Of one trial. Open, because the watch keeps an array; starts as zero. */
struct watch_stats {
	uint64_t busy[WATCH_CPUS], all[WATCH_CPUS]; /* ticks at the last sample */
	uint64_t up_ns;
	uint64_t count, last_count; /* of all loads: now, and at the last sample */
	uint64_t load_count[16];
	char load[16][32];
	size_t n_loads;
	bool begun; /* there was a sample */
};

/* Takes a line; true, and a line of text in `out`, where it was a second's sample. */
bool watch_stats_take(struct watch_stats *w, const struct agent_line *l, struct buf *out);

#endif
