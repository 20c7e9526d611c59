/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A grid's cells: a table a value of the third key, coloured by the share that failed. */
#include "report/heat.h"
#include "report/html_report.h"

static void put_head(const struct grid *g, struct buf *out)
{
	_cleanup_strv_ struct strv none = { 0 };
	const struct strv *across = g->n > 1 ? &g->axis[1].value : &none;

	buf_puts(out, "<thead>\n<tr><th scope=\"col\">");
	html_name(out, g->axis[0].key);
	buf_puts(out, "</th>");
	for (size_t i = 0; i < across->n; i++) {
		buf_puts(out, "<th scope=\"col\">");
		html_name(out, across->item[i]);
		buf_puts(out, "</th>");
	}
	buf_puts(out, g->n > 1 ? "" : "<th scope=\"col\">failed</th>");
	buf_puts(out, "</tr>\n</thead>\n");
}

/* The style sheet has five steps above none; "all" is the darkest. */
static void put_cell(const struct view_arm *a, struct buf *out)
{
	static const unsigned step[HEAT_LEVELS] = { 0, 1, 3, 4, 5 };
	const struct share s = a ? heat_share(a) : (struct share){ 0 };

	if (s.n)
		buf_printf(out, "<td class=\"h%u\">%zu/%zu</td>", step[heat_level(&s)], s.k, s.n);
	else
		buf_puts(out, "<td><span class=\"v\">nothing told yet</span></td>");
}

static void put_caption(const struct grid *g, size_t map, struct buf *out)
{
	buf_puts(out, "Trials that failed, of those that tell");
	if (g->n > 1) {
		buf_puts(out, "; across: ");
		html_name(out, g->axis[1].key);
	}
	if (g->n > 2) {
		buf_puts(out, "; ");
		html_name(out, g->axis[2].key);
		buf_puts(out, ": ");
		html_name(out, g->axis[2].value.item[map]);
	}
}

static void put_map(const struct view *v, size_t map, struct html *h)
{
	struct buf *out = &h->body;

	buf_printf(out,
		   "<section class=\"wide\" tabindex=\"0\" aria-label=\"Failures by cell, map "
		   "%u\">\n<table class=\"heat\">\n<caption>",
		   ++h->figures);
	put_caption(&v->grid, map, out);
	buf_puts(out, "</caption>\n");
	put_head(&v->grid, out);
	buf_puts(out, "<tbody>\n");
	for (size_t r = 0; r < heat_values(v, 0); r++) {
		buf_puts(out, "<tr><th scope=\"row\">");
		html_name(out, v->grid.axis[0].value.item[r]);
		buf_puts(out, "</th>");
		for (size_t c = 0; c < heat_values(v, 1); c++)
			put_cell(heat_arm(v, r, c, map), out);
		buf_puts(out, "</tr>\n");
	}
	buf_puts(out, "</tbody>\n</table>\n</section>\n");
}

static void put_grid(const struct view *v, struct html *h)
{
	_cleanup_columns_ struct columns c = { 0 };

	for (size_t i = 0; i < heat_values(v, 2); i++)
		put_map(v, i, h);
	heat_table(v, &c);
	html_table(h, &c,
		   "Cells: the share that failed with Wilson's 95 % interval, the median life of "
		   "all that count, and what the failures were called");
}

void html_grid(const struct dossier *d, struct html *h)
{
	bool any = false;

	for (size_t i = 0; i < d->n_runs; i++) {
		if (!d->run[i].view->grid.n)
			continue;
		if (!any)
			html_section(h, "grid", "Grid");
		any = true;
		put_grid(d->run[i].view, h);
	}
}

/* What the loads counted by names of their own. */
void html_findings(const struct dossier *d, struct html *h)
{
	_cleanup_columns_ struct columns c = { 0 };

	for (size_t i = 0; i < d->n_runs; i++)
		heat_findings_table(d->run[i].view, &c);
	if (!c.n)
		return;
	html_section(h, "findings", "What attempts came to");
	html_table(h, &c, "As the load counted them, all trials of an arm together");
}
