/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The rival nearest to ours, as BBChop and git_bayesect do it: a posterior over the first bad
 * version from tests of one fixed length that fail with one unknown chance, Beta(1, 1) at first;
 * the version with the least expected entropy next; a failure is proof.
 */
#include <math.h>

#include "base/buf.h"
#include "stats/rivals.h"

enum { TESTS_MAX = 3000, CANDIDATES_MAX = 32 };

static const double stop_at = 0.95, quantiles[] = { 0.1, 0.2, 0.3, 0.37, 0.45, 0.55, 0.7 };

/* Hypotheses first..last are alike: each has probability p, and a bad version fails a test with
 * probability f if they hold. */
struct stretch {
	size_t first, last;
	double p, f;
};

struct bernoulli {
	struct game *g;
	double length_s, failed, passed; /* failed, passed: of versions that are bad for sure */
	size_t bad;                      /* the first version that is */
	size_t *clean;                   /* [versions] below it */
	bool *skip;
	struct stretch *stretch; /* [n_stretches] */
	size_t n_stretches;
};

static void count_first(struct bernoulli *b)
{
	b->failed = b->passed = 1;
	for (size_t i = 0; i < b->g->w->first_crashes; i++)
		*(b->g->first[i] <= b->length_s ? &b->failed : &b->passed) += 1;
}

/* The marginal likelihood of `clean` passed tests of bad versions, up to what all share. */
static double log_passes(const struct bernoulli *b, double clean)
{
	return lgamma(b->passed + clean) - lgamma(b->failed + b->passed + clean);
}

static void weigh(struct bernoulli *b)
{
	double above = 0, most = -INFINITY, sum = 0;
	size_t first = 1;

	for (size_t v = 0; v < b->bad; v++)
		above += (double)b->clean[v];
	b->n_stretches = 0;
	above -= (double)b->clean[0];
	for (size_t v = 1; v <= b->bad; v++) {
		if (v < b->bad && b->clean[v] == 0)
			continue;
		b->stretch[b->n_stretches++] =
			(struct stretch){ first, v, log_passes(b, above),
					  b->failed / (b->failed + b->passed + above) };
		most = fmax(most, log_passes(b, above));
		above -= v < b->bad ? (double)b->clean[v] : 0;
		first = v + 1;
	}
	for (size_t i = 0; i < b->n_stretches; i++) {
		struct stretch *s = &b->stretch[i];

		s->p = exp(s->p - most);
		sum += s->p * (double)(s->last - s->first + 1);
	}
	for (size_t i = 0; i < b->n_stretches; i++)
		b->stretch[i].p /= sum;
}

static double x_log_x(double x)
{
	return x > 0 ? x * log(x) : 0;
}

/* Of the entropy after a test of v, what depends on v: E[H] = sum over outcomes and hypotheses. */
static double entropy_after(const struct bernoulli *b, size_t v)
{
	double fail = 0, fails = 0, passes = 0;

	for (size_t i = 0; i < b->n_stretches; i++) {
		const struct stretch *s = &b->stretch[i];
		double in = v < s->first ? 0 : (double)(MIN(v, s->last) - s->first + 1),
		       out = (double)(s->last - s->first + 1) - in;

		fail += in * s->p * s->f;
		fails += in * x_log_x(s->p * s->f);
		passes += in * x_log_x(s->p * (1 - s->f)) + out * x_log_x(s->p);
	}
	return x_log_x(fail) - fails + x_log_x(1 - fail) - passes;
}

struct options {
	size_t version[CANDIDATES_MAX], n;
};

/* What is bad for sure is not tested again. */
static void add_near(const struct bernoulli *b, struct options *o, size_t v)
{
	size_t down = v, up = v;

	while (down > 0 && b->skip[down])
		down--;
	while (up < b->bad && b->skip[up])
		up++;
	for (int i = 0; i < 2; i++) {
		size_t at = i ? up : down;

		if (at >= 1 && at < b->bad && o->n < CANDIDATES_MAX)
			o->version[o->n++] = at;
	}
}

static void find_options(const struct bernoulli *b, struct options *o)
{
	const struct stretch *best = &b->stretch[0];
	double below = 0;
	size_t q = 0;

	for (size_t i = 0; i < b->n_stretches; i++) {
		const struct stretch *s = &b->stretch[i];
		double mass = s->p * (double)(s->last - s->first + 1);

		for (; q < ARRAY_SIZE(quantiles) && below + mass >= quantiles[q]; q++) {
			size_t steps = (size_t)llround((quantiles[q] - below) / s->p);

			add_near(b, o, MIN(MAX(s->first + steps, s->first + 1) - 1, s->last));
		}
		below += mass;
		best = s->p > best->p ? s : best;
	}
	add_near(b, o, best->first);
	add_near(b, o, best->first - 1);
	add_near(b, o, best->last);
	add_near(b, o, best->last - 1);
}

static size_t choose(const struct bernoulli *b)
{
	struct options o = { .n = 0 };
	double least = INFINITY;
	size_t best = 0;

	find_options(b, &o);
	for (size_t i = 0; i < o.n; i++) {
		double e = entropy_after(b, o.version[i]);

		if (e < least) {
			least = e;
			best = o.version[i];
		}
	}
	return best;
}

static double probability(const struct bernoulli *b, size_t c)
{
	for (size_t i = 0; i < b->n_stretches; i++)
		if (b->stretch[i].first <= c && c <= b->stretch[i].last)
			return b->stretch[i].p;
	return 0;
}

/* The likeliest versions that cannot be told apart, and their mass. */
static struct verdict_range likeliest(const struct bernoulli *b, double *ret_mass)
{
	struct verdict_range best = { 0 };

	*ret_mass = 0;
	for (size_t first = 1, last; first <= b->bad; first = last + 1) {
		double mass = probability(b, first);

		for (last = first; last < b->bad && b->skip[last]; last++)
			mass += probability(b, last + 1);
		if (mass > *ret_mass) {
			*ret_mass = mass;
			best = (struct verdict_range){ first, last };
		}
	}
	return best;
}

static void learn_failure(struct bernoulli *b, size_t version)
{
	b->failed++;
	for (size_t v = version; v < b->g->w->versions; v++) {
		b->passed += (double)b->clean[v];
		b->clean[v] = 0;
	}
	b->bad = version;
}

/* The slots test the version together; the first failure ends the round. */
static void test_version(struct bernoulli *b, size_t version)
{
	struct rival_round round = { version, b->g->w->slots, b->length_s };
	struct rival_count c = rival_play(b->g, &round);

	if (c.unusable)
		b->skip[version] = true;
	else if (c.crashed)
		learn_failure(b, version);
	else
		b->clean[version] += c.clean;
}

static struct verdict_range search(struct bernoulli *b)
{
	for (int i = 0; i < TESTS_MAX; i++) {
		double mass;
		struct verdict_range r;
		size_t v;

		weigh(b);
		r = likeliest(b, &mass);
		v = mass >= stop_at ? 0 : choose(b);
		if (v == 0)
			return r;
		test_version(b, v);
	}
	return (struct verdict_range){ 0 };
}

struct verdict_range bernoulli_play(struct game *g, double length_s)
{
	size_t n = g->w->versions;
	struct bernoulli b = { .g = g, .length_s = length_s, .bad = n - 1 };
	struct verdict_range r;

	b.clean = xcalloc(n, sizeof(*b.clean));
	b.skip = xcalloc(n, sizeof(*b.skip));
	b.stretch = xcalloc(n, sizeof(*b.stretch));
	count_first(&b);
	r = search(&b);
	free(b.clean);
	free(b.skip);
	free(b.stretch);
	return r;
}
