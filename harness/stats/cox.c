/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "stats/cox.h"

#include <assert.h>

#include "base/buf.h"
#include "stats/matrix.h"
#include "stats/risk.h"
#include "stats/solve.h"

/* exp() of more would leave nothing of the other arms. */
#define BETA_MAX 300.0

void cox_done(struct cox *c)
{
	free(c->log_hr);
	free(c->se);
	free(c->cov);
	*c = (struct cox){ 0 };
}

/* The log partial likelihood at one point, its gradient and its information. */
struct point {
	size_t n_arms;
	enum cox_ties ties;
	const double *beta; /* [n_arms - 1] */
	double *hazard;     /* [n_arms]: 1, exp(beta[0]) ... */
	double *share;      /* [n_arms]: each arm's chance to be the one that fails */
	double log_lik;
	double *gradient, *info; /* over arms - 1 */
};

static void point_init(struct point *p, size_t n_arms, enum cox_ties ties)
{
	*p = (struct point){ .n_arms = n_arms, .ties = ties };
	p->hazard = xcalloc(n_arms + 1, sizeof(double));
	p->share = xcalloc(n_arms + 1, sizeof(double));
	p->gradient = xcalloc(n_arms + 1, sizeof(double));
	p->info = xcalloc(n_arms * n_arms + 1, sizeof(double));
}

static void point_done(struct point *p)
{
	free(p->hazard);
	free(p->share);
	free(p->gradient);
	free(p->info);
}

/* `times` failures that all see the same shares. */
static void add_shares(struct point *p, double times)
{
	size_t n = p->n_arms - 1;

	for (size_t i = 0; i < n; i++) {
		double s = p->share[i + 1];

		p->gradient[i] -= times * s;
		if (s == 0)
			continue;
		for (size_t j = 0; j < n; j++)
			p->info[i * n + j] += times * s * ((i == j) - p->share[j + 1]);
	}
}

static void add_time(struct point *p, const struct risk *r)
{
	for (size_t i = 0; i + 1 < p->n_arms; i++) {
		p->gradient[i] += r->n_event[i + 1];
		p->log_lik += r->n_event[i + 1] * p->beta[i];
	}
	if (p->ties == COX_BRESLOW) {
		p->log_lik -= r->event * log(risk_shares(r, 0, p->hazard, p->share));
		add_shares(p, r->event);
		return;
	}
	for (double k = 0; k < r->event; k++) {
		p->log_lik -= log(risk_shares(r, k / r->event, p->hazard, p->share));
		add_shares(p, 1);
	}
}

static void evaluate(struct point *p, struct risk *r, const double *beta)
{
	size_t n = p->n_arms - 1;

	p->beta = beta;
	p->log_lik = 0;
	p->hazard[0] = 1;
	for (size_t i = 0; i < n; i++)
		p->hazard[i + 1] = exp(beta[i]);
	memset(p->gradient, 0, n * sizeof(double));
	memset(p->info, 0, n * n * sizeof(double));
	risk_rewind(r);
	while (risk_next(r))
		add_time(p, r);
}

/*
 * The maximum exists when every arm can be reached from every other over "a failed while b was at
 * risk": else some arms can be moved against the others for ever. (Ford 1957, for contests; for two
 * arms: each has failed while the other one was there to fail.)
 */
static bool has_maximum(struct risk *r)
{
	size_t n = r->n_arms;
	_cleanup_free_
	bool *beats = xcalloc(n * n + 1, sizeof(*beats));
	bool all = true;

	risk_rewind(r);
	while (risk_next(r))
		for (size_t a = 0; a < n; a++)
			for (size_t b = 0; b < n && r->n_event[a] > 0; b++)
				beats[a * n + b] |= r->n_risk[b] > 0;
	for (size_t via = 0; via < n; via++)
		for (size_t a = 0; a < n; a++)
			for (size_t b = 0; b < n && beats[a * n + via]; b++)
				beats[a * n + b] |= beats[via * n + b];
	for (size_t i = 0; i < n * n; i++)
		all = all && (beats[i] || i / n == i % n);
	return all;
}

static double largest(const double *x, size_t n)
{
	double max = 0;

	for (size_t i = 0; i < n; i++)
		max = fmax(max, fabs(x[i]));
	return max;
}

/* One Newton step from `beta`, halved until the likelihood does not fall; evaluates the new point.
 * Returns how far it went. */
static double newton_step(struct point *p, struct risk *r, double *beta)
{
	size_t n = p->n_arms - 1;
	double before = p->log_lik, factor = 1, tiny = 1e-13 * (1 + fabs(before));
	_cleanup_free_
	double *step = xcalloc(n + 1, sizeof(double));
	_cleanup_free_
	double *from = xcalloc(n + 1, sizeof(double));

	memcpy(from, beta, n * sizeof(double));
	matrix_invert(p->info, n);
	matrix_times(p->info, p->gradient, n, step);
	factor = fmin(1, 8 / fmax(1, largest(step, n)));
	for (int i = 0; i < 30; i++, factor /= 2) {
		for (size_t j = 0; j < n; j++)
			beta[j] = fmin(fmax(from[j] + factor * step[j], -BETA_MAX), BETA_MAX);
		evaluate(p, r, beta);
		if (p->log_lik >= before - tiny)
			return factor * largest(step, n);
	}
	return 0;
}

/* Climbs; where there is no maximum, until the likelihood has reached its limit. */
static void climb(struct cox *c, struct point *p, struct risk *r)
{
	for (int i = 0; i < 60; i++) {
		double before = p->log_lik, moved = newton_step(p, r, c->log_hr);

		if (moved < 1e-9)
			return;
		if (!c->exists && p->log_lik - before <= 1e-12 * (1 + fabs(p->log_lik)))
			return;
	}
}

static struct chisq score_test(const struct point *p)
{
	size_t n = p->n_arms - 1, rank;
	_cleanup_free_
	double *inverse = xcalloc(n * n + 1, sizeof(double));

	memcpy(inverse, p->info, n * n * sizeof(double));
	rank = matrix_invert(inverse, n);
	return chisq_test(matrix_form(inverse, p->gradient, n), rank);
}

static struct chisq wald_test(const struct cox *c, const struct point *p)
{
	return chisq_test(matrix_form(p->info, c->log_hr, c->n_coef), c->n_coef);
}

static void estimate(struct cox *c, struct point *p, struct risk *r)
{
	size_t n = c->n_coef;

	evaluate(p, r, c->log_hr);
	c->log_lik[0] = p->log_lik;
	c->score = score_test(p);
	c->exists = has_maximum(r);
	climb(c, p, r);
	c->log_lik[1] = p->log_lik;
	c->wald = wald_test(c, p);
	c->lrt = chisq_test(fmax(0, 2 * (c->log_lik[1] - c->log_lik[0])), n);
	memcpy(c->cov, p->info, n * n * sizeof(double));
	matrix_invert(c->cov, n);
	for (size_t i = 0; i < n; i++)
		c->se[i] = sqrt(c->cov[i * n + i]);
}

void cox_fit(const struct sample *s, enum cox_ties ties, bool stratified, struct cox *ret)
{
	size_t n_arms = MAX(sample_arms(s), 1);
	struct cox c = { .ties = ties, .stratified = stratified, .n_coef = n_arms - 1 };
	struct point p;
	struct risk r;

	c.log_hr = xcalloc(n_arms, sizeof(double));
	c.se = xcalloc(n_arms, sizeof(double));
	c.cov = xcalloc(n_arms * n_arms, sizeof(double));
	risk_init(&r, s, stratified);
	point_init(&p, n_arms, ties);
	estimate(&c, &p, &r);
	point_done(&p);
	risk_done(&r);
	if (!c.exists)
		c.reason = "monotone partial likelihood (an arm without failures, or complete "
			   "separation)";
	*ret = c;
}

struct interval cox_hr_ci_wald(const struct cox *c, size_t coef, double conf)
{
	return c->exists ? interval_exp(c->log_hr[coef], c->se[coef], conf) : interval_none();
}

/* The likelihood over the log hazard ratio, less the wanted level; `side` is 1 where it rises. */
struct profile {
	struct point *p;
	struct risk *r;
	double level, side;
};

static double profile(double beta, const void *arg, double *ret_slope)
{
	const struct profile *f = arg;

	evaluate(f->p, f->r, &beta);
	*ret_slope = f->side * f->p->gradient[0];
	return f->side * (f->p->log_lik - f->level);
}

static double profile_end(struct profile *f, double from, double side)
{
	double end;

	f->side = side;
	end = solve_rising(profile, f, from, -BETA_MAX, BETA_MAX);
	return isnan(end) ? (side > 0 ? 0 : INFINITY) : exp(end);
}

struct interval cox_hr_ci_profile(const struct sample *s, const struct cox *c, double conf)
{
	struct point p;
	struct risk r;
	struct profile f = { .p = &p, .r = &r };
	struct interval ci;
	double step;

	if (c->n_coef != 1)
		return interval_none();
	step = c->exists ? tail_z(conf) * c->se[0] : 0;
	risk_init(&r, s, c->stratified);
	point_init(&p, 2, c->ties);
	f.level = c->log_lik[1] - tail_chisq(conf) / 2;
	ci.lo = profile_end(&f, c->log_hr[0] - step, 1);
	ci.hi = profile_end(&f, c->log_hr[0] + step, -1);
	point_done(&p);
	risk_done(&r);
	return ci;
}
