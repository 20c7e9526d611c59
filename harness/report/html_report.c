/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "report/html_report.h"

#include "report/gist.h"
#include "report/listings.h"

enum { LEDGER_ROWS = 60 };

void html_ledger(const struct dossier *d, struct html *h)
{
	_cleanup_columns_ struct columns c = { 0 };

	listing_ledger(d, LEDGER_ROWS, &c);
	if (listing_empty(&c))
		return;
	html_section(h, "ledger", "Censored and excluded");
	html_paragraph(h, "note",
		       "A censored trial counts as alive until it was last seen; an excluded one "
		       "counts for nothing, and is told here so that it is not forgotten.");
	html_table(h, &c, "Trials that did not fail with the target, and why");
}

void html_guests(const struct dossier *d, struct html *h)
{
	_cleanup_columns_ struct columns guests = { 0 }, hosts = { 0 }, differ = { 0 };

	html_section(h, "environment", "Environment");
	listing_guests(d, &guests);
	html_table(h, &guests, "What the guests of each arm ran on; load is the host's mean");
	listing_differences(d, &differ);
	if (!listing_empty(&differ))
		html_table(h, &differ, "What was set up differently");
	listing_hosts(d, &hosts);
	html_table(h, &hosts, "The machines");
}

void html_again(const struct dossier *d, struct html *h)
{
	_cleanup_columns_ struct columns c = { 0 };

	html_section(h, "again", "Again");
	listing_again(d, &c);
	buf_puts(&h->body, "<dl class=\"again\">\n");
	for (size_t i = c.n; i + 1 < c.cell.n; i += c.n) {
		buf_puts(&h->body, "<dt>");
		html_name(&h->body, c.cell.item[i]);
		buf_puts(&h->body, "</dt><dd><code>");
		html_text(&h->body, c.cell.item[i + 1]);
		buf_puts(&h->body, "</code></dd>\n");
	}
	buf_puts(&h->body, "</dl>\n");
}

static void (*const sections[])(const struct dossier *d, struct html *h) = {
	html_verdict,  html_grid,   html_findings,  html_cascade, html_hunt,
	html_survival, html_ratios, html_incidence, html_kernels, html_crashes,
	html_before,   html_ledger, html_guests,    html_again,
};

void html_report(const struct dossier *d, struct buf *out)
{
	_cleanup_html_ struct html h = HTML_INIT;
	_cleanup_free_
	char *title = gist_title(d);

	for (size_t i = 0; i < ARRAY_SIZE(sections); i++)
		sections[i](d, &h);
	html_page(&h, title, out);
}
