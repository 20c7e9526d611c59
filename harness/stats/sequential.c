/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "stats/sequential.h"

#define MATHLIB_STANDALONE
#include <Rmath.h>

#include "base/buf.h"
#include "stats/solve.h"

struct sprt sprt_look(size_t d, double total_time, double rate0, double rate1, double alpha,
		      double beta)
{
	struct sprt s = {
		.llr = (double)d * log(rate1 / rate0) - (rate1 - rate0) * total_time,
		.lower = log(beta / (1 - alpha)),
		.upper = log((1 - beta) / alpha),
	};

	if (s.llr >= s.upper)
		s.decision = SPRT_ACCEPT_RATE1;
	else if (s.llr <= s.lower)
		s.decision = SPRT_ACCEPT_RATE0;
	return s;
}

const char *sprt_decision_name(enum sprt_decision d)
{
	switch (d) {
	case SPRT_CONTINUE: return "continue";
	case SPRT_ACCEPT_RATE0: return "accept rate0";
	case SPRT_ACCEPT_RATE1: return "accept rate1";
	}
	return "?";
}

/*
 * The mixture cut off at rate0 is a supermartingale for every rate >= rate0, since
 * E[likelihood ratio of r1 to r0] = exp((r0 - r1) t (1 - rate / r0)) <= 1 for r1 < r0 <= rate.
 */
struct evalue evalue_look(size_t d, double total_time, double rate0, double a, double b)
{
	double n = (double)d, t = total_time;
	struct evalue e;

	e.log_e_mixture = a * log(b) - lgammafn(a) + lgammafn(a + n) - (a + n) * log(b + t) -
			  n * log(rate0) + rate0 * t;
	e.log_e_one_sided = e.log_e_mixture + pgamma(rate0, a + n, 1 / (b + t), 1, 1) -
			    pgamma(rate0, a, 1 / b, 1, 1);
	return e;
}

void safe_logrank_add(struct safe_logrank *s, int arm, double y0, double y1)
{
	s->log_e += (arm ? log(s->theta) : 0) + log((y0 + y1) / (y0 + s->theta * y1));
}

/* ---- group sequential ---- */

/*
 * Armitage, McPherson and Rowe's recursion: the density of the score B = z sqrt(info) among the
 * paths that have not been stopped, on a grid over the last look's bounds.
 */
enum { GRID = 2000 }; /* even: Simpson's rule */

struct paths {
	double x[GRID + 1], density[GRID + 1]; /* density holds Simpson's weights already */
	size_t n;                              /* 0 before the first look: all paths are at 0 */
	double info;
};

static double crossing(double b, const struct paths *p, double sigma)
{
	double sum = 0;

	if (p->n == 0)
		return 2 * pnorm(b / sigma, 0, 1, 0, 0);
	for (size_t i = 0; i < p->n; i++)
		sum += p->density[i] * (pnorm((b - p->x[i]) / sigma, 0, 1, 0, 0) +
					pnorm((-b - p->x[i]) / sigma, 0, 1, 1, 0));
	return sum;
}

struct crossing_arg {
	const struct paths *p;
	double sigma, wanted;
};

static double excess(double b, const void *arg)
{
	const struct crossing_arg *a = arg;

	return crossing(b, a->p, a->sigma) - a->wanted;
}

static double density_at(const struct paths *p, double x, double sigma)
{
	double sum = 0;

	if (p->n == 0)
		return dnorm(x, 0, sigma, 0);
	for (size_t i = 0; i < p->n; i++)
		sum += p->density[i] * dnorm(x - p->x[i], 0, sigma, 0);
	return sum;
}

/* The paths that are still within (-b, b) at a look of this information. */
static void survive(struct paths *p, double b, double info)
{
	double sigma = sqrt(info - p->info), h = 2 * b / GRID;
	_cleanup_free_
	double *density = xcalloc(GRID + 1, sizeof(double));

	for (size_t i = 0; i <= GRID; i++) {
		double weight = i == 0 || i == GRID ? 1 : i % 2 ? 4 : 2;

		density[i] = weight * h / 3 * density_at(p, -b + (double)i * h, sigma);
	}
	for (size_t i = 0; i <= GRID; i++)
		p->x[i] = -b + (double)i * h;
	memcpy(p->density, density, sizeof(p->density));
	p->n = GRID + 1;
	p->info = info;
}

void group_bounds(const double *info, size_t n, double alpha, double *ret_z, double *ret_spent)
{
	double z = qnorm(alpha / 4, 0, 1, 0, 0), before = 0; /* each side spends alpha / 2 */
	_cleanup_free_
	struct paths *p = xcalloc(1, sizeof(*p));

	for (size_t i = 0; i < n; i++) {
		double spent = 4 * pnorm(z / sqrt(fmin(1, info[i])), 0, 1, 0, 0);
		struct crossing_arg arg = { p, sqrt(info[i] - p->info), spent - before };
		double b = solve_root(excess, &arg, 0, 40 * sqrt(info[i]));

		ret_z[i] = b / sqrt(info[i]);
		ret_spent[i] = before = spent;
		if (i + 1 < n)
			survive(p, b, info[i]);
	}
}
