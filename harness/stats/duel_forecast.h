/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a duel (duel.h) will take, played out before it is run. Times are in the unit of the MTTF.
 */
#ifndef KS_STATS_DUEL_FORECAST_H
#define KS_STATS_DUEL_FORECAST_H

#include "stats/duel.h"

struct duel_world {
	double mttf;    /* of arm 0; constant hazards */
	double ratio;   /* hazard of arm 1 over arm 0 */
	double horizon; /* trials are cut there; INFINITY: none is */
};

struct duel_forecast {   /* means over the campaigns */
	double failures; /* in both arms */
	double trials;   /* of each arm */
	double exposure[2];
	double less, more, alike; /* shares of the campaigns that ended so */
};

/* `campaigns` of trials in pairs, one of each arm, a look after every pair that had a failure. */
struct duel_forecast duel_forecast(const struct duel_world *w, double factor, double alpha,
				   double power, size_t campaigns, uint64_t seed);

#endif
