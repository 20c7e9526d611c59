/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "report/cascade.h"

#include "base/order.h"
#include "report/figure.h"
#include "report/listings.h"

enum { SEED = 1, LIMITS_MAX = 24 };

/* --- cascades --- */

void cascades_done(struct cascades *c)
{
	for (size_t i = 0; i < c->n; i++)
		cascade_done(&c->item[i]);
	for (size_t i = 0; i < c->n_arms; i++) {
		free(c->arm[i].name);
		cascade_fit_done(&c->arm[i].fit);
		sample_done(&c->arm[i].sample);
		km_done(&c->arm[i].hosts_km);
	}
	free(c->item);
	free(c->arm);
	strv_done(&c->why);
	cascade_fit_done(&c->all);
	*c = (struct cascades){ 0 };
}

struct cascades_arm *cascades_arm(struct cascades *c, const char *name, size_t in_view)
{
	for (size_t i = 0; i < c->n_arms; i++)
		if (str_eq(c->arm[i].name, name))
			return &c->arm[i];
	c->arm = xrealloc(c->arm, (c->n_arms + 1) * sizeof(*c->arm));
	c->arm[c->n_arms] = (struct cascades_arm){
		.name = xstrdup(name),
		.in_view = in_view,
		.moves = NAN,
	};
	return &c->arm[c->n_arms++];
}

void cascades_add(struct cascades *c, struct cascade *one)
{
	c->item = xrealloc(c->item, (c->n + 1) * sizeof(*c->item));
	c->item[c->n++] = TAKE(*one, (struct cascade){ 0 });
}

static void add_lives(const struct cascade *c, struct sample *s)
{
	for (size_t i = 0; i < c->n_hosts; i++) {
		const double dead = c->host[i].dead_s;

		sample_add(s, (struct lifetime){ .time = fmax(fmin(dead, c->end_s), 0),
						 .failed = dead <= c->end_s });
	}
}

static void reckon_arm(struct cascades *c, size_t arm)
{
	struct cascades_arm *a = &c->arm[arm];
	_cleanup_sample_ struct sample halves = SAMPLE_INIT;
	_cleanup_km_ struct km km = { 0 };
	double served = 0, wanted = 0;

	cascade_fit(c->item, c->n, arm, 0.95, &a->fit);
	for (size_t i = 0; i < c->n; i++) {
		const struct cascade *one = &c->item[i];
		const double half = cascade_half_s(one);

		if (one->arm != arm)
			continue;
		add_lives(one, &a->sample);
		sample_add(&halves, (struct lifetime){ .time = isnan(half) ? one->end_s : half,
						       .failed = !isnan(half) });
		served += cascade_served(one);
		wanted += one->containers * c->horizon_s;
	}
	sample_sort(&a->sample);
	km_fit(&a->sample, &a->hosts_km);
	sample_sort(&halves);
	km_fit(&halves, &km);
	a->half_s = km_quantile(&km, 0.5);
	a->served = served / wanted;
}

void cascades_reckon(struct cascades *c)
{
	const struct cascade_fit **fit = xcalloc(c->n_arms + 1, sizeof(*fit));

	for (size_t i = 0; i < c->n; i++)
		c->horizon_s = fmax(c->horizon_s, c->item[i].end_s);
	for (size_t i = 0; i < c->n_arms; i++) {
		reckon_arm(c, i);
		fit[i] = &c->arm[i].fit;
	}
	cascade_fit(c->item, c->n, CASCADE_ALL_ARMS, 0.95, &c->all);
	c->alike_p = cascade_alike_p(fit, c->n_arms);
	free(fit);
}

/* --- the outlook --- */

void cascade_outlook_done(struct cascade_outlook *o)
{
	for (size_t i = 0; i < o->n_limits; i++) {
		cascade_forecast_done(&o->limit[i].mid);
		cascade_forecast_done(&o->limit[i].lo);
		cascade_forecast_done(&o->limit[i].hi);
	}
	for (size_t i = 0; i < o->n_arms; i++)
		cascade_forecast_done(&o->arm[i]);
	free(o->limit);
	free(o->arm);
	*o = (struct cascade_outlook){ 0 };
}

/* What is expected of this arm's cascades: as they were set, with all arms' deaths per deletion, or
 * its own where the arms differ in them. */
static struct cascade_model model_of(const struct cascades *c, size_t arm)
{
	const struct cascades_arm *a = &c->arm[arm];
	const double delay = c->all.delay_s;
	struct cascade_model m = {
		.hosts = a->hosts,
		.rate = a->fit.rate,
		.lambda = (c->alike_p < 0.05 ? &a->fit : &c->all)->expo.rate,
		.moves = a->moves,
		.delay_s = isnan(delay) ? 0 : delay,
		.horizon_s = c->horizon_s,
	};

	for (size_t i = 0; i < c->n; i++)
		if (c->item[i].arm == arm)
			m.containers = (size_t)c->item[i].containers;
	return m;
}

static bool can_run(const struct cascade_model *m)
{
	return m->hosts && m->containers && m->rate > 0 && m->lambda > 0 && m->horizon_s > 0;
}

static void forecast_limit(const struct cascade_outlook *o, double moves, struct cascade_limit *ret)
{
	struct cascade_model m = o->model;
	struct cascade_limit l = { .moves = moves };

	m.moves = moves;
	cascade_forecast(&m, 0, CASCADE_DRAWS, SEED, &l.mid);
	m.lambda = o->lambda.lo;
	cascade_forecast(&m, 0, CASCADE_DRAWS, SEED, &l.lo);
	m.lambda = o->lambda.hi;
	cascade_forecast(&m, 0, CASCADE_DRAWS, SEED, &l.hi);
	*ret = l;
}

/* Limits to choose from, and those that were tried. */
static void forecast_limits(const struct cascades *c, struct cascade_outlook *o)
{
	double moves[LIMITS_MAX] = { 0, 1, 2, 5, 10, 20, MOVES_FREE };
	size_t n = 7;

	for (size_t i = 0; i < c->n_arms && n < LIMITS_MAX; i++)
		if (c->arm[i].moves >= 0)
			moves[n++] = c->arm[i].moves;
	qsort(moves, n, sizeof(*moves), by_value);
	o->limit = xcalloc(n, sizeof(*o->limit));
	for (size_t i = 0; i < n; i++)
		if (i == 0 || moves[i] != moves[i - 1])
			forecast_limit(o, moves[i], &o->limit[o->n_limits++]);
}

void cascade_outlook(const struct cascades *c, struct cascade_outlook *ret)
{
	struct cascade_outlook o = { .n_arms = c->n_arms, .lambda = c->all.lambda };

	o.arm = xcalloc(c->n_arms + 1, sizeof(*o.arm));
	for (size_t i = 0; i < c->n_arms; i++) {
		const struct cascade_model m = model_of(c, i);

		if (can_run(&m) && m.moves >= 0)
			cascade_forecast(&m, CASCADE_POINTS, CASCADE_DRAWS, SEED, &o.arm[i]);
	}
	if (c->n_arms) {
		o.model = model_of(c, 0);
		o.model.lambda = c->all.expo.rate;
		o.model.rate = c->all.rate;
	}
	if (can_run(&o.model))
		forecast_limits(c, &o);
	*ret = o;
}

/* --- tables --- */

static const struct scale per_thousand = { 1e-3, "" };

void cascade_moves(struct buf *out, double moves)
{
	if (moves == 0)
		buf_puts(out, "none");
	else if (isinf(moves))
		buf_puts(out, "free");
	else if (isnan(moves))
		buf_puts(out, "-");
	else {
		figure_count(out, moves);
		buf_puts(out, " a minute");
	}
}

static void add_time(struct columns *c, double s)
{
	_cleanup_buf_ struct buf b = BUF_INIT;

	if (isfinite(s))
		figure_scaled(&b, s, scale_of_seconds(s));
	else
		buf_puts(&b, "not reached");
	columns_add_buf(c, &b);
}

#define FACTOR_MOST 1e6 /* what is larger says only that all died at once */

/* By what factor a host's hazard changes in a minute; "-" where too few died to tell. */
static void add_growth(struct columns *c, const struct cascade_fit *f)
{
	const struct tilt_fit *g = &f->growth;
	struct interval ci = { exp(60 * g->x_ci.lo), exp(60 * g->x_ci.hi) };
	_cleanup_buf_ struct buf b = BUF_INIT;

	if (ci.hi > FACTOR_MOST)
		ci.hi = INFINITY;
	if (f->died < CASCADE_TELLING || !(exp(60 * g->x) <= FACTOR_MOST))
		buf_puts(&b, "-");
	else
		figure_interval(&b, exp(60 * g->x), ci, scale_of_counts());
	columns_add_buf(c, &b);
}

void cascade_table(const struct cascades *c, struct columns *ret)
{
	static const char *const heading[] = {
		"arm", "moves", "cascades", "hosts lost", "deletions", "deaths per 1,000 [95 %]"
	};
	_cleanup_buf_ struct buf b = BUF_INIT;

	columns_begin(ret, ARRAY_SIZE(heading), heading, 0x3c);
	for (size_t i = 0; i < c->n_arms; i++) {
		const struct cascade_fit *f = &c->arm[i].fit;

		if (!f->cascades)
			continue;
		columns_add_printable(ret, c->arm[i].name, LISTING_NAME);
		cascade_moves(&b, c->arm[i].moves);
		columns_add_buf(ret, &b);
		columns_addf(ret, "%zu", f->cascades);
		columns_addf(ret, "%zu of %zu", f->died + f->otherwise, f->hosts);
		columns_addf(ret, "%.0f", f->deletions);
		figure_interval(&b, f->expo.rate, f->lambda, per_thousand);
		columns_add_buf(ret, &b);
	}
}

void cascade_course_table(const struct cascades *c, struct columns *ret)
{
	static const char *const heading[] = { "arm", "a host's hazard, x a minute [95 %]",
					       "half lost after", "containers served" };
	_cleanup_buf_ struct buf b = BUF_INIT;

	columns_begin(ret, ARRAY_SIZE(heading), heading, 0xe);
	for (size_t i = 0; i < c->n_arms; i++) {
		if (!c->arm[i].fit.cascades)
			continue;
		columns_add_printable(ret, c->arm[i].name, LISTING_NAME);
		add_growth(ret, &c->arm[i].fit);
		add_time(ret, c->arm[i].half_s);
		listing_percent(&b, c->arm[i].served);
		columns_add_buf(ret, &b);
	}
}

static void put_time(struct buf *b, double s, struct scale scale)
{
	if (isfinite(s))
		figure_number(b, s / scale.per);
	else
		buf_puts(b, "-");
}

/* "3.1 min [1.2, -]": a dash is where the end of the cascade came first. */
static void add_half(struct columns *c, const struct cascade_band *half)
{
	_cleanup_buf_ struct buf b = BUF_INIT;
	const struct scale scale =
		scale_of_seconds(isfinite(half->median) ? half->median : half->lo);

	put_time(&b, half->median, scale);
	if (isfinite(half->median))
		buf_puts(&b, scale.unit);
	if (isfinite(half->lo)) {
		buf_puts(&b, " [");
		put_time(&b, half->lo, scale);
		buf_puts(&b, isfinite(half->median) ? "" : scale.unit);
		buf_puts(&b, ", ");
		put_time(&b, half->hi, scale);
		buf_puts(&b, "]");
	}
	columns_add_buf(c, &b);
}

static void add_limit(const struct cascade_limit *l, struct columns *c)
{
	const struct cascade_band *dead = &l->mid.dead, *served = &l->mid.served;
	_cleanup_buf_ struct buf b = BUF_INIT;

	cascade_moves(&b, l->moves);
	columns_add_buf(c, &b);
	columns_addf(c, "%.0f [%.0f, %.0f]", dead->median, dead->lo, dead->hi);
	add_half(c, &l->mid.half_s);
	columns_addf(c, "%.0f %% [%.0f, %.0f]", 100 * served->median, 100 * served->lo,
		     100 * served->hi);
	columns_addf(c, "%.0f, %.0f; %.0f, %.0f %%", l->lo.dead.median, l->hi.dead.median,
		     100 * l->lo.served.median, 100 * l->hi.served.median);
}

void cascade_limits_table(const struct cascade_outlook *o, struct columns *ret)
{
	static const char *const heading[] = { "moves", "lost [90 %]", "half lost after [90 %]",
					       "served [90 %]", "at both ends" };

	columns_begin(ret, ARRAY_SIZE(heading), heading, 0x1e);
	for (size_t i = 0; i < o->n_limits; i++)
		add_limit(&o->limit[i], ret);
}

char *cascade_limits_caption(const struct cascade_outlook *o)
{
	const struct cascade_model *m = &o->model;
	struct buf b = BUF_INIT;

	buf_printf(&b, "What the model expects of %zu hosts and %zu containers, each deleted ",
		   m->hosts, m->containers);
	figure_count(&b, m->rate);
	buf_puts(&b, " times a second, ");
	figure_interval(&b, m->lambda, o->lambda, per_thousand);
	buf_puts(&b, " deaths per 1,000 deletions, dead hosts found after ");
	figure_scaled(&b, m->delay_s, scale_of_seconds(m->delay_s));
	buf_puts(&b, ", over ");
	figure_scaled(&b, m->horizon_s, scale_of_seconds(m->horizon_s));
	buf_printf(
		&b,
		": hosts lost, and share of the containers that ran; medians and middle 90 %% of "
		"%d drawn cascades. At both ends of the interval: median lost, then served",
		CASCADE_DRAWS);
	return buf_steal(&b);
}

static void add_alive(const struct cascades_arm *a, const struct cascade_forecast *f, double at,
		      struct columns *c)
{
	const struct km_row *row = km_at(&a->hosts_km, at);
	const size_t point =
		f->points ? (size_t)lround(at / f->at_s[f->points - 1] * (double)(f->points - 1))
			  : 0;
	_cleanup_buf_ struct buf b = BUF_INIT;

	columns_add_printable(c, a->name, LISTING_NAME);
	figure_scaled(&b, at, scale_of_seconds(at));
	columns_add_buf(c, &b);
	figure_number(&b, (row ? row->surv : 1) * (double)a->hosts);
	columns_add_buf(c, &b);
	if (point < f->points)
		columns_addf(c, "%.0f [%.0f, %.0f]", f->alive[point].median, f->alive[point].lo,
			     f->alive[point].hi);
	else
		columns_add(c, "-");
}

void cascade_alive_table(const struct cascades *c, const struct cascade_outlook *o,
			 const struct ticks *at, struct columns *ret)
{
	static const char *const heading[] = { "arm", "after", "hosts alive, mean",
					       "model's median [90 %]" };

	columns_begin(ret, ARRAY_SIZE(heading), heading, 0xe);
	for (size_t i = 0; i < c->n_arms; i++)
		for (size_t k = 0; c->arm[i].fit.cascades && k < at->n; k++)
			add_alive(&c->arm[i], &o->arm[i], at->at[k], ret);
}
