/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From the arms of views to the arms of a comparison: lives pooled, hosts and runs made strata,
 * crashes of several runs put together by their id. */
#include <math.h>
#include <stdio.h>

#include "report/columns.h"
#include "report/contrast_parts.h"

enum { SAID_COLUMNS = 40 };

/* --- crashes --- */

static size_t find_crash(struct contrast *c, const struct bucket *b)
{
	for (size_t i = 0; i < c->n_crashes; i++)
		if (str_eq(c->crash[i].first.id, b->first.id))
			return i;
	c->crash = xrealloc(c->crash, (c->n_crashes + 1) * sizeof(*c->crash));
	c->crash[c->n_crashes] = (struct contrast_crash){ .first = b->first };
	return c->n_crashes++;
}

/* The crash of a life, as this comparison numbers it. STOPPED trials died of none. */
static size_t crash_of(struct contrast *c, const struct view *v, const struct view_life *l)
{
	size_t i;

	if (l->bucket >= v->n_buckets ||
	    (l->outcome != OUTCOME_FAILED && l->outcome != OUTCOME_OTHER))
		return SIZE_MAX;
	i = find_crash(c, &v->bucket[l->bucket]);
	c->crash[i].n++;
	c->crash[i].target |= l->outcome == OUTCOME_FAILED;
	return i;
}

/* Most trials first: ret_place[i] is where crash i has gone. */
static void rank_crashes(struct contrast *c, size_t *ret_place)
{
	struct contrast_crash *sorted = xcalloc(c->n_crashes + 1, sizeof(*sorted));

	for (size_t i = 0; i < c->n_crashes; i++) {
		size_t place = 0;

		for (size_t j = 0; j < c->n_crashes; j++)
			place += c->crash[j].n > c->crash[i].n ||
				 (c->crash[j].n == c->crash[i].n && j < i);
		sorted[place] = c->crash[i];
		ret_place[i] = place;
	}
	free(c->crash);
	c->crash = sorted;
}

static void sort_crashes(struct contrast *c)
{
	_cleanup_free_
	size_t *place = xcalloc(c->n_crashes + 1, sizeof(*place));

	rank_crashes(c, place);
	for (size_t a = 0; a < c->n_arms; a++)
		for (size_t i = 0; i < c->arm[a].all.counted; i++) {
			size_t *bucket = &c->arm[a].all.life[i].bucket;

			*bucket = *bucket == SIZE_MAX ? SIZE_MAX : place[*bucket];
		}
}

/* --- strata --- */

/* A host, and where runs are pooled a run: what drifts between nights does not count then. */
struct strata {
	struct strv name;
};

static int stratum_of(struct strata *all, const struct view *v, bool pooled)
{
	_cleanup_free_
	char *name = pooled ? xstrdup(v->run) : xasprintf("host %s", v->host);

	for (size_t i = 0; i < all->name.n; i++)
		if (str_eq(all->name.item[i], name))
			return (int)i;
	strv_add(&all->name, name);
	return (int)all->name.n - 1;
}

/* --- arms --- */

static void add_all(struct strv *to, const struct strv *from)
{
	for (size_t i = 0; i < from->n; i++)
		if (!strv_has(to, from->item[i]))
			strv_add(to, from->item[i]);
}

static void add_life(struct contrast_arm *to, const struct view_life *l, size_t crash, int stratum,
		     bool work)
{
	struct view_arm *a = &to->all;
	bool failed = l->outcome == OUTCOME_FAILED;
	struct view_life life = *l;

	life.bucket = crash;
	life.work = work ? l->work : NAN;
	sample_add(&a->time.sample,
		   (struct lifetime){ .time = life.time_s, .stratum = stratum, .failed = failed });
	if (isfinite(life.work))
		sample_add(&a->work.sample, (struct lifetime){ .time = life.work,
							       .stratum = stratum,
							       .failed = failed });
	a->life[a->counted] = life;
	to->stratum[a->counted++] = stratum;
}

static void add_lives(struct contrast *c, struct contrast_arm *to, const struct contrast_part *part,
		      int stratum)
{
	const struct view_arm *from = &part->view->arm[part->arm];
	struct view_arm *a = &to->all;
	size_t n = a->counted + from->counted;
	bool work;

	if (!a->unit[0])
		snprintf(a->unit, sizeof(a->unit), "%s", from->unit);
	work = str_eq(a->unit, from->unit);
	a->life = xrealloc(a->life, MAX(n, (size_t)1) * sizeof(*a->life));
	to->stratum = xrealloc(to->stratum, MAX(n, (size_t)1) * sizeof(*to->stratum));
	for (size_t i = 0; i < from->counted; i++)
		add_life(to, &from->life[i], crash_of(c, part->view, &from->life[i]), stratum,
			 work);
}

static void add_place(struct contrast_arm *to, const struct view *v)
{
	if (v->host[0] && !strv_has(&to->hosts, v->host))
		strv_add(&to->hosts, v->host);
	if (!strv_has(&to->runs, v->run))
		strv_add(&to->runs, v->run);
}

/* Means of means: the parts weigh as much as their trials. */
static double mean(double a, size_t n_a, double b, size_t n_b)
{
	if (!isfinite(a) || !n_a)
		return b;
	if (!isfinite(b) || !n_b)
		return a;
	return (a * (double)n_a + b * (double)n_b) / (double)(n_a + n_b);
}

static void add_part(struct contrast *c, struct contrast_arm *to, const struct contrast_part *part,
		     int stratum)
{
	const struct view_arm *from = &part->view->arm[part->arm];
	struct view_arm *a = &to->all;

	a->host_load = mean(a->host_load, a->counted, from->host_load, from->counted);
	a->host_steal = mean(a->host_steal, a->counted, from->host_steal, from->counted);
	for (int o = 0; o < OUTCOME_COUNT; o++)
		a->outcome[o] += from->outcome[o];
	a->going += from->going;
	a->wall_s += from->wall_s;
	add_all(&a->kernels, &from->kernels);
	add_all(&a->origins, &from->origins);
	add_all(&a->accels, &from->accels);
	add_place(to, part->view);
	if (!a->settings)
		a->settings = json_incref(from->settings);
	add_lives(c, to, part, stratum);
	c->slots = MAX(c->slots, part->view->slots);
}

static void add_side(struct contrast *c, struct contrast_arm *to, const struct contrast_side *side,
		     struct strata *strata)
{
	_cleanup_buf_ struct buf cut = BUF_INIT;

	shortened(&cut, side->name, SAID_COLUMNS);
	snprintf(to->said, sizeof(to->said), "%s", buf_str(&cut));
	snprintf(to->all.name, sizeof(to->all.name), "%s", side->name);
	to->all.host_load = to->all.host_steal = NAN;
	for (size_t i = 0; i < side->n_parts; i++)
		add_part(c, to, &side->part[i],
			 stratum_of(strata, side->part[i].view, side->n_parts > 1));
	lifetimes_reckon(&to->all.time);
	lifetimes_reckon(&to->all.work);
}

/* --- what one arm says for itself --- */

/* Its lives with the stratum as the arm: do its hosts agree? */
static struct chisq agreement(const struct sample *s, size_t n_strata)
{
	_cleanup_logrank_ struct logrank l = { 0 };
	_cleanup_sample_ struct sample copy = SAMPLE_INIT;
	struct chisq none = { .chisq = NAN, .p = NAN };

	if (n_strata < 2 || !sample_failures(s))
		return none;
	for (size_t i = 0; i < s->n; i++)
		sample_add(&copy, (struct lifetime){ .time = s->life[i].time,
						     .arm = s->life[i].stratum,
						     .failed = s->life[i].failed });
	sample_sort(&copy);
	logrank_fit(&copy, 0, false, &l);
	return l.test;
}

static void fit_law(struct contrast_arm *a)
{
	weibull_fit(&a->all.time.sample, &a->law);
	a->shape = interval_none();
	a->constant = (struct chisq){ .chisq = NAN, .p = NAN };
	if (!a->law.exists)
		return;
	a->shape = weibull_shape_ci_profile(&a->all.time.sample, &a->law, VIEW_CONFIDENCE);
	a->constant = weibull_test_shape_1(&a->law);
}

void contrast_incidence(const struct view_arm *a, size_t n_crashes, struct incidence *ret)
{
	_cleanup_sample_ struct sample s = SAMPLE_INIT;

	for (size_t i = 0; i < a->counted; i++) {
		const struct view_life *l = &a->life[i];

		sample_add(&s, (struct lifetime){
				       .time = l->time_s,
				       .cause = (int)MIN(l->bucket, n_crashes),
				       .failed = l->outcome == OUTCOME_FAILED ||
						 l->outcome == OUTCOME_OTHER,
			       });
	}
	sample_sort(&s);
	incidence_fit(&s, n_crashes + 1, ret);
}

static void fit_incidence(const struct contrast *c, struct contrast_arm *a)
{
	_cleanup_incidence_ struct incidence in = { 0 };
	size_t row = 0, n = c->n_crashes;

	a->incidence = xcalloc(n + 1, sizeof(*a->incidence));
	contrast_incidence(&a->all, n, &in);
	while (row < in.n_rows && in.time[row] <= c->tau_s)
		row++;
	for (size_t k = 0; k < n && row; k++)
		a->incidence[k] = (struct contrast_share){ in.cif[(row - 1) * (n + 1) + k],
							   in.se[(row - 1) * (n + 1) + k] };
}

/* For ever where the longest life of the arm ended in a crash of any kind. */
static double known_until(const struct contrast_arm *a)
{
	double last = 0;
	bool crashed = false;

	for (size_t i = 0; i < a->all.counted; i++) {
		const struct view_life *l = &a->all.life[i];
		bool crash = l->outcome == OUTCOME_FAILED || l->outcome == OUTCOME_OTHER;

		crashed = l->time_s > last ? crash : l->time_s == last ? crashed && crash : crashed;
		last = fmax(last, l->time_s);
	}
	return crashed ? INFINITY : last;
}

static double common_tau(const struct contrast *c)
{
	double tau = INFINITY, longest = 0;

	for (size_t i = 0; i < c->n_arms; i++)
		if (c->arm[i].all.counted) {
			tau = fmin(tau, known_until(&c->arm[i]));
			longest = fmax(longest, c->arm[i].all.time.km.max_time);
		}
	return isfinite(tau) ? tau : longest;
}

void contrast_collect(struct contrast *c, const struct contrast_side *side)
{
	struct strata strata = { 0 };

	c->arm = xcalloc(c->n_arms + 1, sizeof(*c->arm));
	for (size_t i = 0; i < c->n_arms; i++)
		add_side(c, &c->arm[i], &side[i], &strata);
	sort_crashes(c);
	c->n_strata = strata.name.n;
	c->tau_s = common_tau(c);
	for (size_t i = 0; i < c->n_arms; i++) {
		struct contrast_arm *a = &c->arm[i];

		fit_law(a);
		a->hosts_agree = agreement(&a->all.time.sample, c->n_strata);
		fit_incidence(c, a);
	}
	strv_done(&strata.name);
}
