/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "stats/km.h"

#include <assert.h>

#include "base/buf.h"
#include "stats/tail.h"

/* How near S has to come to 1 - p to be called equal: 1 - 1/2 - 1/4 and friends carry rounding. */
#define SAME_SURV 0x1p-26

/* Counts one distinct time from row i on; returns the index behind it. */
static size_t count_time(const struct sample *s, size_t i, size_t *ret_failed, size_t *ret_censored)
{
	double t = s->life[i].time;
	size_t failed = 0, start = i;

	for (; i < s->n && s->life[i].time == t; i++)
		failed += s->life[i].failed;
	*ret_failed = failed;
	*ret_censored = i - start - failed;
	return i;
}

/* What a row adds to: the curve so far, and the two variances before their square roots. */
struct sums {
	double surv, greenwood, cumhaz, var_cumhaz;
};

static struct km_row step(struct sums *sum, double time, size_t n_risk, size_t n_event)
{
	double n = (double)n_risk, d = (double)n_event;

	sum->surv *= (n - d) / n;
	sum->greenwood += d / (n * (n - d));
	sum->cumhaz += d / n;
	sum->var_cumhaz += d / (n * n);
	return (struct km_row){
		.time = time,
		.n_risk = n_risk,
		.n_event = n_event,
		.surv = sum->surv,
		.se_log_surv = sqrt(sum->greenwood),
		.se_surv = n_risk > n_event ? sum->surv * sqrt(sum->greenwood) : NAN,
		.cumhaz = sum->cumhaz,
		.se_cumhaz = sqrt(sum->var_cumhaz),
	};
}

static size_t count_failure_times(const struct sample *s)
{
	size_t n = 0, failed, censored;

	for (size_t i = 0; i<s->n; n += failed> 0)
		i = count_time(s, i, &failed, &censored);
	return n;
}

void km_fit(const struct sample *s, struct km *ret)
{
	struct sums sum = { .surv = 1 };
	struct km k = { .n = s->n, .max_time = sample_max_time(s) };
	size_t n_rows = count_failure_times(s), failed, censored;

	assert(s->sorted || s->n == 0);
	k.row = n_rows ? xcalloc(n_rows, sizeof(*k.row)) : NULL;
	for (size_t i = 0, next; i < s->n; i = next) {
		next = count_time(s, i, &failed, &censored);
		if (failed) {
			k.row[k.n_rows++] = step(&sum, s->life[i].time, s->n - i, failed);
			k.n_event += failed;
		}
		if (k.n_rows)
			k.row[k.n_rows - 1].n_censor += censored;
	}
	*ret = k;
}

void km_done(struct km *k)
{
	free(k->row);
	*k = (struct km){ 0 };
}

/* How many rows have time <= t. */
static size_t rows_until(const struct km *k, double t)
{
	size_t lo = 0, hi = k->n_rows;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (k->row[mid].time <= t)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

const struct km_row *km_at(const struct km *k, double t)
{
	size_t n = rows_until(k, t);

	return n ? &k->row[n - 1] : NULL;
}

static struct interval band(const struct km_row *row, enum km_band kind, double z)
{
	double s = row->surv, g = row->se_log_surv, w;

	if (s <= 0 || s >= 1)
		return interval_none();
	switch (kind) {
	case KM_PLAIN: return (struct interval){ fmax(0, s - z * s * g), fmin(1, s + z * s * g) };
	case KM_LOG: return (struct interval){ s * exp(-z * g), fmin(1, s * exp(z * g)) };
	case KM_LOGLOG:
		w = z * g / log(s);
		return (struct interval){ pow(s, exp(-w)), pow(s, exp(w)) };
	}
	return interval_none();
}

struct interval km_band(const struct km_row *row, enum km_band kind, double conf)
{
	return band(row, kind, tail_z(conf));
}

/* The height of one of three curves at a row: S, or an end of its band. */
struct curve {
	enum { CURVE_SURV, CURVE_LO, CURVE_HI } which;
	enum km_band kind;
	double z;
};

static double height(const struct km *k, size_t i, struct curve c)
{
	const struct km_row *row = &k->row[i];

	switch (c.which) {
	case CURVE_SURV: return row->surv;
	case CURVE_LO: return band(row, c.kind, c.z).lo;
	case CURVE_HI: return band(row, c.kind, c.z).hi;
	}
	return NAN;
}

/*
 * The first time at which the curve is at or below `level`; on a step that lies exactly there, its
 * middle. `end` closes a last step that nothing follows. NaN heights are passed over.
 */
static double first_crossing(const struct km *k, struct curve c, double level, double end)
{
	size_t i = 0;
	double h = NAN;

	while (i < k->n_rows && !((h = height(k, i, c)) <= level + SAME_SURV))
		i++;
	if (i == k->n_rows)
		return NAN;
	if (fabs(h - level) < SAME_SURV) {
		double from = k->row[i].time;

		for (size_t j = i + 1; j < k->n_rows; j++)
			if (height(k, j, c) < h)
				return (from + k->row[j].time) / 2;
		return isnan(end) ? from : (from + end) / 2;
	}
	return k->row[i].time;
}

static const struct curve survival = { .which = CURVE_SURV };

double km_quantile(const struct km *k, double p)
{
	return first_crossing(k, survival, 1 - p, k->max_time);
}

static struct interval crossings(const struct km *k, double p, enum km_band kind, double conf,
				 double end)
{
	struct curve lo = { .which = CURVE_LO, .kind = kind, .z = tail_z(conf) }, hi = lo;

	hi.which = CURVE_HI;
	return (struct interval){
		.lo = first_crossing(k, lo, 1 - p, end),
		.hi = first_crossing(k, hi, 1 - p, end),
	};
}

struct interval km_quantile_ci(const struct km *k, double p, enum km_band kind, double conf)
{
	return crossings(k, p, kind, conf, k->max_time);
}

double km_median_printed(const struct km *k)
{
	return first_crossing(k, survival, 0.5, NAN);
}

struct interval km_median_printed_ci(const struct km *k, enum km_band kind, double conf)
{
	return crossings(k, 0.5, kind, conf, NAN);
}

/* From the last row backwards, so that the area from each failure time to tau is at hand. */
struct km_rmst km_rmst(const struct km *k, double tau)
{
	double area = 0, var = 0, end = tau;

	for (size_t i = rows_until(k, tau); i-- > 0;) {
		const struct km_row *row = &k->row[i];
		double n = (double)row->n_risk, d = (double)row->n_event;

		area += row->surv * (end - row->time);
		if (row->n_risk > row->n_event)
			var += area * area * d / (n * (n - d));
		end = row->time;
	}
	return (struct km_rmst){
		.tau = tau,
		.mean = area + end,
		.se = sqrt(var),
		.extended = tau > k->max_time,
	};
}
