/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The top of the page: the verdict, how the run stands, a tile an arm, and what makes it doubtful.
 */
#include <math.h>

#include "report/figure.h"
#include "report/gist.h"
#include "report/html_report.h"
#include "report/listings.h"

enum { TILES_SHOWN = 24 };

/* "5.1 s", "above 60 s" */
static void put_estimate(const struct lifetimes *l, struct scale scale, struct buf *b)
{
	if (!l->expo.n_event && isfinite(l->mttf_lower))
		buf_puts(b, "above ");
	if (l->expo.n_event || isfinite(l->mttf_lower))
		figure_scaled(b, l->expo.n_event ? l->expo.mttf : l->mttf_lower, scale);
	else
		buf_puts(b, "not known");
}

/* "[2.6, 12.0]" */
static void put_ends(const struct lifetimes *l, struct scale scale, struct buf *b)
{
	if (!l->expo.n_event)
		return;
	buf_puts(b, " [");
	figure_number(b, l->mttf_ci.lo / scale.per);
	buf_puts(b, ", ");
	figure_number(b, l->mttf_ci.hi / scale.per);
	buf_puts(b, "]");
}

static void put_small(struct html *h, struct buf *text)
{
	buf_puts(&h->body, "<span class=\"small\">");
	html_name(&h->body, buf_str(text));
	buf_puts(&h->body, "</span>\n");
	buf_clear(text);
}

static void put_tile(struct html *h, const struct view_arm *a, size_t style)
{
	_cleanup_buf_ struct buf b = BUF_INIT;
	double s = a->time.expo.n_event ? a->time.expo.mttf : a->time.mttf_lower;

	buf_printf(&h->body, "<li class=\"s%zu\"><span class=\"name\">", style);
	html_name(&h->body, a->name);
	buf_puts(&h->body, "</span>\n<span class=\"big\">");
	put_estimate(&a->time, scale_of_seconds(s), &b);
	html_text(&h->body, buf_str(&b));
	buf_clear(&b);
	put_ends(&a->time, scale_of_seconds(s), &b);
	buf_puts(&h->body, "<span class=\"ends\">");
	html_text(&h->body, buf_str(&b));
	buf_clear(&b);
	buf_puts(&h->body, "</span></span>\n");
	buf_printf(&b, "MTTF; %zu of %zu trials failed in ", a->outcome[OUTCOME_FAILED],
		   a->counted);
	figure_scaled(&b, a->time.expo.total_time, scale_of_seconds(a->time.expo.total_time));
	buf_puts(&b, " of soak");
	put_small(h, &b);
	if (a->work.sample.n && isfinite(a->work.mttf_lower)) {
		put_estimate(&a->work, scale_of_counts(), &b);
		put_ends(&a->work, scale_of_counts(), &b);
		buf_printf(&b, " %s", a->unit);
		put_small(h, &b);
	}
	buf_puts(&h->body, "</li>\n");
}

static void put_tiles(const struct dossier *d, struct html *h)
{
	const struct contrast *c = &d->contrast;

	if (!c->n_arms || d->grid) /* of sixty cells they would bury the map */
		return;
	buf_puts(&h->body, "<ul class=\"tiles\">\n");
	for (size_t i = 0; i < c->n_arms && i < TILES_SHOWN; i++)
		put_tile(h, &c->arm[i].all, html_style_of(i));
	buf_puts(&h->body, "</ul>\n");
	if (c->n_arms > TILES_SHOWN)
		html_paragraph(h, "note", "Further arms are in the tables below.");
}

static void put_list(struct html *h, const char *intro, const char *class, const struct strv *v)
{
	if (!v->n)
		return;
	buf_printf(&h->body, "<div class=\"%s\">\n<p><strong>%s</strong></p>\n<ul>\n", class,
		   intro);
	for (size_t i = 0; i < v->n; i++) {
		buf_puts(&h->body, "<li>");
		html_name(&h->body, v->item[i]);
		buf_puts(&h->body, "</li>\n");
	}
	buf_puts(&h->body, "</ul>\n</div>\n");
}

static void put_tables(const struct dossier *d, struct html *h)
{
	_cleanup_columns_ struct columns outcomes = { 0 }, lives = { 0 };

	listing_outcomes(d, &outcomes);
	listing_lives(d, &lives);
	if (listing_empty(&outcomes))
		return;
	buf_puts(&h->body, "<details>\n<summary>The arms as tables</summary>\n");
	html_table(h, &outcomes, "What became of the trials");
	html_table(h, &lives, "How long they lived");
	buf_puts(&h->body, "</details>\n");
}

void html_verdict(const struct dossier *d, struct html *h)
{
	_cleanup_strv_ struct strv alarms = { 0 }, said = { 0 }, doubts = { 0 };
	_cleanup_free_
	char *verdict = gist_verdict(d);

	html_section(h, "verdict", "Verdict");
	gist_alarms(d, &alarms);
	put_list(h, "Do not believe what follows", "alarm", &alarms);
	html_paragraph(h, "verdict", verdict);
	for (size_t i = 0; i < d->n_runs; i++) {
		_cleanup_buf_ struct buf b = BUF_INIT;

		gist_state(d->run[i].view, &b);
		html_paragraph(h, "state", buf_str(&b));
	}
	put_tiles(d, h);
	put_tables(d, h);
	gist_sentences(d, &said);
	for (size_t i = 0; i < said.n; i++)
		html_paragraph(h, "", said.item[i]);
	gist_doubts(d, &doubts);
	put_list(h, "Mind", "doubts", &doubts);
}
