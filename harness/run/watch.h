/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A running run as somebody looks on: the consoles of its guests and what their agents say, line by
 * line, by the files that the run writes. It only reads, so that neither its end nor its haste can
 * change anything for the guests; and it looks a few times a second at most, as each look costs
 * them.
 */
#ifndef KS_RUN_WATCH_H
#define KS_RUN_WATCH_H

#include "store/layout.h"

struct watch_options {
	uint64_t trial; /* 0: all */
	bool stats;     /* each second's figures, too */
	unsigned lines; /* of each file that were there already and are shown */
	bool color;
};

/* Prints on stdout until the run (or the trial) has ended. -ENOENT where nothing runs. */
int watch_run(const struct run_dir *run, const struct watch_options *options, struct err *err);

#endif
