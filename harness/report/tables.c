/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "report/tables.h"

#include <math.h>

#include "report/columns.h"
#include "report/figure.h"
#include "stats/expo.h"

enum { ARM_LEAST = 6 };

/* The columns of outcomes: the rare ones only where there are any. */
static const struct outcome_column {
	enum outcome outcome;
	const char *title;
	bool always;
} outcome_columns[] = {
	{ OUTCOME_FAILED, "failed", true },     { OUTCOME_OTHER, "other", false },
	{ OUTCOME_SURVIVED, "survived", true }, { OUTCOME_STOPPED, "stopped", false },
	{ OUTCOME_INFRA, "lost", false },
};

static bool column_shown(const struct view_arm *const *arm, size_t n_arms,
			 const struct outcome_column *c)
{
	size_t n = 0;

	for (size_t i = 0; i < n_arms; i++)
		n += arm[i]->outcome[c->outcome];
	return c->always || n;
}

static void add_arm(struct columns *c, const struct view_arm *a)
{
	columns_add_printable(c, a->name, TABLES_ARM_COLUMNS);
}

static void add_exposure(struct columns *c, const struct view_arm *a)
{
	_cleanup_free_
	char *unit = printable(a->unit, 24);
	_cleanup_buf_ struct buf b = BUF_INIT;
	double s = a->time.expo.total_time;

	figure_scaled(&b, s, scale_of_seconds(s));
	columns_add(c, buf_str(&b));
	buf_clear(&b);
	if (a->work.sample.n) {
		figure_count(&b, a->work.expo.total_time);
		buf_printf(&b, " %s", unit);
	}
	columns_add(c, buf_str(&b));
}

void tables_make_outcomes(const struct view_arm *const *arm, size_t n, struct columns *ret)
{
	struct columns c = { .n = 4 };

	for (size_t i = 0; i < ARRAY_SIZE(outcome_columns); i++)
		c.n += column_shown(arm, n, &outcome_columns[i]);
	c.right = ~(UINT64_C(1) | UINT64_C(1) << (c.n - 1));
	columns_add(&c, "arm");
	columns_add(&c, "trials");
	for (size_t i = 0; i < ARRAY_SIZE(outcome_columns); i++)
		if (column_shown(arm, n, &outcome_columns[i]))
			columns_add(&c, outcome_columns[i].title);
	columns_add(&c, "soaked");
	columns_add(&c, "work done");
	for (size_t a = 0; a < n; a++) {
		add_arm(&c, arm[a]);
		columns_addf(&c, "%zu", arm[a]->counted + arm[a]->outcome[OUTCOME_INFRA]);
		for (size_t i = 0; i < ARRAY_SIZE(outcome_columns); i++)
			if (column_shown(arm, n, &outcome_columns[i]))
				columns_addf(&c, "%zu",
					     arm[a]->outcome[outcome_columns[i].outcome]);
		add_exposure(&c, arm[a]);
	}
	*ret = c;
}

static void print(struct columns *c, unsigned width, struct buf *out)
{
	columns_fit(c, 0, width, ARM_LEAST);
	columns_print(c, out);
	columns_done(c);
}

void tables_outcomes(const struct view_arm *const *arm, size_t n, unsigned width, struct buf *out)
{
	struct columns c;

	tables_make_outcomes(arm, n, &c);
	print(&c, width, out);
}

/* "5.1 s [2.6, 12.0]", "> 60 s", "" */
static void add_mttf(struct columns *c, const struct lifetimes *l, bool seconds)
{
	_cleanup_buf_ struct buf b = BUF_INIT;
	double v = l->expo.n_event ? l->expo.mttf : l->mttf_lower;
	struct scale scale = seconds ? scale_of_seconds(v) : scale_of_counts();

	if (l->expo.n_event) {
		figure_interval(&b, v, l->mttf_ci, scale);
	} else if (isfinite(v)) {
		buf_puts(&b, "> ");
		figure_scaled(&b, v, scale);
	}
	columns_add(c, buf_str(&b));
}

static void add_median(struct columns *c, const struct lifetimes *l)
{
	_cleanup_buf_ struct buf b = BUF_INIT;

	if (isfinite(l->median)) {
		figure_interval(&b, l->median, l->median_ci, scale_of_seconds(l->median));
	} else if (l->sample.n) {
		buf_puts(&b, "not reached");
		if (isfinite(l->median_ci.lo)) {
			buf_puts(&b, ", > ");
			figure_scaled(&b, l->median_ci.lo, scale_of_seconds(l->median_ci.lo));
		}
	}
	columns_add(c, buf_str(&b));
}

/* The unit that all arms share, or "units of work". */
static char *common_unit(const struct view_arm *const *arm, size_t n)
{
	const char *unit = NULL;

	for (size_t i = 0; i < n; i++) {
		const char *u = arm[i]->unit;

		if (*u && unit && !str_eq(u, unit))
			return xstrdup("units of work");
		unit = *u ? u : unit;
	}
	return unit ? printable(unit, 24) : xstrdup("work");
}

void tables_make_lives(const struct view_arm *const *arm, size_t n, struct columns *ret)
{
	struct columns c = { .n = 4 };
	_cleanup_free_
	char *unit = common_unit(arm, n);

	columns_add(&c, "arm");
	columns_add(&c, "MTTF [95 %]");
	columns_addf(&c, "in %s [95 %%]", unit);
	columns_add(&c, "median life [95 %]");
	for (size_t i = 0; i < n; i++) {
		add_arm(&c, arm[i]);
		add_mttf(&c, &arm[i]->time, true);
		add_mttf(&c, &arm[i]->work, false);
		add_median(&c, &arm[i]->time);
	}
	*ret = c;
}

void tables_lives(const struct view_arm *const *arm, size_t n, unsigned width, struct buf *out)
{
	struct columns c;

	tables_make_lives(arm, n, &c);
	print(&c, width, out);
}

static size_t deaths(const struct view_arm *a)
{
	return a->outcome[OUTCOME_FAILED] + a->outcome[OUTCOME_OTHER];
}

static bool any_passed_by(const struct view_arm *const *arm, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (arm[i]->seen > deaths(arm[i]))
			return true;
	return false;
}

/* "12 [6.2, 21.0]" of n events in so much exposure: Poisson's exact interval. */
static void add_rate(struct columns *c, uint64_t n, double exposure, double per)
{
	_cleanup_buf_ struct buf b = BUF_INIT;
	struct expo e = expo_of(n, exposure);
	struct interval ci = expo_rate_ci(&e, 0.95);

	if (exposure > 0)
		figure_interval(&b, (double)n / exposure * per,
				(struct interval){ ci.lo * per, ci.hi * per }, scale_of_counts());
	columns_add(c, buf_str(&b));
}

void tables_seen(const struct view_arm *const *arm, size_t n, unsigned width, struct buf *out)
{
	_cleanup_columns_ struct columns c = { .n = 4, .right = 2 };
	_cleanup_free_
	char *unit = common_unit(arm, n);

	if (!any_passed_by(arm, n))
		return;
	columns_add(&c, "arm");
	columns_add(&c, "seen");
	columns_addf(&c, "per 100,000 %s [95 %%]", unit);
	columns_add(&c, "per hour [95 %]");
	for (size_t i = 0; i < n; i++) {
		add_arm(&c, arm[i]);
		columns_addf(&c, "%llu", (unsigned long long)arm[i]->seen);
		add_rate(&c, arm[i]->seen, arm[i]->work.expo.total_time, 1e5);
		add_rate(&c, arm[i]->seen, arm[i]->time.expo.total_time, 3600);
	}
	buf_putc(out, '\n');
	columns_fit(&c, 0, width, ARM_LEAST);
	columns_print(&c, out);
	paragraph_print(
		"seen: crash messages, each device and each bug once a trial, whether or not "
		"they ended it; rates with Poisson's exact interval.",
		width, 0, out);
}

void tables_words(const struct view_arm *const *arm, size_t n, unsigned width, struct buf *out)
{
	static const struct {
		const char *title, *sentence;
	} words[] = {
		{ "other",
		  "other: another crash than the one looked for; counts as alive until then." },
		{ "stopped", "stopped: ended by us; counts as alive until then." },
		{ "lost", "lost: the host's fault or no soak at all; not counted." },
	};
	_cleanup_buf_ struct buf b = BUF_INIT;

	buf_puts(&b, "MTTF: mean time to failure, soak time / failures; in brackets the exact 95 % "
		     "interval where the hazard is constant (the curve tells).");
	for (size_t i = 0; i < ARRAY_SIZE(outcome_columns); i++)
		for (size_t w = 0; w < ARRAY_SIZE(words); w++)
			if (str_eq(outcome_columns[i].title, words[w].title) &&
			    column_shown(arm, n, &outcome_columns[i]))
				buf_printf(&b, " %s", words[w].sentence);
	paragraph_print(buf_str(&b), width, 0, out);
}
