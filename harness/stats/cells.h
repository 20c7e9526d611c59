/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What stats/posterior.c knows and stats/probe.c reads; nobody else's. */
#ifndef KS_STATS_CELLS_H
#define KS_STATS_CELLS_H

#include "stats/posterior.h"

/*
 * Hypotheses between two versions that were run cannot be told apart by the data: they form a
 * segment. For each segment and each point of the grids, the weight of the point and the hazard
 * seen, y = H(bad versions) + rho H(good versions), where H sums end^k - start^k.
 */
struct cells {
	size_t n_segments, n_grid;
	size_t *first;       /* [n_segments + 1]: hypotheses first[i] .. first[i + 1] - 1 */
	double *segment;     /* [n_segments]: probability */
	double *weight, *y;  /* [n_segments * n_grid]; weight sums to 1 within a segment */
	double *shape, *rho; /* copies of the grids */
};

/* Weights below this change no decision. */
#define NEGLIGIBLE         1e-14
#define ROUGHLY_NEGLIGIBLE 1e-7

#endif
