/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "report/heat.h"

#include <math.h>

#include "report/figure.h"

enum {
	SHADE_COLUMNS = 3,
	LABEL_MAX = 24, /* columns of a value in the margins */
	CELL_GAP = 2,
};

static const char *const shades_utf8[HEAT_LEVELS] = { "·", "░", "▒", "▓", "█" };
static const char *const shades_ascii[HEAT_LEVELS] = { ".", ":", "+", "*", "#" };
static const char *const colors[HEAT_LEVELS] = { "32", "33", "33", "31", "1;31" };

struct share heat_share(const struct view_arm *a)
{
	const size_t failed = a->outcome[OUTCOME_FAILED];

	return share_wilson(failed,
			    failed + a->outcome[OUTCOME_OTHER] + a->outcome[OUTCOME_SURVIVED],
			    VIEW_CONFIDENCE);
}

size_t heat_level(const struct share *s)
{
	if (s->k == 0 || s->k == s->n)
		return s->k ? HEAT_LEVELS - 1 : 0;
	return (s->k * (HEAT_LEVELS - 2) + s->n - 1) / s->n;
}

char *heat_sentence(const struct view *v)
{
	const size_t n = grid_cells(&v->grid);
	size_t all = 0, none = 0, silent = 0;
	struct buf b = BUF_INIT;

	for (size_t i = 0; i < n; i++) {
		const struct share s = v->cell[i] == SIZE_MAX ? (struct share){ 0 }
							      : heat_share(&v->arm[v->cell[i]]);

		silent += !s.n;
		all += s.n && s.k == s.n;
		none += s.n && !s.k;
	}
	buf_printf(&b, "Of %zu cells %zu failed in every trial, %zu in some%s %zu in none", n, all,
		   n - all - none - silent, silent ? "," : " and", none);
	if (silent)
		buf_printf(&b, ", and %zu %s told nothing yet", silent,
			   silent == 1 ? "has" : "have");
	buf_puts(&b, ".");
	return buf_steal(&b);
}

/* ---- maps ---- */

struct map {
	const struct view *v;
	const struct text_style *style;
	struct buf *out;
	size_t rows, columns;      /* values of the first two axes; 1 where there is no second */
	size_t maps;               /* and of the third */
	size_t label_width, width; /* of the rows' labels, and of a cell with its gap */
};

size_t heat_values(const struct view *v, size_t axis)
{
	return axis < v->grid.n ? v->grid.axis[axis].value.n : 1;
}

const struct view_arm *heat_arm(const struct view *v, size_t row, size_t column, size_t map)
{
	const size_t cell = (row * heat_values(v, 1) + column) * heat_values(v, 2) + map;

	return v->cell[cell] == SIZE_MAX ? NULL : &v->arm[v->cell[cell]];
}

/* A value of an axis; of one that is not there, nothing. */
static char *label(const struct grid *g, size_t axis, size_t i)
{
	return printable(axis < g->n ? g->axis[axis].value.item[i] : "", LABEL_MAX);
}

static size_t label_width(const struct view *v, size_t axis)
{
	size_t width = 0;

	for (size_t i = 0; i < heat_values(v, axis); i++) {
		_cleanup_free_
		char *text = label(&v->grid, axis, i);

		width = MAX(width, figure_columns(text));
	}
	return width;
}

/* "███ 2/2"; "-" where nothing has been told. */
static void cell_text(const struct map *m, const struct view_arm *a, struct buf *out)
{
	const struct share s = a ? heat_share(a) : (struct share){ 0 };
	const size_t level = heat_level(&s);

	if (!s.n) {
		buf_putc(out, '-');
		return;
	}
	for (int i = 0; i < SHADE_COLUMNS; i++)
		buf_puts(out, (m->style->utf8 ? shades_utf8 : shades_ascii)[level]);
	buf_printf(out, " %zu/%zu", s.k, s.n);
}

static void pad(struct buf *out, const char *text, size_t columns)
{
	const size_t n = figure_columns(text);

	buf_printf(out, "%s%*s", text, n < columns ? (int)(columns - n) : 0, "");
}

static void put_cell(const struct map *m, const struct view_arm *a)
{
	_cleanup_buf_ struct buf b = BUF_INIT;
	const struct share s = a ? heat_share(a) : (struct share){ 0 };

	cell_text(m, a, &b);
	if (m->style->color && s.n)
		buf_printf(m->out, "\033[%sm", colors[heat_level(&s)]);
	buf_puts(m->out, buf_str(&b));
	if (m->style->color && s.n)
		buf_puts(m->out, "\033[0m");
	buf_printf(m->out, "%*s", (int)(m->width - figure_columns(buf_str(&b))), "");
}

static void end_line(struct buf *out)
{
	while (out->len && out->data[out->len - 1] == ' ')
		out->data[--out->len] = 0;
	buf_putc(out, '\n');
}

static void put_column_labels(const struct map *m, size_t from, size_t to)
{
	pad(m->out, "", m->label_width + CELL_GAP);
	for (size_t c = from; c < to; c++) {
		_cleanup_free_
		char *text = label(&m->v->grid, 1, c);

		pad(m->out, text, m->width);
	}
	end_line(m->out);
}

/* The columns `from` up to `to` of one map. */
static void put_part(const struct map *m, size_t map, size_t from, size_t to)
{
	if (m->v->grid.n > 1)
		put_column_labels(m, from, to);
	for (size_t r = 0; r < m->rows; r++) {
		_cleanup_free_
		char *text = label(&m->v->grid, 0, r);

		pad(m->out, text, m->label_width + CELL_GAP);
		for (size_t c = from; c < to; c++)
			put_cell(m, heat_arm(m->v, r, c, map));
		end_line(m->out);
	}
}

static void put_map(const struct map *m, size_t map)
{
	const size_t room = MAX(m->style->width, m->label_width + CELL_GAP) - m->label_width;
	const size_t at_once = MAX((room - CELL_GAP) / m->width, (size_t)1);

	if (m->v->grid.n > 2) {
		_cleanup_free_
		char *key = printable(m->v->grid.axis[2].key, 100);
		_cleanup_free_
		char *value = label(&m->v->grid, 2, map);

		buf_printf(m->out, "\n%s: %s\n", key, value);
	}
	for (size_t from = 0; from < m->columns; from += at_once) {
		if (from)
			buf_putc(m->out, '\n');
		put_part(m, map, from, MIN(from + at_once, m->columns));
	}
}

static size_t widest_cell(const struct map *m)
{
	size_t width = label_width(m->v, 1);

	for (size_t i = 0; i < grid_cells(&m->v->grid); i++) {
		_cleanup_buf_ struct buf b = BUF_INIT;
		const size_t arm = m->v->cell[i];

		cell_text(m, arm == SIZE_MAX ? NULL : &m->v->arm[arm], &b);
		width = MAX(width, figure_columns(buf_str(&b)));
	}
	return width;
}

static void put_legend(const struct map *m)
{
	static const char *const words[HEAT_LEVELS] = { "none", "up to a third", "up to two thirds",
							"more", "all" };
	const struct grid *g = &m->v->grid;
	_cleanup_buf_ struct buf b = BUF_INIT;
	_cleanup_free_
	char *down = printable(g->axis[0].key, 100), *across = NULL;

	across = printable(g->n > 1 ? g->axis[1].key : "", 100);
	buf_printf(&b, "Down: %s%s%s. Trials that failed, of those that tell:", down,
		   g->n > 1 ? "; across: " : "", across);
	for (size_t i = 0; i < HEAT_LEVELS; i++)
		buf_printf(&b, "%s %s %s", i ? "," : "",
			   (m->style->utf8 ? shades_utf8 : shades_ascii)[i], words[i]);
	buf_putc(&b, '.');
	paragraph_print(buf_str(&b), m->style->width, 0, m->out);
}

void heat_maps(const struct view *v, const struct text_style *style, struct buf *out)
{
	struct map m = {
		.v = v,
		.style = style,
		.out = out,
		.rows = heat_values(v, 0),
		.columns = heat_values(v, 1),
		.maps = heat_values(v, 2),
		.label_width = label_width(v, 0),
	};

	if (!v->grid.n)
		return;
	m.width = widest_cell(&m) + CELL_GAP;
	put_legend(&m);
	for (size_t i = 0; i < m.maps; i++) {
		if (v->grid.n < 3)
			buf_putc(out, '\n');
		put_map(&m, i);
	}
}

/* ---- the table ---- */

void heat_findings(const struct counts *f, struct buf *out)
{
	for (size_t i = 0; i < f->n; i++)
		buf_printf(out, "%s%s %llu", i ? ", " : "", f->item[i].name,
			   (unsigned long long)f->item[i].count);
	if (f->n > 1)
		buf_printf(out, " (of %llu)", (unsigned long long)counts_sum(f));
}

void heat_findings_table(const struct view *v, struct columns *c)
{
	for (size_t i = 0; i < v->n_arms; i++) {
		_cleanup_buf_ struct buf b = BUF_INIT;
		_cleanup_free_
		char *name = printable(v->arm[i].name, 64);

		if (!v->arm[i].findings.n)
			continue;
		if (!c->n) {
			c->n = 2;
			columns_add(c, "arm");
			columns_add(c, "attempts");
		}
		heat_findings(&v->arm[i].findings, &b);
		columns_add(c, name);
		columns_add(c, buf_str(&b));
	}
}

static void add_share(const struct share *s, struct columns *c)
{
	if (s->n)
		columns_addf(c, "%.0f %% [%.0f, %.0f]", s->share * 100, s->ci.lo * 100,
			     s->ci.hi * 100);
	else
		columns_add(c, "-");
}

static void add_median(const struct lifetimes *l, struct columns *c)
{
	_cleanup_buf_ struct buf b = BUF_INIT;

	if (isfinite(l->median))
		figure_scaled(&b, l->median, scale_of_seconds(l->median));
	else
		buf_puts(&b, l->sample.n ? "not reached" : "-");
	columns_add(c, buf_str(&b));
}

/* What the title has in common with the one before it, up to a colon: "probe overdue: ". */
static size_t said_before(const char *title, const char *before)
{
	const char *colon = strstr(title, ": ");
	const size_t n = colon ? (size_t)(colon - title) + 2 : 0;

	return n && strncmp(title, before, n) == 0 ? n : 0;
}

/* "probe overdue: sync 2, statfs 1" */
static void add_ends(const struct view_arm *a, struct columns *c)
{
	_cleanup_buf_ struct buf b = BUF_INIT;

	for (size_t i = 0; i < a->n_ends; i++) {
		const char *title = a->end[i].title;
		_cleanup_free_
		char *text =
			printable(title + (i ? said_before(title, a->end[i - 1].title) : 0), 60);

		buf_printf(&b, "%s%s", i ? ", " : "", text);
		if (a->n_ends > 1)
			buf_printf(&b, " %zu", a->end[i].n);
	}
	columns_add(c, buf_str(&b));
}

void heat_table(const struct view *v, struct columns *ret)
{
	static const char *const titles[] = { "cell", "failed", "share [95 %]", "median life",
					      "as" };

	*ret = (struct columns){ .n = ARRAY_SIZE(titles), .right = 0xe };
	for (size_t i = 0; i < ARRAY_SIZE(titles); i++)
		columns_add(ret, titles[i]);
	for (size_t i = 0; i < grid_cells(&v->grid); i++) {
		const struct view_arm *a = v->cell[i] == SIZE_MAX ? NULL : &v->arm[v->cell[i]];
		struct share s;

		if (!a)
			continue;
		s = heat_share(a);
		columns_add(ret, a->name);
		columns_addf(ret, "%zu/%zu", s.k, s.n);
		add_share(&s, ret);
		add_median(&a->time, ret);
		add_ends(a, ret);
	}
}

/* ---- JSON ---- */

static json_t *cell_json(const struct view *v, size_t cell)
{
	const struct view_arm *a = v->cell[cell] == SIZE_MAX ? NULL : &v->arm[v->cell[cell]];
	const struct share s = a ? heat_share(a) : share_wilson(0, 0, VIEW_CONFIDENCE);
	json_t *o = json_object(), *at = json_array();
	_cleanup_free_
	char *name = grid_cell_name(&v->grid, cell);
	size_t place[GRID_AXES];

	grid_place(&v->grid, cell, place);
	for (size_t i = 0; i < v->grid.n; i++)
		json_array_append_new(at, json_integer((json_int_t)place[i]));
	json_set_str(o, "arm", name);
	json_object_set_new(o, "at", at);
	json_set_u64(o, "trials", s.n);
	json_set_u64(o, "failed", s.k);
	json_object_set_new(o, "share", figure_json(s.share, s.ci));
	json_object_set_new(o, "median",
			    a ? figure_json(a->time.median, a->time.median_ci) : json_null());
	return o;
}

json_t *heat_json(const struct view *v)
{
	json_t *o, *cells;

	if (!v->grid.n)
		return NULL;
	o = json_object();
	cells = json_array();
	for (size_t i = 0; i < grid_cells(&v->grid); i++)
		json_array_append_new(cells, cell_json(v, i));
	json_object_set_new(o, "axes", grid_to_json(&v->grid));
	json_object_set_new(o, "cells", cells);
	return o;
}
