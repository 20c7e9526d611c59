/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Does a rate grow with z? Events that come at the rate r exp(x z) per unit of exposure, where z is
 * time (Gompertz' law), or a count (how many died before): maximum likelihood of x with r at its
 * best for each x, the interval by profile likelihood, and the likelihood ratio against x = 0, both
 * corrected for few events.
 *
 *	struct tilt t = TILT_INIT;
 *	tilt_watch(&t, 0, 60);      // watched while z went from 0 to 60: a life of a minute
 *	tilt_event(&t, 42);         // an event at z = 42
 *	fit = tilt_fit(&t, 0.95);
 *	tilt_done(&t);
 *
 * Pure; z and exposure in any unit.
 */
#ifndef KS_STATS_TILT_H
#define KS_STATS_TILT_H

#include "base/macro.h"
#include "stats/interval.h"

struct tilt_part {
	double at, length; /* z from `at` to at + length; length 0: all of it at `at` */
	double exposure;
};

struct tilt {
	struct tilt_part *part; /* owned */
	size_t n, cap;
	size_t events;
	double sum; /* of z over events */
};

#define TILT_INIT                                                                                  \
	{                                                                                          \
		0                                                                                  \
	}
#define _cleanup_tilt_ _cleanup_(tilt_done)
void tilt_done(struct tilt *t);

/* Exposure spread evenly over z from `from` to `to` (its length is the exposure), or all at one z.
 * What has none is passed over. */
void tilt_watch(struct tilt *t, double from, double to);
void tilt_watch_at(struct tilt *t, double z, double exposure);
void tilt_event(struct tilt *t, double z);

struct tilt_fit {
	size_t events;
	double x, rate; /* the rate at z is rate exp(x z); NaN: no event, or all at one end of z */
	struct interval x_ci;         /* profile likelihood; NaN as above */
	double p;                     /* likelihood ratio against x = 0; NaN as above */
	double log_lik, log_lik_flat; /* up to the same constant; flat: at x = 0 */
};

struct tilt_fit tilt_fit(const struct tilt *t, double conf);

#endif
