/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What guests sampled in the seconds before a crash, as small multiples: what jumped first, then
 * what one always looks at. Behind the trial that is shown, others that died of the same. */
#include <math.h>

#include "report/html_report.h"
#include "report/jumps.h"
#include "report/listings.h"
#include "report/svg.h"
#include "store/verdicts.h"

enum { CASES_SHOWN = 3, PANELS = 6, OTHERS = 4, AXIS_TICKS = 4 };

static const char *const usual[] = { "mem.MemAvailable", "psi.memory.some",  "psi.cpu.some",
				     "vm.pgfault",       "vm.pgscan_kswapd", "mem.Slab",
				     "host.vcpu0" };

/* One guest's samples, and when it crashed. */
struct guest {
	struct samples samples;
	double failed_s;
};

struct before {
	const struct dossier *d;
	struct html *h;
	struct guest guest[1 + OTHERS]; /* the one that is shown first */
	size_t n;
	double window_s; /* how much is shown */
	struct jump jump[PANELS];
	size_t n_jumps;
	size_t panel[PANELS]; /* columns of guest[0] */
	size_t n_panels;
};

/* --- reading --- */

static bool read_guest(const struct dossier *d, const struct dossier_trial *t, struct guest *ret)
{
	_cleanup_free_
	struct verdict *v = xcalloc(1, sizeof(*v));
	_cleanup_close_ int dir = trial_dir_open(d->run[t->run].dir->fd, t->trial, NULL);

	if (dir < 0 || verdict_read_at(dir, v, NULL) < 0)
		return false;
	ret->failed_s = (double)v->sighting.at_ns / 1e9;
	return samples_before(dir, v, &ret->samples);
}

static void read_guests(struct before *b, size_t crash)
{
	size_t example = b->d->crash[crash].example;

	if (!read_guest(b->d, &b->d->trial[example], &b->guest[0]))
		return;
	b->n = 1;
	for (size_t i = 0; i < b->d->n_trials && b->n < ARRAY_SIZE(b->guest); i++)
		if (i != example && b->d->trial[i].crash == crash)
			b->n += read_guest(b->d, &b->d->trial[i], &b->guest[b->n]);
	b->window_s = b->guest[0].failed_s - b->guest[0].samples.at_s[0];
	b->window_s = fmin(fmax(b->window_s, 5), SERIES_MAX);
}

/* --- choosing --- */

static bool varies(const struct series *s)
{
	for (size_t i = 1; i < s->n; i++)
		if (s->v[i] != s->v[0])
			return true;
	return false;
}

static void add_panel(struct before *b, size_t column)
{
	for (size_t i = 0; i < b->n_panels; i++)
		if (b->panel[i] == column)
			return;
	if (b->n_panels < PANELS)
		b->panel[b->n_panels++] = column;
}

static void add_if_named(struct before *b, const char *what)
{
	struct series *s = xcalloc(1, sizeof(*s));

	for (size_t k = 0; k < b->guest[0].samples.key.n; k++)
		if (series_make(&b->guest[0].samples, k, s) && str_eq(s->what, what))
			add_panel(b, k);
	free(s);
}

static void choose(struct before *b)
{
	const struct samples *all = &b->guest[0].samples;
	struct series *s = xcalloc(1, sizeof(*s));

	b->n_jumps = jumps_find(all, PANELS, b->jump);
	for (size_t i = 0; i < b->n_jumps; i++)
		add_if_named(b, b->jump[i].what);
	for (size_t i = 0; i < ARRAY_SIZE(usual); i++) {
		int column = samples_column(all, usual[i]);

		if (column >= 0 && series_make(all, (size_t)column, s) && varies(s))
			add_panel(b, (size_t)column);
	}
	free(s);
}

/* --- drawing --- */

/* The y axis: from 0, but for sizes that change little. */
static struct interval range_of(const struct series *s, size_t n)
{
	struct interval r = { INFINITY, 0 };

	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < s[i].n; k++) {
			r.lo = fmin(r.lo, s[i].v[k]);
			r.hi = fmax(r.hi, s[i].v[k]);
		}
	if (!(r.hi > 0))
		return (struct interval){ 0, 1 };
	r.lo = s->unit == SERIES_SIZE && r.lo > 0.5 * r.hi ? fmax(0, r.lo - 0.1 * (r.hi - r.lo))
							   : 0;
	return r.lo < r.hi ? r : (struct interval){ 0, r.hi };
}

static void put_line(const struct before *b, const struct series *s, double failed_s,
		     struct interval y, bool shown)
{
	struct svg_step *point = xcalloc(s->n, sizeof(*point));
	size_t n = 0;

	for (size_t i = 0; i < s->n; i++) {
		double x = 1 - (failed_s - s->at_s[i]) / b->window_s;

		if (x >= 0 && x <= 1)
			point[n++] = (struct svg_step){ x, (s->v[i] - y.lo) / (y.hi - y.lo) };
	}
	buf_printf(&b->h->body, "<path class=\"%s\" d=\"", shown ? "ln" : "ghost");
	svg_line(&b->h->body, point, n);
	buf_puts(&b->h->body, "\"/>\n");
	free(point);
}

static void put_axes(const struct before *b, enum series_unit unit, struct interval y)
{
	struct buf *out = &b->h->body;
	_cleanup_buf_ struct buf most = BUF_INIT, least = BUF_INIT;
	struct scale scale;
	struct ticks t;

	series_amount(&most, unit, y.hi);
	series_amount(&least, unit, y.lo);
	ticks_time(b->window_s, AXIS_TICKS, &scale, &t);
	buf_puts(out, "<line class=\"g\" x2=\"100%\"/><text class=\"e\" x=\"-6\" dy=\"4\">");
	html_text(out, buf_str(&most));
	buf_puts(out, "</text><line class=\"g\" x2=\"100%\" y1=\"100%\" y2=\"100%\"/>"
		      "<text class=\"e\" x=\"-6\" y=\"100%\" dy=\"4\">");
	html_text(out, buf_str(&least));
	buf_puts(out, "</text>\n");
	for (size_t i = 0; i < t.n; i++) {
		double x = 100 * (1 - t.at[i] / b->window_s);

		buf_printf(out,
			   "<line class=\"g\" x1=\"%.4g%%\" x2=\"%.4g%%\" y2=\"100%%\"/>"
			   "<text class=\"m\" x=\"%.4g%%\" y=\"100%%\" dy=\"16\">%s%.4g%s</text>\n",
			   x, x, x, i ? "-" : "", t.at[i] / scale.per, i ? "" : scale.unit);
	}
}

/* The same key of each guest; false where the one that is shown lacks it. */
static size_t make_all(const struct before *b, size_t column, struct series *ret,
		       double *ret_failed)
{
	const char *key = b->guest[0].samples.key.item[column];
	size_t n = 0;

	for (size_t g = 0; g < b->n; g++) {
		int k = samples_column(&b->guest[g].samples, key);

		if (k >= 0 && series_make(&b->guest[g].samples, (size_t)k, &ret[n]))
			ret_failed[n++] = b->guest[g].failed_s;
	}
	return n;
}

static void put_panel(const struct before *b, size_t column)
{
	struct series *s = xcalloc(1 + OTHERS, sizeof(*s));
	double failed_s[1 + OTHERS];
	struct interval y;
	size_t n = make_all(b, column, s, failed_s);
	struct buf *out = &b->h->body;
	_cleanup_free_
	char *label = xasprintf("%s before the crash", s->what);

	y = range_of(s, n);
	buf_puts(out, "<div>\n<h4>");
	html_name(out, s->what);
	buf_puts(out, "</h4>\n");
	svg_begin(out, "mini", 0, label);
	put_axes(b, s->unit, y);
	svg_area(out);
	for (size_t i = n; i-- > 1;)
		put_line(b, &s[i], failed_s[i], y, false);
	buf_puts(out, "<g class=\"s0\">");
	put_line(b, s, failed_s[0], y, true);
	buf_puts(out, "</g>");
	svg_area_end(out);
	svg_end(out);
	buf_puts(out, "</div>\n");
	free(s);
}

/* --- as a table --- */

static double median_of(const struct series *s)
{
	struct series sorted = *s;

	for (size_t i = 1; i < sorted.n; i++)
		for (size_t k = i; k && sorted.v[k - 1] > sorted.v[k]; k--) {
			double v = sorted.v[k];

			sorted.v[k] = sorted.v[k - 1];
			sorted.v[k - 1] = v;
		}
	return sorted.n ? sorted.v[sorted.n / 2] : NAN;
}

static void add_amount(struct columns *c, enum series_unit unit, double v)
{
	_cleanup_buf_ struct buf b = BUF_INIT;

	if (isfinite(v))
		series_amount(&b, unit, v);
	columns_add_buf(c, &b);
}

static void add_row(const struct before *b, size_t column, struct columns *c)
{
	struct series *s = xcalloc(1, sizeof(*s));
	_cleanup_buf_ struct buf told = BUF_INIT;

	series_make(&b->guest[0].samples, column, s);
	for (size_t i = 0; i < b->n_jumps; i++)
		if (str_eq(b->jump[i].what, s->what))
			jump_text(&b->jump[i], b->guest[0].failed_s, &told);
	listing_add_name(c, s->what);
	add_amount(c, s->unit, median_of(s));
	add_amount(c, s->unit, s->n ? s->v[s->n - 1] : NAN);
	columns_add(c, told.len ? buf_str(&told) : "no jump");
	free(s);
}

static void put_table(const struct before *b, const char *caption)
{
	static const char *const heading[] = { "what", "median", "last", "jump" };
	_cleanup_columns_ struct columns c = { 0 };

	columns_begin(&c, ARRAY_SIZE(heading), heading, 6);
	for (size_t i = 0; i < b->n_panels; i++)
		add_row(b, b->panel[i], &c);
	html_figure_end(b->h, caption, &c);
}

static void put_case(struct before *b, size_t crash, bool *begun)
{
	const struct dossier_trial *t = &b->d->trial[b->d->crash[crash].example];
	_cleanup_buf_ struct buf caption = BUF_INIT;

	if (!*begun)
		html_section(b->h, "before", "Before the crash");
	*begun = true;
	buf_puts(&b->h->body, "<h3>");
	html_name(&b->h->body, b->d->contrast.crash[crash].first.title);
	buf_puts(&b->h->body, "</h3>\n");
	html_figure(b->h);
	buf_puts(&b->h->body, "<div class=\"panels\">\n");
	for (size_t i = 0; i < b->n_panels; i++)
		put_panel(b, b->panel[i]);
	buf_puts(&b->h->body, "</div>\n");
	buf_printf(&caption, "Trial %llu, sampled each second; the crash is at 0.",
		   (unsigned long long)t->trial);
	if (b->n > 1)
		buf_printf(&caption, " Grey: %zu more that died of the same.", b->n - 1);
	buf_puts(&caption, b->n_jumps ? " What jumped comes first." : " Nothing jumped.");
	put_table(b, buf_str(&caption));
}

void html_before(const struct dossier *d, struct html *h)
{
	bool begun = false;

	for (size_t i = 0; i < d->contrast.n_crashes && i < CASES_SHOWN; i++) {
		struct before b = { .d = d, .h = h };

		read_guests(&b, i);
		if (b.n)
			choose(&b);
		if (b.n_panels)
			put_case(&b, i, &begun);
		for (size_t g = 0; g < b.n; g++)
			samples_done(&b.guest[g].samples);
	}
}
