/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "report/say.h"

#include <math.h>

#include "report/figure.h"

/* 3000 as 3,000 */
static void put_thousands(struct buf *out, uint64_t v)
{
	if (v >= 1000) {
		put_thousands(out, v / 1000);
		buf_printf(out, ",%03u", (unsigned)(v % 1000));
	} else {
		buf_printf(out, "%u", (unsigned)v);
	}
}

void say_chance(struct buf *out, double p)
{
	double n = floor(1 / p * (1 + 1e-12)), digit = 1;

	if (!isfinite(p)) {
		buf_puts(out, "-");
		return;
	}
	if (p < 1e-6) {
		buf_puts(out, "fewer than 1 of 1,000,000");
		return;
	}
	if (p > 0.4) {
		buf_printf(out, "%.0f of 10", fmin(10, ceil(10 * p)));
		return;
	}
	while (n / digit >= 100)
		digit *= 10;
	buf_puts(out, "1 of ");
	put_thousands(out, (uint64_t)(floor(n / digit) * digit));
}

static void put_duration(struct buf *out, double s)
{
	figure_scaled(out, s, scale_of_seconds(s));
}

static const char *name_of(const struct contrast *c, size_t arm)
{
	return c->arm[arm].said;
}

/* "[2.0, 8.3]" of a ratio or of its inverse. */
static void put_ends(struct buf *out, struct interval ci, bool inverse)
{
	double lo = inverse ? 1 / ci.hi : ci.lo, hi = inverse ? 1 / ci.lo : ci.hi;

	buf_puts(out, " [");
	figure_ratio(out, lo);
	buf_puts(out, ", ");
	if (isfinite(hi))
		figure_ratio(out, hi);
	else
		buf_puts(out, "no limit");
	buf_puts(out, "]");
}

/* An arm without failures leaves one end: "at least 3.4 times". */
static void put_times(struct buf *out, const struct contrast_clock *k, bool lower)
{
	double ratio = lower ? 1 / k->ratio : k->ratio, least = lower ? 1 / k->ci.hi : k->ci.lo;

	if (isfinite(ratio)) {
		figure_ratio(out, ratio);
		buf_puts(out, " times");
		put_ends(out, k->ci, lower);
	} else {
		buf_puts(out, "at least ");
		figure_ratio(out, least);
		buf_puts(out, " times");
	}
}

static void put_none_failed(struct buf *out, const struct contrast *c,
			    const struct contrast_pair *p)
{
	for (int i = 0; i < 2; i++) {
		size_t arm = i ? p->other : p->base;

		if (p->time.rate.d[i] == 0) {
			buf_printf(out, ", as %s had no failure in ", name_of(c, arm));
			put_duration(out, p->time.rate.total_time[i]);
		}
	}
}

static void put_claim(struct buf *out, const struct contrast *c, const struct contrast_pair *p)
{
	bool lower = p->verdict == CONTRAST_LOWER;

	buf_printf(out, "%s %s the hazard ", name_of(c, p->other), lower ? "lowers" : "raises");
	put_times(out, &p->time, lower);
	if (c->n_arms > 2)
		buf_printf(out, " against %s", name_of(c, p->base));
	put_none_failed(out, c, p);
	buf_puts(out, "; chance alone would do this in ");
	say_chance(out, p->p_holm);
	buf_puts(out, " such experiments");
	if (c->n_pairs > 1)
		buf_printf(out, " (adjusted for %zu comparisons)", c->n_pairs);
	buf_puts(out, ".");
}

/* "1.04 times [0.7, 1.5]", "at most 1.2 times" */
static void put_between(struct buf *out, const struct contrast_clock *k)
{
	if (k->ratio > 0 && isfinite(k->ratio)) {
		figure_ratio(out, k->ratio);
		buf_puts(out, " times");
		put_ends(out, k->ci, false);
	} else {
		buf_puts(out, k->ratio > 0 ? "at least " : "at most ");
		figure_ratio(out, k->ratio > 0 ? k->ci.lo : k->ci.hi);
		buf_puts(out, " times");
	}
}

static void put_range(struct buf *out, const struct contrast *c, const struct contrast_pair *p)
{
	buf_printf(out, "the hazard of %s is ", name_of(c, p->other));
	put_between(out, &p->time);
	buf_printf(out, " that of %s", name_of(c, p->base));
}

static void put_more(struct buf *out, const struct contrast *c, const struct contrast_pair *p)
{
	double percent = 100 * c->opt.power;

	if (p->missing > 0 && isfinite(p->more_wall_s)) {
		buf_puts(out, "; about ");
		put_duration(out, p->more_wall_s);
		buf_puts(out, " more for a factor of ");
		figure_count(out, c->opt.factor);
		buf_printf(out, " at %.3g %% power (%.0f more failures, ", percent,
			   ceil(p->missing));
		put_duration(out, p->more_s);
		buf_printf(out, " of soak, %zu guest%s at once)", c->slots,
			   c->slots == 1 ? "" : "s");
	} else if (p->missing > 0) {
		buf_printf(out, "; about %.0f more failures for a factor of ", ceil(p->missing));
		figure_count(out, c->opt.factor);
		buf_printf(out, " at %.3g %% power", percent);
	} else {
		buf_puts(out, "; so many failures show a factor of ");
		figure_number(out, p->detectable);
		buf_printf(out, " with %.3g %% power, a smaller one takes more", percent);
	}
}

static void put_open(struct buf *out, const struct contrast *c, const struct contrast_pair *p)
{
	buf_printf(out, "no difference shown between %s and %s: ", name_of(c, p->base),
		   name_of(c, p->other));
	put_range(out, c, p);
	if (p->verdict == CONTRAST_ALIKE) {
		buf_puts(out, "; a factor of ");
		figure_count(out, c->opt.factor);
		buf_puts(out, " either way is ruled out");
	} else {
		put_more(out, c, p);
	}
	buf_puts(out, ".");
}

static void put_nothing(struct buf *out, const struct contrast *c, const struct contrast_pair *p)
{
	const size_t arm[] = { p->base, p->other };

	buf_printf(out, "no difference shown between %s and %s: ", name_of(c, p->base),
		   name_of(c, p->other));
	for (int i = 0; i < 2; i++)
		if (!(p->time.rate.total_time[i] > 0)) {
			buf_printf(out, "%s has no trial that counts.", name_of(c, arm[i]));
			return;
		}
	buf_puts(out, "neither has failed, in ");
	put_duration(out, p->time.rate.total_time[0]);
	buf_puts(out, " and ");
	put_duration(out, p->time.rate.total_time[1]);
	buf_puts(out, " of soak, so there is no pace to reckon with.");
}

char *say_pair(const struct contrast *c, const struct contrast_pair *p)
{
	_cleanup_buf_ struct buf out = BUF_INIT;

	switch (p->verdict) {
	case CONTRAST_LOWER:
	case CONTRAST_HIGHER: put_claim(&out, c, p); break;
	case CONTRAST_ALIKE:
	case CONTRAST_OPEN: put_open(&out, c, p); break;
	case CONTRAST_EMPTY: put_nothing(&out, c, p); break;
	}
	return buf_steal(&out);
}

/* --- the other clock --- */

static void put_pace(struct buf *out, const struct contrast_arm *a)
{
	double pace = a->all.work.expo.total_time / a->all.time.expo.total_time;

	buf_printf(out, "%s did ", a->said);
	figure_number(out, pace >= 0.1 ? pace : 3600 * pace);
	buf_printf(out, " %s a%s", a->all.unit, pace >= 0.1 ? " second" : "n hour");
}

/* Where the clocks disagree: who works less lives longer, and is no better for it. */
static void put_speeds(struct buf *out, const struct contrast *c, const struct contrast_pair *p)
{
	bool work_differs = p->work_verdict == CONTRAST_LOWER || p->work_verdict == CONTRAST_HIGHER;

	if (p->work_verdict == p->verdict || (!contrast_differs(p) && !work_differs))
		return;
	buf_puts(out, contrast_differs(p)
			      ? " What differs may be how fast they work, not what they survive: "
			      : " They work at different speeds: ");
	put_pace(out, &c->arm[p->base]);
	buf_puts(out, ", ");
	put_pace(out, &c->arm[p->other]);
	buf_puts(out, ".");
}

char *say_work(const struct contrast *c, const struct contrast_pair *p)
{
	_cleanup_buf_ struct buf out = BUF_INIT;
	const struct contrast_clock *k = &p->work;
	bool lower = p->work_verdict == CONTRAST_LOWER;

	switch (p->work_verdict) {
	case CONTRAST_EMPTY: return NULL;
	case CONTRAST_LOWER:
	case CONTRAST_HIGHER:
		buf_printf(&out, "Per unit of work (%s) %s fails ", c->arm[p->base].all.unit,
			   name_of(c, p->other));
		put_times(&out, k, lower);
		buf_puts(&out, lower ? " less often." : " as often.");
		break;
	case CONTRAST_ALIKE:
	case CONTRAST_OPEN:
		buf_printf(&out, "Per unit of work (%s) %s", c->arm[p->base].all.unit,
			   p->work_verdict == CONTRAST_ALIKE ? "the rates agree: "
							     : "no difference is shown: ");
		put_between(&out, k);
		buf_puts(&out, ".");
		break;
	}
	put_speeds(&out, c, p);
	return buf_steal(&out);
}
