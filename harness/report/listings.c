/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The tables of estimates. */
#include "report/listings.h"

#include <math.h>

#include "report/figure.h"
#include "report/tables.h"

void listing_percent(struct buf *out, double share)
{
	figure_number(out, 100 * share);
	buf_puts(out, " %");
}

void listing_p(struct buf *out, double p)
{
	if (p < 1e-6)
		buf_puts(out, "< 1e-6");
	else if (isfinite(p))
		buf_printf(out, "%.2g", p);
	else
		buf_putc(out, '-');
}

void listing_add_name(struct columns *c, const char *name)
{
	columns_add_printable(c, name, LISTING_NAME);
}

/* --- arms --- */

static void of_arms(const struct dossier *d, struct columns *ret,
		    void (*make)(const struct view_arm *const *arm, size_t n, struct columns *ret))
{
	const size_t n = d->contrast.n_arms;
	const struct view_arm **arm = xcalloc(n + 1, sizeof(*arm));

	for (size_t i = 0; i < n; i++)
		arm[i] = &d->contrast.arm[i].all;
	make(arm, n, ret);
	columns_drop_empty(ret);
	free(arm);
}

void listing_outcomes(const struct dossier *d, struct columns *ret)
{
	of_arms(d, ret, tables_make_outcomes);
}

void listing_lives(const struct dossier *d, struct columns *ret)
{
	of_arms(d, ret, tables_make_lives);
}

/* --- survival --- */

static size_t at_risk(const struct sample *s, double t)
{
	size_t n = 0;

	for (size_t i = 0; i < s->n; i++)
		n += s->life[i].time >= t;
	return n;
}

static void add_alive(struct columns *c, const struct view_arm *a, double t, struct scale scale)
{
	const struct km_row *row = km_at(&a->time.km, t);
	struct interval band = row ? km_band(row, KM_LOGLOG, VIEW_CONFIDENCE) : interval_none();
	_cleanup_buf_ struct buf b = BUF_INIT;

	listing_add_name(c, a->name);
	figure_count(&b, t / scale.per);
	buf_puts(&b, scale.unit);
	columns_add_buf(c, &b);
	columns_addf(c, "%zu", at_risk(&a->time.sample, t));
	listing_percent(&b, row ? row->surv : 1);
	columns_add_buf(c, &b);
	if (isfinite(band.lo) && isfinite(band.hi)) {
		listing_percent(&b, band.lo);
		buf_puts(&b, " to ");
		listing_percent(&b, band.hi);
	}
	columns_add_buf(c, &b);
}

void listing_survival(const struct dossier *d, const struct ticks *at, struct columns *ret)
{
	static const char *const heading[] = { "arm", "after", "at risk", "alive", "95 % band" };
	struct scale scale = scale_of_seconds(at->n ? at->at[at->n - 1] : 0);

	columns_begin(ret, ARRAY_SIZE(heading), heading, 0xe);
	for (size_t i = 0; i < d->contrast.n_arms; i++) {
		const struct view_arm *a = &d->contrast.arm[i].all;

		for (size_t k = 0; k < at->n && a->counted; k++)
			if (at->at[k] <= a->time.km.max_time)
				add_alive(ret, a, at->at[k], scale);
	}
}

/* --- pairs --- */

static void put_ratio(struct buf *b, double v)
{
	if (isinf(v))
		buf_puts(b, "no limit");
	else
		figure_ratio(b, v);
}

static void add_pair(struct columns *c, const struct dossier *d, const struct contrast_pair *p)
{
	const struct contrast *k = &d->contrast;
	_cleanup_buf_ struct buf b = BUF_INIT;

	listing_add_name(c, k->arm[p->other].all.name);
	listing_add_name(c, k->arm[p->base].all.name);
	columns_addf(c, "%zu", p->time.rate.d[1]);
	columns_addf(c, "%zu", p->time.rate.d[0]);
	put_ratio(&b, p->time.ratio);
	columns_add_buf(c, &b);
	put_ratio(&b, p->time.ci.lo);
	buf_puts(&b, " to ");
	put_ratio(&b, p->time.ci.hi);
	columns_add_buf(c, &b);
	columns_add(c, p->time.exact ? "exact rates" : "Cox");
	listing_p(&b, p->p_holm);
	columns_add_buf(c, &b);
	columns_add(c, contrast_verdict_name(p->verdict));
}

void listing_pairs(const struct dossier *d, struct columns *ret)
{
	static const char *const heading[] = { "arm",      "against",  "its failures",
					       "theirs",   "ratio",    "95 %",
					       "estimate", "p (Holm)", "its hazard is" };

	columns_begin(ret, ARRAY_SIZE(heading), heading, 0x9c);
	for (size_t i = 0; i < d->contrast.n_pairs; i++)
		add_pair(ret, d, &d->contrast.pair[i]);
}

/* --- incidence --- */

void listing_incidence(const struct dossier *d, struct columns *ret)
{
	static const char *const heading[] = { "arm", "crash", "trials", "dead of it",
					       "std. error" };
	const struct contrast *c = &d->contrast;
	_cleanup_buf_ struct buf b = BUF_INIT;

	columns_begin(ret, ARRAY_SIZE(heading), heading, 0x1c);
	for (size_t i = 0; i < c->n_arms; i++)
		for (size_t k = 0; k < c->n_crashes; k++) {
			size_t n = dossier_deaths(d, i, k);

			if (!n)
				continue;
			listing_add_name(ret, c->arm[i].all.name);
			listing_add_name(ret, c->crash[k].first.title);
			columns_addf(ret, "%zu", n);
			listing_percent(&b, c->arm[i].incidence[k].share);
			columns_add_buf(ret, &b);
			listing_percent(&b, c->arm[i].incidence[k].se);
			columns_add_buf(ret, &b);
		}
}

/* --- kernels --- */

size_t listing_kernel_trials(const struct dossier *d, size_t kernel)
{
	size_t n = 0;

	for (size_t i = 0; i < d->n_trials; i++)
		n += d->trial[i].kernel == kernel && d->trial[i].counted;
	return n;
}

size_t listing_kernel_deaths(const struct dossier *d, size_t kernel, size_t crash)
{
	size_t n = 0;

	for (size_t i = 0; i < d->n_trials; i++)
		n += d->trial[i].kernel == kernel && d->trial[i].crash == crash;
	return n;
}

void listing_kernels(const struct dossier *d, struct columns *ret)
{
	*ret = (struct columns){ .n = d->kernels.n + 1, .right = ~UINT64_C(1) };
	columns_add(ret, "crash");
	for (size_t k = 0; k < d->kernels.n; k++)
		listing_add_name(ret, d->kernels.item[k]);
	for (size_t i = 0; i < d->contrast.n_crashes; i++) {
		listing_add_name(ret, d->contrast.crash[i].first.title);
		for (size_t k = 0; k < d->kernels.n; k++)
			columns_addf(ret, "%zu", listing_kernel_deaths(d, k, i));
	}
	columns_add(ret, "all trials that count");
	for (size_t k = 0; k < d->kernels.n; k++)
		columns_addf(ret, "%zu", listing_kernel_trials(d, k));
}

/* --- a bisection --- */

static double number(const json_t *o, const char *key)
{
	const json_t *v = json_object_get(o, key);

	return json_is_number(v) ? json_number_value(v) : NAN;
}

static void add_text(struct columns *c, const json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));

	listing_add_name(c, s ? s : "");
}

static void add_number(struct columns *c, double v)
{
	_cleanup_buf_ struct buf b = BUF_INIT;

	if (isfinite(v))
		figure_count(&b, v);
	columns_add_buf(c, &b);
}

static void add_length(struct columns *c, double s)
{
	_cleanup_buf_ struct buf b = BUF_INIT;

	if (s > 0)
		figure_scaled(&b, s, scale_of_seconds(s));
	columns_add_buf(c, &b);
}

void listing_versions(const struct dossier *d, struct columns *ret)
{
	static const char *const heading[] = { "version", "probability", "trials", "failed",
					       "other",   "soaked",      "why not" };
	const json_t *o;
	size_t i;

	columns_begin(ret, ARRAY_SIZE(heading), heading, 0x3e);
	json_array_foreach (json_object_get(d->hunt->answer, "versions"), i, o) {
		_cleanup_buf_ struct buf b = BUF_INIT;
		double p = number(o, "probability");

		add_text(ret, o, "version");
		if (isfinite(p))
			listing_percent(&b, p < 0.0005 ? 0 : p);
		columns_add_buf(ret, &b);
		add_number(ret, number(o, "trials"));
		add_number(ret, number(o, "failed"));
		add_number(ret, number(o, "other"));
		add_length(ret, number(o, "soaked_s"));
		add_text(ret, o, "skipped");
	}
	columns_drop_empty(ret);
}

void listing_path(const struct dossier *d, struct columns *ret)
{
	static const char *const heading[] = { "trial", "version", "outcome", "soaked", "crash" };
	const json_t *o;
	size_t i;

	columns_begin(ret, ARRAY_SIZE(heading), heading, 0x9);
	json_array_foreach (d->hunt->log, i, o) {
		if (!json_object_get(o, "trial"))
			continue;
		add_number(ret, number(o, "trial"));
		add_text(ret, o, "version");
		add_text(ret, o, "outcome");
		add_length(ret, number(o, "seconds"));
		add_text(ret, o, "title");
	}
	columns_drop_empty(ret);
}
