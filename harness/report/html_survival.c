/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Survival curves: few arms in one plot; many each in a panel of its own, the others grey behind.
 */
#include <math.h>

#include "report/html_report.h"
#include "report/listings.h"
#include "report/svg.h"

enum { TOGETHER = 4, TICKS = 7 };

struct survival {
	const struct dossier *d;
	struct html *h;
	double max;
	struct ticks ticks;
	struct scale scale;
};

static const struct view_arm *arm_of(const struct survival *s, size_t i)
{
	return &s->d->contrast.arm[i].all;
}

struct band {
	struct svg_step *mid, *lo, *hi;
	size_t n;
};

static struct band band_of(const struct survival *s, const struct km *km)
{
	struct band b = { .n = km->n_rows };
	double lo = 1, hi = 1;

	b.mid = xcalloc(b.n, sizeof(*b.mid));
	b.lo = xcalloc(b.n, sizeof(*b.lo));
	b.hi = xcalloc(b.n, sizeof(*b.hi));
	for (size_t i = 0; i < b.n; i++) {
		const struct km_row *row = &km->row[i];
		struct interval ci = km_band(row, KM_LOGLOG, VIEW_CONFIDENCE);
		double x = row->time / s->max;

		/* at S = 0 there is no band: it goes on as it was */
		lo = isfinite(ci.lo) ? ci.lo : 0;
		hi = isfinite(ci.hi) ? ci.hi : hi;
		b.mid[i] = (struct svg_step){ x, row->surv };
		b.lo[i] = (struct svg_step){ x, lo };
		b.hi[i] = (struct svg_step){ x, hi };
	}
	return b;
}

static void band_free(struct band *b)
{
	free(b->mid);
	free(b->lo);
	free(b->hi);
}

/* A tick where the censored ones left, one a place. */
static void put_censored(struct buf *out, const struct survival *s, const struct view_arm *a)
{
	long last = -1;

	for (size_t i = 0; i < a->time.sample.n; i++) {
		const struct lifetime *l = &a->time.sample.life[i];
		const struct km_row *row = km_at(&a->time.km, l->time);
		long x = lround(l->time / s->max * SVG_X);

		if (l->failed || x == last)
			continue;
		buf_printf(out, "M%ld %ldv22", x,
			   SVG_Y - lround((row ? row->surv : 1) * SVG_Y) - 11);
		last = x;
	}
}

static void put_arm(struct survival *s, size_t i, bool with_band)
{
	const struct view_arm *a = arm_of(s, i);
	struct band b = band_of(s, &a->time.km);
	struct buf *out = &s->h->body;
	double end = a->time.km.max_time / s->max;

	buf_printf(out, "<g class=\"s%zu\">", html_style_of(i));
	if (with_band && b.n) {
		buf_puts(out, "<path class=\"bd\" d=\"");
		svg_band(out, b.lo, b.hi, b.n, 1, end);
		buf_puts(out, "\"/>\n");
	}
	buf_puts(out, "<path class=\"ln\" d=\"");
	svg_steps(out, 1, b.mid, b.n, end);
	buf_puts(out, "\"/>\n");
	if (a->time.expo.n_event < a->time.sample.n) {
		buf_puts(out, "<path class=\"tk\" d=\"");
		put_censored(out, s, a);
		buf_puts(out, "\"/>");
	}
	buf_puts(out, "</g>\n");
	band_free(&b);
}

static void put_label(const struct survival *s, size_t i, struct buf *b)
{
	const struct view_arm *a = arm_of(s, i);
	_cleanup_free_
	char *name = printable(a->name, LISTING_NAME);

	buf_printf(b, "%s: %zu of %zu failed", name, a->outcome[OUTCOME_FAILED], a->counted);
}

static void begin(struct survival *s, const char *class, const char *label)
{
	svg_begin(&s->h->body, class, 0, label);
	svg_axis_share(&s->h->body, 1);
	svg_axis_x(&s->h->body, &s->ticks, s->max, s->scale,
		   str_eq(class, "plot") ? "soaked for" : NULL);
	svg_area(&s->h->body);
}

static void end(struct survival *s)
{
	svg_area_end(&s->h->body);
	svg_end(&s->h->body);
}

/* --- one plot --- */

static void put_together(struct survival *s)
{
	size_t n = s->d->contrast.n_arms, style[TOGETHER] = { 0 };
	struct buf label[TOGETHER] = { 0 };
	const char *name[TOGETHER] = { 0 };

	for (size_t i = 0; i < n; i++) {
		put_label(s, i, &label[i]);
		name[i] = buf_str(&label[i]);
		style[i] = html_style_of(i);
	}
	html_legend(s->h, name, style, n);
	begin(s, "plot", "Survival curves of the arms with 95 % bands; the table has the numbers");
	for (size_t i = n; i-- > 0;)
		put_arm(s, i, true);
	end(s);
	for (size_t i = 0; i < n; i++)
		buf_done(&label[i]);
}

/* --- a panel each --- */

/* All curves, drawn once; panels refer to them. */
static void put_ghosts(struct survival *s)
{
	struct buf *out = &s->h->body;

	buf_puts(out, "<path id=\"others\" class=\"ghost\" d=\"");
	for (size_t i = 0; i < s->d->contrast.n_arms; i++) {
		struct band b = band_of(s, &arm_of(s, i)->time.km);

		svg_steps(out, 1, b.mid, b.n, arm_of(s, i)->time.km.max_time / s->max);
		band_free(&b);
	}
	buf_puts(out, "\"/>\n");
}

static void put_panels(struct survival *s)
{
	struct buf *out = &s->h->body;
	bool drawn = false;

	buf_puts(out, "<div class=\"panels\">\n");
	for (size_t i = 0; i < s->d->contrast.n_arms; i++) {
		_cleanup_buf_ struct buf label = BUF_INIT;

		if (!arm_of(s, i)->counted)
			continue;
		put_label(s, i, &label);
		buf_puts(out, "<div>\n<h3>");
		html_name(out, buf_str(&label));
		buf_puts(out, "</h3>\n");
		begin(s, "mini", buf_str(&label));
		if (drawn)
			buf_puts(out, "<use href=\"#others\"/>\n");
		else
			put_ghosts(s);
		drawn = true;
		put_arm(s, i, true);
		end(s);
		buf_puts(out, "</div>\n");
	}
	buf_puts(out, "</div>\n");
}

void html_survival(const struct dossier *d, struct html *h)
{
	_cleanup_columns_ struct columns table = { 0 };
	struct survival s = { .d = d, .h = h };
	bool together = d->contrast.n_arms <= TOGETHER;

	for (size_t i = 0; i < d->contrast.n_arms; i++)
		s.max = fmax(s.max, arm_of(&s, i)->time.km.max_time);
	if (!(s.max > 0))
		return;
	ticks_time(s.max, together ? TICKS : TICKS - 2, &s.scale, &s.ticks);
	html_section(h, "survival", "Survival");
	html_figure(h);
	(together ? put_together : put_panels)(&s);
	listing_survival(d, &s.ticks, &table);
	html_figure_end(
		h,
		"Share of the guests that lived so long (Kaplan-Meier), with its pointwise "
		"95 % band (log-log). A tick: a guest that was seen alive until then and no "
		"longer; it had not failed.",
		&table);
}
