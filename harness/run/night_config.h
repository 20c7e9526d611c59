/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What `kernsoak night` reads: scenarios with budgets, and what is done with what they find. Each
 * key is a row in night_config.c; docs/NIGHTS.md tells them. */
#ifndef KS_RUN_NIGHT_CONFIG_H
#define KS_RUN_NIGHT_CONFIG_H

#include "base/err.h"
#include "base/str.h"

struct night_job {      /* one entry of `scenarios` */
	char *scenario; /* its file */
	char *name;     /* what it is called in reports; by default the scenario's name */
	char *profile;  /* NULL: none */
	struct strv set, arms;
	uint64_t budget_ns; /* 0: as the scenario says */
};

struct night_config {
	char *name;         /* of these nights: a folder; by default the file's */
	char *results;      /* NULL: as everywhere */
	char *metrics;      /* a folder for node exporter's textfile collector; NULL: none */
	uint64_t jobs;      /* guests at once; 0: as many as the host carries */
	uint64_t resume_ns; /* a night that was interrupted is continued for so long after its begin
			     */
	struct {
		double factor, alpha;
	} compare;
	struct {
		uint64_t age_ns, size_bytes; /* 0: no limit */
	} keep;
	struct {
		struct strv command; /* argv; empty: none */
		bool only_changes;
		uint64_t deadline_ns;
	} hook;
	struct night_job *job;
	size_t n;
};

#define _cleanup_night_config_ _cleanup_(night_config_done)
void night_config_done(struct night_config *c);

/* Reads the file and every scenario in it; complaints have file, line and column, and exit code 65.
 */
int night_config_read(const char *path, struct night_config *ret, struct err *err);

#endif
