/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "stats/risk.h"

#include <assert.h>

#include "base/buf.h"

static int by_stratum_and_time(const void *a, const void *b)
{
	const struct lifetime *x = a, *y = b;

	if (x->stratum != y->stratum)
		return x->stratum < y->stratum ? -1 : 1;
	return (x->time > y->time) - (x->time < y->time);
}

static struct sample copy_by_stratum(const struct sample *s)
{
	struct sample copy = { .n = s->n, .cap = s->n };

	copy.life = xmalloc(s->n * sizeof(*copy.life));
	memcpy(copy.life, s->life, s->n * sizeof(*copy.life));
	qsort(copy.life, copy.n, sizeof(*copy.life), by_stratum_and_time);
	return copy;
}

void risk_init(struct risk *r, const struct sample *s, bool stratified)
{
	size_t n_arms = sample_arms(s);

	assert(s->sorted || s->n == 0);
	*r = (struct risk){ .s = s, .n_arms = n_arms, .copy = SAMPLE_INIT };
	r->stratified = stratified && sample_strata(s) > 1;
	if (r->stratified)
		r->copy = copy_by_stratum(s);
	r->n_risk = xcalloc(n_arms + 1, sizeof(*r->n_risk));
	r->n_event = xcalloc(n_arms + 1, sizeof(*r->n_event));
}

void risk_done(struct risk *r)
{
	sample_done(&r->copy);
	free(r->n_risk);
	free(r->n_event);
}

void risk_rewind(struct risk *r)
{
	r->at = r->end = r->walked = 0;
}

static const struct lifetime *rows(const struct risk *r)
{
	return r->stratified ? r->copy.life : r->s->life;
}

/* Everybody of the stratum that begins at row `end` is at risk. */
static void enter_stratum(struct risk *r)
{
	const struct lifetime *life = rows(r);
	size_t start = r->end, i = start;

	memset(r->n_risk, 0, r->n_arms * sizeof(*r->n_risk));
	for (; i < r->s->n && (!r->stratified || life[i].stratum == life[start].stratum); i++)
		r->n_risk[life[i].arm]++;
	r->at = r->walked = start;
	r->end = i;
	r->risk = (double)(i - start);
	r->new_stratum = true;
}

/* The rows that the reader has seen, and those censored since, are gone. */
static void leave(struct risk *r)
{
	const struct lifetime *life = rows(r);

	for (; r->walked < r->at; r->walked++) {
		r->n_risk[life[r->walked].arm]--;
		r->risk--;
	}
}

static void count_failures(struct risk *r)
{
	const struct lifetime *life = rows(r);

	r->time = life[r->at].time;
	r->event = 0;
	memset(r->n_event, 0, r->n_arms * sizeof(*r->n_event));
	for (; r->at < r->end && life[r->at].time == r->time; r->at++) {
		r->n_event[life[r->at].arm] += life[r->at].failed;
		r->event += life[r->at].failed;
	}
}

bool risk_next(struct risk *r)
{
	r->new_stratum = false;
	for (;;) {
		leave(r);
		if (r->at == r->end && r->end == r->s->n)
			return false;
		if (r->at == r->end)
			enter_stratum(r);
		count_failures(r);
		if (r->event > 0)
			return true;
	}
}

double risk_shares(const struct risk *r, double gone, const double *hazard, double *ret_share)
{
	double all = 0;

	for (size_t a = 0; a < r->n_arms; a++) {
		ret_share[a] = (r->n_risk[a] - gone * r->n_event[a]) * hazard[a];
		all += ret_share[a];
	}
	for (size_t a = 0; a < r->n_arms; a++)
		ret_share[a] /= all;
	return all;
}
