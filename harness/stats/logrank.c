/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "stats/logrank.h"

#include "base/buf.h"
#include "stats/matrix.h"
#include "stats/risk.h"

void logrank_done(struct logrank *l)
{
	free(l->observed);
	free(l->expected);
	free(l->var);
	*l = (struct logrank){ 0 };
}

/* One failure time: the hypergeometric mean and variance of each arm's failures. */
static void add(struct logrank *l, const struct risk *r, double weight)
{
	double n = r->risk, d = r->event;
	double spread = n > 1 ? weight * weight * d * (n - d) / (n - 1) : 0;

	for (size_t a = 0; a < l->n_arms; a++) {
		double share = r->n_risk[a] / n;

		l->observed[a] += weight * r->n_event[a];
		l->expected[a] += weight * d * share;
		if (share == 0)
			continue;
		for (size_t b = 0; b < l->n_arms; b++)
			l->var[a * l->n_arms + b] += spread * share * ((a == b) - r->n_risk[b] / n);
	}
}

/* The quadratic form over the arms that could have failed, without the first of them. */
static void test(struct logrank *l)
{
	size_t n = 0, m;
	_cleanup_free_
	size_t *arm = xcalloc(l->n_arms + 1, sizeof(*arm));
	_cleanup_free_
	double *u = xcalloc(l->n_arms + 1, sizeof(*u));
	_cleanup_free_
	double *v = xcalloc(l->n_arms * l->n_arms + 1, sizeof(*v));

	for (size_t a = 0; a < l->n_arms; a++)
		if (l->expected[a] > 0)
			arm[n++] = a;
	m = n ? n - 1 : 0;
	for (size_t i = 0; i < m; i++) {
		u[i] = l->observed[arm[i + 1]] - l->expected[arm[i + 1]];
		for (size_t j = 0; j < m; j++)
			v[i * m + j] = l->var[arm[i + 1] * l->n_arms + arm[j + 1]];
	}
	if (m == 0 || matrix_invert(v, m) < m) {
		l->reason = "zero variance";
		l->test = (struct chisq){ .chisq = NAN, .df = m, .p = NAN };
	} else {
		l->test = chisq_test(matrix_form(v, u, m), m);
	}
}

void logrank_fit(const struct sample *s, double rho, bool stratified, struct logrank *ret)
{
	struct logrank l = { .n_arms = sample_arms(s) };
	struct risk r;
	double surv = 1;

	l.observed = xcalloc(l.n_arms + 1, sizeof(*l.observed));
	l.expected = xcalloc(l.n_arms + 1, sizeof(*l.expected));
	l.var = xcalloc(l.n_arms * l.n_arms + 1, sizeof(*l.var));
	risk_init(&r, s, stratified);
	while (risk_next(&r)) {
		if (r.new_stratum)
			surv = 1;
		add(&l, &r, rho == 0 ? 1 : pow(surv, rho));
		surv *= (r.risk - r.event) / r.risk;
	}
	risk_done(&r);
	test(&l);
	*ret = l;
}

struct peto logrank_peto(const struct logrank *l, double conf)
{
	struct peto p = { NAN, NAN, NAN, interval_none() };
	double v = l->n_arms == 2 ? l->var[3] : 0;

	if (v > 0) {
		p.log_hr = (l->observed[1] - l->expected[1]) / v;
		p.se = 1 / sqrt(v);
		p.hr = exp(p.log_hr);
		p.ci = interval_exp(p.log_hr, p.se, conf);
	}
	return p;
}
