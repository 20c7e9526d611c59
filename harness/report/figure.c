/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "report/figure.h"

#include <math.h>

struct scale scale_of_seconds(double s)
{
	static const struct {
		double below;
		struct scale scale;
	} table[] = {
		{ 1e-3, { 1e-6, " us" } },  { 1, { 1e-3, " ms" } },
		{ 300, { 1, " s" } },       { 10800, { 60, " min" } },
		{ 345600, { 3600, " h" } }, { INFINITY, { 86400, " d" } },
	};
	size_t i = 0;

	if (!(s > 0))
		return (struct scale){ 1, " s" };
	while (i + 1 < ARRAY_SIZE(table) && s >= table[i].below)
		i++;
	return table[i].scale;
}

struct scale scale_of_counts(void)
{
	return (struct scale){ 1, "" };
}

void figure_number(struct buf *out, double v)
{
	double a = fabs(v);

	if (!isfinite(v))
		buf_puts(out, "-");
	else if (a >= 99.95 || a == 0)
		buf_printf(out, "%.0f", v);
	else if (a >= 0.995)
		buf_printf(out, "%.1f", v);
	else
		buf_printf(out, "%.2g", v);
}

void figure_count(struct buf *out, double v)
{
	if (isfinite(v) && v == floor(v))
		buf_printf(out, "%.0f", v);
	else
		figure_number(out, v);
}

void figure_ratio(struct buf *out, double v)
{
	int digits = 2;

	if (!(v > 0.9 && v < 1.1) || v == 1) {
		figure_number(out, v);
		return;
	}
	while (digits < 6 && fabs(v - 1) < 0.5 * pow(10, -digits))
		digits++;
	buf_printf(out, "%.*f", digits, v);
}

void figure_scaled(struct buf *out, double v, struct scale scale)
{
	figure_number(out, v / scale.per);
	buf_puts(out, scale.unit);
}

void figure_interval(struct buf *out, double v, struct interval ci, struct scale scale)
{
	figure_scaled(out, v, scale);
	if (!isfinite(ci.lo) && !isfinite(ci.hi))
		return;
	buf_puts(out, " [");
	figure_number(out, ci.lo / scale.per);
	buf_puts(out, ", ");
	figure_number(out, ci.hi / scale.per);
	buf_puts(out, "]");
}

size_t figure_columns(const char *s)
{
	size_t n = 0;

	for (; *s; s++)
		n += ((unsigned char)*s >> 6) != 2;
	return n;
}

json_t *figure_json(double v, struct interval ci)
{
	json_t *o = json_object();

	json_set_double(o, "estimate", v);
	json_set_double(o, "lo", ci.lo);
	json_set_double(o, "hi", ci.hi);
	return o;
}
