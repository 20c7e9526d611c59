/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "stats/bootstrap.h"

#define MATHLIB_STANDALONE
#include <Rmath.h>
#include <assert.h>

#include "base/buf.h"
#include "base/order.h"
#include "base/rng.h"

/* What is drawn: rows, or whole strata; from a group (an arm) of its own kind. */
struct urn {
	const struct sample *s;
	bool by_stratum;
	size_t n_units;
	size_t *group;   /* [n_units]: which group it belongs to */
	size_t *members; /* [n_units]: units, group by group */
	size_t *first;   /* [n_groups + 1]: where each group begins in members */
	size_t n_groups;
	unsigned *times; /* [n_units]: how often it was drawn */
};

static size_t unit_of(const struct urn *u, size_t row)
{
	return u->by_stratum ? (size_t)u->s->life[row].stratum : row;
}

/* Counting sort of the units by group. */
static void group_units(struct urn *u)
{
	size_t *next = xcalloc(u->n_groups + 1, sizeof(*next));

	for (size_t i = 0; i < u->n_units; i++)
		u->first[u->group[i] + 1]++;
	for (size_t g = 0; g < u->n_groups; g++)
		u->first[g + 1] += u->first[g];
	memcpy(next, u->first, u->n_groups * sizeof(*next));
	for (size_t i = 0; i < u->n_units; i++)
		u->members[next[u->group[i]]++] = i;
	free(next);
}

static void urn_init(struct urn *u, const struct sample *s, bool by_stratum)
{
	*u = (struct urn){ .s = s, .by_stratum = by_stratum };
	u->n_units = by_stratum ? sample_strata(s) : s->n;
	u->n_groups = by_stratum ? 1 : sample_arms(s);
	u->group = xcalloc(u->n_units + 1, sizeof(*u->group));
	u->members = xcalloc(u->n_units + 1, sizeof(*u->members));
	u->first = xcalloc(u->n_groups + 1, sizeof(*u->first));
	u->times = xcalloc(u->n_units + 1, sizeof(*u->times));
	for (size_t i = 0; i < u->n_units && !by_stratum; i++)
		u->group[i] = (size_t)s->life[i].arm;
	group_units(u);
}

static void urn_done(struct urn *u)
{
	free(u->group);
	free(u->members);
	free(u->first);
	free(u->times);
}

static void draw(struct urn *u, struct rng *r)
{
	memset(u->times, 0, u->n_units * sizeof(*u->times));
	for (size_t g = 0; g < u->n_groups; g++) {
		size_t first = u->first[g], n = u->first[g + 1] - first;

		for (size_t i = 0; i < n; i++)
			u->times[u->members[first + rng_below(r, n)]]++;
	}
}

/* The rows drawn, still by time: no sorting. */
static double again(const struct urn *u, bootstrap_fn fn, const void *arg, struct sample *room)
{
	room->n = 0;
	for (size_t row = 0; row < u->s->n; row++)
		for (unsigned k = u->times[unit_of(u, row)]; k > 0; k--)
			sample_add(room, u->s->life[row]);
	room->sorted = true;
	return fn(room, arg);
}

static double standard_deviation(const double *v, size_t n)
{
	double mean = 0, sum = 0;

	for (size_t i = 0; i < n; i++)
		mean += v[i] / (double)n;
	for (size_t i = 0; i < n; i++)
		sum += (v[i] - mean) * (v[i] - mean);
	return n > 1 ? sqrt(sum / (double)(n - 1)) : NAN;
}

/* How far the estimate lies from the middle of what was drawn, in standard normal units. */
static double bias(const double *v, size_t n, double estimate)
{
	double below = 0;

	for (size_t i = 0; i < n; i++)
		below += (v[i] < estimate) + 0.5 * (v[i] == estimate);
	below = fmin(fmax(below, 0.5), (double)n - 0.5);
	return qnorm(below / (double)n, 0, 1, 1, 0);
}

static double percentile(const double *v, size_t n, double p)
{
	double at = fmin(fmax(p * (double)(n + 1) - 1, 0), (double)(n - 1));
	size_t i = MIN((size_t)at, n - 2);

	return v[i] + (at - (double)i) * (v[i + 1] - v[i]);
}

static struct interval corrected(double *v, size_t n, double estimate, double conf)
{
	double z0 = bias(v, n, estimate), z = qnorm((1 - conf) / 2, 0, 1, 0, 0);

	qsort(v, n, sizeof(*v), by_value);
	return (struct interval){
		.lo = percentile(v, n, pnorm(2 * z0 - z, 0, 1, 1, 0)),
		.hi = percentile(v, n, pnorm(2 * z0 + z, 0, 1, 1, 0)),
	};
}

void bootstrap_run(const struct sample *s, bootstrap_fn fn, const void *arg,
		   const struct bootstrap_options *opt, struct bootstrap *ret)
{
	struct bootstrap b = { .estimate = fn(s, arg), .se = NAN, .ci = interval_none() };
	_cleanup_sample_ struct sample room = SAMPLE_INIT;
	_cleanup_free_
	double *v = xcalloc(opt->rounds + 1, sizeof(*v));
	struct rng r = rng_make(opt->seed);
	struct urn u;
	size_t n = 0;

	assert(s->sorted || s->n == 0);
	urn_init(&u, s, opt->by_stratum);
	for (size_t i = 0; i < opt->rounds; i++) {
		draw(&u, &r);
		v[n] = again(&u, fn, arg, &room);
		n += isfinite(v[n]);
	}
	urn_done(&u);
	b.without = opt->rounds - n;
	if (isfinite(b.estimate) && n > 1 && b.without < opt->rounds * (1 - opt->conf) / 2) {
		b.se = standard_deviation(v, n);
		b.ci = corrected(v, n, b.estimate, opt->conf);
	}
	*ret = b;
}
