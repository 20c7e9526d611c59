/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What was judged of a night, as a page: what is new, the arms, each arm's nights with intervals.
 */
#include <math.h>

#include "report/html.h"
#include "report/night.h"
#include "report/svg.h"
#include "stats/expo.h"

enum { NIGHTS_SHOWN = 40, TICKS_MOST = 7 };

static const char *const weight[] = {
	[NIGHT_REMARK] = "remark", [NIGHT_TROUBLE] = "trouble", [NIGHT_ALARM] = "alarm"
};

static void put_notes(const struct night_said *s, struct html *h)
{
	_cleanup_columns_ struct columns c = { .n = 4 };

	columns_add(&c, "weight");
	columns_add(&c, "what");
	columns_add(&c, "arm");
	columns_add(&c, "seen");
	for (size_t i = 0; i < s->n_notes; i++) {
		const struct night_note *n = &s->note[i];

		columns_add(&c, weight[night_weight(n->kind)]);
		columns_add(&c, night_kind_name(n->kind));
		columns_addf(&c, "%s%s%s", n->entry, *n->arm ? "/" : "", n->arm);
		columns_add(&c, n->text);
	}
	if (s->n_notes)
		html_table(h, &c, "What is to be said of this night, the weightiest first");
}

static void put_verdict(const char *nights, const struct night_said *s, struct html *h)
{
	_cleanup_free_
	char *subject = night_subject(nights, s);
	_cleanup_buf_ struct buf when = BUF_INIT, words = BUF_INIT;

	html_section(h, "verdict", "Verdict");
	html_paragraph(h, "verdict", subject);
	night_when(s->night, &when);
	html_paragraph(h, "state", buf_str(&when));
	put_notes(s, h);
	night_words(s, &words);
	html_paragraph(h, "note", buf_str(&words));
}

static void put_arms(const struct night_said *s, struct html *h)
{
	_cleanup_columns_ struct columns c = { 0 };

	if (!s->n_rows)
		return;
	html_section(h, "arms", "Arms");
	night_table(s, &c);
	html_table(h, &c, "This night, and the nights that it is compared with");
}

/* ---- an arm's nights ---- */

struct axis {
	double lo, hi; /* seconds, both above 0 */
	struct scale scale;
};

static struct interval interval_of(const struct night_arm *a, double *ret_mttf)
{
	const struct expo e = expo_of(a->failures, a->exposure_s);

	*ret_mttf = e.mttf;
	return expo_mttf_ci(&e, VIEW_CONFIDENCE);
}

static struct axis axis_of(const struct night_row *r, size_t from)
{
	struct axis x = { INFINITY, 0, { 1, "" } };

	for (size_t i = from; i < r->n_past; i++) {
		double mttf;
		const struct interval ci = interval_of(r->past[i].arm, &mttf);
		const double end[] = { ci.lo, mttf, ci.hi };

		for (size_t k = 0; k < ARRAY_SIZE(end); k++)
			if (isfinite(end[k]) && end[k] > 0) {
				x.lo = fmin(x.lo, end[k]);
				x.hi = fmax(x.hi, end[k]);
			}
	}
	x.lo /= 1.3;
	x.hi *= 1.3;
	x.scale = scale_of_seconds(x.hi);
	return x;
}

static double place(double s, const struct axis *x)
{
	return isnan(s) ? NAN : isinf(s) ? 2 : log(s / x->lo) / log(x->hi / x->lo);
}

static void put_axis(const struct axis *x, struct buf *out)
{
	struct ticks t;

	ticks_log(x->lo / x->scale.per, x->hi / x->scale.per, TICKS_MOST, &t);
	for (size_t i = 0; i < t.n; i++) {
		const double at = 100 * place(t.at[i] * x->scale.per, x);

		buf_printf(out,
			   "<line class=\"g\" x1=\"%.4g%%\" x2=\"%.4g%%\" y2=\"100%%\"/>"
			   "<text class=\"ax\" x=\"%.4g%%\" y=\"100%%\" dy=\"17\">%g%s</text>\n",
			   at, at, at, t.at[i], x->scale.unit);
	}
}

/* Nights between two changes have one colour. */
static void put_night(const struct night_past *p, const struct axis *x, size_t row, size_t style,
		      struct buf *out, struct columns *table)
{
	_cleanup_buf_ struct buf left = BUF_INIT, right = BUF_INIT;
	double mttf;
	const struct interval ci = interval_of(p->arm, &mttf);
	const char class[] = { 's', (char)('0' + style % SVG_STYLES), 0 };

	buf_printf(&left, "night %zu%s", p->number,
		   p->change == CHANGE_MORE   ? ", fails more"
		   : p->change == CHANGE_LESS ? ", fails less"
					      : "");
	if (p->arm->failures) {
		figure_interval(&right, mttf, ci, x->scale);
	} else {
		buf_puts(&right, "no failure, above ");
		figure_scaled(&right, ci.lo, x->scale);
	}
	svg_interval(out, (unsigned)row * SVG_ROW, place(mttf, x),
		     (struct interval){ place(ci.lo, x), place(ci.hi, x) }, buf_str(&left),
		     buf_str(&right), class);
	columns_add(table, buf_str(&left));
	columns_addf(table, "%zu", p->arm->failures);
	columns_add(table, buf_str(&right));
}

static void put_row(const struct night_row *r, struct html *h)
{
	const size_t from = r->n_past > NIGHTS_SHOWN ? r->n_past - NIGHTS_SHOWN : 0;
	const struct axis x = axis_of(r, from);
	_cleanup_columns_ struct columns table = { .n = 3, .right = 2 };
	_cleanup_free_
	char *name = xasprintf("%s/%s", r->entry, r->arm->name);
	_cleanup_free_
	char *caption = xasprintf("Mean time to failure of %s, night by night, with exact 95 %% "
				  "intervals; another colour begins where a change was dated",
				  name);
	size_t style = 0;

	if (!(x.hi > x.lo))
		return;
	columns_add(&table, "night");
	columns_add(&table, "failed");
	columns_add(&table, "MTTF");
	buf_puts(&h->body, "<h3>");
	html_name(&h->body, name);
	buf_puts(&h->body, "</h3>\n");
	html_figure(h);
	svg_begin(&h->body, "rows", (unsigned)(r->n_past - from) * SVG_ROW, caption);
	put_axis(&x, &h->body);
	for (size_t i = from; i < r->n_past; i++) {
		style += r->past[i].begins;
		put_night(&r->past[i], &x, i - from, style, &h->body, &table);
	}
	svg_end(&h->body);
	html_figure_end(h, caption, &table);
}

static void put_nights(const struct night_said *s, struct html *h)
{
	if (!s->n_rows)
		return;
	html_section(h, "nights", "Night by night");
	for (size_t i = 0; i < s->n_rows; i++)
		put_row(&s->row[i], h);
}

static void put_crashes(const struct night_said *s, struct html *h)
{
	_cleanup_columns_ struct columns c = { .n = 4, .right = 4 };

	columns_add(&c, "crash");
	columns_add(&c, "id");
	columns_add(&c, "trials");
	columns_add(&c, "the first of them");
	for (size_t i = 0; i < s->night->n; i++)
		for (size_t k = 0; k < s->night->entry[i].n_crashes; k++) {
			const struct night_crash *crash = &s->night->entry[i].crash[k];

			columns_add(&c, crash->title);
			columns_add(&c, crash->id);
			columns_addf(&c, "%zu", crash->trials);
			columns_addf(&c, "%s/%llu", s->night->entry[i].run,
				     (unsigned long long)crash->first_trial);
		}
	if (c.cell.n == c.n)
		return;
	html_section(h, "crashes", "Crashes");
	html_table(h, &c,
		   "All of this night, known ones too; kernsoak show has the first's console");
}

static void put_runs(const struct night_said *s, struct html *h)
{
	html_section(h, "runs", "Its runs");
	buf_puts(&h->body, "<dl>\n");
	for (size_t i = 0; i < s->night->n; i++) {
		const struct night_entry *e = &s->night->entry[i];

		buf_puts(&h->body, "<dt>");
		html_name(&h->body, e->name);
		buf_puts(&h->body, "</dt><dd><code>");
		html_text(&h->body, *e->run ? "kernsoak report " : "none");
		html_text(&h->body, e->run);
		buf_puts(&h->body, "</code></dd>\n");
	}
	buf_puts(&h->body, "</dl>\n");
}

void night_html(const char *nights, const struct night_said *s, struct buf *out)
{
	_cleanup_html_ struct html h = HTML_INIT;
	_cleanup_free_
	char *title = xasprintf("%s, night %llu", nights, (unsigned long long)s->night->number);

	put_verdict(nights, s, &h);
	put_arms(s, &h);
	put_nights(s, &h);
	put_crashes(s, &h);
	put_runs(s, &h);
	html_page(&h, title, out);
}
