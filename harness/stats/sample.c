/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "stats/sample.h"

#include <assert.h>
#include <math.h>

#include "base/buf.h"

void sample_done(struct sample *s)
{
	free(s->life);
	*s = (struct sample)SAMPLE_INIT;
}

void sample_add(struct sample *s, struct lifetime life)
{
	assert(isfinite(life.time) && life.time >= 0);
	assert(life.arm >= 0 && life.cause >= 0 && life.stratum >= 0);
	if (s->n == s->cap) {
		s->cap = MAX(16, 2 * s->cap);
		s->life = xrealloc(s->life, s->cap * sizeof(*s->life));
	}
	s->sorted = s->n == 0 || (s->sorted && s->life[s->n - 1].time <= life.time);
	s->life[s->n++] = life;
}

static int by_time(const void *a, const void *b)
{
	double x = ((const struct lifetime *)a)->time, y = ((const struct lifetime *)b)->time;

	return (x > y) - (x < y);
}

void sample_sort(struct sample *s)
{
	if (s->n > 1 && !s->sorted)
		qsort(s->life, s->n, sizeof(*s->life), by_time);
	s->sorted = true;
}

size_t sample_failures(const struct sample *s)
{
	size_t d = 0;

	for (size_t i = 0; i < s->n; i++)
		d += s->life[i].failed;
	return d;
}

/* Neumaier's summation: a million lifetimes of very different lengths still add up. */
double sample_total_time(const struct sample *s)
{
	double sum = 0, lost = 0;

	for (size_t i = 0; i < s->n; i++) {
		double x = s->life[i].time, t = sum + x;

		lost += fabs(sum) >= x ? (sum - t) + x : (x - t) + sum;
		sum = t;
	}
	return sum + lost;
}

double sample_max_time(const struct sample *s)
{
	double max = 0;

	for (size_t i = 0; i < s->n; i++)
		max = fmax(max, s->life[i].time);
	return max;
}

size_t sample_arms(const struct sample *s)
{
	size_t n = 0;

	for (size_t i = 0; i < s->n; i++)
		n = MAX(n, (size_t)s->life[i].arm + 1);
	return n;
}

size_t sample_causes(const struct sample *s)
{
	size_t n = 0;

	for (size_t i = 0; i < s->n; i++)
		if (s->life[i].failed)
			n = MAX(n, (size_t)s->life[i].cause + 1);
	return n;
}

size_t sample_strata(const struct sample *s)
{
	size_t n = 0;

	for (size_t i = 0; i < s->n; i++)
		n = MAX(n, (size_t)s->life[i].stratum + 1);
	return n;
}

void sample_of_arm(const struct sample *s, int arm, struct sample *ret)
{
	struct sample out = SAMPLE_INIT;

	for (size_t i = 0; i < s->n; i++)
		if (s->life[i].arm == arm)
			sample_add(&out, s->life[i]);
	out.sorted = out.sorted || out.n == 0;
	*ret = out;
}

void sample_of_cause(const struct sample *s, int cause, struct sample *ret)
{
	struct sample out = SAMPLE_INIT;

	for (size_t i = 0; i < s->n; i++) {
		struct lifetime life = s->life[i];

		life.failed = life.failed && life.cause == cause;
		sample_add(&out, life);
	}
	out.sorted = out.sorted || out.n == 0;
	*ret = out;
}
