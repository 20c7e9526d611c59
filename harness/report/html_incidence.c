/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Cumulative incidence: of each crash, who has died of it by when. A panel an arm. */
#include <math.h>

#include "report/html_report.h"
#include "report/listings.h"
#include "report/svg.h"

enum { LINES = SVG_STYLES - 1, PANELS = 24, TICKS = 5 };

struct panel {
	const struct dossier *d;
	struct html *h;
	size_t lines; /* crashes with a line of their own; the rest share one */
	double max, top;
	struct ticks ticks;
	struct scale scale;
};

static double cif_at(const struct incidence *in, size_t row, size_t cause)
{
	return in->cif[row * in->n_causes + cause];
}

static void put_line(const struct panel *p, const struct incidence *in, size_t cause, double end)
{
	struct svg_step *s = xcalloc(in->n_rows, sizeof(*s));

	for (size_t i = 0; i < in->n_rows; i++)
		s[i] = (struct svg_step){ in->time[i] / p->max, cif_at(in, i, cause) / p->top };
	buf_printf(&p->h->body, "<g class=\"s%zu\"><path class=\"ln\" d=\"", cause);
	svg_steps(&p->h->body, 0, s, in->n_rows, end);
	buf_puts(&p->h->body, "\"/></g>\n");
	free(s);
}

static void put_panel(const struct panel *p, const struct view_arm *a)
{
	_cleanup_incidence_ struct incidence in = { 0 };
	struct buf *out = &p->h->body;
	_cleanup_free_
	char *name = printable(a->name, LISTING_NAME);
	_cleanup_free_
	char *label = xasprintf("Cumulative incidence of crashes in %s", name);

	contrast_incidence(a, p->lines, &in);
	buf_puts(out, "<div>\n<h3>");
	html_name(out, name);
	buf_printf(out, ": %zu of %zu died</h3>\n",
		   a->outcome[OUTCOME_FAILED] + a->outcome[OUTCOME_OTHER], a->counted);
	svg_begin(out, "mini", 0, label);
	svg_axis_share(out, p->top);
	svg_axis_x(out, &p->ticks, p->max, p->scale, NULL);
	svg_area(out);
	for (size_t k = 0; k <= p->lines; k++)
		if (in.events[k])
			put_line(p, &in, k, a->time.km.max_time / p->max);
	svg_area_end(out);
	svg_end(out);
	buf_puts(out, "</div>\n");
}

/* The top of the axis: the least of these that holds every curve. */
static double top_of(const struct panel *p)
{
	static const double tops[] = { 0.1, 0.2, 0.4, 0.6, 0.8, 1 };
	double most = 0;
	size_t i = 0;

	for (size_t a = 0; a < p->d->contrast.n_arms; a++) {
		_cleanup_incidence_ struct incidence in = { 0 };

		contrast_incidence(&p->d->contrast.arm[a].all, p->lines, &in);
		for (size_t k = 0; k <= p->lines && in.n_rows; k++)
			most = fmax(most, cif_at(&in, in.n_rows - 1, k));
	}
	while (i + 1 < ARRAY_SIZE(tops) && tops[i] < most)
		i++;
	return tops[i];
}

static void put_legend(const struct panel *p)
{
	const struct contrast *c = &p->d->contrast;
	size_t n = p->lines, style[SVG_STYLES];
	char *name[SVG_STYLES];

	for (size_t i = 0; i < n; i++)
		name[i] = printable(c->crash[i].first.title, 80);
	if (c->n_crashes > n)
		name[n++] = xasprintf("%zu other crashes", c->n_crashes - p->lines);
	for (size_t i = 0; i < n; i++)
		style[i] = i;
	html_legend(p->h, (const char *const *)name, style, n);
	for (size_t i = 0; i < n; i++)
		free(name[i]);
}

void html_incidence(const struct dossier *d, struct html *h)
{
	const struct contrast *c = &d->contrast;
	struct panel p = { .d = d, .h = h, .lines = MIN(c->n_crashes, (size_t)LINES) };
	_cleanup_columns_ struct columns table = { 0 };
	_cleanup_buf_ struct buf says = BUF_INIT;
	size_t shown = 0;

	for (size_t i = 0; i < c->n_arms; i++)
		p.max = fmax(p.max, c->arm[i].all.time.km.max_time);
	if (!c->n_crashes || !(p.max > 0))
		return;
	p.top = top_of(&p);
	ticks_time(p.max, TICKS, &p.scale, &p.ticks);
	html_section(h, "incidence", "Cumulative incidence");
	html_figure(h);
	put_legend(&p);
	buf_printf(&h->body, "<div class=\"panels%s\">\n", c->n_arms <= 2 ? " few" : "");
	for (size_t i = 0; i < c->n_arms && shown < PANELS; i++)
		if (c->arm[i].all.counted && ++shown)
			put_panel(&p, &c->arm[i].all);
	buf_puts(&h->body, "</div>\n");
	buf_puts(&says, "Share of the guests that have died of each crash by then, where every "
			"crash ends a life (Aalen-Johansen). The table: by ");
	figure_scaled(&says, c->tau_s, scale_of_seconds(c->tau_s));
	buf_puts(&says, ", for which every arm was watched. Who fixes one crash sees more of the "
			"others: compare arms by their hazard ratios.");
	listing_incidence(d, &table);
	html_figure_end(h, buf_str(&says), &table);
}
