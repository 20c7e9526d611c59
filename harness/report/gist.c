/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "report/gist.h"

#include <math.h>
#include <time.h>

#include "model/controls.h"
#include "report/columns.h"
#include "report/figure.h"
#include "report/heat.h"
#include "report/say.h"

enum { DIFFERING_NAMED = 4, SENTENCES_SHOWN = 24 };

/* --- how it stands --- */

static const char *plural(size_t n)
{
	return n == 1 ? "" : "s";
}

static const char *state_word(const struct about *a)
{
	if (a->running)
		return "running";
	switch (a->state) {
	case RUN_OPEN: return "interrupted";
	case RUN_STOPPED: return "stopped";
	case RUN_DONE: return "done";
	case RUN_DAMAGED: return "damaged";
	}
	return "";
}

static void put_when(const struct about *a, struct buf *b)
{
	time_t at = (time_t)a->started_s;
	char text[64];
	struct tm tm;

	if (a->started_s < 0 || !gmtime_r(&at, &tm))
		return;
	strftime(text, sizeof(text), "%Y-%m-%d %H:%M UTC", &tm);
	buf_printf(b, " Begun %s", text);
	if (a->last_s > a->started_s && !a->running) {
		double s = (double)(a->last_s - a->started_s);

		buf_puts(b, ", took ");
		figure_scaled(b, s, scale_of_seconds(s));
	}
	buf_puts(b, ".");
}

static void put_progress(const struct view *v, struct buf *b)
{
	size_t planned = v->about.planned + v->about.added;

	buf_printf(b, " %zu ", v->ended);
	if (planned)
		buf_printf(b, "of %zu ", planned);
	buf_printf(b, "trial%s ended", plural(planned ? planned : v->ended));
	if (v->going)
		buf_printf(b, ", %zu at work", v->going);
	buf_printf(b, ", %zu failed.", view_failures(v));
}

void gist_state(const struct view *v, struct buf *out)
{
	const struct about *a = &v->about;
	_cleanup_free_
	char *scenario = printable(a->scenario, 64);
	_cleanup_free_
	char *why = printable(a->why, 200);

	buf_printf(out, "%s: %s", scenario, state_word(a));
	if (*why && a->state != RUN_DONE)
		buf_printf(out, " (%s)", why);
	buf_puts(out, ";");
	put_progress(v, out);
	put_when(a, out);
}

char *gist_title(const struct dossier *d)
{
	const struct about *a = &d->run->view->about;

	if (d->n_runs > 1)
		return xasprintf("%s and %zu more run%s", d->run->dir->id, d->n_runs - 1,
				 plural(d->n_runs - 1));
	return xasprintf("%s, run %s", a->scenario, d->run->dir->id);
}

/* --- what it comes to --- */

/* "worse fails 3.7 times as often", "good at least 19.5 times less often" */
static void put_rate(const struct contrast *c, const struct contrast_pair *p, bool first,
		     struct buf *b)
{
	bool lower = p->verdict == CONTRAST_LOWER;
	double ratio = lower ? 1 / p->time.ratio : p->time.ratio;
	double least = lower ? 1 / p->time.ci.hi : p->time.ci.lo;

	buf_printf(b, "%s %s%s", c->arm[p->other].said, first ? "fails " : "",
		   isfinite(ratio) ? "" : "at least ");
	figure_ratio(b, isfinite(ratio) ? ratio : least);
	buf_puts(b, lower ? " times less often" : " times as often");
}

/* "Against bad, worse fails 3.7 times as often and good at least 19.5 times less often." */
static char *differing(const struct dossier *d)
{
	const struct contrast *c = &d->contrast;
	_cleanup_buf_ struct buf b = BUF_INIT;
	size_t n = 0, first = 0;

	for (size_t i = c->n_pairs; i-- > 0;)
		if (contrast_differs(&c->pair[i])) {
			n++;
			first = i;
		}
	if (n < 2)
		return say_pair(c, &c->pair[first]);
	if (n > DIFFERING_NAMED || !contrast_one_base(c))
		return xasprintf("%zu of %zu arms fail at another rate than the arm they are "
				 "compared with.",
				 n, c->n_pairs);
	buf_printf(&b, "Against %s, ", c->arm[c->pair[0].base].said);
	for (size_t i = first, left = n; i < c->n_pairs; i++)
		if (contrast_differs(&c->pair[i])) {
			put_rate(c, &c->pair[i], i == first, &b);
			buf_puts(&b, --left == 1 ? " and " : left ? ", " : ".");
		}
	return buf_steal(&b);
}

/* Several arms of which none is shown to differ, or that cannot be compared. */
static char *counted(const struct dossier *d)
{
	size_t arms = d->contrast.n_arms, failing = 0, failed = 0, trials = 0;

	for (size_t i = 0; i < arms; i++) {
		const struct view_arm *a = &d->contrast.arm[i].all;

		failing += a->outcome[OUTCOME_FAILED] > 0;
		failed += a->outcome[OUTCOME_FAILED];
		trials += a->counted;
	}
	return xasprintf("%zu of %zu trials failed, in %zu of %zu arms; no difference between arms "
			 "is shown.",
			 failed, trials, failing, arms);
}

static char *capital(char *s)
{
	if (*s >= 'a' && *s <= 'z' && str_after(s, "no "))
		*s = (char)(*s - 'a' + 'A');
	return s;
}

char *gist_verdict(const struct dossier *d)
{
	const struct contrast *c = &d->contrast;
	const char *answer =
		d->hunt ? json_string_value(json_object_get(d->hunt->answer, "sentence")) : NULL;
	bool differ = false;

	if (answer)
		return xstrdup(answer);
	if (d->n_runs == 1 && d->run[0].view->grid.n)
		return heat_sentence(d->run[0].view);
	for (size_t i = 0; i < c->n_pairs; i++)
		differ |= contrast_differs(&c->pair[i]);
	if (c->n_pairs == 1 || differ)
		return capital(differing(d));
	if (c->n_arms == 1) {
		_cleanup_free_
		char *says = say_arm(&c->arm[0].all);

		return xasprintf("%s: %s", c->arm[0].all.name, says);
	}
	return c->n_arms ? counted(d) : xstrdup("No trial has begun.");
}

void gist_alarms(const struct dossier *d, struct strv *ret)
{
	for (size_t i = 0; i < d->contrast.n_arms; i++) {
		const struct view_arm *a = &d->contrast.arm[i].all;

		if (control_state(control_of(a->name), a->outcome) == CONTROL_BROKE)
			strv_take(ret, say_control(a));
	}
}

/* Of a bisection the answer says it all: its sides are versions pooled, and differ on purpose. */
void gist_sentences(const struct dossier *d, struct strv *ret)
{
	const struct contrast *c = &d->contrast;
	_cleanup_free_
	char *verdict = gist_verdict(d);

	for (size_t i = 0; i < c->n_pairs && i < SENTENCES_SHOWN && !d->hunt; i++) {
		_cleanup_free_
		char *says = say_pair(c, &c->pair[i]), *work = say_work(c, &c->pair[i]);

		if (!str_eq(capital(says), verdict))
			strv_add(ret, says);
		if (work)
			strv_add(ret, work);
	}
}

void gist_doubts(const struct dossier *d, struct strv *ret)
{
	const json_t *said = d->hunt ? json_object_get(d->hunt->answer, "warnings") : NULL, *text;
	size_t at;

	json_array_foreach (said, at, text)
		strv_add(ret, json_string_value(text) ?: "");
	for (size_t i = 0; i < d->contrast.warnings.n && !d->hunt; i++)
		strv_add(ret, d->contrast.warnings.item[i]);
	for (size_t i = 0; i < d->contrast.n_pairs && !d->hunt; i++)
		for (size_t k = 0; k < d->contrast.pair[i].notes.n; k++)
			if (!strv_has(ret, d->contrast.pair[i].notes.item[k]))
				strv_add(ret, d->contrast.pair[i].notes.item[k]);
}
