/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "stats/cascade_play.h"

#include "base/buf.h"
#include "base/order.h"

/* --- one cascade --- */

struct play {
	const struct cascade_model *m;
	struct cascade *c;
	struct rng *rng;
	double now, next_move; /* the next one is allowed from then on */
	size_t *has;           /* [hosts] containers */
	bool *known;           /* [hosts] found to be dead */
	size_t *sick;          /* [hosts] dead and not yet found, in their order */
	size_t n_dead, n_found, pending;
};

static bool is_alive(const struct play *p, size_t host)
{
	return isnan(p->c->host[host].dead_s);
}

static size_t running(const struct play *p)
{
	size_t n = 0;

	for (size_t i = 0; i < p->m->hosts; i++)
		n += is_alive(p, i) ? p->has[i] : 0;
	return n;
}

static void pass_time(struct play *p, double until)
{
	for (size_t i = 0; i < p->m->hosts; i++)
		if (is_alive(p, i))
			p->c->host[i].deletions +=
				p->m->rate * (double)p->has[i] * (until - p->now);
	p->now = until;
}

/* The container whose deletion was the fatal one, and its host. */
static void die(struct play *p)
{
	size_t left = (size_t)rng_below(p->rng, running(p)), host = 0;

	while (!is_alive(p, host) || left >= p->has[host]) {
		left -= is_alive(p, host) ? p->has[host] : 0;
		host++;
	}
	p->c->host[host].dead_s = p->now;
	p->c->host[host].target = true;
	p->sick[p->n_dead++] = host;
}

static double found_at(const struct play *p)
{
	if (p->n_found == p->n_dead)
		return INFINITY;
	return p->c->host[p->sick[p->n_found]].dead_s + p->m->delay_s;
}

static void find(struct play *p)
{
	const size_t host = p->sick[p->n_found++];

	p->known[host] = true;
	p->c->host[host].found_s = p->now;
	p->pending += p->has[host];
	p->has[host] = 0;
	cascade_add_step(p->c, p->now, host, 0);
}

static double move_at(const struct play *p)
{
	if (!p->pending || p->n_found == p->m->hosts || !(p->m->moves > 0))
		return INFINITY;
	return fmax(p->now, p->next_move);
}

static void move_one(struct play *p)
{
	size_t to = SIZE_MAX;

	for (size_t i = 0; i < p->m->hosts; i++)
		if (!p->known[i] && (to == SIZE_MAX || p->has[i] < p->has[to]))
			to = i;
	p->has[to]++;
	p->pending--;
	p->next_move = p->now + 60 / p->m->moves;
	cascade_add_step(p->c, p->now, to, (double)p->has[to]);
}

static void begin(struct play *p)
{
	const struct cascade_model *m = p->m;

	for (size_t i = 0; i < m->hosts; i++) {
		p->c->host[i] = (struct cascade_host){ .dead_s = NAN, .found_s = NAN };
		p->has[i] = m->containers / m->hosts + (i < m->containers % m->hosts);
		cascade_add_step(p->c, 0, i, (double)p->has[i]);
	}
}

/* One event; false: the horizon came first. What waits has no memory and is drawn anew. */
static bool step(struct play *p)
{
	const struct cascade_model *m = p->m;
	const double per_s = m->lambda * m->rate * (double)running(p);
	const double death = per_s > 0 ? p->now - log(rng_unit(p->rng)) / per_s : INFINITY;
	const double found = found_at(p), move = move_at(p);
	const double next = fmin(death, fmin(found, move));

	pass_time(p, fmin(next, m->horizon_s));
	if (!(next < m->horizon_s))
		return false;
	if (next == found)
		find(p);
	else if (next == move)
		move_one(p);
	else
		die(p);
	return true;
}

void cascade_play(const struct cascade_model *m, struct rng *r, struct cascade *ret)
{
	struct cascade c = {
		.n_hosts = m->hosts,
		.containers = (double)m->containers,
		.rate = m->rate,
		.end_s = m->horizon_s,
	};
	struct play p = { .m = m, .c = &c, .rng = r };

	c.host = xcalloc(m->hosts + 1, sizeof(*c.host));
	p.has = xcalloc(m->hosts + 1, sizeof(*p.has));
	p.sick = xcalloc(m->hosts + 1, sizeof(*p.sick));
	p.known = xcalloc(m->hosts + 1, sizeof(*p.known));
	begin(&p);
	while (step(&p))
		;
	free(p.has);
	free(p.sick);
	free(p.known);
	*ret = c;
}

/* --- many --- */

void cascade_forecast_done(struct cascade_forecast *f)
{
	free(f->at_s);
	free(f->alive);
	*f = (struct cascade_forecast){ 0 };
}

/* Sorts them. */
static struct cascade_band band_of(double *v, size_t n)
{
	qsort(v, n, sizeof(*v), by_value);
	return (struct cascade_band){
		.median = quantile_of(v, n, 0.5),
		.lo = quantile_of(v, n, 0.05),
		.hi = quantile_of(v, n, 0.95),
	};
}

/* What is kept of each cascade drawn: a column each. */
struct drawn {
	size_t n;
	double *half, *served, *dead, *alive; /* [n], alive [points * n] */
};

static double alive_at(const struct cascade *c, double t)
{
	size_t n = 0;

	for (size_t i = 0; i < c->n_hosts; i++)
		n += !(c->host[i].dead_s <= t);
	return (double)n;
}

static void keep(const struct cascade_model *m, const struct cascade *c, size_t i,
		 const struct cascade_forecast *f, struct drawn *d)
{
	const double half = cascade_half_s(c);

	d->half[i] = isnan(half) ? INFINITY : half;
	d->served[i] = cascade_served(c) / ((double)m->containers * m->horizon_s);
	d->dead[i] = (double)m->hosts - alive_at(c, m->horizon_s);
	for (size_t k = 0; k < f->points; k++)
		d->alive[k * d->n + i] = alive_at(c, f->at_s[k]);
}

static void summarise(struct drawn *d, struct cascade_forecast *f)
{
	for (size_t i = 0; i < d->n; i++)
		f->served_mean += d->served[i] / (double)d->n;
	f->half_s = band_of(d->half, d->n);
	f->served = band_of(d->served, d->n);
	f->dead = band_of(d->dead, d->n);
	for (size_t k = 0; k < f->points; k++)
		f->alive[k] = band_of(d->alive + k * d->n, d->n);
}

void cascade_forecast(const struct cascade_model *m, size_t points, size_t cascades, uint64_t seed,
		      struct cascade_forecast *ret)
{
	struct cascade_forecast f = { .points = points };
	struct drawn d = { .n = cascades };
	struct rng r = rng_make(seed);

	d.half = xcalloc((points + 3) * cascades, sizeof(*d.half));
	d.served = d.half + cascades;
	d.dead = d.served + cascades;
	d.alive = d.dead + cascades;
	f.at_s = xcalloc(points + 1, sizeof(*f.at_s));
	f.alive = xcalloc(points + 1, sizeof(*f.alive));
	for (size_t k = 0; k < points; k++)
		f.at_s[k] = m->horizon_s * (double)k / (double)MAX(points - 1, (size_t)1);
	for (size_t i = 0; i < cascades; i++) {
		_cleanup_cascade_ struct cascade c = { 0 };

		cascade_play(m, &r, &c);
		keep(m, &c, i, &f, &d);
	}
	summarise(&d, &f);
	free(d.half);
	*ret = f;
}
