/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The forest plot: each arm's hazard over that of the arm it is compared with. */
#include <math.h>

#include "report/html_report.h"
#include "report/listings.h"
#include "report/svg.h"

enum { TICKS_MOST = 7, NAME_SHOWN = 28, PAIRS_SHOWN = 40 };
#define LEAST_SPAN 4.0 /* the axis shows at least from 1/4 to 4 */
#define MOST_SPAN  1000.0

/* The axis goes as far to the left of 1 as to the right of it. */
static double span_of(const struct contrast *c)
{
	double span = LEAST_SPAN;

	for (size_t i = 0; i < c->n_pairs; i++) {
		const struct contrast_clock *k = &c->pair[i].time;
		const double ends[] = { k->ratio, k->ci.lo, k->ci.hi };

		for (size_t e = 0; e < ARRAY_SIZE(ends) && k->exists; e++)
			if (ends[e] > 0 && isfinite(ends[e]))
				span = fmax(span, fmax(ends[e], 1 / ends[e]) * 1.1);
	}
	return fmin(span, MOST_SPAN);
}

/* Where it is on the axis: 0 to 1 within it. */
static double place(double ratio, double span)
{
	return isnan(ratio) ? NAN : 0.5 + 0.5 * log(ratio) / log(span);
}

static void put_value(const struct contrast_clock *k, struct buf *b)
{
	if (!k->exists || isnan(k->ratio)) {
		buf_puts(b, "not known");
		return;
	}
	if (isfinite(k->ratio))
		figure_ratio(b, k->ratio);
	else
		buf_puts(b, "no limit");
	buf_puts(b, " [");
	figure_ratio(b, k->ci.lo);
	buf_puts(b, ", ");
	if (isinf(k->ci.hi))
		buf_puts(b, "no limit");
	else
		figure_ratio(b, k->ci.hi);
	buf_puts(b, "]");
}

static void put_row(const struct contrast *c, size_t i, double span, struct buf *out)
{
	const struct contrast_pair *p = &c->pair[i];
	const struct contrast_clock *k = &p->time;
	const bool known = k->exists && !isnan(k->ratio);
	_cleanup_free_
	char *arm = printable(c->arm[p->other].all.name, NAME_SHOWN);
	_cleanup_free_
	char *base = printable(c->arm[p->base].all.name, NAME_SHOWN);
	_cleanup_buf_ struct buf left = BUF_INIT, right = BUF_INIT;
	struct interval ci = { place(k->ci.lo, span), place(k->ci.hi, span) };
	char class[] = "s0";

	class[1] = (char)('0' + html_style_of(p->other));
	buf_puts(&left, arm);
	if (!contrast_one_base(c))
		buf_printf(&left, " / %s", base);
	put_value(k, &right);
	svg_interval(out, (unsigned)i * SVG_ROW, known ? place(k->ratio, span) : NAN,
		     known ? ci : interval_none(), buf_str(&left), buf_str(&right), class);
}

static void put_axis(struct buf *out, double span)
{
	struct ticks t;

	ticks_log(1 / span, span, TICKS_MOST, &t);
	for (size_t i = 0; i < t.n; i++) {
		double x = 100 * place(t.at[i], span);

		buf_printf(out,
			   "<line class=\"%s\" x1=\"%.4g%%\" x2=\"%.4g%%\" y2=\"100%%\"/>"
			   "<text class=\"ax\" x=\"%.4g%%\" y=\"100%%\" dy=\"17\">%g</text>\n",
			   fabs(t.at[i] - 1) < 1e-9 ? "one" : "g", x, x, x, t.at[i]);
	}
	buf_puts(out, "<text class=\"ax st\" x=\"0\" y=\"100%\" dy=\"36\">fails less</text>"
		      "<text class=\"ax en\" x=\"100%\" y=\"100%\" dy=\"36\">fails more</text>\n");
}

void html_ratios(const struct dossier *d, struct html *h)
{
	const struct contrast *c = &d->contrast;
	size_t n = MIN(c->n_pairs, (size_t)PAIRS_SHOWN);
	_cleanup_columns_ struct columns table = { 0 };
	_cleanup_buf_ struct buf says = BUF_INIT;
	double span = span_of(c);
	bool any = false;

	for (size_t i = 0; i < n; i++)
		any |= c->pair[i].verdict != CONTRAST_EMPTY;
	if (!any)
		return;
	html_section(h, "ratios", "Hazard ratios");
	html_figure(h);
	svg_begin(&h->body, "rows", (unsigned)n * SVG_ROW,
		  "Hazard ratios of the arms with 95 % intervals; the table has the numbers");
	put_axis(&h->body, span);
	for (size_t i = 0; i < n; i++)
		put_row(c, i, span, &h->body);
	svg_end(&h->body);
	buf_puts(&says, "How often the arm fails for each failure of ");
	buf_puts(&says, contrast_one_base(c) ? c->arm[c->pair[0].base].said
					     : "the arm that stands behind the stroke");
	buf_puts(&says, ", in the same time; left of 1 it fails less. 95 % intervals: Cox's, or "
			"exact ones of the rates where an arm has five failures or fewer. An "
			"arrow: the interval goes on.");
	listing_pairs(d, &table);
	html_figure_end(h, buf_str(&says), &table);
}
