/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The Kaplan-Meier curve, its bands, quantiles and means, as JSON. */
#include "stats/answer_parts.h"
#include "stats/km.h"

static json_t *km_column(const struct km *k, struct answer_rows r, size_t offset)
{
	json_t *a = json_array();

	for (size_t i = 0; i < r.shown; i++) {
		const char *at = (const char *)&k->row[answer_row(r, i)];

		json_array_append_new(a, json_figure(*(const double *)(at + offset)));
	}
	return a;
}

static json_t *km_counts(const struct km *k, struct answer_rows r, size_t offset)
{
	json_t *a = json_array();

	for (size_t i = 0; i < r.shown; i++) {
		const char *at = (const char *)&k->row[answer_row(r, i)];

		json_array_append_new(a,
				      json_integer((json_int_t) * (const size_t *)(at + offset)));
	}
	return a;
}

static void km_bands(json_t *o, const struct km *k, struct answer_rows r, double conf)
{
	static const struct {
		enum km_band kind;
		const char *lo, *hi;
	} bands[] = {
		{ KM_PLAIN, "plain_lo", "plain_hi" },
		{ KM_LOG, "log_lo", "log_hi" },
		{ KM_LOGLOG, "loglog_lo", "loglog_hi" },
	};

	for (size_t b = 0; b < ARRAY_SIZE(bands); b++) {
		json_t *lo = json_array(), *hi = json_array();

		for (size_t i = 0; i < r.shown; i++) {
			struct interval e = km_band(&k->row[answer_row(r, i)], bands[b].kind, conf);

			json_array_append_new(lo, json_figure(e.lo));
			json_array_append_new(hi, json_figure(e.hi));
		}
		json_object_set_new(o, bands[b].lo, lo);
		json_object_set_new(o, bands[b].hi, hi);
	}
}

static json_t *km_table(const struct km *k, struct answer_rows r, double conf)
{
	json_t *o = json_object();

	json_object_set_new(o, "time", km_column(k, r, offsetof(struct km_row, time)));
	json_object_set_new(o, "n_risk", km_counts(k, r, offsetof(struct km_row, n_risk)));
	json_object_set_new(o, "n_event", km_counts(k, r, offsetof(struct km_row, n_event)));
	json_object_set_new(o, "surv", km_column(k, r, offsetof(struct km_row, surv)));
	json_object_set_new(o, "std_err", km_column(k, r, offsetof(struct km_row, se_surv)));
	json_object_set_new(o, "cumhaz_na", km_column(k, r, offsetof(struct km_row, cumhaz)));
	json_object_set_new(o, "se_cumhaz_na", km_column(k, r, offsetof(struct km_row, se_cumhaz)));
	km_bands(o, k, r, conf);
	return o;
}

static json_t *quantile_ends(const struct km *k, const double *p, size_t n, enum km_band kind,
			     double conf)
{
	json_t *o = json_object(), *lo = json_array(), *hi = json_array();

	for (size_t i = 0; i < n; i++) {
		struct interval e = km_quantile_ci(k, p[i], kind, conf);

		json_array_append_new(lo, json_figure(e.lo));
		json_array_append_new(hi, json_figure(e.hi));
	}
	json_object_set_new(o, "lo", lo);
	json_object_set_new(o, "hi", hi);
	return o;
}

static json_t *km_quantiles(const struct km *k, double conf)
{
	static const double p[] = { 0.25, 0.5, 0.75 };
	json_t *o = json_object(), *est = json_array();

	for (size_t i = 0; i < ARRAY_SIZE(p); i++)
		json_array_append_new(est, json_figure(km_quantile(k, p[i])));
	json_object_set_new(o, "probs", json_figures(p, ARRAY_SIZE(p)));
	json_object_set_new(o, "est", est);
	json_object_set_new(o, "plain", quantile_ends(k, p, ARRAY_SIZE(p), KM_PLAIN, conf));
	json_object_set_new(o, "loglog", quantile_ends(k, p, ARRAY_SIZE(p), KM_LOGLOG, conf));
	return o;
}

static json_t *km_medians(const struct km *k, double conf)
{
	static const struct {
		enum km_band kind;
		const char *name;
	} bands[] = { { KM_PLAIN, "plain" }, { KM_LOG, "log" }, { KM_LOGLOG, "loglog" } };
	json_t *o = json_object();

	for (size_t i = 0; i < ARRAY_SIZE(bands); i++) {
		json_t *m =
			answer_ends(km_median_printed_ci(k, bands[i].kind, conf), "lower", "upper");

		json_set_double(m, "median", km_median_printed(k));
		json_object_set_new(o, bands[i].name, m);
	}
	return o;
}

static json_t *km_means(const struct km *k, double common_tau)
{
	double tau[] = { k->max_time, common_tau };
	json_t *a = json_array();

	for (size_t i = 0; i < (tau[0] == tau[1] ? 1 : 2); i++) {
		struct km_rmst m = km_rmst(k, tau[i]);
		json_t *o = json_object();

		json_set_double(o, "tau", m.tau);
		json_set_double(o, "rmst", m.mean);
		json_set_double(o, "se", m.se);
		json_set_bool(o, "extended", m.extended);
		json_array_append_new(a, o);
	}
	return a;
}

json_t *answer_km(const struct answer_context *c, const struct sample *s)
{
	_cleanup_km_ struct km k = { 0 };
	json_t *o = json_object();
	struct answer_rows r;

	km_fit(s, &k);
	r = answer_rows(c, k.n_rows);
	json_set_u64(o, "n", k.n);
	json_set_u64(o, "events", k.n_event);
	json_set_double(o, "max_time", k.max_time);
	json_set_u64(o, "event_rows", k.n_rows);
	json_set_bool(o, "thinned", r.shown < r.of);
	json_object_set_new(o, "table", km_table(&k, r, c->opt.conf));
	json_object_set_new(o, "quantiles", km_quantiles(&k, c->opt.conf));
	json_object_set_new(o, "median_printsurvfit", km_medians(&k, c->opt.conf));
	json_object_set_new(o, "rmst", km_means(&k, c->common_tau));
	return o;
}
