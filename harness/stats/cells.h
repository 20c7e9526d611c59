/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The heart of posteriors over who is to blame: hypotheses that the data cannot tell apart form a
 * segment, and each segment has a weight for each point of the grids. stats/posterior.c (versions
 * in an order) and stats/culprit.c (options without one) fill it, stats/probe.c looks ahead; nobody
 * else's.
 */
#ifndef KS_STATS_CELLS_H
#define KS_STATS_CELLS_H

#include "stats/posterior.h"

/* Weights below this change no decision. */
#define NEGLIGIBLE         1e-14
#define ROUGHLY_NEGLIGIBLE 1e-6

/* For each point, the weight and the hazard seen: y = H(bad) + rho H(good), where H sums
 * end^k - start^k. */
struct cells {
	size_t n_segments, n_grid;
	size_t *first;      /* versions only, [n_segments + 1]: hypotheses first[i]..first[i+1]-1 */
	double *segment;    /* [n_segments]: probability */
	double *weight, *y; /* [n_segments * n_grid]; weight sums to 1 within a segment */
	double *shape, *rho; /* copies of the grids */
};

/* Of all runs. */
struct evidence {
	double crashes, log_t; /* log_t: sum over crashes */
	double *hazard;        /* [n_shapes] */
};

/* Of those that are good if a hypothesis holds. */
struct good_part {
	double crashes;
	double *hazard; /* [n_shapes] */
};

struct bisect_prior prior_with_defaults(const struct bisect_prior *prior); /* no empty grids */
double weight_of(const double *weight, size_t i);

struct cells *cells_new(const struct bisect_prior *prior, size_t n_segments);
struct cells *cells_free(struct cells *c); /* returns NULL */
void cells_weigh(struct cells *c, size_t segment, const struct bisect_prior *prior,
		 const struct evidence *e, const struct good_part *good, double prior_mass);
void cells_finish(struct cells *c); /* once all segments are weighed */

/* What a plan promises for a run that is bad under these hypotheses: bad[i] is the part of
 * segment i's probability. */
struct bisect_probe bisect_plan_probe_part(const struct bisect_plan *plan, const double *bad);

#endif
