/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Arms against each other, as JSON. */
#include "base/buf.h"
#include "stats/answer_parts.h"
#include "stats/cox.h"
#include "stats/expo.h"
#include "stats/logrank.h"
#include "stats/rate.h"

/* One number for one coefficient, a list for more. */
static void set_coefs(json_t *o, const char *key, const double *v, size_t n)
{
	json_object_set_new(o, key, n == 1 ? json_figure(v[0]) : json_figures(v, n));
}

static void set_test(json_t *o, struct chisq t)
{
	json_set_double(o, "chisq", t.chisq);
	json_set_u64(o, "df", t.df);
	json_set_double(o, "p", t.p);
}

static json_t *peto_json(const struct logrank *l, double conf)
{
	struct peto p = logrank_peto(l, conf);
	json_t *o = json_object();

	json_set_double(o, "log_hr", p.log_hr);
	json_set_double(o, "se", p.se);
	json_set_double(o, "hr", p.hr);
	json_set_double(o, "lo", p.ci.lo);
	json_set_double(o, "hi", p.ci.hi);
	return o;
}

static json_t *logrank_json(const struct answer_context *c, const struct sample *s, bool stratified)
{
	_cleanup_logrank_ struct logrank l = { 0 };
	json_t *o = json_object(), *var = json_array();

	logrank_fit(s, 0, stratified, &l);
	for (size_t a = 0; a < l.n_arms; a++)
		json_array_append_new(var, json_figures(l.var + a * l.n_arms, l.n_arms));
	json_object_set_new(o, "observed", json_figures(l.observed, l.n_arms));
	json_object_set_new(o, "expected", json_figures(l.expected, l.n_arms));
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
	json_set_double(o, "wald_chisq", c->wald.chisq);
	json_set_double(o, "lrt_chisq", c->lrt.chisq);
}

static json_t *proportional_json(const struct sample *s, const struct cox *cox)
{
	json_t *o = json_object();

	set_test(o, cox_test_proportional(s, cox));
	return o;
}

static json_t *cox_json(const struct answer_context *c, const struct sample *s, enum cox_ties ties,
			bool stratified)
{
	_cleanup_cox_ struct cox cox = { 0 };
	json_t *o = json_object();

	cox_fit(s, ties, stratified, &cox);
	json_set_bool(o, "exists", cox.exists);
	json_object_set_new(o, "ref_arm", answer_label(&c->t->arm, 0));
	json_object_set_new(o, "log_lik", json_figures(cox.log_lik, 2));
	json_set_double(o, "score_chisq", cox.score.chisq);
	if (cox.exists)
		cox_hazard_ratios(o, &cox, c->opt.conf);
	else
		json_set_str(o, "reason", cox.reason);
	if (cox.exists && ties == COX_EFRON)
		json_object_set_new(o, "proportional_hazards", proportional_json(s, &cox));
	if (cox.n_coef == 1)
		json_object_set_new(
			o, c->profile,
			answer_ends(cox_hr_ci_profile(s, &cox, c->opt.conf), "hr_lo", "hr_hi"));
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

static json_t *cox_pair(const struct answer_context *c, bool stratified)
{
	const struct sample *s = &c->t->sample;
	json_t *o = json_object();

	json_object_set_new(o, "efron", cox_json(c, s, COX_EFRON, stratified));
	json_object_set_new(o, "breslow", cox_json(c, s, COX_BRESLOW, stratified));
	if (!stratified && c->n_strata > 1)
		json_object_set_new(o, "efron_cluster_robust", robust_json(s));
	return o;
}

static json_t *rate_json(const struct answer_context *c)
{
	struct expo e[2];
	struct rate_ratio r;
	json_t *o = json_object(), *d = json_array();

	for (int a = 0; a < 2; a++) {
		_cleanup_sample_ struct sample arm = SAMPLE_INIT;

		sample_of_arm(&c->t->sample, a, &arm);
		e[a] = expo_fit(&arm);
		json_array_append_new(d, json_integer((json_int_t)e[a].n_event));
	}
	r = rate_compare(e[0].n_event, e[0].total_time, e[1].n_event, e[1].total_time, c->opt.conf);
	json_object_set_new(o, "d", d);
	json_object_set_new(o, "total_time", json_figures(r.total_time, 2));
	json_set_double(o, "rate_ratio", r.ratio);
	json_set_double(o, "lo", r.ci.lo);
	json_set_double(o, "hi", r.ci.hi);
	json_set_double(o, "p_two_sided", r.p_two_sided);
	json_set_double(o, "p_less", r.p_less);
	json_set_double(o, "score_chisq", r.score_chisq);
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
		json_set_double(json_array_get(tests, k), "p_holm", p[k]);
}

static json_t *by_cause_json(const struct answer_context *c)
{
	json_t *a = json_array();

	for (size_t k = 0; k < c->n_causes; k++) {
		_cleanup_sample_ struct sample one = SAMPLE_INIT;

		sample_of_cause(&c->t->sample, (int)k, &one);
		json_array_append_new(a, answer_labelled("cause", answer_label(&c->t->cause, k),
							 logrank_json(c, &one, false)));
	}
	add_holm(a);
	return a;
}

void answer_arms(const struct answer_context *c, json_t *o)
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
