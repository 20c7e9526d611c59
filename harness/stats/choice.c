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

double bisect_stop_at(double confidence)
{
	return 1 - 0.7 * (1 - confidence);
}

/* ---- candidates ---- */

struct candidates {
	const struct posterior *p;
	const bool *unusable;
	bool *in; /* [n] */
	struct bisect_answer answer;
	double stop_at;
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

/* How many guests of the version go on, and what the others take to begin with: slots that ran the
 * version last come first. */
static size_t count_going_on(const struct bisect_bench *b, size_t version)
{
	size_t n = 0;

	for (size_t i = 0; i < b->n_slots; i++)
		n += goes_on(&b->slot[i], version);
	return n;
}

static double overhead(const struct bisect_bench *b, const struct bisect_action *a, size_t booting)
{
	size_t there = 0;

	for (size_t i = 0; i < b->n_slots; i++) {
		const struct bisect_slot *slot = &b->slot[i];

		there += slot->any && slot->version == a->version &&
			 (a->fresh || !goes_on(slot, a->version));
	}
	return (double)booting * b->boot_s + (double)(booting - MIN(there, booting)) * b->switch_s;
}

/*
 * A crash teaches the rate too, and what is known of the rate saves time later: a search of 64
 * versions costs some 12 + 16 / crashes MTTFs, the crashes being those seen before. This is what
 * one crash more takes off that, in nats. It grows faster than what there is left to find out;
 * square and factor were measured (docs/STATISTICS.md).
 */
static double lesson_of_a_crash(const struct posterior *p)
{
	double d = (double)p->crashes;

	return 0.13 * p->entropy * p->entropy / (d * (d + 1));
}

/* An end ends the search: what is left to be known then need not be. In nats; anything from 0.3 to
 * 1.2 did as well. */
static double worth_of_an_end(const struct candidates *c, const struct bisect_plan *plan,
			      const struct bisect_action *a)
{
	const struct bisect_answer *best = &c->answer;

	if (c->stop_at <= 0)
		return 0;
	return 0.5 *
	       bisect_plan_ends(plan, a->version, &a->probe, best->first, best->mass, c->stop_at);
}

/*
 * More guests wait less and boot more. Where lives are long that costs nothing; where they are as
 * short as a boot, 16 guests would cost six times what one does, and find it in a third of the
 * time. So what counts is the geometric mean of what all guests of the slots could have done in
 * that time and what those that run cost.
 */
static void consider(struct bisect_action *best, const struct candidates *c,
		     const struct bisect_plan *plan, const struct bisect_bench *b,
		     struct bisect_action a)
{
	size_t booting = a.guests - (a.fresh ? 0 : count_going_on(b, a.version));
	double boots = overhead(b, &a, booting);

	a.probe = bisect_plan_probe(plan, a.version);
	a.cost_s = boots + (double)a.guests * a.probe.expected_run;
	a.wall_s = boots / (double)a.guests + a.probe.expected_run;
	a.score = (a.probe.gain + lesson_of_a_crash(c->p) * a.probe.p_crash +
		   worth_of_an_end(c, plan, &a)) /
		  sqrt(a.cost_s * a.wall_s);
	if (a.probe.gain > 0 && a.score > best->score)
		*best = a;
}

static void consider_new_guests(struct bisect_action *best, const struct candidates *c,
				const struct bisect_bench *b, double tau, size_t guests)
{
	struct bisect_guests all = { .fresh = guests };
	struct bisect_plan *plan = bisect_plan_new(c->p, tau, &all);

	for (size_t v = 0; v < c->p->n; v++)
		if (c->in[v])
			consider(best, c, plan, b,
				 (struct bisect_action){ .version = v,
							 .guests = guests,
							 .tau_s = tau,
							 .fresh = true });
	bisect_plan_free(plan);
}

/* The living guests of the version that slot `first` runs, and new ones beside them. */
static void consider_going_on(struct bisect_action *best, const struct candidates *c,
			      const struct bisect_bench *b, double tau, size_t first, size_t guests)
{
	_cleanup_free_
	double *age = xcalloc(b->n_slots, sizeof(*age));
	struct bisect_guests all = { .age_s = age };
	struct bisect_plan *plan;
	size_t v = b->slot[first].version;

	for (size_t i = 0; i < b->n_slots; i++) {
		if (!goes_on(&b->slot[i], v))
			continue;
		if (i < first)
			return; /* considered with that one */
		age[all.n++] = b->slot[i].age_s;
	}
	if (all.n > guests)
		return;
	all.fresh = guests - all.n;
	plan = bisect_plan_new(c->p, tau, &all);
	consider(best, c, plan, b,
		 (struct bisect_action){ .version = v, .guests = guests, .tau_s = tau });
	bisect_plan_free(plan);
}

static void consider_guests(struct bisect_action *best, const struct candidates *c,
			    const struct bisect_bench *b, double scale, size_t guests)
{
	for (size_t i = 0; i < ARRAY_SIZE(durations); i++) {
		double tau = durations[i] * scale / (double)guests;

		consider_new_guests(best, c, b, tau, guests);
		for (size_t s = 0; s < b->n_slots; s++)
			if (b->slot[s].alive)
				consider_going_on(best, c, b, tau, s, guests);
	}
}

bool bisect_choose(const struct posterior *p, const struct bisect_bench *bench,
		   struct bisect_action *ret)
{
	_cleanup_free_
	bool *in = xcalloc(p->n, sizeof(*in));
	struct candidates c = { p, bench->unusable, in, bisect_answer(p, bench->unusable),
				bench->stop_at };
	struct bisect_action best = { 0 };
	bool strays = p->n_rhos > 1;
	double scale = posterior_scale(p);
	size_t n = 1;

	assert(p->crashes > 0 && bench->n_slots > 0);
	add_quantiles(&c);
	add_suspects(&c, strays ? 3 : 1);
	/* the ends teach only how often a good version, or a bad one, crashes */
	in[0] = in[p->n - 1] = strays;
	for (; n < bench->n_slots; n *= 2)
		consider_guests(&best, &c, bench, scale, n);
	consider_guests(&best, &c, bench, scale, bench->n_slots);
	if (best.score <= 0)
		return false;
	*ret = best;
	return true;
}
