/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "stats/icens.h"

#include <assert.h>

#include "stats/matrix.h"

/* The log likelihood in (log scale, log shape), its gradient and its Hessian. */
struct point {
	double log_lik, g[2], h[3]; /* h: aa, av, vv */
};

/* exp(-H(t)) with H = (t / scale)^shape, times the derivatives of H that the likelihood needs. */
struct survival {
	double s, g[2], h[3];
};

static struct survival survival_at(double t, double log_scale, double shape)
{
	double z, hazard, s;

	if (t == 0)
		return (struct survival){ .s = 1 };
	if (isinf(t))
		return (struct survival){ 0 };
	z = shape * (log(t) - log_scale);
	hazard = exp(z);
	s = exp(-hazard);
	if (s == 0)
		return (struct survival){ 0 };
	return (struct survival){
		.s = s,
		.g = { s * shape * hazard, -s * z * hazard },
		.h = { s * shape * shape * hazard * (hazard - 1),
		       s * shape * hazard * (1 + z - z * hazard),
		       s * hazard * z * (z * hazard - 1 - z) },
	};
}

static void add(struct point *p, const struct between *row, double log_scale, double shape)
{
	struct survival a = survival_at(row->lo, log_scale, shape),
			b = survival_at(row->hi, log_scale, shape);
	double chance = a.s - b.s, g[2];

	for (int i = 0; i < 2; i++) {
		g[i] = (a.g[i] - b.g[i]) / chance;
		p->g[i] += g[i];
	}
	p->log_lik += log(chance);
	p->h[0] += (a.h[0] - b.h[0]) / chance - g[0] * g[0];
	p->h[1] += (a.h[1] - b.h[1]) / chance - g[0] * g[1];
	p->h[2] += (a.h[2] - b.h[2]) / chance - g[1] * g[1];
}

static struct point evaluate(const struct between *row, size_t n, const double x[2])
{
	struct point p = { 0 };

	for (size_t i = 0; i < n; i++)
		add(&p, &row[i], x[0], exp(x[1]));
	return p;
}

/* Newton's step, or uphill where the likelihood is not concave; `free` is 1 for the scale alone. */
static void direction(const struct point *p, int free, double ret[2])
{
	double det = p->h[0] * p->h[2] - p->h[1] * p->h[1], size;

	ret[0] = p->h[0] < 0 ? -p->g[0] / p->h[0] : p->g[0];
	ret[1] = 0;
	if (free == 2 && p->h[0] < 0 && det > 0) {
		ret[0] = -(p->h[2] * p->g[0] - p->h[1] * p->g[1]) / det;
		ret[1] = -(p->h[0] * p->g[1] - p->h[1] * p->g[0]) / det;
	} else if (free == 2) {
		ret[1] = p->h[2] < 0 ? -p->g[1] / p->h[2] : p->g[1];
	}
	size = fmax(fabs(ret[0]), fabs(ret[1]));
	for (int i = 0; i < 2 && size > 1; i++)
		ret[i] /= size;
}

/* Climbs from x; whether it arrived. */
static bool climb(const struct between *row, size_t n, int free, double x[2], struct point *ret)
{
	struct point p = evaluate(row, n, x);

	for (int round = 0; round < 200; round++) {
		double d[2], next[2], factor = 2;
		struct point q;

		direction(&p, free, d);
		do {
			factor /= 2;
			next[0] = x[0] + factor * d[0];
			next[1] = x[1] + factor * d[1];
			q = evaluate(row, n, next);
		} while (!(q.log_lik >= p.log_lik - 1e-13 * fabs(p.log_lik)) && factor > 1e-9);
		if (factor <= 1e-9 || fabs(next[0]) > 600 || fabs(next[1]) > 30)
			break;
		memcpy(x, next, sizeof(next));
		p = q;
		if (factor == 1 && fmax(fabs(d[0]), fabs(d[1])) < 1e-10) {
			*ret = p;
			return true;
		}
	}
	*ret = p;
	return false;
}

/* The mean of the middles: somewhere to start from. */
static double start(const struct between *row, size_t n)
{
	double sum = 0;

	for (size_t i = 0; i < n; i++)
		sum += isinf(row[i].hi) ? fmax(row[i].lo, 1e-300) * 2 : (row[i].lo + row[i].hi) / 2;
	return log(sum / (double)n);
}

void icens_fit(const struct between *row, size_t n, struct icens *ret)
{
	struct icens f = { 0 };
	struct point p;
	double x[2], info[4];

	for (size_t i = 0; i < n; i++)
		assert(row[i].lo >= 0 && row[i].lo < row[i].hi);
	x[0] = start(row, n);
	x[1] = 0;
	f.exists = n > 0 && climb(row, n, 1, x, &p);
	if (f.exists) {
		f.expo_mttf = exp(x[0]);
		f.expo_log_lik = p.log_lik;
		f.expo_se_log = 1 / sqrt(-p.h[0]);
		f.exists = climb(row, n, 2, x, &p);
	}
	if (f.exists) {
		info[0] = -p.h[0];
		info[1] = info[2] = -p.h[1];
		info[3] = -p.h[2];
		f.exists = matrix_invert(info, 2) == 2;
		f.scale = exp(x[0]);
		f.shape = exp(x[1]);
		f.log_lik = p.log_lik;
		f.se_log_scale = sqrt(info[0]);
		f.se_log_shape = sqrt(info[3]);
	}
	*ret = f;
}
