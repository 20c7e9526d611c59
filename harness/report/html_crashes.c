/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which crashes, on which kernels, and what the console said of each. */
#include <math.h>

#include "report/figure.h"
#include "report/html_report.h"
#include "report/listings.h"

enum {
	HEAT_STEPS = 5,
	CASES_SHOWN = 12, /* further crash ids are rows of the table only */
	BEFORE_LINES = 2, /* of the console, before the report */
	EXCERPT_LINES = 40,
	LINE_BYTES = 220,
};

/* --- the heat map --- */

/* 0: none; 1 to 5 by the share of the kernel's trials. */
static unsigned heat_of(size_t deaths, size_t trials)
{
	if (!deaths || !trials)
		return 0;
	return (unsigned)fmin(HEAT_STEPS, 1 + floor(HEAT_STEPS * (double)deaths / (double)trials));
}

static void put_heat_cell(const struct dossier *d, size_t kernel, size_t crash, struct buf *out)
{
	size_t trials = listing_kernel_trials(d, kernel),
	       deaths = listing_kernel_deaths(d, kernel, crash);

	buf_printf(out, "<td class=\"h%u\">", heat_of(deaths, trials));
	if (deaths)
		buf_printf(out, "%zu (%.0f&#160;%%)</td>", deaths,
			   100 * (double)deaths / (double)trials);
	else
		buf_puts(out, "<span class=\"v\">none</span></td>");
}

static void put_heat_row(const struct dossier *d, size_t crash, struct buf *out)
{
	buf_puts(out, "<tr><th scope=\"row\">");
	html_name(out, d->contrast.crash[crash].first.title);
	buf_puts(out, "</th>");
	for (size_t k = 0; k < d->kernels.n; k++)
		put_heat_cell(d, k, crash, out);
	buf_puts(out, "</tr>\n");
}

static void put_heat_head(const struct dossier *d, struct buf *out)
{
	buf_puts(out, "<thead>\n<tr><th scope=\"col\">crash</th>");
	for (size_t k = 0; k < d->kernels.n; k++) {
		buf_puts(out, "<th scope=\"col\">");
		html_name(out, d->kernels.item[k]);
		buf_printf(out, "<br/>%zu trials</th>", listing_kernel_trials(d, k));
	}
	buf_puts(out, "</tr>\n</thead>\n");
}

void html_kernels(const struct dossier *d, struct html *h)
{
	struct buf *out = &h->body;

	if (!d->contrast.n_crashes || !d->kernels.n)
		return;
	html_section(h, "kernels", "Kernels and crashes");
	html_paragraph(h, "note",
		       "Trials that each crash ended, by kernel, and their share of the kernel's "
		       "trials that count; the stronger the colour, the larger.");
	buf_puts(out, "<section class=\"wide\" tabindex=\"0\" aria-label=\"Crashes by kernel\">\n"
		      "<table class=\"heat\">\n<caption class=\"v\">Crashes by kernel</caption>\n");
	put_heat_head(d, out);
	buf_puts(out, "<tbody>\n");
	for (size_t i = 0; i < d->contrast.n_crashes; i++)
		put_heat_row(d, i, out);
	buf_puts(out, "</tbody>\n</table>\n</section>\n");
}

/* --- the console --- */

/* Without the blanks at its end: nobody sees them, and html-validate complains of them. */
static void put_line(struct buf *out, const struct excerpt_line *l, bool guilty)
{
	size_t len = l->len, n;

	while (len && (l->text[len - 1] == ' ' || l->text[len - 1] == '\t'))
		len--;
	n = MIN(len, (size_t)LINE_BYTES);
	if (guilty)
		buf_puts(out, "<mark>&gt; <span class=\"v\">guilty line: </span>");
	html_text_n(out, l->text, n);
	buf_puts(out, n < len ? " [...]" : "");
	buf_puts(out, guilty ? "</mark>\n" : "\n");
}

static void put_excerpt(const struct excerpt *e, const char *guilty, struct buf *out)
{
	struct excerpt_line l;
	bool gap = false;
	size_t n = 0;

	buf_puts(out, "<pre>");
	for (size_t at = excerpt_back(e, BEFORE_LINES); excerpt_next(e, &at, &l); n++) {
		if (n < EXCERPT_LINES || l.text == guilty)
			put_line(out, &l, l.text == guilty);
		else if (!gap)
			buf_puts(out, "...\n");
		gap = n >= EXCERPT_LINES && l.text != guilty;
	}
	buf_puts(out, "</pre>\n");
}

static void put_console(const struct dossier *d, size_t crash, struct buf *out)
{
	const struct dossier_crash *c = &d->crash[crash];
	const struct dossier_trial *t = &d->trial[c->example];
	_cleanup_excerpt_ struct excerpt e = EXCERPT_INIT;

	if (!dossier_excerpt(d, crash, &e)) {
		buf_puts(out, "<p class=\"note\">The console says nothing of it.</p>\n");
		return;
	}
	buf_printf(out, "<details%s>\n<summary>Console of trial %llu</summary>\n",
		   crash == 0 ? " open=\"open\"" : "", (unsigned long long)t->trial);
	put_excerpt(&e, excerpt_guilty(&e, c->shown.function), out);
	buf_puts(out, "</details>\n");
}

/* --- one crash --- */

static void put_fact(struct buf *out, const char *what, struct buf *value)
{
	if (value->len) {
		buf_printf(out, "<dt>%s</dt><dd>", what);
		html_name(out, buf_str(value));
		buf_puts(out, "</dd>\n");
	}
	buf_clear(value);
}

static void put_facts(const struct dossier *d, size_t crash, struct buf *out)
{
	const struct sighting *s = &d->crash[crash].shown;
	const struct contrast_crash *k = &d->contrast.crash[crash];
	_cleanup_buf_ struct buf b = BUF_INIT;

	buf_puts(out, "<dl class=\"facts\">\n");
	buf_printf(&b, "%zu%s", k->n, k->target ? "" : "; not what the scenario is after");
	put_fact(out, "trials", &b);
	listing_crash_arms(d, crash, &b);
	put_fact(out, "arms", &b);
	listing_seen(d, d->crash[crash].first, &b);
	put_fact(out, "first seen", &b);
	if (d->crash[crash].last != d->crash[crash].first)
		listing_seen(d, d->crash[crash].last, &b);
	put_fact(out, "last seen", &b);
	buf_printf(&b, "%s: %s%s", crash_info(s->class)->name, crash_info(s->class)->sentence,
		   s->panicked ? "; the kernel panicked" : "");
	put_fact(out, "class", &b);
	if (*s->function)
		buf_printf(&b, "%s%s%s", s->function, *s->module ? " of module " : "", s->module);
	put_fact(out, "guilty", &b);
	if (s->integrity != INTEGRITY_COMPLETE)
		buf_printf(&b, "not whole: %s", integrity_name(s->integrity));
	put_fact(out, "report", &b);
	buf_puts(&b, k->first.id);
	put_fact(out, "id", &b);
	buf_puts(out, "</dl>\n");
}

static void put_case(const struct dossier *d, size_t crash, struct html *h)
{
	buf_puts(&h->body, "<div class=\"case\">\n<h3>");
	html_name(&h->body, d->contrast.crash[crash].first.title);
	buf_puts(&h->body, "</h3>\n");
	put_facts(d, crash, &h->body);
	put_console(d, crash, &h->body);
	buf_puts(&h->body, "</div>\n");
}

void html_crashes(const struct dossier *d, struct html *h)
{
	_cleanup_columns_ struct columns table = { 0 };

	if (!d->contrast.n_crashes)
		return;
	html_section(h, "crashes", "Crashes");
	if (d->contrast.n_crashes > 1) {
		listing_crashes(d, SIZE_MAX, &table);
		html_table(h, &table, "One row a bug: reports of one class, function and module");
	}
	for (size_t i = 0; i < d->contrast.n_crashes && i < CASES_SHOWN; i++)
		put_case(d, i, h);
}
