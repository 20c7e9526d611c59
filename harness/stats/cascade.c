/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "stats/cascade.h"

#define MATHLIB_STANDALONE
#include <Rmath.h>

#include "base/buf.h"
#include "base/order.h"
#include "base/rng.h"
#include "stats/rate.h"

enum { ALIKE_DRAWS = 20000, ALIKE_SEED = 5 };

void cascade_done(struct cascade *c)
{
	free(c->host);
	free(c->step);
	*c = (struct cascade){ 0 };
}

void cascade_add_step(struct cascade *c, double at_s, size_t host, double containers)
{
	if ((c->n_steps & (c->n_steps - 1)) == 0) /* room doubles */
		c->step = xrealloc(c->step, MAX(2 * c->n_steps, (size_t)1) * sizeof(*c->step));
	c->step[c->n_steps++] = (struct cascade_step){ at_s, host, containers };
}

static double end_of(const struct cascade *c, size_t host)
{
	return isnan(c->host[host].dead_s) ? c->end_s : fmin(c->host[host].dead_s, c->end_s);
}

static bool died(const struct cascade *c, size_t host)
{
	return c->host[host].dead_s <= c->end_s;
}

/* When hosts died, the first first; how many. The caller has room for all. */
static size_t deaths(const struct cascade *c, double *ret)
{
	size_t n = 0;

	for (size_t i = 0; i < c->n_hosts; i++)
		if (died(c, i))
			ret[n++] = c->host[i].dead_s;
	qsort(ret, n, sizeof(*ret), by_value);
	return n;
}

double cascade_half_s(const struct cascade *c)
{
	const size_t half = (c->n_hosts + 1) / 2;
	_cleanup_free_
	double *at = xcalloc(c->n_hosts + 1, sizeof(*at));

	return half && deaths(c, at) >= half ? at[half - 1] : NAN;
}

/* What each host has run by `until`, in container-seconds; and how many at that moment. */
static void run_until(const struct cascade *c, double until, double *ret_run, double *ret_now)
{
	_cleanup_free_
	double *since = xcalloc(c->n_hosts + 1, sizeof(*since));

	memset(ret_run, 0, c->n_hosts * sizeof(*ret_run));
	memset(ret_now, 0, c->n_hosts * sizeof(*ret_now));
	for (size_t i = 0; i < c->n_steps && c->step[i].at_s < until; i++) {
		const struct cascade_step *s = &c->step[i];
		const double at = fmin(s->at_s, end_of(c, s->host));

		ret_run[s->host] += ret_now[s->host] * (at - since[s->host]);
		ret_now[s->host] = s->containers;
		since[s->host] = at;
	}
	for (size_t i = 0; i < c->n_hosts; i++)
		ret_run[i] += ret_now[i] * fmax(fmin(until, end_of(c, i)) - since[i], 0);
}

double cascade_served(const struct cascade *c)
{
	_cleanup_free_
	double *run = xcalloc(2 * c->n_hosts + 1, sizeof(*run));
	double sum = 0;

	run_until(c, INFINITY, run, run + c->n_hosts);
	for (size_t i = 0; i < c->n_hosts; i++)
		sum += run[i];
	return sum;
}

/* --- on the clock of deletions --- */

/* One cascade as it is taken in. */
struct reading {
	const struct cascade *c;
	double *pace;      /* [n_hosts] deletions per container-second */
	double *run, *now; /* [n_hosts] room */
};

static double deletions_of(const struct cascade *c, size_t host, double run)
{
	const double known = c->host[host].deletions;

	return isnan(known) ? run * c->rate : known;
}

static void reading_init(const struct cascade *c, struct reading *ret)
{
	struct reading r = { .c = c };

	r.pace = xcalloc(3 * c->n_hosts + 1, sizeof(*r.pace));
	r.run = r.pace + c->n_hosts;
	r.now = r.run + c->n_hosts;
	run_until(c, INFINITY, r.run, r.now);
	for (size_t i = 0; i < c->n_hosts; i++)
		r.pace[i] = r.run[i] > 0 ? deletions_of(c, i, r.run[i]) / r.run[i] : 0;
	*ret = r;
}

/* Deletions of the whole cascade by that time. */
static double made_until(struct reading *r, double until)
{
	double sum = 0;

	run_until(r->c, until, r->run, r->now);
	for (size_t i = 0; i < r->c->n_hosts; i++)
		sum += r->pace[i] * r->run[i];
	return sum;
}

/* --- taking cascades in --- */

struct taken {
	struct cascade_fit fit;
	struct tilt time, dead;
	struct drift_life *gap; /* deletions from one death to the next */
	size_t n_gaps;
	double log_hazard; /* of deaths by the target, over lambda: log of the deletions a second */
};

static void take_host(struct taken *t, struct reading *r, size_t host)
{
	const struct cascade *c = r->c;
	const struct cascade_host *h = &c->host[host];

	t->fit.deletions += deletions_of(c, host, r->run[host]);
	t->fit.container_s += r->run[host];
	t->fit.host_s += end_of(c, host);
	tilt_watch(&t->time, 0, end_of(c, host));
	if (!died(c, host))
		return;
	if (h->found_s >= h->dead_s) {
		t->fit.delay_s += h->found_s - h->dead_s;
		t->fit.delays++;
	}
	t->fit.died += h->target;
	t->fit.otherwise += !h->target;
	if (h->target)
		tilt_event(&t->time, h->dead_s);
}

/* The pace of deletions on this host just when it died. */
static void take_hazard(struct taken *t, struct reading *r, size_t host)
{
	run_until(r->c, r->c->host[host].dead_s, r->run, r->now);
	t->log_hazard += log(r->pace[host] * r->now[host]);
}

/* No deletion kills two hosts, so the least that lies between two deaths is half a one. */
static void take_stage(struct taken *t, size_t dead, double made, bool target)
{
	t->fit.stage[dead].deletions += made;
	t->fit.stage[dead].died += target;
	t->gap[t->n_gaps++] = (struct drift_life){ fmax(made, 0.5), target };
	tilt_watch_at(&t->dead, (double)dead, made);
	if (target)
		tilt_event(&t->dead, (double)dead);
}

/* Of those that died at this time: is it the i-th that the target killed? */
static bool target_at(const struct cascade *c, double at, size_t before)
{
	for (size_t i = 0; i < c->n_hosts; i++)
		if (c->host[i].dead_s == at && before-- == 0)
			return c->host[i].target;
	return false;
}

static void take_stages(struct taken *t, struct reading *r)
{
	const struct cascade *c = r->c;
	_cleanup_free_
	double *at = xcalloc(c->n_hosts + 1, sizeof(*at));
	const size_t n = deaths(c, at);
	double before = 0, made;

	for (size_t i = 0, tied = 0; i < n; i++) {
		tied = i && at[i] == at[i - 1] ? tied + 1 : 0;
		made = made_until(r, at[i]);
		take_stage(t, i, made - before, target_at(c, at[i], tied));
		before = made;
	}
	made = made_until(r, INFINITY) - before;
	if (n < c->n_hosts && made > 0)
		take_stage(t, n, made, false);
}

static void take(struct taken *t, const struct cascade *c)
{
	struct reading r;

	reading_init(c, &r);
	t->fit.cascades++;
	t->fit.hosts += c->n_hosts;
	for (size_t i = 0; i < c->n_hosts; i++)
		take_host(t, &r, i);
	for (size_t i = 0; i < c->n_hosts; i++)
		if (died(c, i) && c->host[i].target)
			take_hazard(t, &r, i);
	take_stages(t, &r);
	free(r.pace);
}

/* Akaike's criterion without the terms that the laws have in common. */
static void weigh_laws(struct taken *t)
{
	const struct cascade_fit *f = &t->fit;
	const double d = (double)f->died;

	t->fit.law = (struct cascade_laws){ NAN, NAN, NAN };
	if (!f->died)
		return;
	t->fit.law.constant = 2 - 2 * f->growth.log_lik_flat;
	t->fit.law.growth = 4 - 2 * f->growth.log_lik;
	if (isfinite(t->log_hazard))
		t->fit.law.deletions = 2 - 2 * (d * log(f->expo.rate) + t->log_hazard - d);
}

static void conclude(struct taken *t, double conf)
{
	struct cascade_fit *f = &t->fit;

	f->expo = expo_of(f->died, f->deletions);
	f->lambda = f->deletions > 0 ? expo_rate_ci(&f->expo, conf) : interval_none();
	if (!(f->deletions > 0))
		f->expo.rate = NAN;
	f->rate = f->deletions / f->container_s;
	f->delay_s = f->delays ? f->delay_s / (double)f->delays : NAN;
	f->growth = tilt_fit(&t->time, conf);
	f->dead = tilt_fit(&t->dead, conf);
	drift_test(t->gap, t->n_gaps, &f->even);
	weigh_laws(t);
}

void cascade_fit_done(struct cascade_fit *f)
{
	free(f->stage);
	*f = (struct cascade_fit){ 0 };
}

void cascade_fit(const struct cascade *c, size_t n, size_t arm, double conf,
		 struct cascade_fit *ret)
{
	struct taken t = { .time = TILT_INIT, .dead = TILT_INIT };
	size_t hosts = 0;

	for (size_t i = 0; i < n; i++) {
		hosts += c[i].n_hosts + 1;
		if (arm == CASCADE_ALL_ARMS || c[i].arm == arm)
			t.fit.n_stages = MAX(t.fit.n_stages, c[i].n_hosts);
	}
	t.fit.stage = xcalloc(t.fit.n_stages + 1, sizeof(*t.fit.stage));
	t.gap = xcalloc(hosts + 1, sizeof(*t.gap));
	for (size_t i = 0; i < n; i++)
		if (arm == CASCADE_ALL_ARMS || c[i].arm == arm)
			take(&t, &c[i]);
	conclude(&t, conf);
	free(t.gap);
	tilt_done(&t.time);
	tilt_done(&t.dead);
	*ret = t.fit;
}

/* --- arms against each other --- */

/* Twice the log likelihood that shares of their own gain over one rate, up to a constant. */
static double gain(const double *died, const double *made, size_t n)
{
	double sum = 0;

	for (size_t i = 0; i < n; i++)
		if (died[i] > 0)
			sum += 2 * died[i] * log(died[i] / made[i]);
	return sum;
}

/* So many deaths fall on the arms by their deletions. */
static void draw(struct rng *r, double left, const double *made, size_t n, double *ret)
{
	double all = 0;

	for (size_t i = 0; i < n; i++)
		all += made[i];
	for (size_t i = 0; i < n; i++) {
		const double p = i + 1 == n ? 1 : fmin(made[i] / all, 1);

		ret[i] = left > 0 ? qbinom(rng_unit(r), left, p, 1, 0) : 0;
		left -= ret[i];
		all -= made[i];
	}
}

static double drawn_p(const double *died, const double *made, size_t n)
{
	_cleanup_free_
	double *x = xcalloc(n, sizeof(*x));
	struct rng r = rng_make(ALIKE_SEED);
	double seen = gain(died, made, n), all = 0, as_far = 1;

	for (size_t i = 0; i < n; i++)
		all += died[i];
	for (int i = 0; i < ALIKE_DRAWS; i++) {
		draw(&r, all, made, n, x);
		as_far += gain(x, made, n) >= seen - 1e-9;
	}
	return as_far / (ALIKE_DRAWS + 1);
}

double cascade_alike_p(const struct cascade_fit *const *fit, size_t n)
{
	_cleanup_free_
	double *died = xcalloc(2 * n + 1, sizeof(*died));
	double *made = died + n, all = 0;
	size_t m = 0;

	for (size_t i = 0; i < n; i++) {
		if (!(fit[i]->deletions > 0))
			continue;
		died[m] = (double)fit[i]->died;
		made[m] = fit[i]->deletions;
		all += died[m++];
	}
	if (m < 2 || all == 0)
		return NAN;
	if (m == 2)
		return rate_compare((size_t)died[0], made[0], (size_t)died[1], made[1], 0.95)
			.p_two_sided;
	return drawn_p(died, made, m);
}
