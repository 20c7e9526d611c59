/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Competing risks: with what probability has crash k come first, by time t (Aalen and Johansen).
 * One minus Kaplan-Meier, with the other crashes censored, would say too much.
 *
 * To compare arms, compare hazards (sample_of_cause and logrank_fit), never these curves: who fixes
 * crash A sees more of crash B.
 */
#ifndef KS_STATS_INCIDENCE_H
#define KS_STATS_INCIDENCE_H

#include "stats/interval.h"
#include "stats/sample.h"

struct incidence {
	size_t n_rows, n_causes;
	double *time; /* [n_rows] distinct failure times, of any cause; all arrays are owned */
	double *event_free; /* [n_rows] probability that nothing has come yet */
	double *cif;        /* [n_rows * n_causes], row by row */
	double *se;         /* of cif; the infinitesimal jackknife gives the same */
	size_t *events;     /* [n_causes] */
	double total_time;  /* events[k] / total_time is the rate of cause k */
};

#define _cleanup_incidence_ _cleanup_(incidence_done)
void incidence_fit(const struct sample *s, size_t n_causes, struct incidence *ret);
void incidence_done(struct incidence *in);

#endif
