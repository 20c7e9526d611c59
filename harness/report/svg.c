/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "report/svg.h"

#include <math.h>

#include "report/html.h"

void svg_begin(struct buf *out, const char *class, unsigned height, const char *label)
{
	buf_printf(out, "<svg class=\"%s\" role=\"img\" aria-label=\"", class);
	html_text(out, label);
	buf_puts(out, "\"");
	if (height)
		buf_printf(out, " height=\"%u\"", height);
	buf_puts(out, ">\n");
}

void svg_end(struct buf *out)
{
	buf_puts(out, "</svg>\n");
}

/* --- axes --- */

static double percent(double share)
{
	return round(1000 * share) / 10;
}

void svg_axis_x(struct buf *out, const struct ticks *t, double max, struct scale scale,
		const char *title)
{
	for (size_t i = 0; i < t->n; i++) {
		double x = percent(max > 0 ? t->at[i] / max : 0);

		buf_printf(out, "<line class=\"g\" x1=\"%g%%\" x2=\"%g%%\" y2=\"100%%\"/>", x, x);
		buf_printf(out,
			   "<text class=\"m\" x=\"%g%%\" y=\"100%%\" dy=\"17\">%.4g%s</text>\n", x,
			   t->at[i] / scale.per, i ? "" : scale.unit);
	}
	if (title)
		buf_printf(out, "<text class=\"e\" x=\"100%%\" y=\"100%%\" dy=\"35\">%s</text>\n",
			   title);
}

void svg_axis_share(struct buf *out, double max)
{
	for (unsigned i = 0; i <= 4; i++) {
		double share = i / 4.0;

		buf_printf(out,
			   "<line class=\"g\" x2=\"100%%\" y1=\"%g%%\" y2=\"%g%%\"/>"
			   "<text class=\"e\" x=\"-6\" y=\"%g%%\" dy=\"4\">%.3g&#160;%%</text>\n",
			   100 - 100 * share, 100 - 100 * share, 100 - 100 * share,
			   100 * share * max);
	}
}

void svg_area(struct buf *out)
{
	buf_printf(out,
		   "<svg width=\"100%%\" height=\"100%%\" viewBox=\"0 0 %d %d\" "
		   "preserveAspectRatio=\"none\">\n",
		   SVG_X, SVG_Y);
}

void svg_area_end(struct buf *out)
{
	buf_puts(out, "</svg>\n");
}

/* --- lines --- */

static int place(double share, int size)
{
	return (int)lround(fmin(fmax(share, 0), 1) * size);
}

static int x_of(double share)
{
	return place(share, SVG_X);
}

static int y_of(double share)
{
	return SVG_Y - place(share, SVG_Y);
}

/* Steps that fall on one place of the figure are one step. */
static bool is_last_there(const struct svg_step *s, size_t n, size_t i)
{
	return i + 1 == n || x_of(s[i + 1].x) != x_of(s[i].x);
}

static void put_forward(struct buf *out, double start, const struct svg_step *s, size_t n,
			double end)
{
	int y = y_of(start);

	buf_printf(out, "M0 %d", y);
	for (size_t i = 0; i < n; i++) {
		if (!is_last_there(s, n, i) || y_of(s[i].y) == y)
			continue;
		y = y_of(s[i].y);
		buf_printf(out, "H%dV%d", x_of(s[i].x), y);
	}
	buf_printf(out, "H%d", x_of(end));
}

void svg_steps(struct buf *out, double start, const struct svg_step *s, size_t n, double end)
{
	put_forward(out, start, s, n, end);
}

void svg_band(struct buf *out, const struct svg_step *lo, const struct svg_step *hi, size_t n,
	      double start, double end)
{
	int y = n ? y_of(lo[n - 1].y) : y_of(start);

	put_forward(out, start, hi, n, end);
	buf_printf(out, "V%d", y);
	for (size_t i = n; i-- > 0;) {
		double before = i ? lo[i - 1].y : start;

		if ((i && x_of(lo[i - 1].x) == x_of(lo[i].x)) || y_of(before) == y)
			continue;
		y = y_of(before);
		buf_printf(out, "H%dV%d", x_of(lo[i].x), y);
	}
	buf_puts(out, "H0Z");
}

void svg_line(struct buf *out, const struct svg_step *s, size_t n)
{
	bool down = false;

	for (size_t i = 0; i < n; i++) {
		if (isnan(s[i].y)) {
			down = false;
			continue;
		}
		buf_printf(out, "%c%d %d", down ? 'L' : 'M', x_of(s[i].x), y_of(s[i].y));
		down = true;
	}
}

/* --- intervals --- */

/* A triangle that points out of the figure at x. */
static void put_arrow(struct buf *out, unsigned y, bool right)
{
	buf_printf(out,
		   "<svg class=\"o\" width=\"1\" height=\"1\" x=\"%s\" y=\"%u\"><path d=\"M0 0l%d "
		   "-5v10z\"/></svg>\n",
		   right ? "100%" : "0%", y, right ? -9 : 9);
}

void svg_interval(struct buf *out, unsigned y, double at, struct interval ci, const char *left,
		  const char *right, const char *class)
{
	double lo = fmax(isnan(ci.lo) ? 0 : ci.lo, 0), hi = fmin(isnan(ci.hi) ? 1 : ci.hi, 1);
	unsigned line = y + 30;

	buf_printf(out, "<g class=\"%s\"><text x=\"0\" y=\"%u\">", class, y + 15);
	html_text(out, left);
	buf_printf(out, "</text><text class=\"e\" x=\"100%%\" y=\"%u\">", y + 15);
	html_text(out, right);
	buf_printf(out, "</text><line class=\"ci\" x1=\"%g%%\" x2=\"%g%%\" y1=\"%u\" y2=\"%u\"/>\n",
		   percent(lo), percent(hi), line, line);
	if (!(ci.lo > 0))
		put_arrow(out, line, false);
	if (!(ci.hi < 1))
		put_arrow(out, line, true);
	if (at >= 0 && at <= 1)
		buf_printf(out,
			   "<svg class=\"o\" x=\"%g%%\" y=\"%u\"><path d=\"M-5 "
			   "-5h10v10h-10z\"/></svg>\n",
			   percent(at), line);
	buf_puts(out, "</g>\n");
}
