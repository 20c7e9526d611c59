/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Cascades: hosts alive, a panel an arm, each cascade thin, their mean thick, the model dashed. */
#include <math.h>

#include "base/order.h"
#include "report/html_report.h"
#include "report/listings.h"
#include "report/svg.h"

enum { TICKS = 6 };

struct drawing {
	const struct cascades *c;
	const struct cascade_outlook *o;
	struct html *h;
	struct ticks ticks;
	struct scale scale;
};

/* Hosts of one cascade, as a path of its own. */
static void put_one(const struct drawing *d, const struct cascade *one)
{
	const double hosts = (double)one->n_hosts;
	struct svg_step *s = xcalloc(one->n_hosts + 1, sizeof(*s));
	double *at = xcalloc(one->n_hosts + 1, sizeof(*at));
	size_t n = 0;

	for (size_t i = 0; i < one->n_hosts; i++)
		if (one->host[i].dead_s <= one->end_s)
			at[n++] = one->host[i].dead_s;
	qsort(at, n, sizeof(*at), by_value);
	for (size_t i = 0; i < n; i++)
		s[i] = (struct svg_step){ at[i] / d->c->horizon_s, 1 - (double)(i + 1) / hosts };
	svg_steps(&d->h->body, 1, s, n, one->end_s / d->c->horizon_s);
	free(s);
	free(at);
}

static void put_cascades(const struct drawing *d, size_t arm)
{
	buf_puts(&d->h->body, "<path class=\"ghost\" d=\"");
	for (size_t i = 0; i < d->c->n; i++)
		if (d->c->item[i].arm == arm && d->c->item[i].n_hosts)
			put_one(d, &d->c->item[i]);
	buf_puts(&d->h->body, "\"/>\n");
}

static void put_mean(const struct drawing *d, const struct km *km)
{
	struct svg_step *s = xcalloc(km->n_rows + 1, sizeof(*s));

	for (size_t i = 0; i < km->n_rows; i++)
		s[i] = (struct svg_step){ km->row[i].time / d->c->horizon_s, km->row[i].surv };
	buf_puts(&d->h->body, "<path class=\"ln\" d=\"");
	svg_steps(&d->h->body, 1, s, km->n_rows, km->max_time / d->c->horizon_s);
	buf_puts(&d->h->body, "\"/>\n");
	free(s);
}

static void put_model(const struct drawing *d, const struct cascade_forecast *f, double hosts)
{
	struct svg_step *s = xcalloc(3 * f->points + 1, sizeof(*s));
	struct svg_step *lo = s + f->points, *hi = lo + f->points;
	struct buf *out = &d->h->body;

	for (size_t i = 0; i < f->points; i++) {
		const double x = f->at_s[i] / d->c->horizon_s;

		s[i] = (struct svg_step){ x, f->alive[i].median / hosts };
		lo[i] = (struct svg_step){ x, f->alive[i].lo / hosts };
		hi[i] = (struct svg_step){ x, f->alive[i].hi / hosts };
	}
	if (f->points) {
		buf_puts(out, "<path class=\"bd\" d=\"");
		svg_band(out, lo, hi, f->points, 1, 1);
		buf_puts(out, "\"/>\n<path class=\"md\" d=\"");
		svg_steps(out, 1, s, f->points, 1);
		buf_puts(out, "\"/>\n");
	}
	free(s);
}

static void put_panel(const struct drawing *d, size_t i)
{
	const struct cascades_arm *a = &d->c->arm[i];
	struct buf *out = &d->h->body;
	_cleanup_buf_ struct buf label = BUF_INIT;
	_cleanup_free_
	char *name = printable(a->name, LISTING_NAME);

	buf_printf(&label, "%s: %zu of %zu hosts lost in %zu cascade%s", name,
		   a->fit.died + a->fit.otherwise, a->fit.hosts, a->fit.cascades,
		   a->fit.cascades == 1 ? "" : "s");
	buf_puts(out, "<div>\n<h3>");
	html_name(out, buf_str(&label));
	buf_puts(out, "</h3>\n");
	svg_begin(out, "plot", 0, buf_str(&label));
	svg_axis_share(out, 1);
	svg_axis_x(out, &d->ticks, d->c->horizon_s, d->scale, "since the begin");
	svg_area(out);
	buf_printf(out, "<g class=\"s%zu whole\">", html_style_of(a->in_view));
	put_model(d, &d->o->arm[i], (double)a->hosts);
	put_cascades(d, i);
	put_mean(d, &a->hosts_km);
	buf_puts(out, "</g>\n");
	svg_area_end(out);
	svg_end(out);
	buf_puts(out, "</div>\n");
}

static void put_figure(struct drawing *d)
{
	_cleanup_columns_ struct columns alive = { 0 };

	html_figure(d->h);
	buf_puts(&d->h->body, "<div class=\"panels few\">\n");
	for (size_t i = 0; i < d->c->n_arms; i++)
		if (d->c->arm[i].fit.cascades)
			put_panel(d, i);
	buf_puts(&d->h->body, "</div>\n");
	cascade_alive_table(d->c, d->o, &d->ticks, &alive);
	html_figure_end(d->h,
			"Share of the hosts that are alive: each cascade thin, their mean thick; "
			"dashed, what the model expects, its median and the middle 90 % of drawn "
			"cascades.",
			&alive);
}

static void put_tables(const struct drawing *d)
{
	_cleanup_columns_ struct columns arms = { 0 }, course = { 0 }, limits = { 0 };
	_cleanup_free_
	char *caption = cascade_limits_caption(d->o);

	cascade_table(d->c, &arms);
	html_table(d->h, &arms, "Hosts lost, and deaths per 1,000 deletions of containers");
	cascade_course_table(d->c, &course);
	html_table(d->h, &course,
		   "How it went: by what factor the hazard of a host that is alive grew each "
		   "minute; half of the hosts lost, median; share of the containers that ran");
	if (!d->o->n_limits)
		return;
	cascade_limits_table(d->o, &limits);
	html_table(d->h, &limits, caption);
}

static void put_run(const struct cascades *c, struct html *h)
{
	_cleanup_cascade_outlook_ struct cascade_outlook o = { 0 };
	_cleanup_strv_ struct strv said = { 0 };
	struct drawing d = { .c = c, .o = &o, .h = h };

	cascade_sentences(c, &said);
	for (size_t i = 0; i < said.n; i++)
		html_paragraph(h, "", said.item[i]);
	if (!(c->horizon_s > 0))
		return;
	cascade_outlook(c, &o);
	ticks_time(c->horizon_s, TICKS, &d.scale, &d.ticks);
	put_figure(&d);
	put_tables(&d);
}

void html_cascade(const struct dossier *d, struct html *h)
{
	bool any = false;

	for (size_t i = 0; i < d->n_runs; i++) {
		const struct cascades *c = &d->run[i].view->cascades;

		if (!cascades_any(c))
			continue;
		if (!any)
			html_section(h, "cascades", "Cascades");
		any = true;
		put_run(c, h);
	}
}
