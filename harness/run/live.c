/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "run/live.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#include "model/units.h"
#include "stats/km.h"

enum { CURVE_MIN = 10, CURVE_MAX = 40 };

struct live {
	const struct campaign *c;
	size_t slots;
	struct sample *ended; /* by arm: lifetimes in seconds */
	uint64_t n_ended;     /* trials, whatever became of them */
	uint64_t n_counted;   /* that this process saw end: their wall time is in busy_s */
	double busy_s;
};

struct live *live_new(const struct campaign *c, size_t slots)
{
	struct live *l = xcalloc(1, sizeof(*l));

	l->c = c;
	l->slots = slots;
	l->ended = xcalloc(MAX(c->scenario.n_arms, (size_t)1), sizeof(*l->ended));
	return l;
}

struct live *live_free(struct live *l)
{
	for (size_t i = 0; l && i < l->c->scenario.n_arms; i++)
		sample_done(&l->ended[i]);
	if (l)
		free(l->ended);
	free(l);
	return NULL;
}

static double seconds(uint64_t ns)
{
	return (double)ns / (double)NS_PER_S;
}

void live_count(struct live *l, const struct planned *t, const struct verdict *v)
{
	l->n_ended++;
	if (v->wall_ns) {
		l->n_counted++;
		l->busy_s += seconds(v->wall_ns);
	}
	if (v->outcome != OUTCOME_INFRA)
		sample_add(&l->ended[t->arm],
			   (struct lifetime){ .time = seconds(v->exposure_ns),
					      .failed = v->outcome == OUTCOME_FAILED });
}

/* The arm's lifetimes; who still runs is alive until now. The caller frees. */
static void lifetimes(const struct live *l, size_t arm, uint64_t now_ns, struct sample *ret)
{
	const struct campaign *c = l->c;
	const struct sample *ended = &l->ended[arm];

	*ret = (struct sample)SAMPLE_INIT;
	for (size_t i = 0; i < ended->n; i++)
		sample_add(ret, ended->life[i]);
	for (size_t t = 0; t < c->plan.n; t++)
		if (c->plan.trial[t].arm == arm && campaign_age_ns(c, t + 1, now_ns))
			sample_add(ret, (struct lifetime){
						.time = seconds(campaign_age_ns(c, t + 1, now_ns)),
					});
	sample_sort(ret);
}

static uint64_t told_of(const struct tally *t)
{
	return t->outcome[OUTCOME_FAILED] + t->outcome[OUTCOME_OTHER] +
	       t->outcome[OUTCOME_SURVIVED];
}

void live_look(const struct live *l, size_t arm, uint64_t now_ns, struct live_arm *ret)
{
	const struct campaign *c = l->c;
	_cleanup_sample_ struct sample s;

	lifetimes(l, arm, now_ns, &s);
	*ret = (struct live_arm){
		.told = told_of(&c->tally[arm]),
		.planned = c->tally[arm].planned,
		.expo = expo_fit(&s),
		.mttf_ci = interval_none(),
		.mttf_above = NAN,
	};
	for (size_t t = 0; t < c->plan.n; t++)
		ret->running += c->plan.trial[t].arm == arm && c->state[t] == TRIAL_RUNNING;
	if (ret->expo.n_event)
		ret->mttf_ci = expo_mttf_ci(&ret->expo, 0.95);
	else if (ret->expo.total_time > 0)
		ret->mttf_above = expo_mttf_lower(&ret->expo, 0.95);
}

/* ---- how far ---- */

double live_share(const struct live *l)
{
	uint64_t wanted = 0, told = 0;

	for (size_t i = 0; i < l->c->scenario.n_arms; i++) {
		wanted += l->c->tally[i].planned;
		told += MIN(told_of(&l->c->tally[i]), l->c->tally[i].planned);
	}
	return wanted ? (double)told / (double)wanted : NAN;
}

double live_left_s(const struct live *l, uint64_t elapsed_ns)
{
	const uint64_t budget = l->c->scenario.stop.budget_ns;
	const double share = live_share(l);
	double left = INFINITY;
	uint64_t wanted = 0;

	for (size_t i = 0; i < l->c->scenario.n_arms; i++)
		wanted += l->c->tally[i].planned;
	if (isfinite(share) && l->n_counted)
		left = l->busy_s / (double)l->n_counted * (double)wanted * (1 - share) /
		       (double)MAX(l->slots, (size_t)1);
	if (budget != TIME_NEVER)
		left = fmin(left, budget > elapsed_ns ? seconds(budget - elapsed_ns) : 0);
	return left;
}

/* ---- the page ---- */

/* The share alive at that time, as a block or a sign from full to nothing. */
static const char *level(double share, bool utf8)
{
	static const char *const blocks[] = { " ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█" };
	static const char *const signs[] = { " ", ".", ":", "-", "=", "+", "*", "%", "#" };
	const size_t top = ARRAY_SIZE(blocks) - 1;
	size_t i = share > 0 ? MAX((size_t)(share * (double)top + 0.5), (size_t)1) : 0;

	return (utf8 ? blocks : signs)[MIN(i, top)];
}

/* From 0 to the horizon; where nobody was seen so long there is nothing. */
static void put_curve(const struct live *l, size_t arm, uint64_t now_ns, double horizon_s,
		      unsigned columns, const struct page_style *style, struct buf *out)
{
	_cleanup_sample_ struct sample s;
	_cleanup_km_ struct km km = { 0 };

	lifetimes(l, arm, now_ns, &s);
	if (!s.n)
		return;
	km_fit(&s, &km);
	if (style->colour)
		buf_puts(out, km.n_event ? "\033[31m" : "\033[32m");
	for (unsigned i = 0; i < columns; i++) {
		const double t = horizon_s * (i + 0.5) / columns;
		const struct km_row *row = km_at(&km, t);

		if (t > km.max_time && !(row && row->surv <= 0))
			break;
		buf_puts(out, level(row ? row->surv : 1, style->utf8));
	}
	if (style->colour)
		buf_puts(out, "\033[0m");
}

static void put_mttf(const struct live_arm *a, struct buf *out)
{
	char mttf[UNIT_TEXT], lo[UNIT_TEXT], hi[UNIT_TEXT];
	const double ns = (double)NS_PER_S;

	if (a->expo.n_event)
		buf_printf(out, "%s [%s, %s]", duration_human(mttf, (uint64_t)(a->expo.mttf * ns)),
			   duration_human(lo, (uint64_t)(a->mttf_ci.lo * ns)),
			   duration_human(hi, (uint64_t)(a->mttf_ci.hi * ns)));
	else if (isfinite(a->mttf_above))
		buf_printf(out, "> %s", duration_human(mttf, (uint64_t)(a->mttf_above * ns)));
}

static bool is_of_interest(const struct live_arm *a)
{
	return a->planned || a->told || a->running;
}

static void put_arm(const struct live *l, size_t arm, uint64_t now_ns, int name_width,
		    struct buf *out)
{
	const struct tally *t = &l->c->tally[arm];
	_cleanup_buf_ struct buf trials = BUF_INIT;
	struct live_arm a;

	live_look(l, arm, now_ns, &a);
	buf_printf(&trials, "%" PRIu64, a.told);
	if (a.planned)
		buf_printf(&trials, "/%" PRIu64, a.planned);
	buf_printf(out, "%-*.*s %7s %6" PRIu64 " %6" PRIu64 "  ", name_width, name_width,
		   l->c->scenario.arm[arm].name, buf_str(&trials), t->outcome[OUTCOME_FAILED],
		   t->outcome[OUTCOME_OTHER]);
	put_mttf(&a, out);
}

/* ASCII up to here; the rest of the line may be none. */
static void cut(struct buf *line, unsigned width)
{
	if (line->len > width)
		line->data[line->len = width] = 0;
}

static void pad(struct buf *line, size_t width)
{
	while (line->len < width)
		buf_putc(line, ' ');
}

struct layout {
	int name_width;
	size_t curve_at; /* column */
	unsigned curve;  /* columns; 0: none */
	double horizon_s;
};

static struct layout lay_out(const struct live *l, uint64_t now_ns, unsigned width)
{
	const struct scenario *sc = &l->c->scenario;
	struct layout y = { .name_width = 3 };

	for (size_t i = 0; i < sc->n_arms; i++) {
		_cleanup_buf_ struct buf b = BUF_INIT;
		struct live_arm a;

		live_look(l, i, now_ns, &a);
		if (!is_of_interest(&a))
			continue;
		y.name_width = MAX(y.name_width, (int)MIN(strlen(sc->arm[i].name), (size_t)24));
		y.horizon_s = fmax(y.horizon_s, seconds(sc->arm[i].settings.limits.soak));
		put_mttf(&a, &b);
		y.curve_at = MAX(y.curve_at, MAX(b.len, strlen("MTTF [95 %]")));
	}
	y.curve_at += (size_t)y.name_width + strlen("  trials failed  other    ");
	if (y.curve_at + CURVE_MIN <= width)
		y.curve = MIN(width - (unsigned)y.curve_at, (unsigned)CURVE_MAX);
	return y;
}

static void put_head(const struct layout *y, unsigned width, struct buf *out)
{
	_cleanup_buf_ struct buf line = BUF_INIT;
	char horizon[UNIT_TEXT];

	buf_printf(&line, "%-*s  trials failed  other  MTTF [95 %%]", y->name_width, "arm");
	if (y->curve) {
		pad(&line, y->curve_at);
		duration_human(horizon, (uint64_t)(y->horizon_s * (double)NS_PER_S));
		buf_printf(&line, "alive%*s", (int)y->curve - 5, horizon);
	}
	cut(&line, width);
	buf_puts(out, buf_str(&line));
}

unsigned live_page(const struct live *l, uint64_t now_ns, const struct page_style *style,
		   struct buf *out)
{
	const struct layout y = lay_out(l, now_ns, style->width);
	unsigned n = 0, hidden = 0;

	for (size_t i = 0; i < l->c->scenario.n_arms; i++) {
		_cleanup_buf_ struct buf line = BUF_INIT;
		struct live_arm a;

		live_look(l, i, now_ns, &a);
		if (!is_of_interest(&a))
			continue;
		if (n + 2 >= style->rows) { /* the head, and a line for the others */
			hidden++;
			continue;
		}
		if (!n)
			put_head(&y, style->width, out);
		put_arm(l, i, now_ns, y.name_width, &line);
		cut(&line, style->width);
		if (y.curve) {
			pad(&line, y.curve_at);
			put_curve(l, i, now_ns, y.horizon_s, y.curve, style, &line);
		}
		buf_printf(out, "\n%s", buf_str(&line));
		n++;
	}
	if (hidden && n) {
		_cleanup_buf_ struct buf line = BUF_INIT;

		buf_printf(&line, "(%u more)", hidden);
		cut(&line, style->width);
		buf_printf(out, "\n%s", buf_str(&line));
	}
	return n ? n + 1 + (hidden > 0) : 0;
}
