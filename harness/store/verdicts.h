/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The verdicts of a run, one by one: what the index and every report are made of. */
#ifndef KS_STORE_VERDICTS_H
#define KS_STORE_VERDICTS_H

#include "base/err.h"
#include "model/verdict.h"

/* The verdict is valid during the call. 0 to go on; anything else ends the walk and is returned. */
typedef int (*verdict_fn)(void *arg, const struct verdict *v);

/*
 * Calls fn for each trial of the run that has a verdict, by number. The number is the folder's. A
 * verdict that cannot be read (cut, edited) does not end the walk: it comes as INFRA, not final,
 * with the complaint as its reason, so that it is excluded and counted rather than forgotten.
 * A trial without a verdict has not started and is passed over.
 */
int verdicts_read(int run_fd, verdict_fn fn, void *arg, struct err *err);

/* One of them; -ENOENT where the trial has none. */
int verdict_read(int run_fd, uint64_t trial, struct verdict *ret, struct err *err);

/* That of a trial's folder which lies anywhere: it knows its number itself. */
int verdict_read_at(int trial_fd, struct verdict *ret, struct err *err);

typedef int (*trial_sighting_fn)(void *arg, const struct sighting *s);

/* All that the trial's console showed, in order (sightings.json). The verdict stands without it: a
 * missing or broken list, or entry, is passed over. */
int sightings_read(int run_fd, uint64_t trial, trial_sighting_fn fn, void *arg);
int sightings_read_at(int trial_fd, trial_sighting_fn fn, void *arg);

#endif
