/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "report/markdown.h"

#include <ctype.h>
#include <math.h>

#include "report/excerpt.h"
#include "report/figure.h"
#include "report/gist.h"
#include "report/heat.h"
#include "report/listings.h"
#include "report/say.h"

enum {
	SENTENCE_COLUMNS = 600,
	CRASHES_SHOWN = 20,
	LEDGER_ROWS = 20,
	EXCERPT_LINES = 45,
	LINE_BYTES = 220,
	PAD_MOST = 40, /* cells are padded up to here, so that a table reads well in a mail */
};

/* --- text --- */

static bool is_word(char c)
{
	return isalnum((unsigned char)c) || (unsigned char)c >= 0x80;
}

/* Would it mean something there? Brackets only as part of a link, underscores only at the end of a
 * word: figures and functions stay readable. */
static bool means_something(const char *text, const char *at)
{
	switch (*at) {
	case '\\':
	case '`':
	case '*':
	case '<':
	case '|':
	case '~':
	case '&': return true;
	case ']': return at[1] == '(' || at[1] == '[' || at[1] == ':';
	case '_': return at == text || !is_word(at[-1]) || !is_word(at[1]);
	case '#':
	case '-':
	case '+':
	case '>':
	case '=': return at == text;
	}
	return false;
}

/* A sentence: what could be markup in it is escaped. */
static void put_text(struct buf *out, const char *text)
{
	_cleanup_free_
	char *safe = printable(text, SENTENCE_COLUMNS);

	for (const char *s = safe; *s; s++) {
		if (*s == '@') { /* no backslash keeps GitHub from calling somebody */
			buf_puts(out, "`@`");
			continue;
		}
		if (means_something(safe, s))
			buf_putc(out, '\\');
		buf_putc(out, *s);
	}
}

static size_t longest_run(const char *text, size_t n, char c)
{
	size_t most = 0, run = 0;

	for (size_t i = 0; i < n; i++) {
		run = text[i] == c ? run + 1 : 0;
		most = MAX(most, run);
	}
	return most;
}

static void put_times(struct buf *out, char c, size_t n)
{
	while (n--)
		buf_putc(out, c);
}

/* A code span; within tables a stroke still ends the cell unless it is escaped. */
static void put_code(struct buf *out, const char *text)
{
	size_t ticks = longest_run(text, strlen(text), '`');
	bool pad = ticks && *text;

	put_times(out, '`', ticks + 1);
	buf_puts(out, pad ? " " : "");
	for (const char *s = text; *s; s++) {
		if (*s == '|')
			buf_putc(out, '\\');
		buf_putc(out, *s);
	}
	buf_puts(out, pad ? " " : "");
	put_times(out, '`', ticks + 1);
}

/* A cell as it is where nothing in it could be markup, a link or somebody's name; else as code. */
static bool is_plain(const char *cell)
{
	return !cell[strcspn(cell, "\\`*_<>|~&#@!{}$")] && !strstr(cell, "](") &&
	       !strstr(cell, "://") && !strstr(cell, "www.");
}

static char *cell_of(const char *text)
{
	_cleanup_buf_ struct buf b = BUF_INIT;

	if (is_plain(text))
		return xstrdup(text);
	put_code(&b, text);
	return buf_steal(&b);
}

/* --- tables --- */

static void put_row(const struct columns *c, size_t row, const size_t *width, struct buf *out)
{
	for (size_t i = 0; i < c->n; i++) {
		const char *cell = c->cell.item[row * c->n + i];
		size_t n = figure_columns(cell);
		int pad = (int)(width[i] > n ? width[i] - n : 0);
		bool right = columns_right(c, i);

		buf_printf(out, "| %*s%s%*s ", right ? pad : 0, "", cell, right ? 0 : pad, "");
	}
	buf_puts(out, "|\n");
}

static void put_rule(const struct columns *c, const size_t *width, struct buf *out)
{
	for (size_t i = 0; i < c->n; i++) {
		bool right = columns_right(c, i);

		buf_puts(out, "| ");
		put_times(out, '-', MAX(width[i], (size_t)3) - right);
		buf_puts(out, right ? ": " : " ");
	}
	buf_puts(out, "|\n");
}

/* Takes the cells. */
static void put_table(struct columns *c, struct buf *out)
{
	_cleanup_free_
	size_t *width = xcalloc(c->n, sizeof(*width));

	columns_drop_empty(c);
	for (size_t i = 0; i < c->cell.n; i++) {
		char *cell = cell_of(c->cell.item[i]);

		free(c->cell.item[i]);
		c->cell.item[i] = cell;
		width[i % c->n] = MAX(width[i % c->n], MIN(figure_columns(cell), (size_t)PAD_MOST));
	}
	buf_putc(out, '\n');
	put_row(c, 0, width, out);
	put_rule(c, width, out);
	for (size_t row = 1; row < c->cell.n / c->n; row++)
		put_row(c, row, width, out);
	columns_done(c);
}

static void put_section(const char *heading, struct columns *c, struct buf *out)
{
	if (listing_empty(c)) {
		columns_done(c);
		return;
	}
	buf_printf(out, "\n## %s\n", heading);
	put_table(c, out);
}

/* --- the top --- */

static void put_verdict(const struct dossier *d, struct buf *out)
{
	_cleanup_free_
	char *title = gist_title(d), *verdict = gist_verdict(d);
	_cleanup_strv_ struct strv alarms = { 0 };

	buf_puts(out, "# ");
	put_text(out, title);
	buf_puts(out, "\n\n");
	gist_alarms(d, &alarms);
	for (size_t i = 0; i < alarms.n; i++) {
		put_text(out, alarms.item[i]);
		buf_puts(out, "\n\n");
	}
	buf_puts(out, "**");
	put_text(out, verdict);
	buf_puts(out, "**\n");
	for (size_t i = 0; i < d->n_runs; i++) {
		_cleanup_buf_ struct buf b = BUF_INIT;

		gist_state(d->run[i].view, &b);
		buf_putc(out, '\n');
		put_text(out, buf_str(&b));
		buf_putc(out, '\n');
	}
}

static void put_item(const char *text, struct buf *out)
{
	buf_puts(out, "- ");
	put_text(out, text);
	buf_putc(out, '\n');
}

static void put_sentences(const struct dossier *d, struct buf *out)
{
	_cleanup_strv_ struct strv said = { 0 };

	gist_sentences(d, &said);
	buf_puts(out, said.n ? "\n" : "");
	for (size_t i = 0; i < said.n; i++)
		put_item(said.item[i], out);
}

static void put_doubts(const struct dossier *d, struct buf *out)
{
	_cleanup_strv_ struct strv doubts = { 0 };

	gist_doubts(d, &doubts);
	if (doubts.n)
		buf_puts(out, "\nMind:\n\n");
	for (size_t i = 0; i < doubts.n; i++)
		put_item(doubts.item[i], out);
}

/* --- the console --- */

static void put_excerpt(const struct excerpt *e, const char *guilty, struct buf *out)
{
	size_t fence = MAX(longest_run(e->text.data, e->text.len, '`') + 1, (size_t)3);
	struct excerpt_line l;
	size_t n = 0;

	put_times(out, '`', fence);
	buf_putc(out, '\n');
	for (size_t at = e->report; excerpt_next(e, &at, &l); n++) {
		if (n >= EXCERPT_LINES && l.text != guilty)
			continue;
		buf_puts(out, l.text == guilty ? "> " : "  ");
		str_sanitise(out, l.text, MIN(l.len, (size_t)LINE_BYTES), false);
		buf_putc(out, '\n');
	}
	if (n > EXCERPT_LINES)
		buf_puts(out, "  ...\n");
	put_times(out, '`', fence);
	buf_putc(out, '\n');
}

/* Of the most frequent crash; `kernsoak show` has the others. */
static void put_console(const struct dossier *d, struct buf *out)
{
	const struct dossier_trial *t;
	_cleanup_excerpt_ struct excerpt e = EXCERPT_INIT;

	if (!d->contrast.n_crashes)
		return;
	t = &d->trial[d->crash[0].example];
	if (!dossier_excerpt(d, 0, &e))
		return;
	buf_printf(out, "\nThe console of trial %llu, the guilty line marked:\n\n",
		   (unsigned long long)t->trial);
	put_excerpt(&e, excerpt_guilty(&e, d->crash[0].shown.function), out);
}

static void put_again(const struct dossier *d, struct buf *out)
{
	_cleanup_columns_ struct columns c = { 0 };

	listing_again(d, &c);
	buf_puts(out, "\n## Again\n\n");
	for (size_t i = c.n; i + 1 < c.cell.n; i += c.n) {
		buf_puts(out, "- ");
		put_text(out, c.cell.item[i]);
		buf_puts(out, ": ");
		put_code(out, c.cell.item[i + 1]);
		buf_putc(out, '\n');
	}
}

/* Of a grid the cells, and of every run what the loads counted. */
static void put_grids(const struct dossier *d, struct buf *out)
{
	struct columns findings = { 0 };

	for (size_t i = 0; i < d->n_runs; i++) {
		struct columns cells = { 0 };

		heat_findings_table(d->run[i].view, &findings);
		if (!d->run[i].view->grid.n)
			continue;
		heat_table(d->run[i].view, &cells);
		put_section("Grid", &cells, out);
	}
	if (findings.n)
		put_section("What attempts came to", &findings, out);
}

static void put_cascade_tables(const struct cascades *c, struct buf *out)
{
	_cleanup_cascade_outlook_ struct cascade_outlook o = { 0 };
	struct columns t;

	cascade_table(c, &t);
	put_table(&t, out);
	cascade_course_table(c, &t);
	put_table(&t, out);
	cascade_outlook(c, &o);
	if (!o.n_limits)
		return;
	_cleanup_free_
	char *caption = cascade_limits_caption(&o);

	buf_putc(out, '\n');
	put_text(out, caption);
	buf_puts(out, ":\n");
	cascade_limits_table(&o, &t);
	put_table(&t, out);
}

static void put_cascades(const struct dossier *d, struct buf *out)
{
	for (size_t i = 0; i < d->n_runs; i++) {
		const struct cascades *c = &d->run[i].view->cascades;
		_cleanup_strv_ struct strv said = { 0 };

		if (!cascades_any(c))
			continue;
		buf_puts(out, "\n## Cascades\n\n");
		cascade_sentences(c, &said);
		for (size_t k = 0; k < said.n; k++)
			put_item(said.item[k], out);
		if (c->n)
			put_cascade_tables(c, out);
	}
}

void markdown_report(const struct dossier *d, struct buf *out)
{
	struct columns c;

	put_verdict(d, out);
	put_sentences(d, out);
	put_grids(d, out);
	put_cascades(d, out);
	listing_outcomes(d, &c);
	put_section("Arms", &c, out);
	listing_lives(d, &c);
	put_table(&c, out);
	put_doubts(d, out);
	if (d->hunt) {
		listing_versions(d, &c);
		put_section("Versions", &c, out);
	}
	listing_pairs(d, &c);
	put_section("Hazard ratios", &c, out);
	listing_crashes(d, CRASHES_SHOWN, &c);
	put_section("Crashes", &c, out);
	put_console(d, out);
	if (d->kernels.n > 1 && d->contrast.n_crashes) {
		listing_kernels(d, &c);
		put_section("Crashes by kernel", &c, out);
	}
	listing_ledger(d, LEDGER_ROWS, &c);
	put_section("Censored and excluded", &c, out);
	listing_guests(d, &c);
	put_section("Guests", &c, out);
	listing_differences(d, &c);
	put_section("Set up differently", &c, out);
	put_again(d, out);
}
