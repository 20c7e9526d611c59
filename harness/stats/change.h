/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Night after night the same experiment: has the hazard changed, and since which night?
 *
 * For each night k that may have been the first of a new hazard there is a duel (duel.h) of the
 * nights before it against those from it on. Without any change its evidence has the mean 1 at
 * every look, however long one goes on. What is looked at is their sum (Shiryaev and Roberts),
 * whose mean after N nights is then N - 1; acting where it reaches 1 / alpha, the chance of a false
 * alarm in the first N nights is below N * alpha (Doob). So alpha is a rate: false alarms a night.
 * What builds up slowly is seen as well: each night adds to the evidence of the ones before it,
 * which a test of each night for itself cannot do.
 */
#ifndef KS_STATS_CHANGE_H
#define KS_STATS_CHANGE_H

#include "stats/duel.h"

enum change { CHANGE_NONE, CHANGE_LESS, CHANGE_MORE };

struct change_look {
	enum change verdict; /* the hazard is lower, or higher, than it was before `since` */
	size_t since; /* the night that explains it best, as an index; 0: nothing to compare */
	double log_e; /* of the sum; acts at log(1 / alpha) */
};

/*
 * Nights in order, each with its lives in arm 0 of its duel; all of them are one experiment, the
 * first is the reference. `factor` is the hazard ratio of interest, its inverse included: a change
 * by less than its square root is never claimed, however many nights it lasts.
 */
struct change_look change_look(const struct duel *night, size_t n, double factor, double alpha);

/*
 * The same after every night, and on after an alarm: nights from its `since` on are then the
 * reference. ret[i] is what was to be said after night i; its `since` counts from the first night.
 */
void change_track(const struct duel *night, size_t n, double factor, double alpha,
		  struct change_look *ret);

const char *change_name(enum change c); /* "none" "less" "more" */

#endif
