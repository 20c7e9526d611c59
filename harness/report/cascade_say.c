/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What cascades come to, in sentences, and as JSON. */
#include "report/cascade.h"
#include "report/figure.h"
#include "report/listings.h"
#include "stats/rate.h"

static const struct scale per_thousand = { 1e-3, "" };

/* " (p = 0.4)" */
static void put_p(struct buf *b, double p)
{
	buf_puts(b, p < 1e-6 ? "(p " : "(p = ");
	listing_p(b, p);
	buf_puts(b, ")");
}

static void put_seconds(struct buf *b, double s)
{
	figure_scaled(b, s, scale_of_seconds(s));
}

/* --- per deletion --- */

static void say_without_deaths(const struct cascades *c, struct strv *ret)
{
	struct buf b = BUF_INIT;

	buf_printf(&b, "No host died in %.0f deletions: at most ", c->all.deletions);
	figure_scaled(&b, c->all.lambda.hi, per_thousand);
	buf_puts(&b, " deaths per 1,000 are to be expected, and the model has nothing to go by.");
	strv_take(ret, buf_steal(&b));
}

/* Of two arms how far they may lie apart. */
static void put_ratio(const struct cascades *c, struct buf *b)
{
	const struct cascade_fit *a = &c->arm[0].fit, *z = &c->arm[1].fit;
	const struct rate_ratio r =
		rate_compare(a->died, a->deletions, z->died, z->deletions, 0.95);

	buf_printf(b, "%s has ", c->arm[1].name);
	figure_ratio(b, r.ratio);
	buf_puts(b, " times the deaths per deletion of ");
	buf_printf(b, "%s [", c->arm[0].name);
	figure_ratio(b, r.ci.lo);
	buf_puts(b, ", ");
	figure_ratio(b, r.ci.hi);
	buf_puts(b, "]");
}

/* Do the arms differ in nothing but how many moves they allow? */
static bool only_moves_differ(const struct cascades *c)
{
	for (size_t i = 1; i < c->n_arms; i++)
		if (c->arm[i].moves == c->arm[i - 1].moves || isnan(c->arm[i].moves))
			return false;
	return c->n_arms > 1 && !isnan(c->arm[0].moves);
}

static void say_alike(const struct cascades *c, struct strv *ret)
{
	const bool differ = c->alike_p < 0.05;
	struct buf b = BUF_INIT;

	if (isnan(c->alike_p))
		return;
	buf_puts(&b, differ ? "Deletions are not as dangerous in all arms "
			    : "No arm's deletions are shown to be more dangerous than another's ");
	put_p(&b, c->alike_p);
	if (c->n_arms == 2) {
		buf_puts(&b, "; ");
		put_ratio(c, &b);
	}
	buf_putc(&b, '.');
	if (!differ && only_moves_differ(c))
		buf_puts(&b, " Nothing here says that a limit on moves makes a deletion safer; it "
			     "changes how many of them fall on the hosts that are left.");
	if (differ)
		buf_puts(&b, " What is expected of an arm below rests on its own deaths, the table "
			     "of limits on those of all arms: mind that.");
	strv_take(ret, buf_steal(&b));
}

/* H / lambda: of the model, whatever the limit. */
static void say_lasting(const struct cascades *c, struct strv *ret)
{
	const struct interval l = c->all.lambda;
	const double hosts = (double)c->arm[0].hosts;
	struct buf b = BUF_INIT;

	buf_printf(&b,
		   "In the model %.0f hosts last for %.0f deletions in the mean [%.0f, %.0f], "
		   "whatever the limit: it changes when these are made.",
		   hosts, hosts / c->all.expo.rate, hosts / l.hi, hosts / l.lo);
	strv_take(ret, buf_steal(&b));
}

/* --- growth --- */

/* "doubled in 42 s [30 s, 80 s]", of a rate x a second whose interval leaves 0 out. */
static void put_doubling(struct buf *b, double x, struct interval ci)
{
	const bool grows = x > 0;
	const double scale = log(2);

	buf_puts(b, grows ? "grew: it doubled in " : "fell: it halved in ");
	put_seconds(b, scale / fabs(x));
	buf_puts(b, " [");
	put_seconds(b, scale / (grows ? ci.hi : -ci.lo));
	buf_puts(b, ", ");
	put_seconds(b, scale / (grows ? ci.lo : -ci.hi));
	buf_puts(b, "]");
}

static void put_open(struct buf *b, struct interval ci)
{
	buf_puts(b, "is not shown to grow or to fall");
	if (ci.hi > 0) {
		buf_puts(b, "; that it doubled every ");
		put_seconds(b, log(2) / ci.hi);
		buf_puts(b, " or more slowly is not ruled out");
	}
}

/* The difference in Akaike's criterion that is worth a word. */
static const double worth = 4;

static void put_law(struct buf *b, const struct cascade_laws *law)
{
	const double gain = law->growth - law->deletions;

	if (gain > worth)
		buf_puts(b, " The deletions that each host makes fit the deaths better than "
			    "exponential growth does");
	else if (gain < -worth)
		buf_puts(b, " Exponential growth fits the deaths better than the deletions that "
			    "each host makes");
	else
		return;
	buf_printf(b, " (by %.1f in Akaike's criterion).", fabs(gain));
}

static void say_growth(const struct cascades_arm *a, struct strv *ret)
{
	const struct tilt_fit *g = &a->fit.growth;
	struct buf b = BUF_INIT;

	if (isnan(g->x) || a->fit.died < CASCADE_TELLING)
		return;
	buf_printf(&b, "%s: the hazard of a host that is alive ", a->name);
	if (g->x_ci.lo > 0 || g->x_ci.hi < 0)
		put_doubling(&b, g->x, g->x_ci);
	else
		put_open(&b, g->x_ci);
	buf_putc(&b, '.');
	put_law(&b, &a->fit.law);
	strv_take(ret, buf_steal(&b));
}

/* --- is the model right? --- */

static void say_dead(const struct cascade_fit *f, struct strv *ret)
{
	const struct tilt_fit *d = &f->dead;
	struct buf b = BUF_INIT;

	if (isnan(d->x))
		return;
	if (d->p < 0.05)
		buf_printf(&b, "With each host that is dead a deletion becomes %s dangerous: ",
			   d->x > 0 ? "more" : "less");
	else
		buf_puts(&b,
			 "That a deletion becomes more or less dangerous with each dead host is "
			 "not shown: ");
	figure_ratio(&b, exp(d->x));
	buf_puts(&b, " times [");
	figure_ratio(&b, exp(d->x_ci.lo));
	buf_puts(&b, ", ");
	figure_ratio(&b, exp(d->x_ci.hi));
	buf_puts(&b, "] ");
	put_p(&b, d->p);
	buf_puts(&b, d->p < 0.05 ? ", which the model does not know: do not plan by it." : ".");
	strv_take(ret, buf_steal(&b));
}

static void say_even(const struct cascade_fit *f, struct strv *ret)
{
	if (drift_in_order(&f->even))
		strv_take(ret, xstrdup("Deletions became more or less dangerous in the course of "
				       "the run: the model supposes that they did not."));
	if (drift_with_age(&f->even) && f->even.shape < 1)
		strv_take(ret, xstrdup("Hosts died in bursts, closer together than deletions alone "
				       "explain: look for what they had in common."));
	else if (drift_with_age(&f->even))
		strv_take(ret, xstrdup("Hosts died more evenly than deletions alone explain: "
				       "something else than each deletion's risk kills them."));
}

static void say_left_out(const struct cascades *c, struct strv *ret)
{
	if (c->unusable)
		strv_take(ret, xasprintf("%zu %s left out: %s.", c->unusable,
					 c->unusable == 1 ? "cascade is" : "cascades are",
					 c->why.n ? c->why.item[0] : "void"));
	if (c->open)
		strv_take(ret, xasprintf("%zu %s not at an end yet and left out.", c->open,
					 c->open == 1 ? "cascade is" : "cascades are"));
	if (c->all.otherwise)
		strv_take(ret, xasprintf("%zu hosts were lost to something else than the target: "
					 "their deletions count until then, their deaths do not.",
					 c->all.otherwise));
}

void cascade_sentences(const struct cascades *c, struct strv *ret)
{
	if (c->n && !c->all.died && c->all.deletions > 0)
		say_without_deaths(c, ret);
	say_alike(c, ret);
	for (size_t i = 0; i < c->n_arms; i++)
		say_growth(&c->arm[i], ret);
	say_dead(&c->all, ret);
	say_even(&c->all, ret);
	if (c->all.died && c->arm[0].hosts)
		say_lasting(c, ret);
	say_left_out(c, ret);
}
