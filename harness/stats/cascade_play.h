/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The model of stats/cascade.h let run, host by host and container by container: what to expect of
 * so many hosts under a limit on moves. Moved containers go to where fewest are, of the hosts that
 * are not known to be dead; a host that is dead and not yet found receives some, too, and they
 * stand there.
 */
#ifndef KS_STATS_CASCADE_PLAY_H
#define KS_STATS_CASCADE_PLAY_H

#include "base/rng.h"
#include "stats/cascade.h"

#define MOVES_FREE INFINITY

struct cascade_model {
	size_t hosts, containers;
	double rate;   /* deletions per container and second */
	double lambda; /* deaths per deletion */
	double moves;  /* a minute; 0: none; MOVES_FREE */
	double delay_s;
	double horizon_s;
};

/* One cascade, drawn. */
void cascade_play(const struct cascade_model *m, struct rng *r, struct cascade *ret);

/* What half of the cascades exceed, and the middle nine tenths lie between. */
struct cascade_band {
	double median, lo, hi;
};

struct cascade_forecast {
	size_t points;
	double *at_s;               /* [points], from 0 to the horizon */
	struct cascade_band *alive; /* [points]: hosts */
	struct cascade_band dead;   /* hosts by the horizon */
	struct cascade_band half_s; /* until half are dead; INFINITY: not by the horizon */
	struct cascade_band served; /* containers that ran, mean over the horizon, share of all */
	double served_mean;
};

#define _cleanup_cascade_forecast_ _cleanup_(cascade_forecast_done)
void cascade_forecast_done(struct cascade_forecast *f);

/* So many cascades are drawn; same seed, same forecast. */
void cascade_forecast(const struct cascade_model *m, size_t points, size_t cascades, uint64_t seed,
		      struct cascade_forecast *ret);

#endif
