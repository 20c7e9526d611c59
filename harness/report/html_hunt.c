/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A bisection: how probable each version is, and on which path the search came there. One figure:
 * the versions side by side, the posterior above, the trials below, the first at the top. */
#include <math.h>

#include "report/html_report.h"
#include "report/listings.h"
#include "report/svg.h"

enum { POSTERIOR_PX = 120, ROW_PX = 15, ROWS_PX_MOST = 900, LABELS_MOST = 14 };

struct hunt {
	const struct dossier *d;
	struct html *h;
	const json_t *versions;
	size_t n, trials;
	size_t head, tail; /* of each label, left out: they all have it */
};

static const char *label_of(const struct hunt *u, size_t i)
{
	const char *s =
		json_string_value(json_object_get(json_array_get(u->versions, i), "version"));

	return s ? s : "";
}

static double p_of(const struct hunt *u, size_t i)
{
	const json_t *p = json_object_get(json_array_get(u->versions, i), "probability");

	return json_is_number(p) ? json_number_value(p) : 0;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* What all labels begin and end with; numbers are not cut in two. */
static void find_common(struct hunt *u)
{
	const char *a = label_of(u, 0);
	size_t head = strlen(a), tail = head, least = head;

	for (size_t i = 1; i < u->n; i++) {
		const char *b = label_of(u, i);
		size_t len = strlen(b), same = 0;

		while (same < head && a[same] == b[same])
			same++;
		head = same;
		same = 0;
		while (same < tail && same < len && a[strlen(a) - 1 - same] == b[len - 1 - same])
			same++;
		tail = same;
		least = MIN(least, len);
	}
	while (head && is_digit(a[head - 1]))
		head--;
	while (tail && is_digit(a[strlen(a) - tail]))
		tail--;
	u->head = u->n > 1 && head + tail < least ? head : 0;
	u->tail = u->n > 1 && head + tail < least ? tail : 0;
}

static double x_of(const struct hunt *u, size_t i)
{
	return 100 * ((double)i + 0.5) / (double)u->n;
}

static size_t version_named(const struct hunt *u, const char *label)
{
	for (size_t i = 0; label && i < u->n; i++)
		if (str_eq(label_of(u, i), label))
			return i;
	return SIZE_MAX;
}

/* --- the posterior --- */

static void put_posterior(const struct hunt *u)
{
	struct buf *out = &u->h->body;
	double width = 100.0 / (double)u->n;

	buf_printf(out, "<svg class=\"o bars\" width=\"100%%\" height=\"%d\">\n", POSTERIOR_PX);
	svg_axis_share(out, 1);
	for (size_t i = 0; i < u->n; i++)
		if (p_of(u, i) >= 0.0005)
			buf_printf(out,
				   "<rect x=\"%.4g%%\" width=\"%.4g%%\" y=\"%.4g%%\" "
				   "height=\"%.4g%%\"/>\n",
				   width * ((double)i + 0.15), width * 0.7, 100 - 100 * p_of(u, i),
				   100 * p_of(u, i));
	buf_puts(out, "</svg>\n");
}

/* --- the path --- */

/* A cross: it failed; a circle: it lived as long as it was watched; a square: something else. */
static void put_mark(struct buf *out, double x, double y, const char *outcome)
{
	buf_printf(out, "<svg class=\"o\" width=\"1\" height=\"1\" x=\"%.4g%%\" y=\"%.4g\">", x, y);
	if (str_eq(outcome, "FAILED"))
		buf_puts(out, "<path class=\"dead\" d=\"M-5 -5l10 10M5 -5l-10 10\"/>");
	else if (str_eq(outcome, "SURVIVED") || str_eq(outcome, "STOPPED"))
		buf_puts(out, "<circle class=\"live\" r=\"4\"/>");
	else
		buf_puts(out, "<path class=\"else\" d=\"M-4 -4h8v8h-8z\"/>");
	buf_puts(out, "</svg>\n");
}

static void put_path(const struct hunt *u, double top, double step)
{
	struct buf *out = &u->h->body;
	double last_x = NAN, y = top + step / 2;
	const json_t *o;
	size_t i;

	json_array_foreach (u->d->hunt->log, i, o) {
		size_t v = version_named(u, json_string_value(json_object_get(o, "version")));
		const char *outcome = json_string_value(json_object_get(o, "outcome"));

		if (v == SIZE_MAX || !outcome)
			continue;
		if (!isnan(last_x))
			buf_printf(out,
				   "<line class=\"path\" x1=\"%.4g%%\" y1=\"%.4g\" x2=\"%.4g%%\" "
				   "y2=\"%.4g\"/>\n",
				   last_x, y - step, x_of(u, v), y);
		put_mark(out, x_of(u, v), y, outcome);
		last_x = x_of(u, v);
		y += step;
	}
}

/* --- labels --- */

static bool is_labelled(const struct hunt *u, size_t i)
{
	const json_t *a = u->d->hunt->answer;

	if (u->n <= LABELS_MOST || i == 0 || i + 1 == u->n)
		return true;
	return i == version_named(u, json_string_value(json_at(a, "answer.first")));
}

static void put_labels(const struct hunt *u)
{
	for (size_t i = 0; i < u->n; i++) {
		const char *label = label_of(u, i);
		size_t len = strlen(label) - u->head - u->tail;
		_cleanup_free_
		char *part = xstrndup(label + u->head, MIN(len, (size_t)16));

		if (!is_labelled(u, i))
			continue;
		buf_printf(&u->h->body, "<text class=\"m\" x=\"%.4g%%\" y=\"100%%\" dy=\"17\">",
			   x_of(u, i));
		html_text(&u->h->body, part);
		buf_puts(&u->h->body, "</text>\n");
	}
}

static void put_caption(const struct hunt *u, struct buf *b)
{
	const char *label = label_of(u, 0);

	buf_puts(b, "Above: how probable it is that each version is the first one of the other "
		    "kind. Below: the trials, the first at the top; a cross: it failed, a circle: "
		    "it lived as long as it was watched, a square: another crash, or lost.");
	if (u->head || u->tail)
		buf_printf(b, " All versions are called %.*s...%s.", (int)u->head, label,
			   label + strlen(label) - u->tail);
}

static size_t count_trials(const json_t *log)
{
	size_t i, n = 0;
	const json_t *o;

	json_array_foreach (log, i, o)
		n += json_object_get(o, "trial") != NULL;
	return n;
}

static void put_tables(const struct hunt *u)
{
	_cleanup_columns_ struct columns versions = { 0 }, path = { 0 };
	_cleanup_buf_ struct buf caption = BUF_INIT;

	put_caption(u, &caption);
	listing_versions(u->d, &versions);
	html_figure_end(u->h, buf_str(&caption), NULL);
	html_table(u->h, &versions, "The versions");
	listing_path(u->d, &path);
	buf_puts(&u->h->body, "<details>\n<summary>The trials in their order</summary>\n");
	html_table(u->h, &path, "The trials in their order");
	buf_puts(&u->h->body, "</details>\n");
}

void html_hunt(const struct dossier *d, struct html *h)
{
	struct hunt u = { .d = d, .h = h };
	double step;

	if (!d->hunt)
		return;
	u.versions = json_object_get(d->hunt->answer, "versions");
	u.n = json_array_size(u.versions);
	u.trials = count_trials(d->hunt->log);
	if (!u.n)
		return;
	find_common(&u);
	step = fmin(ROW_PX, (double)ROWS_PX_MOST / (double)MAX(u.trials, (size_t)1));
	html_section(h, "bisection", "The search");
	html_figure(h);
	svg_begin(&h->body, "rows hunt", POSTERIOR_PX + 16 + (unsigned)(step * (double)u.trials),
		  "Posterior over the versions and the path of the search; the tables have both");
	put_posterior(&u);
	put_path(&u, POSTERIOR_PX + 16, step);
	put_labels(&u);
	svg_end(&h->body);
	put_tables(&u);
}
