/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "report/outlook.h"

#include <assert.h>
#include <math.h>

#include "stats/duel_forecast.h"
#include "stats/power.h"

enum { CAMPAIGNS_MIN = 20, CAMPAIGNS_MAX = 400, FAILURES_PLAYED = 20000 };

#define BOOTS_TOLERABLE 0.1 /* of the guests' time */
#define FACTOR_MAX      1e4
#define SOAK_ENOUGH     3.0 /* MTTFs: longer soaks gain nothing */

/* One arm whose MTTF is m: share of trials that fail, and mean soak of a trial. */
static double share_failing(double m, double soak_s)
{
	return -expm1(-soak_s / m);
}

static double alpha_of_pair(const struct outlook_question *q)
{
	return q->alpha / (double)(q->arms - 1);
}

static double wall(const struct outlook_question *q, double soak_s, double trials, double longest_s)
{
	double all = soak_s + trials * (double)q->arms * q->boot_s;

	return fmax(all / (double)q->slots, q->boot_s + longest_s);
}

/* What a plan of so many failures in a pair of arms costs, where the other arms have m * factor. */
static struct outlook_cost cost_of(const struct outlook_question *q, double m, double soak_s,
				   double factor, double failures)
{
	double p0 = share_failing(m, soak_s), p1 = share_failing(m * factor, soak_s);
	double block = m * p0 + (double)(q->arms - 1) * m * factor * p1;
	struct outlook_cost c = { .failures = ceil(failures) };

	c.trials = ceil(failures / (p0 + p1));
	c.soak_s = c.trials * block;
	c.wall_s = wall(q, c.soak_s, c.trials, fmin(m, soak_s));
	return c;
}

static struct outlook_cost fixed_cost(const struct outlook_question *q, double m, double soak_s,
				      double factor)
{
	return cost_of(q, m, soak_s, factor,
		       power_events(factor, alpha_of_pair(q), q->power, 0.5, 2));
}

static struct outlook_cost exact_cost(const struct outlook_question *q, double m, double factor)
{
	double e0 = m * share_failing(m, q->soak_s),
	       e1 = m * factor * share_failing(m * factor, q->soak_s);

	return cost_of(q, m, q->soak_s, factor,
		       power_events_exact(1 / factor, alpha_of_pair(q), q->power, e1 / (e0 + e1)));
}

/* As many as a person at a prompt will wait for: small factors take thousands of failures each. */
static size_t campaigns(const struct outlook_question *q)
{
	double each = power_events(q->factor, alpha_of_pair(q), q->power, 0.5, 2);

	return (size_t)fmin(CAMPAIGNS_MAX, fmax(CAMPAIGNS_MIN, FAILURES_PLAYED / each));
}

static struct outlook_cost sequential_cost(const struct outlook_question *q, double m, double ratio,
					   double *ret_power)
{
	const struct duel_world w = { m, ratio, q->soak_s };
	struct duel_forecast f =
		duel_forecast(&w, q->factor, alpha_of_pair(q), q->power, campaigns(q), 1);
	struct outlook_cost c = { .failures = f.failures, .trials = f.trials };

	c.soak_s = f.exposure[0] + (double)(q->arms - 1) * f.exposure[1];
	c.wall_s = wall(q, c.soak_s, c.trials, fmin(m, q->soak_s));
	*ret_power = ratio < 1 ? f.less : f.alike;
	return c;
}

/*
 * The smallest factor whose plan fits the budget: the larger the factor, the cheaper the plan. That
 * holds for soaks that end: without a limit one waits for the better arm's last failure, and the
 * larger the factor the longer. A budget is not spent like that, so here three MTTFs are a limit.
 */
static double detectable(const struct outlook_question *q, double m)
{
	double lo = 1, hi = FACTOR_MAX, soak_s = fmin(q->soak_s, SOAK_ENOUGH * m);

	if (!isfinite(q->budget_s))
		return NAN;
	if (fixed_cost(q, m, soak_s, hi).wall_s > q->budget_s)
		return INFINITY;
	while (hi / lo > 1.001) {
		double mid = sqrt(lo * hi);

		if (mid > 1 && fixed_cost(q, m, soak_s, mid).wall_s <= q->budget_s)
			hi = mid;
		else
			lo = mid;
	}
	return hi;
}

static struct outlook_row row_for(const struct outlook_question *q, double m, const char *why)
{
	struct outlook_row r = { .mttf_s = m, .why = why };
	double ignored;

	r.fails[0] = share_failing(m, q->soak_s);
	r.fails[1] = share_failing(m * q->factor, q->soak_s);
	r.fixed = fixed_cost(q, m, q->soak_s, q->factor);
	r.exact = exact_cost(q, m, q->factor);
	r.if_factor = sequential_cost(q, m, 1 / q->factor, &r.power);
	r.if_none = sequential_cost(q, m, 1, &ignored);
	r.detectable = detectable(q, m);
	return r;
}

/* --- how long a trial should soak --- */

/* Boots are waste, and the longer a trial may soak the fewer there are; but a limit of many MTTFs
 * makes the last trials of a night long, and gains nothing. */
static bool is_enough(const struct outlook_question *q, double soak_s)
{
	double m = q->mttf_s, mean = m * share_failing(m, soak_s);

	return q->boot_s <= BOOTS_TOLERABLE * (mean + q->boot_s) || soak_s >= SOAK_ENOUGH * m;
}

static void add_soak(struct outlook *o, double soak_s, bool given)
{
	struct outlook_soak *s = &o->soak[o->n_soaks++];
	double m = o->q.mttf_s;

	*s = (struct outlook_soak){ .soak_s = soak_s, .given = given };
	s->fails[0] = share_failing(m, soak_s);
	s->fails[1] = share_failing(m * o->q.factor, soak_s);
	s->fixed = fixed_cost(&o->q, m, soak_s, o->q.factor);
}

static void add_soaks(struct outlook *o)
{
	static const double of_mttf[] = { 0.1, 0.25, 0.5, 1, 2, 4 };
	const struct outlook_question *q = &o->q;
	bool told = !isfinite(q->soak_s), suggested = false;

	for (size_t i = 0; i < ARRAY_SIZE(of_mttf); i++) {
		double soak_s = of_mttf[i] * q->mttf_s;

		if (!told && q->soak_s <= soak_s * (1 + 1e-9)) {
			add_soak(o, q->soak_s, true);
			told = true;
			if (q->soak_s >= soak_s * (1 - 1e-9))
				continue;
		}
		add_soak(o, soak_s, false);
	}
	if (!told)
		add_soak(o, q->soak_s, true);
	for (size_t i = 0; i < o->n_soaks && !suggested; i++)
		suggested = o->soak[i].suggested = is_enough(q, o->soak[i].soak_s);
}

/* --- when may one say that it is fixed? --- */

static void add_clean(struct outlook *o, size_t d0, double t0_s)
{
	const struct outlook_question *q = &o->q;
	struct outlook_clean *c = &o->clean[o->n_cleans++];
	double trials;

	*c = (struct outlook_clean){ .d0 = d0 };
	c->clean_s = d0 ? power_fixed_arm(d0, t0_s, 0, 1, q->alpha)
			: power_demo(q->mttf_s, 1, q->alpha, 1 - q->power, INFINITY).exposure;
	trials = isfinite(q->soak_s) ? ceil(c->clean_s / q->soak_s) : (double)q->slots;
	c->wall_s = (c->clean_s + trials * q->boot_s) / (double)q->slots;
}

static void add_cleans(struct outlook *o)
{
	static const size_t d0[] = { 1, 2, 3, 5, 10, 0 };

	if (o->q.d0)
		add_clean(o, o->q.d0, o->q.t0_s);
	for (size_t i = 0; i < ARRAY_SIZE(d0); i++)
		if (d0[i] == 0 || !o->q.d0)
			add_clean(o, d0[i], (double)d0[i] * o->q.mttf_s);
}

void outlook_make(const struct outlook_question *q, struct outlook *ret)
{
	struct outlook o = { .q = *q };

	assert(q->mttf_s > 0 && q->factor > 1 && q->arms >= 2 && q->slots && q->soak_s > 0);
	o.row[o.n_rows++] = row_for(q, q->mttf_s, q->d0 ? "as estimated" : "as given");
	if (isfinite(q->mttf_ci.lo) && q->mttf_ci.lo > 0)
		o.row[o.n_rows++] = row_for(q, q->mttf_ci.lo, "optimistic");
	if (isfinite(q->mttf_ci.hi))
		o.row[o.n_rows++] = row_for(q, q->mttf_ci.hi, "pessimistic");
	add_soaks(&o);
	add_cleans(&o);
	*ret = o;
}
