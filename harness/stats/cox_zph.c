/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Grambsch and Therneau's test for cox.h: arm x age as further covariates, tested at zero. */
#include "base/buf.h"
#include "stats/cox.h"
#include "stats/km.h"
#include "stats/matrix.h"
#include "stats/risk.h"

/* The score of the drift, and the information of arm (00), arm x drift (01) and drift (11). */
struct drift {
	size_t n;
	double *hazard, *share;
	double *score, *info00, *info01, *info11;
	double *off, *var; /* of one failure time */
};

static void drift_init(struct drift *d, const struct cox *c)
{
	size_t n = c->n_coef;

	*d = (struct drift){ .n = n };
	d->hazard = xcalloc(n + 1, sizeof(double));
	d->share = xcalloc(n + 1, sizeof(double));
	d->score = xcalloc(n, sizeof(double));
	d->off = xcalloc(n, sizeof(double));
	d->var = xcalloc(n * n, sizeof(double));
	d->info00 = xcalloc(n * n, sizeof(double));
	d->info01 = xcalloc(n * n, sizeof(double));
	d->info11 = xcalloc(n * n, sizeof(double));
	d->hazard[0] = 1;
	for (size_t i = 0; i < n; i++)
		d->hazard[i + 1] = exp(c->log_hr[i]);
}

static void drift_done(struct drift *d)
{
	double *all[] = { d->hazard, d->share,  d->score,  d->off,
			  d->var,    d->info00, d->info01, d->info11 };

	for (size_t i = 0; i < ARRAY_SIZE(all); i++)
		free(all[i]);
}

static void add_failure(struct drift *d)
{
	for (size_t i = 0; i < d->n; i++) {
		double s = d->share[i + 1];

		d->off[i] -= s;
		for (size_t j = 0; j < d->n; j++)
			d->var[i * d->n + j] += s * ((i == j) - d->share[j + 1]);
	}
}

static void add_time(struct drift *d, const struct risk *r, enum cox_ties ties, double age)
{
	memcpy(d->off, r->n_event + 1, d->n * sizeof(double));
	memset(d->var, 0, d->n * d->n * sizeof(double));
	for (double k = 0; k < r->event; k++) {
		risk_shares(r, ties == COX_EFRON ? k / r->event : 0, d->hazard, d->share);
		add_failure(d);
	}
	for (size_t i = 0; i < d->n; i++)
		d->score[i] += age * d->off[i];
	for (size_t i = 0; i < d->n * d->n; i++) {
		d->info00[i] += d->var[i];
		d->info01[i] += age * d->var[i];
		d->info11[i] += age * age * d->var[i];
	}
}

/* info11 - info01 info00^-1 info01: what is left of the drift's information once the arms' own
 * coefficients are free. info01 is symmetric. */
static void schur(struct drift *d)
{
	size_t n = d->n;

	matrix_invert(d->info00, n);
	for (size_t i = 0; i < n; i++) {
		matrix_times(d->info00, d->info01 + i * n, n, d->off);
		matrix_times(d->info01, d->off, n, d->var);
		for (size_t j = 0; j < n; j++)
			d->info11[j * n + i] -= d->var[j];
	}
}

/* The fraction that has failed before t. */
static double age_at(const struct km *k, double t)
{
	const struct km_row *row = km_at(k, nextafter(t, -INFINITY));

	return row ? 1 - row->surv : 0;
}

struct chisq cox_test_proportional(const struct sample *s, const struct cox *c)
{
	_cleanup_km_ struct km k = { 0 };
	struct chisq t = { NAN, c->n_coef, NAN };
	struct drift d;
	struct risk r;

	if (!c->exists || c->n_coef == 0)
		return t;
	km_fit(s, &k);
	drift_init(&d, c);
	risk_init(&r, s, c->stratified);
	while (risk_next(&r))
		add_time(&d, &r, c->ties, age_at(&k, r.time));
	schur(&d);
	if (matrix_invert(d.info11, d.n) == d.n)
		t = chisq_test(matrix_form(d.info11, d.score, d.n), d.n);
	risk_done(&r);
	drift_done(&d);
	return t;
}
