/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>

#include "report/columns.h"
#include "report/compare.h"
#include "report/differ.h"
#include "report/figure.h"
#include "report/say.h"
#include "report/tables.h"

enum { WIDTH_MIN = 60, CRASHES_SHOWN = 10, DIFFERENCES_SHOWN = 8, SENTENCE_MAX = 600 };

struct text {
	const struct comparison *of;
	const struct contrast *c;
	const struct text_style *style;
	struct buf *out;
	unsigned width;
};

enum compare_answer compare_answer(const struct contrast *c)
{
	enum compare_answer all = COMPARE_ALIKE;

	for (size_t i = 0; i < c->n_pairs; i++) {
		if (contrast_differs(&c->pair[i]))
			return COMPARE_DIFFER;
		if (c->pair[i].verdict != CONTRAST_ALIKE)
			all = COMPARE_UNDECIDED;
	}
	return all;
}

static void heading(struct text *t, const char *words)
{
	text_heading(t->style, words, t->out);
}

/* Names, titles and settings are in it: made printable here, broken into lines. */
static void say(struct text *t, const char *sentence, unsigned indent)
{
	_cleanup_free_
	char *safe = printable(sentence, SENTENCE_MAX);

	paragraph_print(safe, t->width, indent, t->out);
}

static char *arm_name(const struct text *t, size_t arm)
{
	return printable(t->c->arm[arm].all.name, TABLES_ARM_COLUMNS);
}

/* --- which runs --- */

static void put_run(struct text *t, size_t i, bool labelled)
{
	const struct view *v = t->of->run[i].view;
	_cleanup_buf_ struct buf b = BUF_INIT;
	_cleanup_free_
	char *label = sides_label(t->of->run, t->of->n_runs, i);

	if (labelled)
		buf_printf(&b, "%s: ", label);
	buf_printf(&b, "run %s", v->run);
	if (v->host[0])
		buf_printf(&b, " on %s", v->host);
	if (v->about.state != RUN_DONE)
		buf_printf(&b, ", %s",
			   v->about.running ? "running" : run_state_name(v->about.state));
	say(t, buf_str(&b), 4);
}

static void put_runs(struct text *t)
{
	const struct sides_run *run = t->of->run;
	bool labelled = !sides_one_run(run, t->of->n_runs);

	for (size_t i = 0; i < t->of->n_runs; i++) {
		bool seen = false;

		for (size_t k = 0; k < i; k++)
			seen |= str_eq(run[k].view->run, run[i].view->run);
		if (!seen)
			put_run(t, i, labelled);
	}
}

/* --- the answer --- */

static void put_answers(struct text *t)
{
	for (size_t i = 0; i < t->c->n_pairs; i++) {
		_cleanup_free_
		char *sentence = say_pair(t->c, &t->c->pair[i]),
		     *work = say_work(t->c, &t->c->pair[i]);

		buf_putc(t->out, '\n');
		say(t, sentence, 0);
		if (work)
			say(t, work, 0);
	}
}

static void put_tables(struct text *t)
{
	const struct view_arm **arm = xcalloc(t->c->n_arms + 1, sizeof(*arm));

	for (size_t i = 0; i < t->c->n_arms; i++)
		arm[i] = &t->c->arm[i].all;
	buf_putc(t->out, '\n');
	tables_outcomes(arm, t->c->n_arms, t->width, t->out);
	buf_putc(t->out, '\n');
	tables_lives(arm, t->c->n_arms, t->width, t->out);
	buf_putc(t->out, '\n');
	tables_words(arm, t->c->n_arms, t->width, t->out);
	free(arm);
}

/* --- a pair's figures --- */

static void add_p(struct columns *c, const char *test, double p)
{
	const char *space = *test ? " " : "";

	if (isfinite(p))
		columns_addf(c, p < 0.001 ? "%s%sp = %.1e" : "%s%sp = %.3f", test, space, p);
	else
		columns_addf(c, "%s%snone", test, space);
}

/* "4.1 [2.0, 8.3]", "at most 0.04" */
static void add_ratio(struct columns *c, double ratio, struct interval ci)
{
	_cleanup_buf_ struct buf b = BUF_INIT;

	if (isfinite(ratio) && ratio > 0) {
		figure_ratio(&b, ratio);
		buf_puts(&b, " [");
		figure_ratio(&b, ci.lo);
		buf_puts(&b, ", ");
		figure_ratio(&b, ci.hi);
		buf_puts(&b, "]");
	} else if (isfinite(ci.hi)) {
		buf_puts(&b, "at most ");
		figure_ratio(&b, ci.hi);
	} else if (ci.lo > 0) {
		buf_puts(&b, "at least ");
		figure_ratio(&b, ci.lo);
	} else {
		buf_putc(&b, '-');
	}
	columns_add(c, buf_str(&b));
}

static void add_clock(struct columns *c, const struct contrast_clock *k, const char *hazard,
		      const char *rate)
{
	if (!k->exists)
		return;
	columns_addf(c, "  %s%s", hazard, k->stratified ? ", stratified" : "");
	add_ratio(c, k->hr, k->hr_ci);
	add_p(c, "log-rank", k->logrank.p);
	columns_addf(c, "  %s", rate);
	add_ratio(c, k->rate.ratio, k->rate.ci);
	add_p(c, "exact", k->rate_p);
}

static void add_means(struct columns *c, const struct contrast_pair *p)
{
	_cleanup_buf_ struct buf b = BUF_INIT, name = BUF_INIT;

	if (!isfinite(p->rmst_ci.lo))
		return;
	buf_puts(&name, "  longer mean life, first ");
	figure_scaled(&name, p->tau_s, scale_of_seconds(p->tau_s));
	figure_interval(&b, p->rmst_diff, p->rmst_ci, scale_of_seconds(fabs(p->rmst_diff)));
	columns_add(c, buf_str(&name));
	columns_add(c, buf_str(&b));
	columns_add(c, "");
}

static void add_doubtful(struct columns *c, const struct contrast_pair *p)
{
	if (isfinite(p->time.proportional.p)) {
		columns_add(c, "  is the hazard ratio constant?");
		columns_add(c, "");
		add_p(c, "", p->time.proportional.p);
	}
	if (p->time.rate.d[0] + p->time.rate.d[1]) {
		columns_add(c, "  however often one looks");
		columns_add(c, duel_verdict_name(p->anytime.verdict));
		add_p(c, "", p->anytime.p);
	}
}

static void put_differences(struct text *t, const struct contrast_pair *p)
{
	const struct view_arm *a = &t->c->arm[p->base].all, *b = &t->c->arm[p->other].all;
	_cleanup_strv_ struct strv list = { 0 };
	_cleanup_buf_ struct buf line = BUF_INIT;

	differ_settings(a->settings, b->settings, &list);
	if (a->kernels.n && b->kernels.n && !str_eq(a->kernels.item[0], b->kernels.item[0]))
		strv_take(&list,
			  xasprintf("kernel ran %s -> %s", a->kernels.item[0], b->kernels.item[0]));
	for (size_t i = 0; i < list.n && i < DIFFERENCES_SHOWN; i++)
		buf_printf(&line, "%s%s", i ? "; " : "  differ in: ", list.item[i]);
	if (list.n > DIFFERENCES_SHOWN)
		buf_printf(&line, "; and %zu more", list.n - DIFFERENCES_SHOWN);
	if (a->settings && b->settings)
		say(t, list.n ? buf_str(&line) : "  set up alike", 4);
}

static void put_pair(struct text *t, const struct contrast_pair *p)
{
	_cleanup_columns_ struct columns c = { .n = 3 };
	_cleanup_free_
	char *base = arm_name(t, p->base), *other = arm_name(t, p->other), *title = NULL;

	title = xasprintf("%s against %s (below 1: fails less)", other, base);
	heading(t, title);
	if (p->time.rate.d[0] + p->time.rate.d[1]) {
		add_clock(&c, &p->time, "hazard ratio", "rate ratio");
		if (p->work.rate.d[0] + p->work.rate.d[1])
			add_clock(&c, &p->work, "hazard per work", "rate per work");
	}
	add_means(&c, p);
	add_doubtful(&c, p);
	columns_print(&c, t->out);
	put_differences(t, p);
	for (size_t i = 0; i < p->notes.n; i++) {
		_cleanup_free_
		char *line = xasprintf("  - %s", p->notes.item[i]);

		say(t, line, 4);
	}
}

static void put_pairs(struct text *t)
{
	for (size_t i = 0; i < t->c->n_pairs; i++)
		put_pair(t, &t->c->pair[i]);
	if (isfinite(t->c->overall.p) && t->c->n_arms > 2)
		buf_printf(t->out, "\nAll %zu arms alike? log-rank p = %.2g\n", t->c->n_arms,
			   t->c->overall.p);
}

/* --- crashes --- */

static void put_shares(struct text *t, size_t crash)
{
	_cleanup_buf_ struct buf b = BUF_INIT;
	const char *comma = "     ";

	for (size_t i = 0; i < t->c->n_arms; i++) {
		const struct contrast_arm *a = &t->c->arm[i];
		size_t n = 0;

		for (size_t k = 0; k < a->all.counted; k++)
			n += a->all.life[k].bucket == crash;
		buf_printf(&b, "%s %s %zu", comma, a->said, n);
		if (n)
			buf_printf(&b, " (%.0f %%)", 100 * a->incidence[crash].share);
		comma = ",";
	}
	if (!t->c->crash[crash].target)
		buf_puts(&b, "; not what the scenario is after");
	say(t, buf_str(&b), 6);
}

static void put_cause(struct text *t, const struct contrast_pair *p, size_t crash)
{
	const struct contrast_cause *k = &p->cause[crash];
	_cleanup_buf_ struct buf b = BUF_INIT;

	if (!(k->p_holm < t->c->opt.alpha))
		return;
	if (k->only >= 0)
		buf_printf(&b, "      seen only in %s, not in %s: chance alone: ",
			   t->c->arm[k->only ? p->other : p->base].said,
			   t->c->arm[k->only ? p->base : p->other].said);
	else
		buf_printf(&b, "      %s against %s: rate ", t->c->arm[p->other].said,
			   t->c->arm[p->base].said);
	if (k->only < 0) {
		figure_ratio(&b, k->rate.ratio);
		buf_puts(&b, " times, chance alone: ");
	}
	say_chance(&b, k->p_holm);
	say(t, buf_str(&b), 8);
}

static void put_crashes(struct text *t)
{
	size_t shown = MIN(t->c->n_crashes, (size_t)CRASHES_SHOWN);
	_cleanup_buf_ struct buf title = BUF_INIT;

	if (!shown)
		return;
	buf_puts(&title, "Crashes (%: share of the guests that it has killed by ");
	figure_scaled(&title, t->c->tau_s, scale_of_seconds(t->c->tau_s));
	buf_puts(&title, ")");
	heading(t, buf_str(&title));
	for (size_t i = 0; i < shown; i++) {
		_cleanup_free_
		char *words = printable(t->c->crash[i].first.title, t->width - 6);

		buf_printf(t->out, "%4zux %s\n", t->c->crash[i].n, words);
		put_shares(t, i);
		for (size_t p = 0; p < t->c->n_pairs; p++)
			put_cause(t, &t->c->pair[p], i);
	}
	if (t->c->n_crashes > shown)
		buf_printf(t->out, "      and %zu more (--json has them)\n",
			   t->c->n_crashes - shown);
}

static void put_warnings(struct text *t)
{
	if (t->c->warnings.n)
		heading(t, "Mind");
	for (size_t i = 0; i < t->c->warnings.n; i++) {
		_cleanup_free_
		char *line = xasprintf("- %s", t->c->warnings.item[i]);

		say(t, line, 2);
	}
}

void compare_text(const struct comparison *of, const struct text_style *style, struct buf *out)
{
	struct text t = {
		.of = of,
		.c = of->contrast,
		.style = style,
		.out = out,
		.width = MAX(style->width, (unsigned)WIDTH_MIN),
	};

	put_runs(&t);
	put_answers(&t);
	put_tables(&t);
	put_pairs(&t);
	put_crashes(&t);
	put_warnings(&t);
}
