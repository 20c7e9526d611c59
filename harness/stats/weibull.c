/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "stats/weibull.h"

#define MATHLIB_STANDALONE
#include <Rmath.h>
#include <assert.h>

#include "base/buf.h"
#include "stats/expo.h"
#include "stats/solve.h"

/* Bounds of logarithms: beyond them a double has no number. */
#define LOG_MAX 700.0

/*
 * The data as the likelihood sees them: distinct times with their counts, as logarithms of time
 * over the largest time, so that no power overflows (1e-9 s and 1e12 s alike).
 */
struct logs {
	size_t n;
	double *x, *weight; /* x <= 0 */
	double d, sum_x;    /* over failures */
	double log_max;
};

static void logs_done(struct logs *l)
{
	free(l->x);
	free(l->weight);
}

static void logs_init(const struct sample *s, struct logs *ret)
{
	struct logs l = { .log_max = log(sample_max_time(s)) };
	double max = sample_max_time(s), last = -1;

	assert(s->sorted || s->n == 0);
	l.x = xcalloc(s->n + 1, sizeof(*l.x));
	l.weight = xcalloc(s->n + 1, sizeof(*l.weight));
	for (size_t i = 0; i < s->n; i++) {
		const struct lifetime *life = &s->life[i];

		if (life->time != last)
			l.x[l.n++] = log(life->time / max);
		last = life->time;
		l.weight[l.n - 1]++;
		l.d += life->failed;
		l.sum_x += life->failed ? l.x[l.n - 1] : 0;
	}
	*ret = l;
}

/* Sums of e^z, z e^z and z^2 e^z with z = shape (x - log_scale). */
struct moments {
	double s0, s1, s2;
};

static struct moments moments(const struct logs *l, double shape, double log_scale)
{
	struct moments m = { 0 };

	for (size_t i = 0; i < l->n; i++) {
		double z = shape * (l->x[i] - log_scale), e = l->weight[i] * exp(z);

		m.s0 += e;
		m.s1 += e * z;
		m.s2 += e * z * z;
	}
	return m;
}

/* The log scale that is best for a shape. */
static double best_log_scale(const struct logs *l, double shape)
{
	return log(moments(l, shape, 0).s0 / l->d) / shape;
}

/* In units of the largest time. */
static double log_lik(const struct logs *l, double shape, double log_scale)
{
	return l->d * (log(shape) - log_scale) + (shape - 1) * (l->sum_x - l->d * log_scale) -
	       moments(l, shape, log_scale).s0;
}

/* Minus the slope of the log likelihood, in log shape, at the best scale for each shape; the part
 * that rises: 1 + shape (mean of x over failures) - s1 / s0, negated. */
static double shape_equation(double log_shape, const void *arg, double *ret_slope)
{
	const struct logs *l = arg;
	double shape = exp(log_shape);
	struct moments m = moments(l, shape, 0);
	double a = m.s1 / m.s0, mean = shape * l->sum_x / l->d;

	*ret_slope = m.s2 / m.s0 - a * a + a - mean;
	return a - 1 - mean;
}

static const char *why_not(const struct sample *s, size_t n_event)
{
	double max = sample_max_time(s);
	bool any = false;

	if (n_event == 0)
		return "no failures";
	for (size_t i = 0; i < s->n; i++) {
		if (s->life[i].time == 0)
			return "a time is zero: log t undefined";
		any = any || (s->life[i].failed && s->life[i].time < max);
	}
	return any ? NULL : "every failure is at the largest time: shape -> infinity";
}

/* Inverse of the observed information in (log scale, log shape); at the maximum s0 = d. */
static void set_errors(struct weibull *w, const struct moments *m)
{
	double d = (double)w->n_event, b = w->shape;
	double aa = b * b * d, av = -b * m->s1, vv = d + m->s2;
	double det = aa * vv - av * av;

	w->se_log_scale = sqrt(vv / det);
	w->se_log_shape = sqrt(aa / det);
	w->cov_log_scale_log_shape = -av / det;
}

static void fit(const struct logs *l, struct weibull *w)
{
	double log_shape = solve_rising(shape_equation, l, 0, -LOG_MAX, LOG_MAX);
	double log_scale;
	struct moments m;

	w->shape = exp(log_shape);
	log_scale = best_log_scale(l, w->shape);
	w->scale = exp(log_scale + l->log_max);
	w->log_lik = log_lik(l, w->shape, log_scale) - l->d * l->log_max;
	m = moments(l, w->shape, log_scale);
	set_errors(w, &m);
}

void weibull_fit(const struct sample *s, struct weibull *ret)
{
	struct weibull w = { .n_event = sample_failures(s), .shape = NAN, .scale = NAN };
	struct logs l;

	w.reason = why_not(s, w.n_event);
	w.exists = !w.reason;
	w.expo_log_lik = expo_fit(s).log_lik;
	if (w.exists) {
		logs_init(s, &l);
		fit(&l, &w);
		logs_done(&l);
	}
	*ret = w;
}

struct interval weibull_shape_ci_wald(const struct weibull *w, double conf)
{
	return w->exists ? interval_exp(log(w->shape), w->se_log_shape, conf) : interval_none();
}

struct interval weibull_scale_ci_wald(const struct weibull *w, double conf)
{
	return w->exists ? interval_exp(log(w->scale), w->se_log_scale, conf) : interval_none();
}

/* A profile: the log likelihood over one parameter, the other at its best, less the wanted level.
 * `side` is 1 below the estimate, where the profile rises, and -1 above it. */
struct profile {
	const struct logs *l;
	double level, side;
	double fixed; /* the parameter under study, for the search over the other one */
};

static double shape_profile(double log_shape, const void *arg, double *ret_slope)
{
	const struct profile *p = arg;
	const struct logs *l = p->l;
	double shape = exp(log_shape), unused;
	double log_scale = best_log_scale(l, shape);

	*ret_slope = -p->side * l->d * shape_equation(log_shape, l, &unused);
	return p->side * (log_lik(l, shape, log_scale) - p->level);
}

/* Minus the slope in log shape at a fixed scale. Not rising everywhere, but where it matters: it
 * has one zero, and is negative before and positive behind it. */
static double shape_at_scale(double log_shape, const void *arg, double *ret_slope)
{
	const struct profile *p = arg;
	double shape = exp(log_shape), z = shape * (p->l->sum_x - p->l->d * p->fixed);
	struct moments m = moments(p->l, shape, p->fixed);

	*ret_slope = m.s1 + m.s2 - z;
	return m.s1 - p->l->d - z;
}

static double scale_profile(double log_scale, const void *arg, double *ret_slope)
{
	struct profile p = *(const struct profile *)arg;
	double shape;

	p.fixed = log_scale;
	shape = exp(solve_rising(shape_at_scale, &p, 0, -LOG_MAX, LOG_MAX));
	*ret_slope = p.side * shape * (moments(p.l, shape, log_scale).s0 - p.l->d);
	return p.side * (log_lik(p.l, shape, log_scale) - p.level);
}

static struct interval profile_ci(const struct sample *s, const struct weibull *w, double conf,
				  solve_slope_fn f, struct interval start, double shift)
{
	struct logs l;
	struct profile lo, hi;
	struct interval ci;

	logs_init(s, &l);
	lo = (struct profile){ .l = &l, .side = 1 };
	lo.level = w->log_lik + l.d * l.log_max - tail_chisq(conf) / 2;
	hi = lo;
	hi.side = -1;
	shift *= l.log_max;
	ci.lo = exp(solve_rising(f, &lo, log(start.lo) - shift, -LOG_MAX, LOG_MAX) + shift);
	ci.hi = exp(solve_rising(f, &hi, log(start.hi) - shift, -LOG_MAX, LOG_MAX) + shift);
	logs_done(&l);
	return ci;
}

struct interval weibull_shape_ci_profile(const struct sample *s, const struct weibull *w,
					 double conf)
{
	if (!w->exists)
		return interval_none();
	return profile_ci(s, w, conf, shape_profile, weibull_shape_ci_wald(w, conf), 0);
}

struct interval weibull_scale_ci_profile(const struct sample *s, const struct weibull *w,
					 double conf)
{
	if (!w->exists)
		return interval_none();
	return profile_ci(s, w, conf, scale_profile, weibull_scale_ci_wald(w, conf), 1);
}

double weibull_mttf(const struct weibull *w)
{
	return w->scale * exp(lgammafn(1 + 1 / w->shape));
}

double weibull_quantile(const struct weibull *w, double p)
{
	return w->scale * pow(-log1p(-p), 1 / w->shape);
}

struct chisq weibull_test_shape_1(const struct weibull *w)
{
	return chisq_test(w->exists ? fmax(0, 2 * (w->log_lik - w->expo_log_lik)) : NAN, 1);
}
