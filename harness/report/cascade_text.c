/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Cascades for a terminal. */
#include "report/curve.h"
#include "report/text.h"

enum { CURVE_ROWS = 11, ARM_LEAST = 6, SENTENCE_COLUMNS = 600 };

static void put_table(struct columns *c, const struct text_style *style, struct buf *out)
{
	columns_fit(c, 0, style->width, ARM_LEAST);
	buf_putc(out, '\n');
	columns_print(c, out);
	columns_done(c);
}

static void put_sentences(const struct cascades *c, const struct text_style *style, struct buf *out)
{
	_cleanup_strv_ struct strv said = { 0 };

	cascade_sentences(c, &said);
	for (size_t i = 0; i < said.n; i++) {
		_cleanup_free_
		char *safe = printable(said.item[i], SENTENCE_COLUMNS);
		_cleanup_free_
		char *item = xasprintf("- %s", safe);

		paragraph_print(item, style->width, 2, out);
	}
}

static void put_curve(const struct cascades *c, const struct text_style *style, struct buf *out)
{
	const struct curve_style curve = { style->width, CURVE_ROWS, style->utf8, style->color };
	struct curve_line *line = xcalloc(c->n_arms + 1, sizeof(*line));
	size_t n = 0;

	for (size_t i = 0; i < c->n_arms; i++)
		if (c->arm[i].sample.n)
			line[n++] = (struct curve_line){ printable(c->arm[i].name, 40),
							 &c->arm[i].hosts_km, &c->arm[i].sample };
	buf_puts(out, "\nShare of the hosts that are alive, mean over an arm's cascades:\n");
	curve_text(line, n, &curve, out);
	for (size_t i = 0; i < n; i++)
		free((char *)line[i].name);
	free(line);
}

static void put_limits(const struct cascades *c, const struct text_style *style, struct buf *out)
{
	_cleanup_cascade_outlook_ struct cascade_outlook o = { 0 };
	struct columns limits;

	cascade_outlook(c, &o);
	if (!o.n_limits)
		return;
	_cleanup_free_
	char *caption = cascade_limits_caption(&o), *text = xasprintf("%s:", caption);

	buf_putc(out, '\n');
	paragraph_print(text, style->width, 0, out);
	cascade_limits_table(&o, &limits);
	put_table(&limits, style, out);
}

void cascade_text(const struct cascades *c, const struct text_style *style, struct buf *out)
{
	struct columns t;

	if (!cascades_any(c))
		return;
	text_heading(style, "Cascades", out);
	put_sentences(c, style, out);
	if (!c->n)
		return;
	cascade_table(c, &t);
	put_table(&t, style, out);
	cascade_course_table(c, &t);
	put_table(&t, style, out);
	put_curve(c, style, out);
	put_limits(c, style, out);
}
