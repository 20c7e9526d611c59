/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Lin and Wei's sandwich for cox.h: how much each cluster pulls the estimate. */
#include <assert.h>

#include "base/buf.h"
#include "stats/cox.h"
#include "stats/matrix.h"
#include "stats/risk.h"

/*
 * The score residual of a row depends on its arm and its end only. `gone[a]` is what a row of arm a
 * has collected by now through being at risk; `dying[a]` what one that fails at this very time
 * collects instead: Efron counts it as at risk for part of the ties, and it has its own term.
 * Each is a vector over the coefficients.
 */
struct residuals {
	size_t n_arms, n_coef;
	double *hazard, *share, *gone, *dying;
};

static void residuals_init(struct residuals *v, const struct cox *c)
{
	size_t n_arms = c->n_coef + 1;

	*v = (struct residuals){ .n_arms = n_arms, .n_coef = c->n_coef };
	v->hazard = xcalloc(n_arms, sizeof(double));
	v->share = xcalloc(n_arms, sizeof(double));
	v->gone = xcalloc(n_arms * n_arms, sizeof(double));
	v->dying = xcalloc(n_arms * n_arms, sizeof(double));
	v->hazard[0] = 1;
	for (size_t i = 0; i < c->n_coef; i++)
		v->hazard[i + 1] = exp(c->log_hr[i]);
}

static void residuals_done(struct residuals *v)
{
	free(v->hazard);
	free(v->share);
	free(v->gone);
	free(v->dying);
}

/* One of the `event` failures of a time, `gone` of them before it; all is the hazard at risk. */
static void add_failure(struct residuals *v, double all, double gone, double event)
{
	for (size_t a = 0; a < v->n_arms; a++) {
		double rate = v->hazard[a] / all;

		for (size_t i = 0; i < v->n_coef; i++) {
			double off = (a == i + 1) - v->share[i + 1];

			v->gone[a * v->n_coef + i] -= rate * off;
			v->dying[a * v->n_coef + i] += off / event - (1 - gone) * rate * off;
		}
	}
}

static void add_time(struct residuals *v, const struct risk *r, enum cox_ties ties)
{
	memcpy(v->dying, v->gone, v->n_arms * v->n_coef * sizeof(double));
	for (double k = 0; k < r->event; k++) {
		double gone = ties == COX_EFRON ? k / r->event : 0;

		add_failure(v, risk_shares(r, gone, v->hazard, v->share), gone, r->event);
	}
}

/* Adds the residuals of the rows up to row `end` to their clusters. */
static void collect(const struct residuals *v, const struct sample *s, size_t *at, size_t end,
		    double *cluster)
{
	for (; *at < end; ++*at) {
		const struct lifetime *life = &s->life[*at];
		const double *of = life->failed ? v->dying : v->gone;
		double *to = cluster + (size_t)life->stratum * v->n_coef;

		for (size_t i = 0; i < v->n_coef; i++)
			to[i] += of[(size_t)life->arm * v->n_coef + i];
	}
}

static size_t rows_before(const struct sample *s, size_t at, double time)
{
	while (at < s->n && s->life[at].time < time)
		at++;
	return at;
}

static double *score_by_cluster(const struct sample *s, const struct cox *c)
{
	double *cluster = xcalloc(sample_strata(s) * c->n_coef + 1, sizeof(double));
	struct residuals v;
	struct risk r;
	size_t at = 0;

	residuals_init(&v, c);
	risk_init(&r, s, false);
	while (risk_next(&r)) {
		collect(&v, s, &at, rows_before(s, at, r.time), cluster);
		add_time(&v, &r, c->ties);
		collect(&v, s, &at, r.at, cluster);
	}
	collect(&v, s, &at, s->n, cluster);
	risk_done(&r);
	residuals_done(&v);
	return cluster;
}

void cox_robust_se(const struct sample *s, const struct cox *c, double *ret_se)
{
	size_t n = c->n_coef, n_clusters = sample_strata(s);
	_cleanup_free_
	double *cluster = score_by_cluster(s, c);
	_cleanup_free_
	double *pull = xcalloc(n + 1, sizeof(double));

	assert(!c->stratified);
	memset(ret_se, 0, n * sizeof(double));
	for (size_t k = 0; k < n_clusters; k++) {
		matrix_times(c->cov, cluster + k * n, n, pull);
		for (size_t i = 0; i < n; i++)
			ret_se[i] += pull[i] * pull[i];
	}
	for (size_t i = 0; i < n; i++)
		ret_se[i] = sqrt(ret_se[i]);
}
