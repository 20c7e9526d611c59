/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "stats/posterior.h"

#include <assert.h>
#include <math.h>

#include "base/buf.h"
#include "stats/cells.h"

static const double shapes[] = { 0.5, 0.7, 1, 1.4, 2 },
		    shape_weights[] = { 0.1, 0.2, 0.4, 0.2, 0.1 }, rhos[] = { 0, 0.05, 0.2 },
		    rho_weights[] = { 0.69, 0.3, 0.01 };

const struct bisect_prior bisect_prior_full = {
	.shape = shapes,
	.shape_weight = shape_weights,
	.n_shapes = ARRAY_SIZE(shapes),
	.rho = rhos,
	.rho_weight = rho_weights,
	.n_rhos = ARRAY_SIZE(rhos),
};

void posterior_done(struct posterior *p)
{
	free(p->p);
	free(p->shape);
	free(p->rho);
	p->cell = cells_free(p->cell);
	*p = (struct posterior){ 0 };
}

/* ---- what was seen ---- */

/* To be told the rate is to have seen this many crashes: it is known to 0.03 %. */
#define TOLD_CRASHES 1e7

struct seen {
	size_t n, n_shapes;
	bool *run;                 /* [n]: was it ever run? */
	double *crashes, *hazard;  /* [n], [n * n_shapes] */
	double all_crashes, log_t; /* log_t: sum over crashes */
	double told;               /* the hazard of those that are not of a version */
};

static void seen_init(struct seen *s, size_t n, const struct bisect_prior *prior,
		      const struct bisect_run *run, size_t n_runs)
{
	*s = (struct seen){ .n = n, .n_shapes = prior->n_shapes };
	s->all_crashes = prior->told_mttf_s > 0 ? TOLD_CRASHES : 0;
	s->told = s->all_crashes * prior->told_mttf_s;
	s->run = xcalloc(n, sizeof(*s->run));
	s->crashes = xcalloc(n, sizeof(double));
	s->hazard = xcalloc(n * s->n_shapes, sizeof(double));
	for (size_t i = 0; i < n_runs; i++) {
		assert(run[i].version < n && run[i].start >= 0 && run[i].end > run[i].start);
		s->run[run[i].version] = true;
		if (run[i].crash) {
			s->crashes[run[i].version]++;
			s->all_crashes++;
			s->log_t += log(run[i].end);
		}
		for (size_t k = 0; k < s->n_shapes; k++)
			s->hazard[run[i].version * s->n_shapes + k] +=
				pow(run[i].end, prior->shape[k]) -
				pow(run[i].start, prior->shape[k]);
	}
}

static void seen_done(struct seen *s)
{
	free(s->run);
	free(s->crashes);
	free(s->hazard);
}

/* ---- segments ---- */

/* Hypotheses c and c + 1 differ by version c: they part where it was run. Fills first[], returns
 * how many segments that makes. */
static size_t cut_segments(const struct seen *s, size_t *first)
{
	size_t n = 0;

	for (size_t h = 1; h < s->n; h++)
		if (h == 1 || s->run[h - 1])
			first[n++] = h;
	first[n] = s->n;
	return n;
}

static double prior_mass(const struct cells *c, size_t segment, const struct bisect_prior *prior)
{
	double sum = 0;

	for (size_t h = c->first[segment]; h < c->first[segment + 1]; h++)
		sum += weight_of(prior->weight, h - 1);
	return sum;
}

static void total_hazard(const struct seen *s, double *ret)
{
	for (size_t k = 0; k < s->n_shapes; k++)
		ret[k] += s->told;
	for (size_t v = 0; v < s->n; v++)
		for (size_t k = 0; k < s->n_shapes; k++)
			ret[k] += s->hazard[v * s->n_shapes + k];
}

static void weigh_segments(struct cells *c, const struct seen *s, const struct bisect_prior *prior)
{
	_cleanup_free_
	double *all = xcalloc(s->n_shapes, sizeof(double));
	struct evidence e = { s->all_crashes, s->log_t, all };
	struct good_part good = { .hazard = xcalloc(s->n_shapes, sizeof(double)) };
	size_t version = 0;

	total_hazard(s, all);
	for (size_t i = 0; i < c->n_segments; i++) {
		for (; version < c->first[i]; version++) {
			good.crashes += s->crashes[version];
			for (size_t k = 0; k < s->n_shapes; k++)
				good.hazard[k] += s->hazard[version * s->n_shapes + k];
		}
		cells_weigh(c, i, prior, &e, &good, prior_mass(c, i, prior));
	}
	cells_finish(c);
	free(good.hazard);
}

/* ---- the posterior ---- */

static void spread(struct posterior *p, const struct bisect_prior *prior)
{
	const struct cells *c = p->cell;

	for (size_t i = 0; i < c->n_segments; i++) {
		double mass = prior_mass(c, i, prior);

		for (size_t h = c->first[i]; h < c->first[i + 1]; h++) {
			double q = mass > 0 ? c->segment[i] * weight_of(prior->weight, h - 1) / mass
					    : 0;

			p->p[h - 1] = q;
			p->entropy -= q > 0 ? q * log(q) : 0;
		}
	}
}

static void marginals(struct posterior *p)
{
	const struct cells *c = p->cell;

	for (size_t i = 0; i < c->n_segments; i++)
		for (size_t g = 0; g < c->n_grid; g++) {
			double w = c->segment[i] * c->weight[i * c->n_grid + g];

			p->shape[g / p->n_rhos] += w;
			p->rho[g % p->n_rhos] += w;
		}
}

void posterior_fit(size_t n, const struct bisect_prior *prior, const struct bisect_run *run,
		   size_t n_runs, struct posterior *ret)
{
	struct bisect_prior full = prior_with_defaults(prior);
	struct posterior p = { .n = n, .n_shapes = full.n_shapes, .n_rhos = full.n_rhos };
	struct seen s;
	size_t *first;

	assert(n >= 2);
	seen_init(&s, n, &full, run, n_runs);
	p.crashes = (size_t)s.all_crashes;
	p.p = xcalloc(n, sizeof(double));
	p.shape = xcalloc(full.n_shapes, sizeof(double));
	p.rho = xcalloc(full.n_rhos, sizeof(double));
	first = xcalloc(n + 1, sizeof(*first));
	p.cell = cells_new(&full, cut_segments(&s, first));
	p.cell->first = first;
	weigh_segments(p.cell, &s, &full);
	spread(&p, &full);
	marginals(&p);
	seen_done(&s);
	*ret = p;
}

/* ---- what else a decision asks ---- */

struct bisect_range posterior_segment(const struct posterior *p, size_t c)
{
	const size_t *first = p->cell->first;
	size_t lo = 0, hi = p->cell->n_segments;

	while (hi - lo > 1) {
		size_t mid = lo + (hi - lo) / 2;

		if (first[mid] <= c)
			lo = mid;
		else
			hi = mid;
	}
	return (struct bisect_range){ first[lo], first[lo + 1] - 1 };
}

double posterior_scale(const struct posterior *p)
{
	const struct cells *c = p->cell;
	double sum = 0;

	for (size_t i = 0; i < c->n_segments * c->n_grid; i++) {
		double w = c->segment[i / c->n_grid] * c->weight[i],
		       shape = c->shape[i % c->n_grid / p->n_rhos];

		if (w > NEGLIGIBLE)
			sum += w * pow(c->y[i] / (double)p->crashes, 1 / shape);
	}
	return sum;
}
