/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "stats/culprit.h"

#include <assert.h>
#include <math.h>

#include "base/buf.h"
#include "stats/cells.h"

static const double pairs_weight = 0.1, none_weight = 0.1;

/* Durations to think about, in MTTFs as they look now; and how much of the mass a set is to hold.
 */
static const double durations[] = { 0.125, 0.25, 0.5, 1, 2 }, shares[] = { 0.2, 0.37, 0.5, 0.63 };

/* Hypotheses: n single options, the pairs (0,1) (0,2) .. (n-2,n-1), and none. */
static size_t n_pairs(size_t n)
{
	return n * (n - 1) / 2;
}

struct hypothesis {
	enum culprit_kind kind;
	size_t a, b;
};

static struct hypothesis hypothesis(size_t n, size_t i)
{
	if (i < n)
		return (struct hypothesis){ CULPRIT_ONE, i, i };
	i -= n;
	if (i == n_pairs(n))
		return (struct hypothesis){ CULPRIT_NONE, 0, 0 };
	for (size_t a = 0;; a++) {
		if (i < n - 1 - a)
			return (struct hypothesis){ CULPRIT_PAIR, a, a + 1 + i };
		i -= n - 1 - a;
	}
}

static bool is_on(uint64_t on, size_t option)
{
	return on >> option & 1;
}

static bool is_bad(const struct hypothesis *h, uint64_t on)
{
	return h->kind == CULPRIT_NONE || (is_on(on, h->a) && is_on(on, h->b));
}

static double prior_of(size_t n, const struct hypothesis *h)
{
	switch (h->kind) {
	case CULPRIT_ONE: return (1 - none_weight - (n > 1 ? pairs_weight : 0)) / (double)n;
	case CULPRIT_PAIR: return pairs_weight / (double)n_pairs(n);
	case CULPRIT_NONE: return none_weight;
	}
	return 0;
}

/* ---- the fit ---- */

static double stretch(const struct culprit_run *run, double shape)
{
	return pow(run->end, shape) - pow(run->start, shape);
}

static void add_evidence(struct evidence *e, const struct bisect_prior *prior,
			 const struct culprit_run *run)
{
	assert(run->start >= 0 && run->end > run->start);
	e->crashes += run->crash;
	e->log_t += run->crash ? log(run->end) : 0;
	for (size_t k = 0; k < prior->n_shapes; k++)
		e->hazard[k] += stretch(run, prior->shape[k]);
}

static void weigh(struct cells *c, size_t n, const struct bisect_prior *prior,
		  const struct evidence *e, const struct culprit_run *run, size_t n_runs)
{
	_cleanup_free_
	double *hazard = xcalloc(prior->n_shapes, sizeof(*hazard));

	for (size_t i = 0; i < c->n_segments; i++) {
		struct hypothesis h = hypothesis(n, i);
		struct good_part good = { .hazard = hazard };

		memset(hazard, 0, prior->n_shapes * sizeof(*hazard));
		for (size_t r = 0; r < n_runs; r++) {
			if (is_bad(&h, run[r].on))
				continue;
			good.crashes += run[r].crash;
			for (size_t k = 0; k < prior->n_shapes; k++)
				hazard[k] += stretch(&run[r], prior->shape[k]);
		}
		cells_weigh(c, i, prior, e, &good, prior_of(n, &h));
	}
	cells_finish(c);
}

static void sum_up(struct culprits *c)
{
	const struct cells *cell = c->inner.cell;

	for (size_t i = 0; i < cell->n_segments; i++) {
		struct hypothesis h = hypothesis(c->n, i);
		double p = cell->segment[i];

		switch (h.kind) {
		case CULPRIT_ONE: c->p[h.a] = p; break;
		case CULPRIT_PAIR: c->pair += p; break;
		case CULPRIT_NONE: c->none = p; break;
		}
		if (p > c->best.mass)
			c->best = (struct culprit_answer){ h.kind, h.a, h.b, p };
		c->inner.entropy -= p > 0 ? p * log(p) : 0;
	}
}

void culprit_fit(size_t n, const struct bisect_prior *prior, const struct culprit_run *run,
		 size_t n_runs, struct culprits *ret)
{
	struct bisect_prior full = prior_with_defaults(prior);
	struct culprits c = { .n = n };
	struct evidence e = { 0 };

	assert(n >= 1 && n <= CULPRIT_OPTIONS_MAX);
	e.hazard = xcalloc(full.n_shapes, sizeof(double));
	for (size_t i = 0; i < n_runs; i++)
		add_evidence(&e, &full, &run[i]);
	c.p = xcalloc(n, sizeof(double));
	c.inner.n_shapes = full.n_shapes;
	c.inner.n_rhos = full.n_rhos;
	c.inner.crashes = (size_t)e.crashes;
	c.inner.cell = cells_new(&full, n + n_pairs(n) + 1);
	weigh(c.inner.cell, n, &full, &e, run, n_runs);
	sum_up(&c);
	free(e.hazard);
	*ret = c;
}

void culprit_done(struct culprits *c)
{
	free(c->p);
	posterior_done(&c->inner);
	*c = (struct culprits){ 0 };
}

/* ---- which set to run ---- */

struct sets {
	uint64_t on[4 * CULPRIT_OPTIONS_MAX];
	size_t n;
};

static void add_set(struct sets *s, uint64_t on)
{
	for (size_t i = 0; i < s->n; i++)
		if (s->on[i] == on)
			return;
	if (s->n < ARRAY_SIZE(s->on))
		s->on[s->n++] = on;
}

/* Options, the likeliest first. */
static void rank_options(const struct culprits *c, size_t *ret)
{
	for (size_t i = 0; i < c->n; i++) {
		size_t at = i;

		for (; at > 0 && c->p[ret[at - 1]] < c->p[i]; at--)
			ret[at] = ret[at - 1];
		ret[at] = i;
	}
}

/* Each option alone, and all but it: every hypothesis can be told from every other by these. And
 * sets that hold about a share of the mass, or all but that: they halve many options at once. */
static void find_sets(const struct culprits *c, bool one_at_most, struct sets *s)
{
	const uint64_t all = (UINT64_C(1) << c->n) - 1;
	size_t rank[CULPRIT_OPTIONS_MAX], q = 0;
	double sum = 0;
	uint64_t on = 0;

	add_set(s, 0);
	rank_options(c, rank);
	for (size_t i = 0; i < c->n; i++) {
		add_set(s, UINT64_C(1) << i);
		on |= UINT64_C(1) << rank[i];
		sum += c->p[rank[i]];
		if (one_at_most)
			continue;
		add_set(s, all & ~(UINT64_C(1) << i));
		while (q < ARRAY_SIZE(shares) && sum >= shares[q]) {
			add_set(s, on);
			add_set(s, all & ~on);
			q++;
		}
	}
	if (c->best.kind == CULPRIT_PAIR && !one_at_most)
		add_set(s, UINT64_C(1) << c->best.a | UINT64_C(1) << c->best.b);
}

static struct bisect_probe probe_set(const struct culprits *c, const struct bisect_plan *plan,
				     uint64_t on)
{
	const struct cells *cell = c->inner.cell;
	_cleanup_free_
	double *bad = xcalloc(cell->n_segments, sizeof(*bad));

	for (size_t i = 0; i < cell->n_segments; i++) {
		struct hypothesis h = hypothesis(c->n, i);

		bad[i] = is_bad(&h, on) ? cell->segment[i] : 0;
	}
	return bisect_plan_probe_part(plan, bad);
}

static void consider(struct culprit_action *best, const struct culprits *c,
		     const struct bisect_plan *plan, const struct culprit_bench *b,
		     struct culprit_action a)
{
	double slots = (double)MAX(b->n_slots, (size_t)1),
	       boot = b->boot_s + (b->any && b->on == a.on ? 0 : b->switch_s);

	a.probe = probe_set(c, plan, a.on);
	a.cost_s = slots * ((a.fresh ? boot : 0) + a.probe.expected_run);
	a.score = a.probe.gain / a.cost_s;
	if (a.score > best->score)
		*best = a;
}

bool culprit_choose(const struct culprits *c, const struct culprit_bench *bench,
		    struct culprit_action *ret)
{
	struct sets sets = { .n = 0 };
	struct culprit_action best = { 0 };
	size_t slots = MAX(bench->n_slots, (size_t)1);
	struct bisect_guests living = { .age_s = &bench->age_s, .n = 1 }, new = { .fresh = slots };
	double scale = posterior_scale(&c->inner) / (double)slots;

	assert(c->inner.crashes > 0);
	find_sets(c, bench->one_at_most, &sets);
	for (size_t d = 0; d < ARRAY_SIZE(durations); d++) {
		double tau = durations[d] * scale;
		struct bisect_plan *plan = bisect_plan_new(&c->inner, tau, &new);

		for (size_t i = 0; i < sets.n; i++)
			consider(&best, c, plan, bench,
				 (struct culprit_action){
					 .on = sets.on[i], .fresh = true, .tau_s = tau });
		bisect_plan_free(plan);
		if (!bench->alive || slots > 1)
			continue;
		plan = bisect_plan_new(&c->inner, tau, &living);
		consider(&best, c, plan, bench,
			 (struct culprit_action){ .on = bench->on, .tau_s = tau });
		bisect_plan_free(plan);
	}
	if (best.score <= 0)
		return false;
	*ret = best;
	return true;
}
