/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Kaplan and Meier's survival curve S(t) with Greenwood's variance, Nelson and Aalen's cumulative
 * hazard, quantiles, and the restricted mean. Who is censored AT a failure time was at risk there.
 *
 *	struct km k;
 *	km_fit(&sample, &k);                       // the sample sorted
 *	median = km_quantile(&k, 0.5);             // NaN: not reached
 *	ci = km_quantile_ci(&k, 0.5, KM_LOGLOG, 0.95);
 *	km_done(&k);
 */
#ifndef KS_STATS_KM_H
#define KS_STATS_KM_H

#include "stats/interval.h"
#include "stats/sample.h"

/* One distinct failure time. S holds from this time (included) to the next row's. */
struct km_row {
	double time;
	size_t n_risk;   /* under observation just before `time` */
	size_t n_event;  /* failures at `time`; at least 1 */
	size_t n_censor; /* censored from `time` on, before the next row's time */
	double surv;
	double se_log_surv; /* of log S: the square root of Greenwood's sum; INFINITY at S = 0 */
	double se_surv;     /* of S: surv * se_log_surv; NaN at S = 0 */
	double cumhaz;      /* Nelson-Aalen */
	double se_cumhaz;
};

struct km {
	struct km_row *row; /* by time; owned */
	size_t n_rows;      /* 0: no failure, S = 1 up to max_time */
	size_t n, n_event;
	double max_time; /* of all rows of the sample, censored ones too */
};

enum km_band { KM_PLAIN, KM_LOG, KM_LOGLOG };

struct km_rmst {
	double tau, mean, se;
	bool extended; /* tau lies behind the last observation: S was drawn on flat */
};

#define _cleanup_km_ _cleanup_(km_done)
void km_fit(const struct sample *s, struct km *ret);
void km_done(struct km *k);

/* The row in force at time t; NULL before the first failure (S = 1). */
const struct km_row *km_at(const struct km *k, double t);

/* Pointwise band of S at one row, within [0, 1]. KM_LOGLOG is the one to show (it never leaves
 * [0, 1] and it is monotone in practice); both ends NaN at S = 0. */
struct interval km_band(const struct km_row *row, enum km_band kind, double conf);

/*
 * The time by which a fraction p has failed: the first with S <= 1 - p; where S equals 1 - p on a
 * whole step, the middle of that step. NaN: not reached.
 */
double km_quantile(const struct km *k, double p);

/* Where the band crosses 1 - p (Brookmeyer and Crowley). Either end may be NaN; the lower one often
 * exists although the quantile itself was not reached. */
struct interval km_quantile_ci(const struct km *k, double p, enum km_band kind, double conf);

/*
 * The median as R's print.survfit shows it, which differs from km_quantile(k, 0.5) where the curve
 * ends exactly at 0.5 (no step to halve: its beginning is taken). For comparisons with R only.
 */
double km_median_printed(const struct km *k);
struct interval km_median_printed_ci(const struct km *k, enum km_band kind, double conf);

/* Mean lifetime restricted to [0, tau]: the area under S, with its standard error. */
struct km_rmst km_rmst(const struct km *k, double tau);

#endif
