/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "run/decided_parts.h"

#include <math.h>

#include "base/exit.h"
#include "model/units.h"

/* At the end nothing runs: what has ended is all there is to look at. */
static enum duel_verdict verdict_of(const struct decided *d, size_t i)
{
	return decided_is_open(d, i) ? duel_look(&d->duel[i]).verdict : d->rival[i].verdict;
}

static size_t count(const struct decided *d, enum duel_verdict a, enum duel_verdict b)
{
	size_t n = 0;

	for (size_t i = 1; i < d->n; i++)
		n += verdict_of(d, i) == a || verdict_of(d, i) == b;
	return n;
}

int decided_exit_code(const struct strategy *s, const struct campaign *c, bool over_budget)
{
	const struct decided *d = (const struct decided *)s;

	(void)c;
	(void)over_budget;
	if (count(d, DUEL_LESS, DUEL_MORE))
		return EXIT_DIFFER;
	return count(d, DUEL_CONTINUE, DUEL_CONTINUE) ? EXIT_INCONCLUSIVE : EXIT_GOAL_MET;
}

static double ratio_of(const struct decided *d, size_t i)
{
	const struct side *a = &d->side[0], *b = &d->side[i];

	return ((double)b->failures / b->exposure_s) / ((double)a->failures / a->exposure_s);
}

static void say_exposure(const struct campaign *c, const struct side *s, struct buf *out)
{
	buf_printf(out, "%s %zu in %.4g s", c->scenario.arm[s->arm].name, s->failures,
		   s->exposure_s);
}

static void say_rival(const struct decided *d, const struct campaign *c, size_t i, struct buf *out)
{
	const char *a = c->scenario.arm[d->side[0].arm].name,
		   *b = c->scenario.arm[d->side[i].arm].name;
	const struct rival *r = &d->rival[i];
	double ratio = ratio_of(d, i);

	switch (verdict_of(d, i)) {
	case DUEL_LESS:
		buf_printf(out, "%s fails less often than %s", b, a);
		if (ratio > 0 && isfinite(ratio))
			buf_printf(out, ", about %.2g times", 1 / ratio);
		break;
	case DUEL_MORE:
		buf_printf(out, "%s fails more often than %s", b, a);
		if (isfinite(ratio))
			buf_printf(out, ", about %.2g times", ratio);
		break;
	case DUEL_ALIKE:
		buf_printf(out, "no difference of factor %.4g between %s and %s", d->factor, a, b);
		break;
	case DUEL_CONTINUE: buf_printf(out, "%s and %s: inconclusive", a, b); break;
	}
	buf_printf(out, " (p <= %.2g; failures: ", r->look.p);
	say_exposure(c, &d->side[0], out);
	buf_puts(out, ", ");
	say_exposure(c, &d->side[i], out);
	buf_puts(out, ")");
}

void decided_sentence(const struct strategy *s, const struct campaign *c, struct buf *out)
{
	const struct decided *d = (const struct decided *)s;

	for (size_t i = 1; i < d->n; i++) {
		buf_puts(out, i > 1 ? "; " : "");
		say_rival(d, c, i, out);
	}
}

static json_t *side_to_json(const struct campaign *c, const struct side *s)
{
	json_t *o = json_object();

	json_set_str(o, "arm", c->scenario.arm[s->arm].name);
	json_set_u64(o, "failures", s->failures);
	json_set_double(o, "exposure_s", s->exposure_s);
	json_set_double(o, "guest_s", s->guest_s);
	return o;
}

static json_t *rival_to_json(const struct decided *d, const struct campaign *c, size_t i)
{
	const struct rival *r = &d->rival[i];
	_cleanup_buf_ struct buf sentence = BUF_INIT;
	json_t *o = json_object(), *sides = json_array();

	say_rival(d, c, i, &sentence);
	json_set_str(o, "verdict", duel_verdict_name(verdict_of(d, i)));
	json_set_str(o, "sentence", buf_str(&sentence));
	json_set_double(o, "p", r->look.p);
	json_set_double(o, "log_e", r->look.log_e);
	json_set_double(o, "log_e_wanted", log(1 / d->duel[i].alpha));
	json_set_double(o, "log_e_less", r->look.log_e_less);
	json_set_double(o, "log_e_more", r->look.log_e_more);
	json_set_double(o, "log_e_alike", log(d->duel[i].beta));
	json_set_double(o, "rate_ratio", ratio_of(d, i));
	json_array_append_new(sides, side_to_json(c, &d->side[0]));
	json_array_append_new(sides, side_to_json(c, &d->side[i]));
	json_object_set_new(o, "arms", sides);
	return o;
}

json_t *decided_answer(const struct strategy *s, const struct campaign *c)
{
	const struct decided *d = (const struct decided *)s;
	static const char *const words[] = { "alike", "differ", "inconclusive" };
	int code = decided_exit_code(s, c, false);
	json_t *o = json_object(), *pairs = json_array();

	json_set_str(o, "verdict",
		     words[code == EXIT_DIFFER         ? 1
			   : code == EXIT_INCONCLUSIVE ? 2
						       : 0]);
	json_set_double(o, "factor", d->factor);
	json_set_double(o, "alpha", d->alpha);
	json_set_double(o, "power", d->power);
	for (size_t i = 1; i < d->n; i++)
		json_array_append_new(pairs, rival_to_json(d, c, i));
	json_object_set_new(o, "pairs", pairs);
	return o;
}

/* ---- the progress line ---- */

/* Seconds of the wall until the duel ends, if it goes on as it looks: by failures that are
 * missing, at what a failure has cost so far, over as many guests as run. */
static double left_s(const struct decided *d, const struct campaign *c, size_t i, uint64_t now_ns)
{
	const struct duel_look *l = &d->rival[i].look;
	double guest = d->side[0].guest_s + d->side[i].guest_s, running = 0,
	       failures = (double)(d->side[0].failures + d->side[i].failures),
	       missing = l->log_e > 0 ? l->failures_to_differ : l->failures_to_alike;

	for (size_t t = 0; t < c->plan.n; t++) {
		running += c->state[t] == TRIAL_RUNNING;
		guest += decided_seconds(campaign_age_ns(c, t + 1, now_ns));
	}
	return failures > 0 && running > 0 ? missing * guest / failures / running : INFINITY;
}

void decided_say(struct strategy *s, const struct campaign *c, uint64_t now_ns, struct buf *out)
{
	const struct decided *d = (struct decided *)s;
	const struct duel_look *look;
	size_t last = 0;
	double longest = -1, differ, alike, wanted[2];
	char text[UNIT_TEXT];

	for (size_t i = 1; i < d->n; i++)
		if (decided_is_open(d, i) && left_s(d, c, i, now_ns) > longest) {
			last = i;
			longest = left_s(d, c, i, now_ns);
		}
	if (!last) {
		buf_puts(out, "decided");
		return;
	}
	look = &d->rival[last].look;
	if (d->n > 2)
		buf_printf(out, "%zu of %zu decided, ", d->n - 1 - decided_n_open(d), d->n - 1);
	differ = fmax(0, look->log_e);
	alike = fmax(0, -fmax(look->log_e_less, look->log_e_more));
	wanted[0] = log(1 / d->duel[last].alpha);
	wanted[1] = -log(d->duel[last].beta);
	buf_printf(out, "%.0f %% decided: differ %.1f of %.1f, alike %.1f of %.1f",
		   fmin(99, 100 * fmax(differ / wanted[0], alike / wanted[1])), differ, wanted[0],
		   alike, wanted[1]);
	if (isfinite(longest))
		buf_printf(out, ", about %s left",
			   duration_format(text, (uint64_t)ceil(longest) * NS_PER_S));
}
