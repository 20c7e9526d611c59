/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "stats/cells.h"

#include <math.h>

#include "base/buf.h"

static const double one = 1, zero = 0;

struct bisect_prior prior_with_defaults(const struct bisect_prior *prior)
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

static double *copy(const double *v, size_t n)
{
	double *c = xcalloc(n, sizeof(*c));

	memcpy(c, v, n * sizeof(*c));
	return c;
}

struct cells *cells_new(const struct bisect_prior *prior, size_t n_segments)
{
	struct cells *c = xcalloc(1, sizeof(*c));

	c->n_grid = prior->n_shapes * prior->n_rhos;
	c->n_segments = n_segments;
	c->shape = copy(prior->shape, prior->n_shapes);
	c->rho = copy(prior->rho, prior->n_rhos);
	c->segment = xcalloc(n_segments + 1, sizeof(double));
	c->weight = xcalloc(n_segments * c->n_grid + 1, sizeof(double));
	c->y = xcalloc(n_segments * c->n_grid + 1, sizeof(double));
	return c;
}

struct cells *cells_free(struct cells *c)
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

double weight_of(const double *weight, size_t i)
{
	return weight ? weight[i] : 1;
}

/* ---- one cell ---- */

static double log_weight(const struct evidence *e, const struct bisect_prior *prior, size_t k,
			 size_t r, const struct good_part *good, double y)
{
	double d = e->crashes, shape = prior->shape[k], rho = prior->rho[r];
	double l = log(weight_of(prior->shape_weight, k)) + log(weight_of(prior->rho_weight, r));

	if (d == 0)
		return l;
	if (rho == 0 && good->crashes > 0)
		return -INFINITY;
	l += (d - 1) * log(shape) + (shape - 1) * e->log_t - d * log(y);
	return good->crashes > 0 ? l + good->crashes * log(rho) : l;
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

void cells_weigh(struct cells *c, size_t segment, const struct bisect_prior *prior,
		 const struct evidence *e, const struct good_part *good, double prior_mass)
{
	double *weight = c->weight + segment * c->n_grid, *y = c->y + segment * c->n_grid;

	for (size_t k = 0; k < prior->n_shapes; k++) {
		for (size_t r = 0; r < prior->n_rhos; r++) {
			size_t at = k * prior->n_rhos + r;

			y[at] = e->hazard[k] - good->hazard[k] + prior->rho[r] * good->hazard[k];
			weight[at] = log_weight(e, prior, k, r, good, y[at]);
		}
	}
	c->segment[segment] = log(prior_mass) + normalise(weight, c->n_grid);
}

void cells_finish(struct cells *c)
{
	normalise(c->segment, c->n_segments);
}
