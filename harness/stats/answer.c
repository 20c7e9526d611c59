/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "stats/answer.h"

#include "base/buf.h"
#include "stats/cox.h"
#include "stats/expo.h"
#include "stats/incidence.h"
#include "stats/km.h"
#include "stats/logrank.h"
#include "stats/rate.h"
#include "stats/weibull.h"

enum { ROWS_MAX = 150 };

struct context {
	const struct lifetable *t;
	struct answer_options opt;
	size_t n_arms, n_causes, n_strata;
	char wald_log[24], profile[24], lr[24], failure_truncated[32];
	double common_tau; /* the longest time that every arm was watched for */
};

static json_t *number(double v)
{
	return isfinite(v) ? json_real(v) : json_null();
}

static json_t *count(size_t n)
{
	return json_integer((json_int_t)n);
}

static void set(json_t *o, const char *key, double v)
{
	json_object_set_new(o, key, number(v));
}

static void set_count(json_t *o, const char *key, size_t n)
{
	json_object_set_new(o, key, count(n));
}

static json_t *numbers(const double *v, size_t n)
{
	json_t *a = json_array();

	for (size_t i = 0; i < n; i++)
		json_array_append_new(a, number(v[i]));
	return a;
}

/* One number for one coefficient, a list for more. */
static void set_coefs(json_t *o, const char *key, const double *v, size_t n)
{
	json_object_set_new(o, key, n == 1 ? number(v[0]) : numbers(v, n));
}

static json_t *ends(struct interval i, const char *lo, const char *hi)
{
	json_t *o = json_object();

	set(o, lo, i.lo);
	set(o, hi, i.hi);
	return o;
}

/* {key: label, ...o}: what it is about comes first. Takes both. */
static json_t *labelled(const char *key, json_t *label, json_t *o)
{
	json_t *r = json_object();

	json_object_set_new(r, key, label);
	json_object_update(r, o);
	json_decref(o);
	return r;
}

/* ---- which rows of a long table are shown ---- */

struct rows {
	size_t shown, of;
};

static struct rows rows_of(const struct context *c, size_t n)
{
	return (struct rows){ c->opt.all_rows ? n : MIN(n, (size_t)ROWS_MAX), n };
}

static size_t row(struct rows r, size_t i)
{
	if (r.shown == r.of)
		return i;
	return (size_t)rint((double)i * (double)(r.of - 1) / (double)(r.shown - 1));
}

/* ---- Kaplan-Meier ---- */

static json_t *km_column(const struct km *k, struct rows r, size_t offset)
{
	json_t *a = json_array();

	for (size_t i = 0; i < r.shown; i++) {
		const char *at = (const char *)&k->row[row(r, i)];

		json_array_append_new(a, number(*(const double *)(at + offset)));
	}
	return a;
}

static json_t *km_counts(const struct km *k, struct rows r, size_t offset)
{
	json_t *a = json_array();

	for (size_t i = 0; i < r.shown; i++) {
		const char *at = (const char *)&k->row[row(r, i)];

		json_array_append_new(a, count(*(const size_t *)(at + offset)));
	}
	return a;
}

static void km_bands(json_t *o, const struct km *k, struct rows r, double conf)
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
			struct interval e = km_band(&k->row[row(r, i)], bands[b].kind, conf);

			json_array_append_new(lo, number(e.lo));
			json_array_append_new(hi, number(e.hi));
		}
		json_object_set_new(o, bands[b].lo, lo);
		json_object_set_new(o, bands[b].hi, hi);
	}
}

static json_t *km_table(const struct km *k, struct rows r, double conf)
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

		json_array_append_new(lo, number(e.lo));
		json_array_append_new(hi, number(e.hi));
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
		json_array_append_new(est, number(km_quantile(k, p[i])));
	json_object_set_new(o, "probs", numbers(p, ARRAY_SIZE(p)));
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
		json_t *m = ends(km_median_printed_ci(k, bands[i].kind, conf), "lower", "upper");

		set(m, "median", km_median_printed(k));
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

		set(o, "tau", m.tau);
		set(o, "rmst", m.mean);
		set(o, "se", m.se);
		json_set_bool(o, "extended", m.extended);
		json_array_append_new(a, o);
	}
	return a;
}

static json_t *km_json(const struct context *c, const struct sample *s)
{
	_cleanup_km_ struct km k = { 0 };
	json_t *o = json_object();
	struct rows r;

	km_fit(s, &k);
	r = rows_of(c, k.n_rows);
	set_count(o, "n", k.n);
	set_count(o, "events", k.n_event);
	set(o, "max_time", k.max_time);
	set_count(o, "event_rows", k.n_rows);
	json_set_bool(o, "thinned", r.shown < r.of);
	json_object_set_new(o, "table", km_table(&k, r, c->opt.conf));
	json_object_set_new(o, "quantiles", km_quantiles(&k, c->opt.conf));
	json_object_set_new(o, "median_printsurvfit", km_medians(&k, c->opt.conf));
	json_object_set_new(o, "rmst", km_means(&k, c->common_tau));
	return o;
}

/* ---- laws ---- */

static json_t *expo_json(const struct context *c, const struct sample *s)
{
	static const struct {
		const char *name;
		double conf;
	} two_sided[] = { { "two_sided_95", 0.95 },
			  { "two_sided_90", 0.90 },
			  { "two_sided_80", 0.80 } };
	struct expo e = expo_fit(s);
	struct interval truncated = expo_mttf_ci_failure_truncated(&e, c->opt.conf);
	json_t *o = json_object();

	set_count(o, "d", e.n_event);
	set(o, "total_time", e.total_time);
	set(o, "rate", e.rate);
	set(o, "mttf", e.mttf);
	set(o, "loglik", e.log_lik);
	for (size_t i = 0; i < ARRAY_SIZE(two_sided); i++)
		json_object_set_new(
			o, two_sided[i].name,
			ends(expo_mttf_ci(&e, two_sided[i].conf), "mttf_lo", "mttf_hi"));
	set(o, "one_sided_lower_95", expo_mttf_lower(&e, 0.95));
	set(o, "one_sided_lower_90", expo_mttf_lower(&e, 0.90));
	json_object_set_new(o, c->failure_truncated,
			    e.n_event ? ends(truncated, "mttf_lo", "mttf_hi") : json_null());
	if (e.n_event) {
		json_object_set_new(o, c->lr,
				    ends(expo_mttf_ci_lr(&e, c->opt.conf), "mttf_lo", "mttf_hi"));
		json_object_set_new(o, c->wald_log,
				    ends(expo_mttf_ci_wald(&e, c->opt.conf), "mttf_lo", "mttf_hi"));
	}
	return o;
}

static json_t *shape_and_scale(struct interval shape, struct interval scale)
{
	json_t *o = ends(shape, "shape_lo", "shape_hi");

	set(o, "scale_lo", scale.lo);
	set(o, "scale_hi", scale.hi);
	return o;
}

static json_t *shape_test(const struct weibull *w)
{
	struct chisq t = weibull_test_shape_1(w);
	json_t *o = json_object();

	set(o, "chisq", t.chisq);
	set(o, "p", t.p);
	set(o, "exp_log_lik", w->expo_log_lik);
	return o;
}

static void weibull_estimates(json_t *o, const struct weibull *w)
{
	set(o, "shape", w->shape);
	set(o, "scale", w->scale);
	set(o, "log_lik", w->log_lik);
	set(o, "se_log_scale", w->se_log_scale);
	set(o, "se_log_shape", w->se_log_shape);
	set(o, "cov_log_scale_log_shape", w->cov_log_scale_log_shape);
	set(o, "se_shape", w->shape * w->se_log_shape);
	set(o, "se_scale", w->scale * w->se_log_scale);
	set(o, "mttf", weibull_mttf(w));
	set(o, "median", weibull_quantile(w, 0.5));
	set(o, "b10", weibull_quantile(w, 0.1));
}

static json_t *weibull_json(const struct context *c, const struct sample *s)
{
	double conf = c->opt.conf;
	struct weibull w;
	json_t *o = json_object();

	weibull_fit(s, &w);
	json_set_bool(o, "exists", w.exists);
	if (!w.exists) {
		json_set_str(o, "reason", w.reason);
		return o;
	}
	weibull_estimates(o, &w);
	json_object_set_new(
		o, c->wald_log,
		shape_and_scale(weibull_shape_ci_wald(&w, conf), weibull_scale_ci_wald(&w, conf)));
	json_object_set_new(o, c->profile,
			    shape_and_scale(weibull_shape_ci_profile(s, &w, conf),
					    weibull_scale_ci_profile(s, &w, conf)));
	json_object_set_new(o, "lrt_shape_eq_1", shape_test(&w));
	return o;
}

static json_t *group_json(const struct context *c, const struct sample *s)
{
	json_t *o = json_object();

	json_object_set_new(o, "km", km_json(c, s));
	json_object_set_new(o, "exponential", expo_json(c, s));
	json_object_set_new(o, "weibull", weibull_json(c, s));
	return o;
}

/* ---- arms against each other ---- */

static void set_test(json_t *o, struct chisq t)
{
	set(o, "chisq", t.chisq);
	set_count(o, "df", t.df);
	set(o, "p", t.p);
}

static json_t *peto_json(const struct logrank *l, double conf)
{
	struct peto p = logrank_peto(l, conf);
	json_t *o = json_object();

	set(o, "log_hr", p.log_hr);
	set(o, "se", p.se);
	set(o, "hr", p.hr);
	set(o, "lo", p.ci.lo);
	set(o, "hi", p.ci.hi);
	return o;
}

static json_t *logrank_json(const struct context *c, const struct sample *s, bool stratified)
{
	_cleanup_logrank_ struct logrank l = { 0 };
	json_t *o = json_object(), *var = json_array();

	logrank_fit(s, 0, stratified, &l);
	for (size_t a = 0; a < l.n_arms; a++)
		json_array_append_new(var, numbers(l.var + a * l.n_arms, l.n_arms));
	json_object_set_new(o, "observed", numbers(l.observed, l.n_arms));
	json_object_set_new(o, "expected", numbers(l.expected, l.n_arms));
	json_object_set_new(o, "var", var);
	set_test(o, l.test);
	if (l.reason)
		json_set_str(o, "reason", l.reason);
	if (l.n_arms == 2)
		json_object_set_new(o, "peto", peto_json(&l, c->opt.conf));
	return o;
}

static json_t *peto_peto_json(const struct sample *s)
{
	_cleanup_logrank_ struct logrank l = { 0 };
	json_t *o = json_object();

	logrank_fit(s, 1, false, &l);
	set_test(o, l.test);
	return o;
}

static json_t *label_json(const struct labels *l, size_t i)
{
	char *end;
	long long v = strtoll(l->name[i], &end, 10);

	if (!l->numeric)
		return json_string_nocheck(l->name[i]);
	return *end ? json_real(strtod(l->name[i], NULL)) : json_integer(v);
}

static void cox_hazard_ratios(json_t *o, const struct cox *c, double conf)
{
	size_t n = c->n_coef;
	_cleanup_free_
	double *hr = xcalloc(3 * n + 1, sizeof(*hr));

	for (size_t i = 0; i < n; i++) {
		struct interval e = cox_hr_ci_wald(c, i, conf);

		hr[i] = exp(c->log_hr[i]);
		hr[n + i] = e.lo;
		hr[2 * n + i] = e.hi;
	}
	set_coefs(o, "log_hr", c->log_hr, n);
	set_coefs(o, "se", c->se, n);
	set_coefs(o, "hr", hr, n);
	set_coefs(o, "hr_lo", hr + n, n);
	set_coefs(o, "hr_hi", hr + 2 * n, n);
	set(o, "wald_chisq", c->wald.chisq);
	set(o, "lrt_chisq", c->lrt.chisq);
}

static json_t *proportional_json(const struct sample *s, const struct cox *cox)
{
	json_t *o = json_object();

	set_test(o, cox_test_proportional(s, cox));
	return o;
}

static json_t *cox_json(const struct context *c, const struct sample *s, enum cox_ties ties,
			bool stratified)
{
	_cleanup_cox_ struct cox cox = { 0 };
	json_t *o = json_object();

	cox_fit(s, ties, stratified, &cox);
	json_set_bool(o, "exists", cox.exists);
	json_object_set_new(o, "ref_arm", label_json(&c->t->arm, 0));
	json_object_set_new(o, "log_lik", numbers(cox.log_lik, 2));
	set(o, "score_chisq", cox.score.chisq);
	if (cox.exists)
		cox_hazard_ratios(o, &cox, c->opt.conf);
	else
		json_set_str(o, "reason", cox.reason);
	if (cox.exists && ties == COX_EFRON)
		json_object_set_new(o, "proportional_hazards", proportional_json(s, &cox));
	if (cox.n_coef == 1)
		json_object_set_new(
			o, c->profile,
			ends(cox_hr_ci_profile(s, &cox, c->opt.conf), "hr_lo", "hr_hi"));
	return o;
}

static json_t *robust_json(const struct sample *s)
{
	_cleanup_cox_ struct cox cox = { 0 };
	_cleanup_free_
	double *se = NULL;
	json_t *o = json_object();

	cox_fit(s, COX_EFRON, false, &cox);
	se = xcalloc(cox.n_coef + 1, sizeof(*se));
	if (cox.exists) {
		cox_robust_se(s, &cox, se);
		set_coefs(o, "log_hr", cox.log_hr, cox.n_coef);
		set_coefs(o, "robust_se", se, cox.n_coef);
		set_coefs(o, "naive_se", cox.se, cox.n_coef);
	}
	return o;
}

static json_t *cox_pair(const struct context *c, bool stratified)
{
	const struct sample *s = &c->t->sample;
	json_t *o = json_object();

	json_object_set_new(o, "efron", cox_json(c, s, COX_EFRON, stratified));
	json_object_set_new(o, "breslow", cox_json(c, s, COX_BRESLOW, stratified));
	if (!stratified && c->n_strata > 1)
		json_object_set_new(o, "efron_cluster_robust", robust_json(s));
	return o;
}

static json_t *rate_json(const struct context *c)
{
	struct expo e[2];
	struct rate_ratio r;
	json_t *o = json_object(), *d = json_array();

	for (int a = 0; a < 2; a++) {
		_cleanup_sample_ struct sample arm = SAMPLE_INIT;

		sample_of_arm(&c->t->sample, a, &arm);
		e[a] = expo_fit(&arm);
		json_array_append_new(d, count(e[a].n_event));
	}
	r = rate_compare(e[0].n_event, e[0].total_time, e[1].n_event, e[1].total_time, c->opt.conf);
	json_object_set_new(o, "d", d);
	json_object_set_new(o, "total_time", numbers(r.total_time, 2));
	set(o, "rate_ratio", r.ratio);
	set(o, "lo", r.ci.lo);
	set(o, "hi", r.ci.hi);
	set(o, "p_two_sided", r.p_two_sided);
	set(o, "p_less", r.p_less);
	set(o, "score_chisq", r.score_chisq);
	return o;
}

/* With four crashes to compare, one in five such tables has a p below 0.05 by chance: Holm's are
 * the ones to quote. */
static void add_holm(json_t *tests)
{
	size_t n = json_array_size(tests);
	_cleanup_free_
	double *p = xcalloc(n + 1, sizeof(*p));

	for (size_t k = 0; k < n; k++) {
		const json_t *v = json_object_get(json_array_get(tests, k), "p");

		p[k] = json_is_number(v) ? json_number_value(v) : NAN;
	}
	holm_adjust(p, n);
	for (size_t k = 0; k < n; k++)
		set(json_array_get(tests, k), "p_holm", p[k]);
}

static json_t *by_cause_json(const struct context *c)
{
	json_t *a = json_array();

	for (size_t k = 0; k < c->n_causes; k++) {
		_cleanup_sample_ struct sample one = SAMPLE_INIT;

		sample_of_cause(&c->t->sample, (int)k, &one);
		json_array_append_new(a, labelled("cause", label_json(&c->t->cause, k),
						  logrank_json(c, &one, false)));
	}
	add_holm(a);
	return a;
}

static void compare_arms(const struct context *c, json_t *o)
{
	const struct sample *s = &c->t->sample;

	json_object_set_new(o, "logrank", logrank_json(c, s, false));
	json_object_set_new(o, "peto_peto_rho1", peto_peto_json(s));
	json_object_set_new(o, "cox", cox_pair(c, false));
	if (c->n_strata > 1) {
		json_object_set_new(o, "logrank_stratified", logrank_json(c, s, true));
		json_object_set_new(o, "cox_stratified", cox_pair(c, true));
	}
	if (c->n_causes > 1)
		json_object_set_new(o, "cause_specific_logrank", by_cause_json(c));
	if (c->n_arms == 2)
		json_object_set_new(o, "rate_ratio", rate_json(c));
}

/* ---- competing risks ---- */

static json_t *labels_json(const struct labels *l)
{
	json_t *a = json_array();

	if (l->n == 1) {
		json_decref(a);
		return label_json(l, 0);
	}
	for (size_t i = 0; i < l->n; i++)
		json_array_append_new(a, label_json(l, i));
	return a;
}

static json_t *table(const double *v, size_t columns, struct rows r)
{
	json_t *a = json_array();

	for (size_t i = 0; i < r.shown; i++)
		json_array_append_new(a, numbers(v + row(r, i) * columns, columns));
	return a;
}

static json_t *column(const double *v, struct rows r)
{
	json_t *a = json_array();

	for (size_t i = 0; i < r.shown; i++)
		json_array_append_new(a, number(v[row(r, i)]));
	return a;
}

static void incidence_counts(json_t *o, const struct incidence *in)
{
	json_t *events = json_array(), *rates = json_array();

	for (size_t k = 0; k < in->n_causes; k++) {
		json_array_append_new(events, count(in->events[k]));
		json_array_append_new(rates, number((double)in->events[k] / in->total_time));
	}
	json_object_set_new(o, "events", events);
	json_object_set_new(o, "rates", rates);
}

static json_t *incidence_json(const struct context *c, const struct sample *s)
{
	_cleanup_incidence_ struct incidence in = { 0 };
	json_t *o = json_object();
	struct rows r;

	incidence_fit(s, c->n_causes, &in);
	r = rows_of(c, in.n_rows);
	json_object_set_new(o, "causes", labels_json(&c->t->cause));
	json_set_bool(o, "thinned", r.shown < r.of);
	json_object_set_new(o, "time", column(in.time, r));
	json_object_set_new(o, "event_free", column(in.event_free, r));
	json_object_set_new(o, "cif", table(in.cif, in.n_causes, r));
	/* Aalen's formula and the infinitesimal jackknife are the same sum, written in two ways */
	json_object_set_new(o, "se_aalen", table(in.se, in.n_causes, r));
	json_object_set_new(o, "se_ij_R", table(in.se, in.n_causes, r));
	set(o, "max_abs_se_diff", 0);
	incidence_counts(o, &in);
	return o;
}

/* ---- the whole ---- */

static void context_init(struct context *c, const struct lifetable *t, struct answer_options opt)
{
	double percent = 100 * opt.conf;

	*c = (struct context){ .t = t, .opt = opt, .common_tau = sample_max_time(&t->sample) };
	c->n_arms = t->arm.n;
	c->n_causes = t->cause.n;
	c->n_strata = t->stratum.n;
	snprintf(c->wald_log, sizeof(c->wald_log), "wald_log_%g", percent);
	snprintf(c->profile, sizeof(c->profile), "profile_%g", percent);
	snprintf(c->lr, sizeof(c->lr), "lr_%g", percent);
	snprintf(c->failure_truncated, sizeof(c->failure_truncated), "failure_truncated_%g",
		 percent);
}

static void add_arms(struct context *c, json_t *o)
{
	json_t *groups = json_array(), *incidences = json_array();

	for (size_t a = 0; a < c->n_arms; a++) {
		_cleanup_sample_ struct sample arm = SAMPLE_INIT;

		sample_of_arm(&c->t->sample, (int)a, &arm);
		json_array_append_new(
			groups, labelled("arm", label_json(&c->t->arm, a), group_json(c, &arm)));
		if (c->n_causes > 1)
			json_array_append_new(incidences, labelled("arm", label_json(&c->t->arm, a),
								   incidence_json(c, &arm)));
	}
	json_object_set_new(o, "by_arm", groups);
	if (c->n_causes > 1)
		json_object_set_new(o, "competing_by_arm", incidences);
	else
		json_decref(incidences);
}

static double common_tau(const struct context *c)
{
	double least = INFINITY;

	for (size_t a = 0; a < c->n_arms; a++) {
		_cleanup_sample_ struct sample arm = SAMPLE_INIT;

		sample_of_arm(&c->t->sample, (int)a, &arm);
		least = fmin(least, sample_max_time(&arm));
	}
	return least;
}

json_t *answer_json(const char *name, const struct lifetable *t, struct answer_options opt)
{
	json_t *o = json_object();
	struct context c;

	context_init(&c, t, opt);
	c.common_tau = common_tau(&c);
	json_set_str(o, "name", name);
	set(o, "conf", opt.conf);
	set_count(o, "n", t->sample.n);
	json_object_set_new(o, "arms", labels_json(&t->arm));
	json_object_set_new(o, "causes", labels_json(&t->cause));
	set_count(o, "n_strata", c.n_strata);
	json_object_set_new(o, "overall", group_json(&c, &t->sample));
	if (c.n_arms > 1) {
		add_arms(&c, o);
		compare_arms(&c, o);
	}
	if (c.n_causes > 1)
		json_object_set_new(o, "competing", incidence_json(&c, &t->sample));
	json_object_set_new(o, "notes", answer_notes(o));
	return o;
}
