/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "stats/incidence.h"

#include <assert.h>

#include "base/buf.h"

/*
 * The variance of F(t) is a sum over the failure times j up to t,
 *	(F(t) - F(j))^2 D/(n (n-D)) + S(j-)^2 d (n-d)/n^3 - 2 (F(t) - F(j)) S(j-) d/n^2.
 * When F grows by f, the old terms change by 2 f X + f^2 A: so a time costs O(causes), not
 *O(times).
 */
struct cause {
	double f, var, x;
	double died; /* at the time under study */
};

static void grow(struct cause *c, double surv, double n, double a)
{
	double f = surv * c->died / n;

	c->var += 2 * f * c->x + f * f * a;
	c->x += f * a;
	c->f += f;
	c->var += surv * surv * c->died * (n - c->died) / (n * n * n);
	c->x -= surv * c->died / (n * n);
}

static size_t count_failure_times(const struct sample *s)
{
	size_t n = 0;
	double last = -1;

	for (size_t i = 0; i < s->n; i++) {
		if (s->life[i].failed && s->life[i].time != last) {
			last = s->life[i].time;
			n++;
		}
	}
	return n;
}

static void allocate(struct incidence *in, size_t n_rows)
{
	in->time = xcalloc(n_rows + 1, sizeof(double));
	in->event_free = xcalloc(n_rows + 1, sizeof(double));
	in->cif = xcalloc(n_rows * in->n_causes + 1, sizeof(double));
	in->se = xcalloc(n_rows * in->n_causes + 1, sizeof(double));
	in->events = xcalloc(in->n_causes + 1, sizeof(size_t));
}

void incidence_done(struct incidence *in)
{
	free(in->time);
	free(in->event_free);
	free(in->cif);
	free(in->se);
	free(in->events);
	*in = (struct incidence){ 0 };
}

/* Counts the failures at row i's time by cause; returns the index behind that time. */
static size_t count_time(const struct sample *s, size_t i, struct incidence *in,
			 struct cause *cause, double *ret_died)
{
	double t = s->life[i].time, died = 0;

	for (size_t k = 0; k < in->n_causes; k++)
		cause[k].died = 0;
	for (; i < s->n && s->life[i].time == t; i++) {
		if (!s->life[i].failed)
			continue;
		cause[s->life[i].cause].died++;
		in->events[s->life[i].cause]++;
		died++;
	}
	*ret_died = died;
	return i;
}

static void put_row(struct incidence *in, const struct cause *cause, double time, double surv)
{
	size_t at = in->n_rows++ * in->n_causes;

	in->time[in->n_rows - 1] = time;
	in->event_free[in->n_rows - 1] = surv;
	for (size_t k = 0; k < in->n_causes; k++) {
		in->cif[at + k] = cause[k].f;
		in->se[at + k] = sqrt(fmax(0, cause[k].var));
	}
}

void incidence_fit(const struct sample *s, size_t n_causes, struct incidence *ret)
{
	struct incidence in = { .n_causes = n_causes, .total_time = sample_total_time(s) };
	_cleanup_free_
	struct cause *cause = xcalloc(n_causes + 1, sizeof(*cause));
	double surv = 1, a = 0, died;

	assert((s->sorted || s->n == 0) && n_causes >= sample_causes(s));
	allocate(&in, count_failure_times(s));
	for (size_t i = 0, next; i < s->n; i = next) {
		double n = (double)(s->n - i);

		next = count_time(s, i, &in, cause, &died);
		if (died == 0)
			continue;
		for (size_t k = 0; k < n_causes; k++)
			grow(&cause[k], surv, n, a);
		a += n > died ? died / (n * (n - died)) : 0;
		surv *= (n - died) / n;
		put_row(&in, cause, s->life[i].time, surv);
	}
	*ret = in;
}
