/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "report/contrast.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>

#include "report/contrast_parts.h"
#include "stats/power.h"

const struct contrast_options contrast_usual = { .factor = 2, .alpha = 0.05, .power = 0.8 };

static void pair_done(struct contrast_pair *p)
{
	free(p->cause);
	strv_done(&p->notes);
}

static void arm_done(struct contrast_arm *a)
{
	view_arm_done(&a->all);
	strv_done(&a->hosts);
	strv_done(&a->runs);
	free(a->stratum);
	free(a->incidence);
}

void contrast_done(struct contrast *c)
{
	for (size_t i = 0; i < c->n_arms; i++)
		arm_done(&c->arm[i]);
	for (size_t i = 0; i < c->n_pairs; i++)
		pair_done(&c->pair[i]);
	free(c->arm);
	free(c->pair);
	free(c->crash);
	strv_done(&c->warnings);
	*c = (struct contrast){ 0 };
}

bool contrast_one_base(const struct contrast *c)
{
	for (size_t i = 1; i < c->n_pairs; i++)
		if (c->pair[i].base != c->pair[0].base)
			return false;
	return true;
}

bool contrast_differs(const struct contrast_pair *p)
{
	return p->verdict == CONTRAST_LOWER || p->verdict == CONTRAST_HIGHER;
}

const char *contrast_verdict_name(enum contrast_verdict v)
{
	switch (v) {
	case CONTRAST_EMPTY: return "empty";
	case CONTRAST_LOWER: return "lower";
	case CONTRAST_HIGHER: return "higher";
	case CONTRAST_ALIKE: return "alike";
	case CONTRAST_OPEN: return "open";
	}
	return "?";
}

/* --- samples --- */

/* What counts as a failure: the target, or one crash (other crashes are censored then). */
#define ANY_TARGET SIZE_MAX

static bool died_of(const struct view_life *l, size_t crash)
{
	if (crash == ANY_TARGET)
		return l->outcome == OUTCOME_FAILED;
	return l->bucket == crash && (l->outcome == OUTCOME_FAILED || l->outcome == OUTCOME_OTHER);
}

static void add_arm(const struct contrast_arm *a, int index, bool work, size_t crash,
		    struct sample *ret)
{
	for (size_t i = 0; i < a->all.counted; i++) {
		const struct view_life *l = &a->all.life[i];
		double t = work ? l->work : l->time_s;

		if (isfinite(t))
			sample_add(ret, (struct lifetime){ .time = t,
							   .arm = index,
							   .stratum = a->stratum[i],
							   .failed = died_of(l, crash) });
	}
}

static void pair_sample(const struct contrast *c, const struct contrast_pair *p, bool work,
			size_t crash, struct sample *ret)
{
	add_arm(&c->arm[p->base], 0, work, crash, ret);
	add_arm(&c->arm[p->other], 1, work, crash, ret);
	sample_sort(ret);
}

/* --- one clock --- */

static struct rate_ratio rates(const struct sample *s, double conf)
{
	size_t d[2] = { 0 };
	double t[2] = { 0 };

	for (size_t i = 0; i < s->n; i++) {
		d[s->life[i].arm] += s->life[i].failed;
		t[s->life[i].arm] += s->life[i].time;
	}
	if (!(t[0] > 0 && t[1] > 0))
		return (struct rate_ratio){ .d = { d[0], d[1] }, .total_time = { t[0], t[1] } };
	return rate_compare(d[0], t[0], d[1], t[1], conf);
}

/* Has some stratum trials of both arms? Without any, strata and arms cannot be told apart. */
static bool strata_overlap(const struct sample *s, size_t n_strata)
{
	_cleanup_free_
	unsigned char *seen = xcalloc(n_strata + 1, 1);

	for (size_t i = 0; i < s->n; i++) {
		seen[s->life[i].stratum] |= (unsigned char)(1 << s->life[i].arm);
		if (seen[s->life[i].stratum] == 3)
			return true;
	}
	return false;
}

static bool several_strata(const struct sample *s)
{
	for (size_t i = 1; i < s->n; i++)
		if (s->life[i].stratum != s->life[0].stratum)
			return true;
	return false;
}

static struct chisq logrank_of(const struct sample *s, bool stratified)
{
	_cleanup_logrank_ struct logrank l = { 0 };

	logrank_fit(s, 0, stratified, &l);
	return l.test;
}

static void fit_hazards(struct contrast_clock *k, const struct sample *s, double conf)
{
	_cleanup_cox_ struct cox c = { 0 };

	cox_fit(s, COX_EFRON, k->stratified, &c);
	k->hr_exists = c.exists;
	k->hr_reason = c.reason;
	k->hr = c.exists ? exp(c.log_hr[0]) : NAN;
	k->hr_ci = cox_hr_ci_profile(s, &c, conf);
	k->logrank = logrank_of(s, k->stratified);
	k->proportional = cox_test_proportional(s, &c);
}

/* Twice the smaller tail: the p-value that says 5 % where the exact interval ends at 1. R's, of all
 * outcomes no likelier, can be below while the interval holds 1 (3 failures to 0: 0.035). */
static double central_p(const struct rate_ratio *r)
{
	struct rate_ratio back =
		rate_compare(r->d[1], r->total_time[1], r->d[0], r->total_time[0], 0.95);

	return fmin(1, 2 * fmin(r->p_less, back.p_less));
}

static void choose_primary(struct contrast_clock *k)
{
	k->exact = MIN(k->rate.d[0], k->rate.d[1]) <= CONTRAST_FEW || !k->hr_exists ||
		   !isfinite(k->logrank.p);
	k->ratio = k->exact ? k->rate.ratio : k->hr;
	k->ci = k->exact ? k->rate.ci : k->hr_ci;
	k->p = k->exact ? k->rate_p : k->logrank.p;
}

static void fit_clock(const struct contrast *c, const struct contrast_pair *p, bool work,
		      struct contrast_clock *ret)
{
	_cleanup_sample_ struct sample s = SAMPLE_INIT;
	double conf = 1 - c->opt.alpha;

	*ret = (struct contrast_clock){ .hr = NAN, .ratio = NAN, .p = NAN, .rate_p = NAN };
	ret->ci = ret->hr_ci = interval_none();
	ret->logrank.p = ret->proportional.p = NAN;
	pair_sample(c, p, work, ANY_TARGET, &s);
	ret->rate = rates(&s, conf);
	if (!(ret->rate.total_time[0] > 0 && ret->rate.total_time[1] > 0))
		return;
	ret->exists = !work || str_eq(c->arm[p->base].all.unit, c->arm[p->other].all.unit);
	if (!ret->exists || ret->rate.d[0] + ret->rate.d[1] == 0)
		return;
	ret->stratified = several_strata(&s) && strata_overlap(&s, c->n_strata);
	ret->rate_p = central_p(&ret->rate);
	fit_hazards(ret, &s, conf);
	choose_primary(ret);
}

/* --- one pair --- */

static void fit_cause(const struct contrast *c, const struct contrast_pair *p, size_t crash,
		      struct contrast_cause *ret)
{
	_cleanup_sample_ struct sample s = SAMPLE_INIT;

	pair_sample(c, p, false, crash, &s);
	*ret = (struct contrast_cause){ .p = NAN, .p_holm = NAN, .only = -1 };
	ret->logrank.p = NAN;
	ret->rate = rates(&s, 1 - c->opt.alpha);
	memcpy(ret->d, ret->rate.d, sizeof(ret->d));
	if (!p->time.exists || ret->d[0] + ret->d[1] == 0)
		return;
	ret->logrank = logrank_of(&s, p->time.stratified);
	ret->p = MIN(ret->d[0], ret->d[1]) <= CONTRAST_FEW || !isfinite(ret->logrank.p)
			 ? ret->rate.p_two_sided
			 : ret->logrank.p;
	if (!ret->d[0] || !ret->d[1])
		ret->only = ret->d[0] ? 0 : 1;
}

/* Until when the curve is known: for ever where the longest life ended in a failure. */
static double known_until(const struct km *k)
{
	return k->n_rows && k->row[k->n_rows - 1].surv == 0 ? INFINITY : k->max_time;
}

static void fit_means(const struct contrast *c, struct contrast_pair *p)
{
	const struct lifetimes *a = &c->arm[p->base].all.time, *b = &c->arm[p->other].all.time;
	struct km_rmst ra, rb;
	double se;

	p->tau_s = fmin(known_until(&a->km), known_until(&b->km));
	if (isinf(p->tau_s))
		p->tau_s = fmax(a->km.max_time, b->km.max_time);
	ra = km_rmst(&a->km, p->tau_s);
	rb = km_rmst(&b->km, p->tau_s);
	se = hypot(ra.se, rb.se) * tail_z(1 - c->opt.alpha);
	p->rmst_diff = rb.mean - ra.mean;
	p->rmst_ci = (struct interval){ p->rmst_diff - se, p->rmst_diff + se };
}

static void add_to_duel(struct duel *d, int arm, const struct contrast_arm *a)
{
	for (size_t i = 0; i < a->all.counted; i++)
		duel_add(d, arm, a->all.life[i].time_s, a->all.life[i].outcome == OUTCOME_FAILED);
}

static void fit_anytime(const struct contrast *c, struct contrast_pair *p)
{
	struct duel d = duel_make(c->opt.factor, c->opt.alpha, c->opt.power);

	add_to_duel(&d, 0, &c->arm[p->base]);
	add_to_duel(&d, 1, &c->arm[p->other]);
	p->anytime = duel_look(&d);
}

/* What it would take, if failures go on to come as often as they did. */
static void reckon_more(const struct contrast *c, struct contrast_pair *p)
{
	const struct view_arm *a = &c->arm[p->base].all, *b = &c->arm[p->other].all;
	double d = (double)(p->time.rate.d[0] + p->time.rate.d[1]);
	double exposure = p->time.rate.total_time[0] + p->time.rate.total_time[1];
	double alpha = c->opt.alpha / (double)c->n_pairs, pace = (a->wall_s + b->wall_s) / exposure;

	p->missing = fmax(0, power_events(c->opt.factor, alpha, c->opt.power, 0.5, 2) - d);
	p->more_s = d > 0 ? p->missing * exposure / d : NAN;
	p->more_wall_s = pace > 0 && c->slots ? p->more_s * pace / (double)c->slots : NAN;
	p->detectable = d > 0 ? power_detectable(d, alpha, c->opt.power, 0.5, 2) : INFINITY;
}

static void fit_pair(const struct contrast *c, struct contrast_pair *p)
{
	_cleanup_sample_ struct sample s = SAMPLE_INIT;

	fit_clock(c, p, false, &p->time);
	fit_clock(c, p, true, &p->work);
	pair_sample(c, p, false, ANY_TARGET, &s);
	p->confounded = several_strata(&s) && !strata_overlap(&s, c->n_strata);
	p->cause = xcalloc(c->n_crashes + 1, sizeof(*p->cause));
	for (size_t i = 0; i < c->n_crashes; i++)
		fit_cause(c, p, i, &p->cause[i]);
	fit_means(c, p);
	fit_anytime(c, p);
	reckon_more(c, p);
}

/* --- all pairs together --- */

static void adjust_pairs(struct contrast *c)
{
	_cleanup_free_
	double *p = xcalloc(2 * c->n_pairs + 1, sizeof(*p));
	double *work = p + c->n_pairs;

	for (size_t i = 0; i < c->n_pairs; i++) {
		p[i] = c->pair[i].time.p;
		work[i] = c->pair[i].work.p;
	}
	holm_adjust(p, c->n_pairs);
	holm_adjust(work, c->n_pairs);
	for (size_t i = 0; i < c->n_pairs; i++) {
		c->pair[i].p_holm = p[i];
		c->pair[i].work_p_holm = work[i];
	}
}

static void adjust_causes(struct contrast *c)
{
	size_t n = c->n_crashes;
	_cleanup_free_
	double *p = xcalloc(c->n_pairs * n + 1, sizeof(*p));

	for (size_t i = 0; i < c->n_pairs * n; i++)
		p[i] = c->pair[i / n].cause[i % n].p;
	holm_adjust(p, c->n_pairs * n);
	for (size_t i = 0; i < c->n_pairs * n; i++)
		c->pair[i / n].cause[i % n].p_holm = p[i];
}

/* A claim needs both: p, which counts all comparisons, and an interval that leaves 1 out. */
static enum contrast_verdict judge(const struct contrast_clock *k, double p, double alpha,
				   double factor)
{
	if (!k->exists || !(k->rate.d[0] + k->rate.d[1]))
		return CONTRAST_EMPTY;
	if (p < alpha && k->ci.hi < 1)
		return CONTRAST_LOWER;
	if (p < alpha && k->ci.lo > 1)
		return CONTRAST_HIGHER;
	if (k->ci.lo > 1 / factor && k->ci.hi < factor)
		return CONTRAST_ALIKE;
	return CONTRAST_OPEN;
}

static void judge_pairs(struct contrast *c)
{
	for (size_t i = 0; i < c->n_pairs; i++) {
		struct contrast_pair *p = &c->pair[i];

		p->verdict = judge(&p->time, p->p_holm, c->opt.alpha, c->opt.factor);
		p->work_verdict = judge(&p->work, p->work_p_holm, c->opt.alpha, c->opt.factor);
	}
}

static void fit_overall(struct contrast *c)
{
	_cleanup_sample_ struct sample s = SAMPLE_INIT;

	c->overall = (struct chisq){ .chisq = NAN, .p = NAN };
	if (!c->n_pairs || c->n_pairs + 1 != c->n_arms || !contrast_one_base(c))
		return;
	for (size_t i = 0; i < c->n_arms; i++)
		add_arm(&c->arm[i], (int)i, false, ANY_TARGET, &s);
	sample_sort(&s);
	if (sample_failures(&s))
		c->overall = logrank_of(&s, several_strata(&s) && c->pair[0].time.stratified);
}

void contrast_make(const struct contrast_side *side, size_t n_sides,
		   const struct contrast_versus *versus, size_t n_pairs,
		   const struct contrast_options *opt, struct contrast *ret)
{
	struct contrast c = { .opt = *opt, .n_arms = n_sides, .n_pairs = n_pairs };

	assert(opt->factor > 1 && opt->alpha > 0 && opt->alpha < 1);
	c.pair = xcalloc(n_pairs, sizeof(*c.pair));
	contrast_collect(&c, side);
	for (size_t i = 0; i < n_pairs; i++) {
		c.pair[i].base = versus[i].base;
		c.pair[i].other = versus[i].other;
		fit_pair(&c, &c.pair[i]);
	}
	adjust_pairs(&c);
	adjust_causes(&c);
	judge_pairs(&c);
	fit_overall(&c);
	contrast_note(&c, side);
	*ret = c;
}
