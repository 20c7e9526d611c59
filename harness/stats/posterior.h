/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Which version broke it, seen from runs that crashed or lasted: Bayes' rule over seconds, not over
 * verdicts. A crash is strong evidence, and so is every clean minute; no run is ever wasted, and no
 * verdict is final.
 *
 * Versions are 0 .. n-1, old to new. Hypothesis c in 1 .. n-1: c is the first bad one. In bad
 * versions the hazard is lambda k t^(k-1), in good ones rho times that; lambda has the scale-free
 * prior, k (the shape) and rho are weighted over grids. rho = 0 alone believes that a good version
 * never crashes; one stray crash then misleads it for ever.
 */
#ifndef KS_STATS_POSTERIOR_H
#define KS_STATS_POSTERIOR_H

#include "base/macro.h"

/* A stretch of one guest's life: from age `start` to age `end`, which a crash ended or did not.
 * Another crash, an abort, a snapshot: clean up to that second. 0 <= start < end. */
struct bisect_run {
	size_t version;
	double start, end;
	bool crash;
};

struct bisect_prior {
	const double *weight;               /* [n - 1], of hypothesis c at c - 1; NULL: all alike */
	const double *shape, *shape_weight; /* weights NULL: all alike; need not sum to 1 */
	size_t n_shapes;                    /* 0: shape 1 only */
	const double *rho, *rho_weight;
	size_t n_rhos;      /* 0: rho 0 only */
	double told_mttf_s; /* the rate is known, as to a simulation (shape 1 only); 0: it is not */
};

/* The grids to use where nothing better is known. */
extern const struct bisect_prior bisect_prior_full;

struct posterior {
	size_t n;       /* versions */
	double *p;      /* [n - 1]; p[c - 1] is the probability that c is the first bad version */
	double entropy; /* of p, in nats */
	double *shape;  /* [n_shapes] and [n_rhos]: what the grids have become */
	double *rho;
	size_t n_shapes, n_rhos;
	size_t crashes;     /* of these runs; without one, p is the prior and probes say nothing */
	struct cells *cell; /* its own */
};

#define _cleanup_posterior_ _cleanup_(posterior_done)

/* The order of the runs does not matter. */
void posterior_fit(size_t n, const struct bisect_prior *prior, const struct bisect_run *run,
		   size_t n_runs, struct posterior *ret);
void posterior_done(struct posterior *p);

/* The hypotheses first..last that the runs cannot tell from c (for a flat prior: alike in p). */
struct bisect_range {
	size_t first, last;
};

struct bisect_range posterior_segment(const struct posterior *p, size_t c);

/* The mean time to failure of a bad version as it looks now (its scale, where the shape is not 1).
 */
double posterior_scale(const struct posterior *p);

/* What running one guest of `version` for up to tau more seconds, from age `age` on, promises. */
struct bisect_probe {
	double p_crash;
	double gain;         /* expected loss of entropy, in nats */
	double expected_run; /* seconds that it will take: until tau or the crash */
};

struct bisect_probe posterior_probe(const struct posterior *p, size_t version, double tau,
				    double age);

/* Guests of one version that run side by side until the first of them crashes. */
struct bisect_guests {
	const double *age_s; /* [n]: living ones that go on */
	size_t n, fresh;     /* and new ones */
};

/*
 * The same for many versions, each run by such guests for tau seconds at most: much faster, and
 * true to some 1e-4, which is enough to choose by. expected_run is that of each guest. p must
 * outlive it.
 */
struct bisect_plan;
struct bisect_plan *bisect_plan_new(const struct posterior *p, double tau,
				    const struct bisect_guests *guests);
struct bisect_plan *bisect_plan_free(struct bisect_plan *plan); /* returns NULL */
struct bisect_probe bisect_plan_probe(const struct bisect_plan *plan, size_t version);

/*
 * The probability that afterwards hypothesis h, or the block around h that no run can divide, has
 * `wanted` or more: it has `mass` now. `probe` is the plan's for this version.
 */
double bisect_plan_ends(const struct bisect_plan *plan, size_t version,
			const struct bisect_probe *probe, size_t h, double mass, double wanted);

#endif
