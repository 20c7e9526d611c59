/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "stats/expo.h"

#define MATHLIB_STANDALONE
#include <Rmath.h>

#include "stats/solve.h"
#include "stats/tail.h"

struct expo expo_of(size_t n_event, double total_time)
{
	double d = (double)n_event;
	struct expo e = {
		.n_event = n_event,
		.total_time = total_time,
		.rate = n_event ? d / total_time : 0,
		.mttf = n_event ? total_time / d : NAN,
		.log_lik = n_event ? d * log(d / total_time) - d : 0,
	};

	return e;
}

struct expo expo_fit(const struct sample *s)
{
	return expo_of(sample_failures(s), sample_total_time(s));
}

/* The MTTF at which 2T/MTTF, chi-square with df degrees of freedom, leaves p above it. */
static double bound(const struct expo *e, double p, double df)
{
	return 2 * e->total_time / qchisq(p, df, 0, 0);
}

struct interval expo_mttf_ci(const struct expo *e, double conf)
{
	double d = (double)e->n_event, a = (1 - conf) / 2;

	return (struct interval){
		.lo = bound(e, a, 2 * d + 2),
		.hi = e->n_event ? bound(e, 1 - a, 2 * d) : INFINITY,
	};
}

struct interval expo_mttf_ci_failure_truncated(const struct expo *e, double conf)
{
	double d = (double)e->n_event, a = (1 - conf) / 2;

	if (!e->n_event)
		return interval_none();
	return (struct interval){ .lo = bound(e, a, 2 * d), .hi = bound(e, 1 - a, 2 * d) };
}

double expo_mttf_lower(const struct expo *e, double conf)
{
	return bound(e, 1 - conf, 2 * (double)e->n_event + 2);
}

struct interval expo_rate_ci(const struct expo *e, double conf)
{
	struct interval mttf = expo_mttf_ci(e, conf);

	return (struct interval){ .lo = 1 / mttf.hi, .hi = 1 / mttf.lo };
}

/* Twice the log likelihood lost at MTTF = exp(u) * estimate, less what chi-square allows. */
static double lost(double u, const void *allowed)
{
	return u + expm1(-u) - *(const double *)allowed;
}

struct interval expo_mttf_ci_lr(const struct expo *e, double conf)
{
	double allowed = tail_chisq(conf) / (2 * (double)e->n_event);

	if (!e->n_event)
		return interval_none();
	return (struct interval){
		.lo = e->mttf * exp(solve_outward(lost, &allowed, 0, -0.5, -1000)),
		.hi = e->mttf * exp(solve_outward(lost, &allowed, 0, 0.5, 1e9)),
	};
}

struct interval expo_mttf_ci_wald(const struct expo *e, double conf)
{
	if (!e->n_event)
		return interval_none();
	return interval_exp(log(e->mttf), 1 / sqrt((double)e->n_event), conf);
}
