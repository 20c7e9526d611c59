/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "stats/posterior.h"

#include <assert.h>
#include <math.h>

#include "base/buf.h"

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

struct seen {
	size_t n, n_shapes;
	bool *run;                 /* [n]: was it ever run? */
	double *crashes, *hazard;  /* [n], [n * n_shapes] */
	double all_crashes, log_t; /* log_t: sum over crashes */
};

static void seen_init(struct seen *s, size_t n, const struct bisect_prior *prior,
		      const struct bisect_run *run, size_t n_runs)
{
	*s = (struct seen){ .n = n, .n_shapes = prior->n_shapes };
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

/* ---- probes ---- */

/* Weights below this change no decision. */
#define NEGLIGIBLE 1e-14

/* Gauss and Legendre's nodes on [0, 1], for the square root of time: t = tau u^2 is smooth where
 * the shape is 1/2. */
enum { NODES = 16 };
static const double half_node[] = { 0.0950125098376374402, 0.281603550779258913,
				    0.458016777657227386,  0.617876244402643748,
				    0.755404408355003034,  0.865631202387831744,
				    0.944575023073232576,  0.989400934991649933 },
		    half_weight[] = { 0.189450610455068496,  0.182603415044923589,
				      0.169156519395002538,  0.149595988816576732,
				      0.124628971255533872,  0.0951585116824927848,
				      0.0622535239386478929, 0.0271524594117540949 };

/* Of one segment, were the version bad or good. */
struct outcome {
	double crash, run, entropy; /* entropy: of "did it crash?", once c is known */
};

struct bisect_plan {
	const struct posterior *p;
	double tau;
	double *z;               /* [n_shapes]: (age + tau)^k - age^k */
	double *node;            /* [n_shapes * NODES]: the same, on the way */
	double weight[NODES];    /* in seconds */
	struct outcome *outcome; /* [2 * n_segments]: good, bad */
};

static double node_u(size_t i)
{
	return i < NODES / 2 ? (1 - half_node[NODES / 2 - 1 - i]) / 2
			     : (1 + half_node[i - NODES / 2]) / 2;
}

static double node_weight(size_t i)
{
	return half_weight[i < NODES / 2 ? NODES / 2 - 1 - i : i - NODES / 2] / 2;
}

static void fill_nodes(struct bisect_plan *plan, double age)
{
	const struct posterior *p = plan->p;

	for (size_t i = 0; i < NODES; i++)
		plan->weight[i] = node_weight(i) * 2 * node_u(i) * plan->tau;
	for (size_t k = 0; k < p->n_shapes; k++) {
		double shape = p->cell->shape[k], start = pow(age, shape);

		plan->z[k] = pow(age + plan->tau, shape) - start;
		for (size_t i = 0; i < NODES; i++)
			plan->node[k * NODES + i] =
				pow(age + plan->tau * node_u(i) * node_u(i), shape) - start;
	}
}

/* Lomax: (y / (y + x z))^crashes, the hazard integrated over what is known of lambda. By squaring:
 * this is where a decision spends its time, and exp(log1p) takes four times as long. */
static double survives(const struct bisect_plan *plan, double x_z, double y)
{
	double q = y / (y + x_z), power = 1;

	for (size_t n = plan->p->crashes; n; n >>= 1) {
		if (n & 1)
			power *= q;
		q *= q;
	}
	return power;
}

static double mean_run(const struct bisect_plan *plan, size_t k, double x, double y)
{
	double d = (double)plan->p->crashes, sum = 0, q;

	if (x == 0)
		return plan->tau;
	if (plan->p->cell->shape[k] == 1) {
		q = log1p(x * plan->tau / y);
		return y / x * (plan->p->crashes > 1 ? -expm1(-(d - 1) * q) / (d - 1) : q);
	}
	for (size_t i = 0; i < NODES; i++)
		sum += plan->weight[i] * survives(plan, x * plan->node[k * NODES + i], y);
	return sum;
}

static double binary_entropy(double q)
{
	return q <= 0 || q >= 1 ? 0 : -q * log(q) - (1 - q) * log1p(-q);
}

static struct outcome foresee(const struct bisect_plan *plan, size_t segment, bool bad)
{
	const struct cells *c = plan->p->cell;
	struct outcome o = { .crash = 1 };

	for (size_t g = 0; g < c->n_grid; g++) {
		size_t k = g / plan->p->n_rhos;
		double w = c->weight[segment * c->n_grid + g], y = c->y[segment * c->n_grid + g],
		       x = bad ? 1 : c->rho[g % plan->p->n_rhos];

		if (w < NEGLIGIBLE)
			continue;
		o.crash -= w * survives(plan, x * plan->z[k], y);
		o.run += w * mean_run(plan, k, x, y);
	}
	o.entropy = binary_entropy(o.crash);
	return o;
}

struct bisect_plan *bisect_plan_new(const struct posterior *p, double tau, double age)
{
	struct bisect_plan *plan = xcalloc(1, sizeof(*plan));

	plan->p = p;
	plan->tau = tau;
	plan->z = xcalloc(p->n_shapes, sizeof(double));
	plan->node = xcalloc(p->n_shapes * NODES, sizeof(double));
	plan->outcome = xcalloc(2 * p->cell->n_segments + 1, sizeof(struct outcome));
	fill_nodes(plan, age);
	for (size_t i = 0; i < 2 * p->cell->n_segments && p->crashes; i++)
		if (p->cell->segment[i / 2] >= NEGLIGIBLE)
			plan->outcome[i] = foresee(plan, i / 2, i % 2);
	return plan;
}

struct bisect_plan *bisect_plan_free(struct bisect_plan *plan)
{
	if (plan) {
		free(plan->z);
		free(plan->node);
		free(plan->outcome);
	}
	free(plan);
	return NULL;
}

/* The segment's probability that c <= version. */
static double bad_mass(const struct posterior *p, size_t segment, size_t version)
{
	const size_t *first = p->cell->first + segment;
	double sum = 0;

	if (first[1] - 1 <= version)
		return p->cell->segment[segment];
	for (size_t h = first[0]; h <= version; h++)
		sum += p->p[h - 1];
	return sum;
}

struct bisect_probe bisect_plan_probe(const struct bisect_plan *plan, size_t version)
{
	const struct posterior *p = plan->p;
	struct bisect_probe probe = { 0 };
	double left = 0; /* entropy of the outcome once c is known */

	if (p->crashes == 0)
		return (struct bisect_probe){ NAN, NAN, NAN };
	for (size_t i = 0; i < p->cell->n_segments; i++) {
		double bad = bad_mass(p, i, version), mass[] = { p->cell->segment[i] - bad, bad };

		for (size_t b = 0; b < 2; b++) {
			const struct outcome *o = &plan->outcome[2 * i + b];

			probe.p_crash += mass[b] * o->crash;
			probe.expected_run += mass[b] * o->run;
			left += mass[b] * o->entropy;
		}
	}
	probe.gain = fmax(0, binary_entropy(probe.p_crash) - left);
	return probe;
}

struct bisect_probe posterior_probe(const struct posterior *p, size_t version, double tau,
				    double age)
{
	struct bisect_plan *plan = bisect_plan_new(p, tau, age);
	struct bisect_probe probe = bisect_plan_probe(plan, version);

	bisect_plan_free(plan);
	return probe;
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
