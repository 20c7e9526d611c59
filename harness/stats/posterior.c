/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "stats/posterior.h"

#include <assert.h>
#include <math.h>

#include "base/buf.h"
#include "stats/cells.h"

static const double one = 1, zero = 0;
static const double shapes[] = { 0.5, 0.7, 1, 1.4, 2 },
		    shape_weights[] = { 0.1, 0.2, 0.4, 0.2, 0.1 },
		    rhos[] = { 0, 0.01, 0.03, 0.1, 0.3 },
		    rho_weights[] = { 0.5, 0.125, 0.125, 0.125, 0.125 };

const struct bisect_prior bisect_prior_full = {
	.shape = shapes,
	.shape_weight = shape_weights,
	.n_shapes = ARRAY_SIZE(shapes),
	.rho = rhos,
	.rho_weight = rho_weights,
	.n_rhos = ARRAY_SIZE(rhos),
};

static struct cells *cells_free(struct cells *c)
{
	if (c) {
		free(c->first);
		free(c->segment);
		free(c->weight);
		free(c->y);
		free(c->shape);
		free(c->rho);
	}
	free(c);
	return NULL;
}

void posterior_done(struct posterior *p)
{
	free(p->p);
	free(p->shape);
	free(p->rho);
	p->cell = cells_free(p->cell);
	*p = (struct posterior){ 0 };
}

static double *copy(const double *v, size_t n)
{
	double *c = xcalloc(n, sizeof(*c));

	memcpy(c, v, n * sizeof(*c));
	return c;
}

static struct bisect_prior with_defaults(const struct bisect_prior *prior)
{
	struct bisect_prior p = *prior;

	if (p.n_shapes == 0) {
		p.shape = &one;
		p.shape_weight = NULL;
		p.n_shapes = 1;
	}
	if (p.n_rhos == 0) {
		p.rho = &zero;
		p.rho_weight = NULL;
		p.n_rhos = 1;
	}
	return p;
}

static double weight_of(const double *weight, size_t i)
{
	return weight ? weight[i] : 1;
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

/* Hypotheses c and c + 1 differ by version c: they part where it was run. */
static void cut_segments(struct cells *c, const struct seen *s)
{
	c->first = xcalloc(s->n + 1, sizeof(*c->first));
	for (size_t h = 1; h < s->n; h++)
		if (h == 1 || s->run[h - 1])
			c->first[c->n_segments++] = h;
	c->first[c->n_segments] = s->n;
}

/* Crashes and hazard of the good versions, those below the hypothesis. */
struct below {
	double crashes;
	double *hazard; /* [n_shapes] */
};

static double log_weight(const struct seen *s, const struct bisect_prior *prior, size_t k, size_t r,
			 const struct below *good, double y)
{
	double d = s->all_crashes, shape = prior->shape[k], rho = prior->rho[r];
	double l = log(weight_of(prior->shape_weight, k)) + log(weight_of(prior->rho_weight, r));

	if (d == 0)
		return l;
	l += (d - 1) * log(shape) + (shape - 1) * s->log_t - d * log(y);
	return good->crashes > 0 ? l + good->crashes * log(rho) : l;
}

static void fill_segment(struct cells *c, size_t segment, const struct seen *s,
			 const struct bisect_prior *prior, const struct below *good,
			 const double *all)
{
	double *weight = c->weight + segment * c->n_grid, *y = c->y + segment * c->n_grid;

	for (size_t k = 0; k < prior->n_shapes; k++) {
		for (size_t r = 0; r < prior->n_rhos; r++) {
			size_t at = k * prior->n_rhos + r;

			y[at] = all[k] - good->hazard[k] + prior->rho[r] * good->hazard[k];
			weight[at] = log_weight(s, prior, k, r, good, y[at]);
		}
	}
}

/* Logarithms to weights that sum to 1; returns the logarithm of their sum. */
static double normalise(double *log_weights, size_t n)
{
	double max = -INFINITY, sum = 0;

	for (size_t i = 0; i < n; i++)
		max = fmax(max, log_weights[i]);
	for (size_t i = 0; i < n; i++) {
		log_weights[i] = isinf(max) ? 0 : exp(log_weights[i] - max);
		sum += log_weights[i];
	}
	for (size_t i = 0; i < n && sum > 0; i++)
		log_weights[i] /= sum;
	return sum > 0 ? max + log(sum) : -INFINITY;
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
	struct below good = { .hazard = xcalloc(s->n_shapes, sizeof(double)) };
	size_t version = 0;

	total_hazard(s, all);
	for (size_t i = 0; i < c->n_segments; i++) {
		for (; version < c->first[i]; version++) {
			good.crashes += s->crashes[version];
			for (size_t k = 0; k < s->n_shapes; k++)
				good.hazard[k] += s->hazard[version * s->n_shapes + k];
		}
		fill_segment(c, i, s, prior, &good, all);
		c->segment[i] = log(prior_mass(c, i, prior)) +
				normalise(c->weight + i * c->n_grid, c->n_grid);
	}
	normalise(c->segment, c->n_segments);
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

static struct cells *cells_new(const struct seen *s, const struct bisect_prior *prior)
{
	struct cells *c = xcalloc(1, sizeof(*c));

	c->n_grid = prior->n_shapes * prior->n_rhos;
	c->shape = copy(prior->shape, prior->n_shapes);
	c->rho = copy(prior->rho, prior->n_rhos);
	cut_segments(c, s);
	c->segment = xcalloc(c->n_segments + 1, sizeof(double));
	c->weight = xcalloc(c->n_segments * c->n_grid + 1, sizeof(double));
	c->y = xcalloc(c->n_segments * c->n_grid + 1, sizeof(double));
	weigh_segments(c, s, prior);
	return c;
}

void posterior_fit(size_t n, const struct bisect_prior *prior, const struct bisect_run *run,
		   size_t n_runs, struct posterior *ret)
{
	struct bisect_prior full = with_defaults(prior);
	struct posterior p = { .n = n, .n_shapes = full.n_shapes, .n_rhos = full.n_rhos };
	struct seen s;

	assert(n >= 2);
	seen_init(&s, n, &full, run, n_runs);
	p.crashes = (size_t)s.all_crashes;
	p.p = xcalloc(n, sizeof(double));
	p.shape = xcalloc(full.n_shapes, sizeof(double));
	p.rho = xcalloc(full.n_rhos, sizeof(double));
	p.cell = cells_new(&s, &full);
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
