/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "report/text.h"

#include <math.h>

#include "report/columns.h"
#include "report/curve.h"
#include "report/figure.h"
#include "report/gist.h"
#include "report/heat.h"
#include "report/say.h"
#include "report/sides.h"
#include "report/tables.h"

enum {
	ARM_COLUMNS = TABLES_ARM_COLUMNS,
	CURVE_ROWS = 11,
	LEDGER_LINES = 12,
	BUCKETS_SHOWN = 20,
	SENTENCE_COLUMNS = 600,
	PAIRS_SHOWN = 4,
	WIDTH_MIN = 60
};

struct text {
	const struct view *v;
	const struct text_style *style;
	struct buf *out;
	unsigned width;
};

void text_heading(const struct text_style *style, const char *words, struct buf *out)
{
	buf_printf(out, style->color ? "\n\033[1m%s\033[0m\n" : "\n%s\n", words);
}

static void heading(struct text *t, const char *words)
{
	text_heading(t->style, words, t->out);
}

/* Sentences are put together in a buffer of their own and broken into lines at the end. */
static void say(struct text *t, const struct buf *sentence, unsigned indent)
{
	paragraph_print(buf_str(sentence), t->width, indent, t->out);
}

/* --- the header --- */

static void put_header(struct text *t)
{
	const struct about *a = &t->v->about;
	_cleanup_buf_ struct buf b = BUF_INIT;
	_cleanup_free_
	char *run = printable(t->v->run, RUN_ID_LEN);

	gist_state(t->v, &b);
	say(t, &b, 0);
	buf_printf(t->out, "Run %s\n", run);
	if (!a->running && a->state != RUN_DONE)
		buf_printf(t->out, "Go on with: kernsoak resume %s\n", run);
}

/* --- the answer --- */

static void put_answers(struct text *t)
{
	buf_putc(t->out, '\n');
	for (size_t i = 0; i < t->v->n_arms; i++) {
		const struct view_arm *a = &t->v->arm[i];
		_cleanup_free_
		char *name = printable(a->name, ARM_COLUMNS);
		_cleanup_free_
		char *sentence = say_arm(a), *safe = printable(sentence, SENTENCE_COLUMNS);
		_cleanup_buf_ struct buf b = BUF_INIT;

		buf_printf(&b, "%s: %s", name, safe);
		say(t, &b, 4);
	}
}

/* --- controls --- */

static void put_controls(struct text *t)
{
	for (size_t i = 0; i < t->v->n_arms; i++) {
		_cleanup_free_
		char *sentence = say_control(&t->v->arm[i]);

		if (sentence)
			paragraph_print(sentence, t->width, 4, t->out);
	}
}

/* --- crashes --- */

static void put_bucket(struct text *t, const struct bucket *k)
{
	_cleanup_free_
	char *title = printable(k->first.title, t->width - 6);
	_cleanup_free_
	char *function = printable(k->first.function, 64);
	_cleanup_buf_ struct buf b = BUF_INIT;
	const char *comma = "";

	buf_printf(t->out, "%4zux %s\n", k->n, title);
	buf_puts(&b, "     ");
	for (size_t i = 0; i < t->v->n_arms; i++) {
		_cleanup_free_
		char *arm = printable(t->v->arm[i].name, ARM_COLUMNS);

		if (k->by_arm[i]) {
			buf_printf(&b, "%s %s %zu", comma, arm, k->by_arm[i]);
			comma = ",";
		}
	}
	if (k->n_target == 0)
		buf_puts(&b, "; not what the scenario is after");
	if (*function && !strstr(title, function))
		buf_printf(&b, "; in %s", function);
	buf_printf(&b, "; %s%llu", k->n > 1 ? "trials " : "trial ",
		   (unsigned long long)k->first_trial);
	if (k->n > 1)
		buf_printf(&b, " to %llu", (unsigned long long)k->last_trial);
	_cleanup_free_
	char *id = printable(k->first.id, CRASH_ID_LEN);
	buf_printf(&b, "; %s", id);
	say(t, &b, 6);
}

static void put_buckets(struct text *t)
{
	size_t shown = MIN(t->v->n_buckets, (size_t)BUCKETS_SHOWN);

	if (!t->v->n_buckets)
		return;
	heading(t, "Crashes (one line a bug; kernsoak show RUN/TRIAL has the console)");
	for (size_t i = 0; i < shown; i++)
		put_bucket(t, &t->v->bucket[i]);
	if (t->v->n_buckets > shown)
		buf_printf(t->out, "      and %zu more (--json has them)\n",
			   t->v->n_buckets - shown);
}

/* --- the curve --- */

/* Appends the arms that have lives; of those behind the first only who failed, or only who did not.
 */
static size_t take_lines(const struct view *v, bool fell, struct curve_line *line, size_t n)
{
	for (size_t i = 0; i < v->n_arms; i++) {
		const struct view_arm *a = &v->arm[i];

		if (a->time.sample.n && fell == (i == 0 || a->outcome[OUTCOME_FAILED] > 0))
			line[n++] = (struct curve_line){ printable(a->name, ARM_COLUMNS),
							 &a->time.km, &a->time.sample };
	}
	return n;
}

static void put_curve(struct text *t)
{
	struct curve_line *line = xcalloc(t->v->n_arms + 1, sizeof(*line));
	struct curve_style style = {
		.width = t->width,
		.rows = CURVE_ROWS,
		.utf8 = t->style->utf8,
		.color = t->style->color,
	};
	size_t n = take_lines(t->v, true, line, 0);

	n = take_lines(t->v, false, line, n);
	if (n && view_failures(t->v)) {
		heading(t, "Survival: share of the guests that lived so long (Kaplan-Meier)");
		curve_text(line, n, &style, t->out);
	}
	for (size_t i = 0; i < n; i++)
		free((char *)line[i].name);
	free(line);
}

/* --- doubts and the ledger --- */

static void put_warnings(struct text *t)
{
	if (t->v->warnings.n)
		heading(t, "Mind");
	for (size_t i = 0; i < t->v->warnings.n; i++) {
		_cleanup_free_
		char *text = printable(t->v->warnings.item[i], 400);
		_cleanup_buf_ struct buf b = BUF_INIT;

		buf_printf(&b, "- %s", text);
		say(t, &b, 2);
	}
}

static void put_excluded(struct text *t)
{
	size_t shown = MIN(t->v->n_excluded, (size_t)LEDGER_LINES);

	if (!t->v->n_excluded)
		return;
	heading(t, "Not counted");
	for (size_t i = 0; i < shown; i++) {
		const struct excluded *e = &t->v->excluded[i];
		_cleanup_free_
		char *reason = printable(e->reason, 300);
		_cleanup_free_
		char *arm = printable(t->v->arm[e->arm].name, ARM_COLUMNS);
		_cleanup_buf_ struct buf b = BUF_INIT;

		buf_printf(&b, "trial %llu (%s, %s): %s", (unsigned long long)e->trial, arm,
			   e->final ? step_name(e->step) : "unfinished", reason);
		say(t, &b, 4);
	}
	if (t->v->n_excluded > shown)
		buf_printf(t->out, "and %zu more (--json has them)\n", t->v->n_excluded - shown);
}

static void put_list(struct buf *b, const struct strv *v)
{
	for (size_t i = 0; i < v->n; i++) {
		_cleanup_free_
		char *text = printable(v->item[i], 64);

		buf_printf(b, "%s%s", i ? ", " : "", text);
	}
}

static void put_guests(struct text *t, const struct view_arm *a)
{
	_cleanup_free_
	char *name = printable(a->name, ARM_COLUMNS);
	_cleanup_buf_ struct buf b = BUF_INIT;

	buf_printf(&b, "%s: ", name);
	put_list(&b, &a->kernels);
	buf_puts(&b, a->accels.n ? " under " : "");
	put_list(&b, &a->accels);
	if (a->origins.n && (a->origins.n > 1 || !str_eq(a->origins.item[0], "stock"))) {
		buf_puts(&b, ", ");
		put_list(&b, &a->origins);
	}
	if (isfinite(a->host_load)) {
		buf_puts(&b, ", host load ");
		figure_number(&b, a->host_load);
		if (t->v->host_cpus)
			buf_printf(&b, " on %llu processors", (unsigned long long)t->v->host_cpus);
	}
	say(t, &b, 4);
}

/* Where time 0 is not the soak's begin. */
static void put_exposure(struct text *t, const struct view_arm *a)
{
	_cleanup_free_
	char *name = printable(a->name, ARM_COLUMNS);
	_cleanup_buf_ struct buf b = BUF_INIT;

	if (a->starts == EXPOSURE_BEGIN)
		return;
	buf_printf(&b, "%s: lives are counted from %s on", name, exposure_starts[a->starts]);
	if (isfinite(a->wait_s)) {
		buf_puts(&b, ", which came ");
		figure_number(&b, a->wait_s);
		buf_puts(&b, " s after the soak's begin in the mean");
	}
	say(t, &b, 4);
}

static void put_environment(struct text *t)
{
	bool any = false;

	for (size_t i = 0; i < t->v->n_arms; i++) {
		const struct view_arm *a = &t->v->arm[i];

		if ((!a->kernels.n && !a->accels.n) || (any && t->v->grid.n))
			continue; /* of a grid's one tells: the doubts say where they differ */
		if (!any)
			heading(t, "Guests");
		any = true;
		put_guests(t, a);
		put_exposure(t, a);
	}
}

/* Each arm against the first; `kernsoak compare` says more. */
static void put_comparison(struct text *t)
{
	const struct sides_run run = { .view = t->v };
	_cleanup_contrast_ struct contrast c = { 0 };
	_cleanup_sides_ struct sides s = { 0 };

	if (sides_make(&run, 1, NULL, false, &s, NULL) < 0 || !view_failures(t->v))
		return;
	contrast_make(s.side, s.n, s.versus, s.n_pairs, &contrast_usual, &c);
	buf_putc(t->out, '\n');
	for (size_t i = 0; i < c.n_pairs && i < PAIRS_SHOWN; i++) {
		_cleanup_free_
		char *sentence = say_pair(&c, &c.pair[i]),
		     *safe = printable(sentence, SENTENCE_COLUMNS);

		paragraph_print(safe, t->width, 4, t->out);
	}
}

/* Instead of answers and tables by arm: of sixty cells nobody would read them. */
static void put_grid(struct text *t)
{
	const struct text_style style = { t->width, t->style->utf8, t->style->color };
	_cleanup_columns_ struct columns c = { 0 };

	_cleanup_free_
	char *sentence = heat_sentence(t->v);

	buf_putc(t->out, '\n');
	paragraph_print(sentence, t->width, 0, t->out);
	buf_putc(t->out, '\n');
	heat_maps(t->v, &style, t->out);
	heat_table(t->v, &c);
	columns_fit(&c, 0, t->width, ARM_COLUMNS);
	buf_putc(t->out, '\n');
	columns_print(&c, t->out);
	buf_putc(t->out, '\n');
	paragraph_print(
		"Share: of the trials that failed, died otherwise or survived, with Wilson's "
		"95 % interval. Median life: of all that count, from the soak's begin on.",
		t->width, 0, t->out);
}

/* What the loads counted by names of their own. */
static void put_findings(struct text *t)
{
	bool any = false;

	for (size_t i = 0; i < t->v->n_arms; i++) {
		const struct view_arm *a = &t->v->arm[i];
		_cleanup_free_
		char *name = printable(a->name, ARM_COLUMNS);
		_cleanup_buf_ struct buf b = BUF_INIT;

		if (!a->findings.n)
			continue;
		if (!any)
			heading(t, "What attempts came to, as the load counted them");
		any = true;
		buf_printf(&b, "%s: ", name);
		heat_findings(&a->findings, &b);
		say(t, &b, 4);
	}
}

static void put_cascades(struct text *t)
{
	const struct text_style style = { t->width, t->style->utf8, t->style->color };

	cascade_text(&t->v->cascades, &style, t->out);
}

static void put_tables(struct text *t)
{
	const struct view_arm **arm = xcalloc(t->v->n_arms + 1, sizeof(*arm));

	for (size_t i = 0; i < t->v->n_arms; i++)
		arm[i] = &t->v->arm[i];
	buf_putc(t->out, '\n');
	tables_outcomes(arm, t->v->n_arms, t->width, t->out);
	buf_putc(t->out, '\n');
	tables_lives(arm, t->v->n_arms, t->width, t->out);
	buf_putc(t->out, '\n');
	tables_words(arm, t->v->n_arms, t->width, t->out);
	tables_seen(arm, t->v->n_arms, t->width, t->out);
	free(arm);
}

void text_report(const struct view *v, const struct text_style *style, struct buf *out)
{
	struct text t = {
		.v = v,
		.style = style,
		.out = out,
		.width = MAX(style->width, (unsigned)WIDTH_MIN),
	};

	put_header(&t);
	if (!v->n_arms)
		return;
	if (v->grid.n) {
		put_grid(&t);
		put_controls(&t);
		put_findings(&t);
		put_buckets(&t);
	} else {
		put_answers(&t);
		put_controls(&t);
		put_comparison(&t);
		put_tables(&t);
		put_findings(&t);
		put_cascades(&t);
		put_buckets(&t);
		put_curve(&t);
	}
	put_environment(&t);
	put_warnings(&t);
	put_excluded(&t);
}
