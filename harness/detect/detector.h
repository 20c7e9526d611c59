/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Console bytes in, sightings out: the same code watches a live guest and scans a file.
 *
 * Pure: no files, no clock, no globals that change. Memory is bounded whatever the console says.
 * Every chunking of the same bytes gives the same sightings (times differ with the stamps given).
 * The first cause names a crash; a "Kernel panic" that follows sets `panicked`.
 */
#ifndef KS_DETECT_DETECTOR_H
#define KS_DETECT_DETECTOR_H

#include "model/settings.h"

struct detector;

enum sighting_phase {
	SIGHTING_OPENED, /* the first line arrived: class, offset, at_ns and guest_s are final */
	SIGHTING_CLOSED, /* the report is whole, or its time is over: all of it is final but
			    repeats, last_ns and panicked */
	SIGHTING_AGAIN,  /* a repeat was folded into it, or a panic followed: the whole sighting
			    again */
};

/*
 * `serial` numbers the sightings of this detector from 0 in order of their first lines; `s` is
 * valid during the call only. Sightings of severity NOISE are not delivered.
 * A report of a class that was told before may be a repeat, so it is announced only once it is
 * whole: OPENED and CLOSED at once, or AGAIN under the serial of the one it repeats.
 */
typedef void (*sighting_fn)(void *arg, enum sighting_phase phase, uint64_t serial,
			    const struct sighting *s);

/*
 * With what a scenario adds, ignores and changes; `own` is borrowed until detector_free(). What a
 * scenario may ignore is announced, like a repeat, only once it is whole; ignored sightings are
 * delivered with the name of the rule in `ignored`. A sighting may cease to be ignored (AGAIN):
 * the kernel panicked because of it.
 */
struct detector *detector_new_for(const struct detection *own, sighting_fn fn, void *arg,
				  struct err *err);

/* NULL only where the tables cannot be compiled (a bug): err says why. */
struct detector *detector_new(sighting_fn fn, void *arg, struct err *err);
struct detector *
detector_free(struct detector *d); /* returns NULL; closes nothing, calls nothing */

/* n bytes that arrived at at_ns (TIME_NEVER where no time is known: a file). */
void detector_feed(struct detector *d, const void *data, size_t n, uint64_t at_ns);

/* No byte came, but time passed: closes reports that have been quiet for long enough. */
void detector_tick(struct detector *d, uint64_t now_ns);

/* The console ended: completes the last line and closes every open report. */
void detector_finish(struct detector *d);

#endif
