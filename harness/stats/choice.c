/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "stats/choice.h"

#include <assert.h>
#include <math.h>

#include "base/buf.h"

/* Durations to think about, in MTTFs as they look now. */
static const double durations[] = { 0.0625, 0.125, 0.25, 0.5, 1 };

/* To split the probability of "bad" here; 0.37 = 1/e is the best for a guest that is cheap to boot,
 * the others win when it is not, or when other versions have been run for long. */
static const double quantiles[] = { 0.1, 0.2, 0.3, 0.37, 0.45, 0.55, 0.7 };

static bool usable(const bool *unusable, size_t v)
{
	return !unusable || !unusable[v];
}

/* ---- candidates ---- */

struct candidates {
	const struct posterior *p;
	const bool *unusable;
	bool *in; /* [n] */
};

/* The nearest usable versions on both sides of v; the ends are always usable. */
static void add_near(struct candidates *c, size_t v)
{
	size_t n = c->p->n, down = MIN(v, n - 1), up = down;

	while (down > 0 && !usable(c->unusable, down))
		down--;
	while (up < n - 1 && !usable(c->unusable, up))
		up++;
	c->in[down] = c->in[up] = true;
}

/* Running v parts c <= v from c > v: where that comes nearest to each quantile. */
static void add_quantiles(struct candidates *c)
{
	double sum = 0;
	size_t q = 0;

	for (size_t v = 1; v < c->p->n; v++) {
		double mass = c->p->p[v - 1];

		for (; q < ARRAY_SIZE(quantiles) && sum + mass >= quantiles[q]; q++)
			add_near(c, quantiles[q] - sum < mass / 2 ? MAX(v - 1, 1) : v);
		sum += mass;
	}
}

static size_t likeliest(const struct posterior *p, const bool *done)
{
	size_t best = 0;

	for (size_t h = 1; h < p->n; h++)
		if (!done[h] && (best == 0 || p->p[h - 1] > p->p[best - 1]))
			best = h;
	return best;
}

/* Both sides of the likeliest culprits, up to `many` segments of them. */
static void add_suspects(struct candidates *c, int many)
{
	_cleanup_free_
	bool *done = xcalloc(c->p->n, sizeof(*done));
	size_t h;

	while (many-- > 0 && (h = likeliest(c->p, done))) {
		struct bisect_range r = posterior_segment(c->p, h);

		add_near(c, r.first - 1);
		add_near(c, r.first);
		add_near(c, r.last - 1);
		add_near(c, r.last);
		memset(done + r.first, true, r.last - r.first + 1);
	}
}

/* ---- scores ---- */

static bool goes_on(const struct bisect_slot *slot, size_t version)
{
	return slot->alive && slot->version == version;
}

/* What the slots spend before all of them run the version. */
static double overhead(const struct bisect_bench *b, size_t version, bool fresh)
{
	double sum = 0;

	for (size_t i = 0; i < b->n_slots; i++) {
		const struct bisect_slot *slot = &b->slot[i];

		if (fresh || !goes_on(slot, version))
			sum += b->boot_s +
			       (slot->any && slot->version == version ? 0 : b->switch_s);
	}
	return sum;
}

/*
 * A crash teaches the rate too, and what is known of the rate is saved later: searches that are
 * told it cost some e MTTFs a nat, others about (1 + 1.6 / crashes) times that (measured). This is
 * the part of the difference that one crash more takes away, in nats, with a factor that was
 * measured as well: 0 to 1 cost 17.3, 16.9 (0.3), 16.6 (0.6), 16.7 MTTFs for 64 versions.
 */
static double lesson_of_a_crash(const struct posterior *p)
{
	double d = (double)p->crashes;

	return 0.6 * p->entropy / (d * (d + 1));
}

static void consider(struct bisect_action *best, const struct candidates *c,
		     const struct bisect_plan *plan, const struct bisect_bench *b,
		     struct bisect_action a)
{
	a.probe = bisect_plan_probe(plan, a.version);
	a.cost_s = overhead(b, a.version, a.fresh) + (double)b->n_slots * a.probe.expected_run;
	a.score = (a.probe.gain + lesson_of_a_crash(c->p) * a.probe.p_crash) / a.cost_s;
	if (a.probe.gain > 0 && a.score > best->score)
		*best = a;
}

static void consider_new_guests(struct bisect_action *best, const struct candidates *c,
				const struct bisect_bench *b, double tau)
{
	struct bisect_guests all = { .fresh = b->n_slots };
	struct bisect_plan *plan = bisect_plan_new(c->p, tau, &all);

	for (size_t v = 0; v < c->p->n; v++)
		if (c->in[v])
			consider(best, c, plan, b,
				 (struct bisect_action){
					 .version = v, .tau_s = tau, .fresh = true });
	bisect_plan_free(plan);
}

/* The living guests of slot `first` and of those behind it that run the same version. */
static void consider_going_on(struct bisect_action *best, const struct candidates *c,
			      const struct bisect_bench *b, double tau, size_t first)
{
	_cleanup_free_
	double *age = xcalloc(b->n_slots, sizeof(*age));
	struct bisect_guests guests = { .age_s = age };
	struct bisect_plan *plan;
	size_t v = b->slot[first].version;

	for (size_t i = 0; i < b->n_slots; i++) {
		if (goes_on(&b->slot[i], v)) {
			age[guests.n++] = b->slot[i].age_s;
			if (i < first)
				return; /* considered with that one */
		}
	}
	guests.fresh = b->n_slots - guests.n;
	plan = bisect_plan_new(c->p, tau, &guests);
	consider(best, c, plan, b, (struct bisect_action){ .version = v, .tau_s = tau });
	bisect_plan_free(plan);
}

bool bisect_choose(const struct posterior *p, const struct bisect_bench *bench,
		   struct bisect_action *ret)
{
	_cleanup_free_
	bool *in = xcalloc(p->n, sizeof(*in));
	struct candidates c = { p, bench->unusable, in };
	struct bisect_action best = { 0 };
	bool strays = p->n_rhos > 1;
	double scale = posterior_scale(p) / (double)bench->n_slots;

	assert(p->crashes > 0 && bench->n_slots > 0);
	add_quantiles(&c);
	add_suspects(&c, strays ? 3 : 1);
	/* the ends teach only how often a good version, or a bad one, crashes */
	in[0] = in[p->n - 1] = strays;
	for (size_t i = 0; i < ARRAY_SIZE(durations); i++) {
		consider_new_guests(&best, &c, bench, durations[i] * scale);
		for (size_t s = 0; s < bench->n_slots; s++)
			if (bench->slot[s].alive)
				consider_going_on(&best, &c, bench, durations[i] * scale, s);
	}
	if (best.score <= 0)
		return false;
	*ret = best;
	return true;
}

/* ---- the answer ---- */

/* c and c + 1 differ by version c: where that cannot be run, they stay together. */
struct bisect_answer bisect_answer(const struct posterior *p, const bool *unusable)
{
	struct bisect_answer best = { 0 };

	for (size_t first = 1, last; first < p->n; first = last + 1) {
		double mass = p->p[first - 1];

		for (last = first; last + 1 < p->n && !usable(unusable, last); last++)
			mass += p->p[last];
		if (mass > best.mass)
			best = (struct bisect_answer){ first, last, mass };
	}
	return best;
}
