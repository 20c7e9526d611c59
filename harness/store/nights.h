/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Where nights are kept, beside the runs that they made:
 *
 *	results/nights/nightly/lock		held by the `kernsoak night` that is at work
 *	results/nights/nightly/STOP		made by a person: end politely
 *	results/nights/nightly/000017/		the 17th night: NIGHT_STATE and what was made of it
 */
#ifndef KS_STORE_NIGHTS_H
#define KS_STORE_NIGHTS_H

#include "base/err.h"
#include "base/json.h"

#define NIGHT_STATE    "night.json"    /* what it is to run, and how far it is */
#define NIGHT_MEASURES "measures.json" /* its lives and crashes, taken from its runs */
#define NIGHT_REPORT   "report.json"
#define NIGHT_TEXT     "report.txt"
#define NIGHT_PAGE     "report.html"

struct nights {
	char *name, *path; /* path: results/nights/NAME, for people */
	int fd, lock_fd;   /* lock_fd: -1 where it is not held */
	uint64_t *number;  /* the nights that there are, ascending */
	size_t n;
};

#define NIGHTS_INIT                                                                                \
	{                                                                                          \
		.fd = -1, .lock_fd = -1                                                            \
	}
#define _cleanup_nights_ _cleanup_(nights_done)
void nights_done(struct nights *n); /* gives the lock up */

/* Makes the folder where it is missing (exit code 73 where that cannot be done). `name` as in a
 * run's id. */
int nights_open(const char *results, const char *name, struct nights *ret, struct err *err);

/* -EBUSY, exit code 75, with the holder's pid where another process has it; a killed one has not.
 */
int nights_lock(struct nights *n, struct err *err);

/* One more night: its number; -errno. */
int nights_add(struct nights *n, uint64_t *ret, struct err *err);

/* The night's folder: fd or -errno. And its path, which the caller frees. */
int nights_dir(const struct nights *n, uint64_t number, struct err *err);
char *nights_path(const struct nights *n, uint64_t number);

/* Has somebody made the file STOP? And: it was obeyed, away with it. */
bool nights_stop_asked(const struct nights *n);
void nights_stop_obeyed(const struct nights *n);

#endif
