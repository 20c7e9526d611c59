/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a run that has not been made yet promises. */
#include <math.h>

#include "base/buf.h"
#include "stats/cells.h"

/* Gauss and Legendre's nodes on [0, 1], for the square root of time: t = tau u^2 is smooth where
 * the shape is 1/2. Four of them give the seconds of a run to 1e-4, which is enough to choose by.
 */
enum { NODES = 16, ROUGH = 4 };
static const double half_node[] = { 0.0950125098376374402, 0.281603550779258913,
				    0.458016777657227386,  0.617876244402643748,
				    0.755404408355003034,  0.865631202387831744,
				    0.944575023073232576,  0.989400934991649933 },
		    half_weight[] = { 0.189450610455068496,  0.182603415044923589,
				      0.169156519395002538,  0.149595988816576732,
				      0.124628971255533872,  0.0951585116824927848,
				      0.0622535239386478929, 0.0271524594117540949 },
		    rough_node[] = { 0.339981043584856265, 0.861136311594052575 },
		    rough_weight[] = { 0.652145154862546143, 0.347854845137453857 };

/* Of one segment, were the version bad or good. */
struct outcome {
	double crash, run, entropy; /* entropy: of "did it crash?", once c is known */
};

struct bisect_plan {
	const struct posterior *p;
	double tau, guests;
	size_t nodes;
	double negligible;
	double *z;               /* [n_shapes]: sum over guests of (age + tau)^k - age^k */
	double *node;            /* [n_shapes * nodes]: the same, on the way */
	double weight[NODES];    /* in seconds */
	struct outcome *outcome; /* [2 * n_segments]: good, bad */
};

static double node_at(const double *half, size_t nodes, size_t i)
{
	return i < nodes / 2 ? (1 - half[nodes / 2 - 1 - i]) / 2 : (1 + half[i - nodes / 2]) / 2;
}

static double weight_at(const double *half, size_t nodes, size_t i)
{
	return half[i < nodes / 2 ? nodes / 2 - 1 - i : i - nodes / 2] / 2;
}

static void add_guest(struct bisect_plan *plan, double age, double times, const double *u)
{
	const struct posterior *p = plan->p;

	for (size_t k = 0; k < p->n_shapes; k++) {
		double shape = p->cell->shape[k], start = pow(age, shape);

		plan->z[k] += times * (pow(age + plan->tau, shape) - start);
		for (size_t i = 0; i < plan->nodes; i++)
			plan->node[k * plan->nodes + i] +=
				times * (pow(age + plan->tau * u[i] * u[i], shape) - start);
	}
}

static void fill_nodes(struct bisect_plan *plan, const struct bisect_guests *guests)
{
	bool rough = plan->nodes == ROUGH;
	double u[NODES];

	for (size_t i = 0; i < plan->nodes; i++) {
		u[i] = node_at(rough ? rough_node : half_node, plan->nodes, i);
		plan->weight[i] = weight_at(rough ? rough_weight : half_weight, plan->nodes, i) *
				  2 * u[i] * plan->tau;
	}
	if (guests->fresh)
		add_guest(plan, 0, (double)guests->fresh, u);
	for (size_t i = 0; i < guests->n; i++)
		add_guest(plan, guests->age_s[i], 1, u);
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

	if (plan->p->cell->shape[k] == 1) {
		x *= plan->guests;
		q = log1p(x * plan->tau / y);
		return y / x * (plan->p->crashes > 1 ? -expm1(-(d - 1) * q) / (d - 1) : q);
	}
	for (size_t i = 0; i < plan->nodes; i++)
		sum += plan->weight[i] * survives(plan, x * plan->node[k * plan->nodes + i], y);
	return sum;
}

static double binary_entropy(double q)
{
	return q <= 0 || q >= 1 ? 0 : -q * log(q) - (1 - q) * log1p(-q);
}

static struct outcome foresee(const struct bisect_plan *plan, size_t segment, bool bad)
{
	const struct cells *c = plan->p->cell;
	double least = plan->negligible / c->segment[segment];
	struct outcome o = { 0 };

	for (size_t g = 0; g < c->n_grid; g++) {
		size_t k = g / plan->p->n_rhos;
		double w = c->weight[segment * c->n_grid + g], y = c->y[segment * c->n_grid + g],
		       x = bad ? 1 : c->rho[g % plan->p->n_rhos];

		if (w < least)
			continue;
		if (x == 0) {
			o.run += w * plan->tau;
			continue;
		}
		o.crash += w * (1 - survives(plan, x * plan->z[k], y));
		o.run += w * mean_run(plan, k, x, y);
	}
	o.entropy = binary_entropy(o.crash);
	return o;
}

static struct bisect_plan *plan_new(const struct posterior *p, double tau,
				    const struct bisect_guests *guests, bool rough)
{
	struct bisect_plan *plan = xcalloc(1, sizeof(*plan));

	plan->p = p;
	plan->tau = tau;
	plan->guests = (double)(guests->n + guests->fresh);
	plan->nodes = rough ? ROUGH : NODES;
	plan->negligible = rough ? ROUGHLY_NEGLIGIBLE : NEGLIGIBLE;
	plan->z = xcalloc(p->n_shapes, sizeof(double));
	plan->node = xcalloc(p->n_shapes * plan->nodes, sizeof(double));
	plan->outcome = xcalloc(2 * p->cell->n_segments + 1, sizeof(struct outcome));
	fill_nodes(plan, guests);
	for (size_t i = 0; i < 2 * p->cell->n_segments && p->crashes; i++)
		if (p->cell->segment[i / 2] >= plan->negligible)
			plan->outcome[i] = foresee(plan, i / 2, i % 2);
	return plan;
}

struct bisect_plan *bisect_plan_new(const struct posterior *p, double tau,
				    const struct bisect_guests *guests)
{
	return plan_new(p, tau, guests, true);
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

struct bisect_probe bisect_plan_probe_part(const struct bisect_plan *plan, const double *bad)
{
	const struct cells *c = plan->p->cell;
	struct bisect_probe probe = { 0 };
	double left = 0; /* entropy of the outcome once the hypothesis is known */

	if (plan->p->crashes == 0)
		return (struct bisect_probe){ NAN, NAN, NAN };
	for (size_t i = 0; i < c->n_segments; i++) {
		double mass[] = { c->segment[i] - bad[i], bad[i] };

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

struct bisect_probe bisect_plan_probe(const struct bisect_plan *plan, size_t version)
{
	size_t n = plan->p->cell->n_segments;
	_cleanup_free_
	double *bad = xcalloc(n, sizeof(*bad));

	for (size_t i = 0; i < n; i++)
		bad[i] = bad_mass(plan->p, i, version);
	return bisect_plan_probe_part(plan, bad);
}

double bisect_plan_ends(const struct bisect_plan *plan, size_t version,
			const struct bisect_probe *probe, size_t h, double mass, double wanted)
{
	const struct cells *c = plan->p->cell;
	double crash, ends = 0;
	size_t i = 0;

	while (i + 1 < c->n_segments && c->first[i + 1] <= h)
		i++;
	crash = plan->outcome[2 * i + (version >= h)].crash;
	if (mass * crash >= wanted * probe->p_crash)
		ends += probe->p_crash;
	if (mass * (1 - crash) >= wanted * (1 - probe->p_crash))
		ends += 1 - probe->p_crash;
	return ends;
}

struct bisect_probe posterior_probe(const struct posterior *p, size_t version, double tau,
				    double age)
{
	struct bisect_guests one = { .age_s = &age, .n = 1 };
	struct bisect_plan *plan = plan_new(p, tau, &one, false);
	struct bisect_probe probe = bisect_plan_probe(plan, version);

	bisect_plan_free(plan);
	return probe;
}
