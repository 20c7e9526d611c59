/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "report/curve.h"

#include <math.h>

#include "report/ticks.h"

enum { LEFT = 1, RIGHT = 2, UP = 4, DOWN = 8, TICK = 16 };
enum { MARGIN = 7, TICKS_WANTED = 5 }; /* "100 % |" */

struct cell {
	unsigned char line; /* 1 + its index; 0: empty */
	unsigned char shape;
};

struct plot {
	unsigned cols, rows;
	double max;
	struct cell *cell;
};

/* How one line is drawn: across, down, turning down, turning right, censored; colour. */
struct pen {
	const char *across, *down, *turn_down, *turn_right, *tick, *color;
};

static const struct pen pens_utf8[CURVE_LINES_MAX] = {
	{ "─", "│", "┐", "└", "┼", "31" }, { "━", "┃", "┓", "┗", "╋", "34" },
	{ "═", "║", "╗", "╚", "╬", "32" }, { "╌", "╎", "┐", "└", "┼", "35" },
	{ "╍", "╏", "┓", "┗", "╋", "36" }, { "·", "·", "·", "·", "┼", "33" },
};

static const struct pen pens_ascii[CURVE_LINES_MAX] = {
	{ "*", "*", "*", "*", "+", "31" }, { "o", "o", "o", "o", "+", "34" },
	{ "#", "#", "#", "#", "+", "32" }, { "x", "x", "x", "x", "+", "35" },
	{ "=", "=", "=", "=", "+", "36" }, { "%", "%", "%", "%", "+", "33" },
};

static const struct pen *pen_of(const struct curve_style *style, size_t line)
{
	return style->utf8 ? &pens_utf8[line] : &pens_ascii[line];
}

static const char *stroke(const struct pen *pen, unsigned shape)
{
	if (shape & TICK)
		return pen->tick;
	if (shape == (LEFT | DOWN))
		return pen->turn_down;
	if (shape == (UP | RIGHT))
		return pen->turn_right;
	return shape & (UP | DOWN) ? pen->down : pen->across;
}

static struct cell *cell_at(struct plot *p, unsigned row, unsigned col)
{
	return &p->cell[row * p->cols + col];
}

/* The first and the last row are for "all" and "none" only: a line at 0 % with somebody alive lies.
 */
static unsigned row_of(const struct plot *p, double surv)
{
	unsigned row = (unsigned)lround((1 - surv) * (p->rows - 1));

	if (surv >= 1 || surv <= 0)
		return row;
	return MAX(1u, MIN(row, p->rows - 2));
}

/* The column that shows time t: column c stands for the times up to (c + 1) / cols of the whole. */
static unsigned col_of(const struct plot *p, double t)
{
	double c = ceil(t / p->max * p->cols) - 1;

	return c < 0 ? 0 : MIN((unsigned)c, p->cols - 1);
}

static double surv_at(const struct km *km, double t)
{
	const struct km_row *row = km_at(km, t);

	return row ? row->surv : 1;
}

static void mark(struct plot *p, size_t line, unsigned row, unsigned col, unsigned shape)
{
	*cell_at(p, row, col) = (struct cell){ (unsigned char)(line + 1), (unsigned char)shape };
}

/* Across to the column, and down in it where somebody failed in its time. */
static void draw_column(struct plot *p, size_t line, unsigned col, unsigned from, unsigned to)
{
	if (from == to) {
		mark(p, line, from, col, LEFT | RIGHT);
		return;
	}
	mark(p, line, from, col, LEFT | DOWN);
	for (unsigned row = from + 1; row < to; row++)
		mark(p, line, row, col, UP | DOWN);
	mark(p, line, to, col, UP | RIGHT);
}

static void draw_line(struct plot *p, size_t index, const struct curve_line *line)
{
	unsigned last = col_of(p, line->km->max_time), from = row_of(p, 1);

	for (unsigned col = 0; col <= last; col++) {
		double until = col == last ? line->km->max_time : p->max * (col + 1) / p->cols;
		unsigned to = row_of(p, surv_at(line->km, until));

		draw_column(p, index, col, from, to);
		from = to;
	}
	for (size_t i = 0; i < line->sample->n; i++) {
		const struct lifetime *life = &line->sample->life[i];
		unsigned col = col_of(p, life->time);
		struct cell *c = cell_at(p, row_of(p, surv_at(line->km, life->time)), col);

		if (!life->failed && c->line == index + 1)
			c->shape |= TICK;
	}
}

static void put_cell(const struct cell *c, const struct curve_style *style, struct buf *out)
{
	const struct pen *pen = c->line ? pen_of(style, c->line - 1u) : NULL;

	if (pen && style->color)
		buf_printf(out, "\033[%sm%s\033[0m", pen->color, stroke(pen, c->shape));
	else
		buf_puts(out, pen ? stroke(pen, c->shape) : " ");
}

static void put_rows(struct plot *p, const struct curve_style *style, struct buf *out)
{
	for (unsigned row = 0; row < p->rows; row++) {
		unsigned percent = (unsigned)lround(100.0 * (p->rows - 1 - row) / (p->rows - 1));
		unsigned end = p->cols;

		while (end && !cell_at(p, row, end - 1)->line)
			end--;
		if (row % 5 == 0 || row == p->rows - 1)
			buf_printf(out, "%3u %% %s", percent, style->utf8 ? "┤" : "|");
		else
			buf_printf(out, "%*s%s", MARGIN - 1, "", style->utf8 ? "│" : "|");
		for (unsigned col = 0; col < end; col++)
			put_cell(cell_at(p, row, col), style, out);
		buf_putc(out, '\n');
	}
}

/* Is there a tick within column `col`? Then its value. */
static bool tick_at(const struct plot *p, double length, double step, unsigned col, double *ret)
{
	double tick = ceil(length * col / p->cols / step - 1e-9) * step;

	*ret = fabs(tick);
	return tick < length * (col + 1) / p->cols * (1 - 1e-9);
}

static void put_axis(const struct plot *p, const struct curve_style *style, struct buf *out)
{
	struct scale scale = scale_of_seconds(p->max);
	double length = p->max / scale.per, step = ticks_step(length, TICKS_WANTED), tick;
	_cleanup_buf_ struct buf label = BUF_INIT; /* ASCII: bytes are columns */

	buf_printf(out, "%*s%s", MARGIN - 1, "", style->utf8 ? "└" : "+");
	for (unsigned col = 0; col < p->cols; col++) {
		if (!tick_at(p, length, step, col, &tick)) {
			buf_puts(out, style->utf8 ? "─" : "-");
			continue;
		}
		buf_puts(out, style->utf8 ? "┬" : "+");
		if (label.len < col)
			buf_printf(&label, "%*s", (int)(col - label.len), "");
		buf_printf(&label, " %.4g%s", tick, col ? "" : scale.unit);
	}
	buf_printf(out, "\n%*s%s\n", MARGIN - 1, "", buf_str(&label));
}

static void put_legend(const struct curve_line *line, size_t n, size_t drawn,
		       const struct curve_style *style, struct buf *out)
{
	size_t at = MARGIN;

	buf_printf(out, "%*s", MARGIN, "");
	for (size_t i = 0; i < drawn; i++) {
		const struct pen *pen = pen_of(style, i);
		size_t need = figure_columns(line[i].name) + 6;

		if (at > MARGIN && at + need > style->width) {
			buf_printf(out, "\n%*s", MARGIN, "");
			at = MARGIN;
		}
		if (style->color)
			buf_printf(out, "\033[%sm%s%s%s\033[0m", pen->color, pen->across,
				   pen->across, pen->across);
		else
			buf_printf(out, "%s%s%s", pen->across, pen->across, pen->across);
		buf_printf(out, " %s%s", line[i].name, i + 1 < drawn ? "  " : "");
		at += need;
	}
	if (n > drawn)
		buf_printf(out, "  (and %zu more, not drawn)", n - drawn);
	buf_printf(out, "\n%*s%s: seen no longer, alive until then\n", MARGIN, "",
		   pen_of(style, 0)->tick);
}

void curve_text(const struct curve_line *line, size_t n, const struct curve_style *style,
		struct buf *out)
{
	struct plot p = { .cols = MAX(style->width, 40u) - MARGIN, .rows = MAX(style->rows, 3u) };
	size_t drawn = MIN(n, (size_t)CURVE_LINES_MAX);

	for (size_t i = 0; i < drawn; i++)
		p.max = fmax(p.max, line[i].km->max_time);
	if (!(p.max > 0))
		return;
	p.cell = xcalloc((size_t)p.cols * p.rows, sizeof(*p.cell));
	for (size_t i = drawn; i-- > 0;) /* the first on top */
		draw_line(&p, i, &line[i]);
	put_rows(&p, style, out);
	put_axis(&p, style, out);
	put_legend(line, n, drawn, style, out);
	free(p.cell);
}
