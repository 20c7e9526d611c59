/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>

#include "report/columns.h"
#include "report/figure.h"
#include "report/outlook.h"

struct text {
	const struct outlook *o;
	const struct text_style *style;
	struct buf *out;
};

static void heading(struct text *t, const char *words)
{
	buf_printf(t->out, t->style->color ? "\n\033[1m%s\033[0m\n" : "\n%s\n", words);
}

static void put_duration(struct buf *b, double s)
{
	if (isfinite(s))
		figure_scaled(b, s, scale_of_seconds(s));
	else
		buf_puts(b, "no limit");
}

static void add_duration(struct columns *c, double s)
{
	_cleanup_buf_ struct buf b = BUF_INIT;

	if (isfinite(s))
		put_duration(&b, s);
	columns_add(c, s > 0 && isfinite(s) ? buf_str(&b) : "-");
}

static void add_count(struct columns *c, double v)
{
	if (isfinite(v))
		columns_addf(c, "%.0f", ceil(v - 1e-9));
	else
		columns_add(c, "-");
}

static void say(struct text *t, struct buf *b)
{
	paragraph_print(buf_str(b), t->style->width, 4, t->out);
	buf_clear(b);
}

static void put_question(struct text *t)
{
	const struct outlook_question *q = &t->o->q;
	_cleanup_buf_ struct buf b = BUF_INIT;

	buf_puts(&b, "To see a factor of ");
	figure_count(&b, q->factor);
	buf_printf(&b,
		   " between the hazards of %zu arms with %.3g %% power, at %.3g %% of false "
		   "claims",
		   q->arms, 100 * q->power, 100 * q->alpha);
	if (q->arms > 2)
		buf_puts(&b, " (each with the first, all together)");
	buf_puts(&b, ": MTTF ");
	put_duration(&b, q->mttf_s);
	if (q->d0)
		buf_printf(&b, " from %zu failure%s", q->d0, q->d0 == 1 ? "" : "s");
	buf_puts(&b, ", a trial soaks ");
	put_duration(&b, q->soak_s);
	buf_puts(&b, isfinite(q->soak_s) ? " at most and costs " : " and costs ");
	put_duration(&b, q->boot_s);
	buf_printf(&b, " besides, %zu guest%s at once.", q->slots, q->slots == 1 ? "" : "s");
	say(t, &b);
}

static void put_answer(struct text *t)
{
	const struct outlook_row *r = &t->o->row[0];
	_cleanup_buf_ struct buf b = BUF_INIT;

	buf_puts(&b, "A plan of fixed size takes about ");
	put_duration(&b, r->fixed.wall_s);
	buf_printf(&b, " (%.0f trials of each arm); a run until it is decided ", r->fixed.trials);
	put_duration(&b, r->if_factor.wall_s);
	buf_puts(&b, " in the mean if the factor is true, ");
	put_duration(&b, r->if_none.wall_s);
	buf_puts(&b, " if there is no difference.");
	say(t, &b);
	if (isnan(r->detectable))
		return;
	put_duration(&b, t->o->q.budget_s);
	if (isfinite(r->detectable)) {
		buf_puts(&b, " of a fixed plan show a factor of ");
		figure_number(&b, r->detectable);
		buf_puts(&b, " and larger ones.");
	} else {
		buf_puts(&b, " show nothing: they are over before enough guests have failed.");
	}
	say(t, &b);
}

static void add_cost(struct columns *c, const char *name, const struct outlook_cost *cost)
{
	columns_add(c, name);
	add_count(c, cost->failures);
	add_count(c, cost->trials);
	add_duration(c, cost->soak_s);
	add_duration(c, cost->wall_s);
}

static void put_row(struct text *t, const struct outlook_row *r)
{
	_cleanup_columns_ struct columns c = { .n = 5, .right = 2 | 4 | 8 | 16 };
	_cleanup_buf_ struct buf b = BUF_INIT;

	buf_puts(&b, "MTTF ");
	put_duration(&b, r->mttf_s);
	buf_printf(&b, ", %s: %.0f %% of the trials fail, of the better arm's %.0f %%", r->why,
		   100 * r->fails[0], 100 * r->fails[1]);
	heading(t, buf_str(&b));
	columns_add(&c, "");
	columns_add(&c, "failures");
	columns_add(&c, "trials each");
	columns_add(&c, "soaked");
	columns_add(&c, "takes");
	add_cost(&c, "  fixed size", &r->fixed);
	add_cost(&c, "  fixed size, exact test of rates", &r->exact);
	add_cost(&c, "  until decided, factor true", &r->if_factor);
	add_cost(&c, "  until decided, no difference", &r->if_none);
	columns_print(&c, t->out);
	if (!isnan(r->detectable) && r != t->o->row) {
		buf_puts(t->out, "  the budget shows a factor of ");
		figure_number(t->out, r->detectable);
		buf_putc(t->out, '\n');
	}
}

static void put_soaks(struct text *t)
{
	_cleanup_columns_ struct columns c = { .n = 6, .right = 1 | 2 | 4 | 8 | 16 };
	static const char *const titles[] = { "  soak up to", "fail",  "better arm",
					      "trials each",  "takes", "" };
	_cleanup_buf_ struct buf b = BUF_INIT;

	heading(t, "How long a trial should soak (fixed size)");
	for (size_t i = 0; i < ARRAY_SIZE(titles); i++)
		columns_add(&c, titles[i]);
	for (size_t i = 0; i < t->o->n_soaks; i++) {
		const struct outlook_soak *s = &t->o->soak[i];

		add_duration(&c, s->soak_s);
		columns_addf(&c, "%.3g %%", 100 * s->fails[0]);
		columns_addf(&c, "%.3g %%", 100 * s->fails[1]);
		add_count(&c, s->fixed.trials);
		add_duration(&c, s->fixed.wall_s);
		columns_addf(&c, "%s%s%s", s->given ? "as given" : "",
			     s->given && s->suggested ? ", " : "", s->suggested ? "enough" : "");
	}
	columns_print(&c, t->out);
	buf_puts(&b, "enough: boots cost a tenth of the time or less, or the limit is three MTTFs. "
		     "Where the hazard falls with age, short soaks see more.");
	paragraph_print(buf_str(&b), t->style->width, 0, t->out);
}

static void put_cleans(struct text *t)
{
	_cleanup_columns_ struct columns c = { .n = 3, .right = 2 | 4 };
	_cleanup_buf_ struct buf b = BUF_INIT;

	buf_printf(&b, "Clean time that shows a repair (its rate is lower, %.3g %% sure)",
		   100 * (1 - t->o->q.alpha));
	heading(t, buf_str(&b));
	columns_add(&c, "  the MTTF is known");
	columns_add(&c, "without a failure");
	columns_add(&c, "takes");
	for (size_t i = 0; i < t->o->n_cleans; i++) {
		const struct outlook_clean *k = &t->o->clean[i];

		if (k->d0)
			columns_addf(&c, "  from %zu failure%s", k->d0, k->d0 == 1 ? "" : "s");
		else
			columns_add(&c, "  exactly");
		add_duration(&c, k->clean_s);
		add_duration(&c, k->wall_s);
	}
	columns_print(&c, t->out);
}

void outlook_text(const struct outlook *o, const struct text_style *style, struct buf *out)
{
	struct text t = { o, style, out };

	put_question(&t);
	put_answer(&t);
	for (size_t i = 0; i < o->n_rows; i++)
		put_row(&t, &o->row[i]);
	put_soaks(&t);
	put_cleans(&t);
}
