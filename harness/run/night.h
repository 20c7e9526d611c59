/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A night: its scenarios in turn, each a `kernsoak run` of its own, so that what breaks one is not
 * the night's end. How far it is stands in NIGHT_STATE, written before anything is done because of
 * it; a run is known by the tag in its plan.json even where the night was killed before it heard
 * the run's name. So a night goes on wherever it was ended by kill -9 or Ctrl-C.
 */
#ifndef KS_RUN_NIGHT_H
#define KS_RUN_NIGHT_H

#include "base/json.h"
#include "run/night_config.h"
#include "store/nights.h"

struct night_options {
	const char *results; /* never NULL */
	const char *uri;     /* of libvirt; NULL: the default */
	uint64_t seed;       /* of every run, with the night's number; 0: from the clock */
	bool quiet, fresh;   /* fresh: do not go on with an interrupted one */
};

struct night {
	struct nights *nights; /* borrowed, locked */
	uint64_t number;
	int fd;         /* of its folder */
	json_t *state;  /* NIGHT_STATE: docs/NIGHTS.md */
	bool continued; /* it had begun before */
	int signal;     /* that interrupted it; 0: none did */
};

#define _cleanup_night_ _cleanup_(night_done)
void night_done(struct night *n);

/* The night to go on with, or a new one. */
int night_begin(const struct night_config *c, struct nights *nights,
		const struct night_options *opt, struct night *ret, struct err *err);

/* Runs what is left of it. Where `signal` is set then, it was interrupted, and the same command
 * goes on with it. */
int night_run(struct night *n, const struct night_options *opt, struct err *err);

/* It has been reported on. */
int night_close(struct night *n, struct err *err);

#endif
