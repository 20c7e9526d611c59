/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A scenario file, read, overlaid, checked: what a run is planned from. */
#ifndef KS_MODEL_SCENARIO_H
#define KS_MODEL_SCENARIO_H

#include "model/grid.h"
#include "model/settings.h"

enum { SCENARIO_MAX_ARMS = 64 }; /* each is a full copy of the settings; controls come on top */

struct arm {
	char *name;
	struct settings settings;
};

struct stop {
	uint64_t trials;    /* of each arm that count (INFRA is replaced, within reason) */
	uint64_t budget_ns; /* of the whole run; TIME_NEVER: none */
	/* Until a sequential test of these arms is decided (run/decided.h). Then trials is at most
	 * so many of each arm, and 0 where the scenario does not say. */
	bool until_decided;
	struct strv arms; /* the first is compared with each of the others; empty: all */
	double factor, alpha, power;
};

struct scenario {
	char *name;
	char *story; /* the comment that opens the file, without its #; "" none */
	struct arm *arm;
	size_t n_arms;    /* at least 1; a scenario without arms has one named "baseline" */
	struct grid grid; /* the arms are its cells, in their order, and controls */
	struct stop stop;
	struct buf source; /* the file's bytes as read, for the run's folder */
};

struct lint;

struct scenario_options {
	const char *profile;   /* NULL: none */
	struct strv set;       /* "guest.memory=512MiB", laid over last */
	struct strv only_arms; /* names or shell patterns; empty: all */
	struct strv over;      /* as set, but laid over every arm, last of all */
	/* Names of the built-in signatures, NULL at the end; NULL itself: any name is one. */
	const char *(*signature)(size_t i);
	struct lint
		*lint; /* hears of what is right, but hardly meant (lint.h); NULL: nobody does */
};

/*
 * Reads `path`. Layers, each merged over the one before: file, profile, --set; then each arm, then
 * over. Every complaint reads "file:line:col: what was found; what would be accepted", with the
 * line and a caret below it, and carries exit code 65.
 */
int scenario_read(const char *path, const struct scenario_options *opt, struct scenario *ret,
		  struct err *err);

/* The same from memory; `name` is what complaints call it (and, less its .yaml, the default name).
 */
int scenario_parse(const char *name, const void *text, size_t n, const struct scenario_options *opt,
		   struct scenario *ret, struct err *err);
void scenario_done(struct scenario *s);

/* Guests at once where nobody says how many: as many as so many processors carry. */
uint64_t scenario_slots(const struct scenario *s, uint64_t cpus);

#endif
