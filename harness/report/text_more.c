/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "report/text_more.h"

#include "report/listings.h"

enum { LEDGER_LINES = 12, NAME_LEAST = 8 };

struct more {
	const struct dossier *d;
	const struct text_style *style;
	struct buf *out;
};

static void put_kernels(struct more *m)
{
	_cleanup_columns_ struct columns c = { 0 };

	if (m->d->kernels.n < 2 || !m->d->contrast.n_crashes)
		return;
	listing_kernels(m->d, &c);
	text_heading(m->style, "Crashes by kernel (trials that they ended)", m->out);
	columns_fit(&c, 0, m->style->width, NAME_LEAST);
	columns_print(&c, m->out);
}

/* A line each: "long: 4 SURVIVED: survived to the horizon; 13, 17, 19, 22". Who is excluded has
 * been told by text_report(). */
static void put_ledger(struct more *m)
{
	_cleanup_columns_ struct columns c = { 0 };
	size_t n = 0;

	listing_ledger(m->d, LEDGER_LINES, &c);
	for (size_t i = c.n; i + c.n <= c.cell.n; i += c.n) {
		char *const *cell = &c.cell.item[i];
		_cleanup_free_
		char *line = *cell[0] ? xasprintf("%s: %s %s: %s; %s", cell[0], cell[3], cell[1],
						  cell[4], cell[5])
				      : xasprintf("%s trials: %s", cell[3], cell[4]);

		if (*cell[0] && !str_after(cell[2], "censored"))
			continue;
		if (!n++)
			text_heading(m->style, "Censored", m->out);
		paragraph_print(line, m->style->width, 4, m->out);
	}
}

static void put_differences(struct more *m)
{
	_cleanup_columns_ struct columns c = { 0 };

	listing_differences(m->d, &c);
	if (listing_empty(&c))
		return;
	text_heading(m->style, "Set up differently", m->out);
	for (size_t i = c.n; i + c.n <= c.cell.n; i += c.n) {
		char *const *cell = &c.cell.item[i];
		_cleanup_free_
		char *line = xasprintf("%s: %s %s -> %s", cell[0], cell[1], cell[2], cell[3]);

		paragraph_print(line, m->style->width, 4, m->out);
	}
}

/* Commands are not broken into lines: they are to be copied. */
static void put_again(struct more *m)
{
	_cleanup_columns_ struct columns c = { 0 };

	listing_again(m->d, &c);
	text_heading(m->style, "Again", m->out);
	for (size_t i = c.n; i + c.n <= c.cell.n; i += c.n) {
		paragraph_print(c.cell.item[i], m->style->width, 0, m->out);
		buf_printf(m->out, "    %s\n", c.cell.item[i + 1]);
	}
}

void text_more(const struct dossier *d, const struct text_style *style, struct buf *out)
{
	struct more m = { d, style, out };

	put_kernels(&m);
	put_ledger(&m);
	put_differences(&m);
	put_again(&m);
}
