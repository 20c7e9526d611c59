/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <stdio.h>

#include "base/exit.h"
#include "model/controls.h"
#include "report/differ.h"
#include "report/figure.h"
#include "report/night.h"
#include "stats/expo.h"
#include "stats/share.h"

/* Boots are a mean of a few guests: a quarter slower than in the slowest night is worth a word. */
#define SLOWER_BOOTS 1.25

static const struct {
	const char *name;
	enum night_weight weight;
} kinds[NIGHT_KIND_COUNT] = {
	[NIGHT_NEW_CRASH] = { "new-crash", NIGHT_ALARM },
	[NIGHT_MORE] = { "fails-more", NIGHT_ALARM },
	[NIGHT_LESS] = { "fails-less", NIGHT_ALARM },
	[NIGHT_NOT_RUN] = { "not-run", NIGHT_TROUBLE },
	[NIGHT_LOSSES] = { "more-losses", NIGHT_TROUBLE },
	[NIGHT_CONTROL] = { "control-broke", NIGHT_TROUBLE },
	[NIGHT_CUT] = { "cut-short", NIGHT_REMARK },
	[NIGHT_UNCLEAR] = { "perhaps-new", NIGHT_REMARK },
	[NIGHT_SLOWER_BOOTS] = { "slower-boots", NIGHT_REMARK },
	[NIGHT_KERNEL] = { "other-kernel", NIGHT_REMARK },
	[NIGHT_REFERENCE] = { "no-reference", NIGHT_REMARK },
};

enum night_weight night_weight(enum night_kind k)
{
	return kinds[k].weight;
}

const char *night_kind_name(enum night_kind k)
{
	return kinds[k].name;
}

size_t night_said_count(const struct night_said *s, enum night_weight w)
{
	size_t n = 0;

	for (size_t i = 0; i < s->n_notes; i++)
		n += night_weight(s->note[i].kind) == w;
	return n;
}

void night_said_done(struct night_said *s)
{
	for (size_t i = 0; i < s->n_notes; i++) {
		free(s->note[i].entry);
		free(s->note[i].arm);
		free(s->note[i].text);
	}
	for (size_t i = 0; i < s->n_rows; i++)
		free(s->row[i].past);
	free(s->note);
	free(s->row);
	*s = (struct night_said){ 0 };
}

/* Takes the text. */
static void note(struct night_said *s, enum night_kind kind, const char *entry, const char *arm,
		 char *text)
{
	s->note = xrealloc(s->note, (s->n_notes + 1) * sizeof(*s->note));
	s->note[s->n_notes++] = (struct night_note){
		.kind = kind,
		.entry = xstrdup(entry),
		.arm = xstrdup(arm),
		.text = text,
	};
}

/* ---- finding one's way in the nights before ---- */

static const struct night_entry *find_entry(const struct night_measured *n, const char *name)
{
	for (size_t i = 0; i < n->n; i++)
		if (str_eq(n->entry[i].name, name))
			return &n->entry[i];
	return NULL;
}

static const struct night_arm *find_arm(const struct night_measured *n, const char *entry,
					const char *name)
{
	const struct night_entry *e = find_entry(n, entry);

	for (size_t i = 0; e && i < e->n_arms; i++)
		if (str_eq(e->arm[i].name, name))
			return &e->arm[i];
	return NULL;
}

/* Did it live at all that night? */
static bool has_lives(const struct night_arm *a)
{
	return a && a->exposure_s > 0;
}

/* What makes two nights another experiment. Not the kernel, which is what nights are for, nor the
 * law of fake guests, which plays its part. */
static void find_changes(const struct night_arm *then, const struct night_arm *now,
			 struct strv *ret)
{
	struct strv all = { 0 };

	differ_settings(then->settings, now->settings, &all);
	for (size_t i = 0; i < all.n; i++)
		if (!str_after(all.item[i], "kernel ") && !str_after(all.item[i], "fake."))
			strv_add(ret, all.item[i]);
	strv_done(&all);
}

/* An arm's nights: those that are one experiment with the last, in order. */
struct history {
	const struct night_measured **night;
	const struct night_arm **arm;
	size_t n;
	struct strv changes; /* why it does not go back further; empty: there was nothing before */
};

static void history_done(struct history *h)
{
	free(h->night);
	free(h->arm);
	strv_done(&h->changes);
}

static void look_back(const struct night_measured *night, size_t n, const char *entry,
		      const struct night_arm *now, struct history *ret)
{
	size_t at = n;

	*ret = (struct history){ .night = xcalloc(n, sizeof(*ret->night)),
				 .arm = xcalloc(n, sizeof(*ret->arm)) };
	for (size_t i = n; i-- > 0 && !ret->changes.n;) {
		const struct night_arm *a =
			i == n - 1 ? now : find_arm(&night[i], entry, now->name);

		if (!has_lives(a))
			continue;
		find_changes(a, now, &ret->changes);
		if (ret->changes.n)
			break;
		ret->night[--at] = &night[i];
		ret->arm[at] = a;
	}
	ret->n = n - at;
	memmove(ret->night, ret->night + at, ret->n * sizeof(*ret->night));
	memmove(ret->arm, ret->arm + at, ret->n * sizeof(*ret->arm));
}

/* ---- hazards ---- */

static struct rate_ratio compare(const struct history *h, size_t from, size_t since, double conf)
{
	size_t d[2] = { 0 };
	double t[2] = { 0 };

	for (size_t i = from; i < h->n; i++) {
		d[i >= since] += h->arm[i]->failures;
		t[i >= since] += h->arm[i]->exposure_s;
	}
	return rate_compare(d[0], t[0], d[1], t[1], conf);
}

static void say_mttf(struct buf *out, size_t failures, double exposure_s)
{
	const double s = failures ? exposure_s / (double)failures : exposure_s;

	buf_puts(out, failures ? "MTTF " : "no failure in ");
	figure_scaled(out, s, scale_of_seconds(s));
}

static char *say_change(const struct night_row *r)
{
	const struct rate_ratio *q = &r->ratio;
	struct buf b = BUF_INIT;

	if (isfinite(q->ratio) && q->ratio > 0)
		buf_printf(&b,
			   "it fails %.2g times [%.2g, %.2g] as often since night %zu: ", q->ratio,
			   q->ci.lo, q->ci.hi, r->look.since);
	else
		buf_printf(&b, "%s since night %zu: ",
			   r->look.verdict == CHANGE_MORE ? "it fails" : "it no longer fails",
			   r->look.since);
	say_mttf(&b, q->d[0], q->total_time[0]);
	buf_puts(&b, " before, ");
	say_mttf(&b, q->d[1], q->total_time[1]);
	buf_puts(&b, " since");
	return buf_steal(&b);
}

/* Fills in the row's past; the index from which on nights are its reference. */
static size_t track(const struct history *h, const struct night_said *s, struct night_row *row)
{
	const double alpha = s->alpha / (double)s->streams;
	_cleanup_free_
	struct duel *lives = xcalloc(h->n, sizeof(*lives));
	_cleanup_free_
	struct change_look *look = xcalloc(h->n, sizeof(*look));
	size_t from = 0;

	row->past = xcalloc(h->n, sizeof(*row->past));
	row->n_past = h->n;
	for (size_t i = 0; i < h->n; i++)
		lives[i] = h->arm[i]->lives;
	change_track(lives, h->n, s->factor, alpha, look);
	for (size_t i = 0; i < h->n; i++) {
		row->past[i].number = h->night[i]->number;
		row->past[i].arm = h->arm[i];
		row->past[i].change = look[i].verdict;
		if (look[i].verdict == CHANGE_NONE)
			continue;
		row->past[look[i].since].begins = true;
		from = i + 1 < h->n ? look[i].since : from;
	}
	row->look = look[h->n - 1];
	return from;
}

/* The row's figures; tonight is the last of the history. */
static void judge_hazard(const struct history *h, const struct night_said *s, struct night_row *row)
{
	const size_t from = track(h, s, row);
	const size_t since = row->look.verdict != CHANGE_NONE ? row->look.since : h->n - 1;

	row->nights = since - from;
	row->ratio = compare(h, from, since, 0.95);
	row->look.since = h->night[since]->number;
}

static void judge_arm(struct night_said *s, const struct night_measured *night, size_t n,
		      const struct night_entry *e, const struct night_arm *a)
{
	struct night_row row = { .entry = e->name, .arm = a };
	struct history h;

	look_back(night, n, e->name, a, &h);
	judge_hazard(&h, s, &row);
	if (h.n == 1 && h.changes.n)
		note(s, NIGHT_REFERENCE, e->name, a->name,
		     xasprintf("nothing to compare with: since the last night %s%s",
			       h.changes.item[0], h.changes.n > 1 ? ", and more" : ""));
	else if (h.n == 1)
		note(s, NIGHT_REFERENCE, e->name, a->name,
		     xstrdup("its first night: the next ones are compared with it"));
	if (row.look.verdict != CHANGE_NONE)
		note(s, row.look.verdict == CHANGE_MORE ? NIGHT_MORE : NIGHT_LESS, e->name, a->name,
		     say_change(&row));
	history_done(&h);
	s->row = xrealloc(s->row, (s->n_rows + 1) * sizeof(*s->row));
	s->row[s->n_rows++] = row;
}

/* ---- crashes ---- */

static bool was_measured(const struct night_measured *night, size_t n, const char *entry)
{
	for (size_t i = 0; i < n; i++) {
		const struct night_entry *e = find_entry(&night[i], entry);

		if (e && e->n_arms)
			return true;
	}
	return false;
}

static bool was_seen(const struct night_measured *night, size_t n, const char *entry,
		     const char *id)
{
	for (size_t i = 0; i < n; i++) {
		const struct night_entry *e = find_entry(&night[i], entry);

		for (size_t k = 0; e && k < e->n_crashes; k++)
			if (str_eq(e->crash[k].id, id))
				return true;
	}
	return false;
}

static void judge_crashes(struct night_said *s, const struct night_measured *night, size_t n,
			  const struct night_entry *e)
{
	if (!was_measured(night, n - 1, e->name))
		return;
	for (size_t i = 0; i < e->n_crashes; i++) {
		const struct night_crash *c = &e->crash[i];

		if (was_seen(night, n - 1, e->name, c->id))
			continue;
		note(s, c->whole ? NIGHT_NEW_CRASH : NIGHT_UNCLEAR, e->name, c->arm,
		     xasprintf("%s (%s), %zu trial%s, first %s/%llu", c->title, c->id, c->trials,
			       c->trials == 1 ? "" : "s", e->run,
			       (unsigned long long)c->first_trial));
	}
}

/* ---- what is not the kernel's ---- */

static void count_losses(const struct night_entry *e, size_t *lost, size_t *all)
{
	for (size_t i = 0; e && i < e->n_arms; i++)
		for (int o = 0; o < OUTCOME_COUNT; o++) {
			*lost += o == OUTCOME_INFRA ? e->arm[i].outcome[o] : 0;
			*all += e->arm[i].outcome[o];
		}
}

static void judge_losses(struct night_said *s, const struct night_measured *night, size_t n,
			 const struct night_entry *e)
{
	size_t lost[2] = { 0 }, all[2] = { 0 };

	for (size_t i = 0; i + 1 < n; i++)
		count_losses(find_entry(&night[i], e->name), &lost[0], &all[0]);
	count_losses(e, &lost[1], &all[1]);
	if (!all[0] || !lost[1] ||
	    share_more_p(lost[0], all[0], lost[1], all[1]) > s->alpha / (double)s->night->n)
		return;
	note(s, NIGHT_LOSSES, e->name, "",
	     xasprintf("%zu of %zu trials were lost to the host, %zu of %zu in the nights before",
		       lost[1], all[1], lost[0], all[0]));
}

static void judge_boots(struct night_said *s, const struct night_measured *night, size_t n,
			const struct night_entry *e, const struct night_arm *a)
{
	double slowest = NAN;
	size_t known = 0;

	for (size_t i = 0; i + 1 < n; i++) {
		const struct night_arm *then = find_arm(&night[i], e->name, a->name);

		if (then && !isnan(then->boot_s)) {
			slowest = fmax(slowest, then->boot_s);
			known++;
		}
	}
	if (known < 3 || !(a->boot_s > SLOWER_BOOTS * slowest))
		return;
	note(s, NIGHT_SLOWER_BOOTS, e->name, a->name,
	     xasprintf("its guests took %.3g s to boot, at most %.3g s in the nights before",
		       a->boot_s, slowest));
}

static void judge_kernel(struct night_said *s, const struct night_measured *night, size_t n,
			 const struct night_entry *e, const struct night_arm *a)
{
	const struct night_arm *then = NULL;

	for (size_t i = n - 1; i-- > 0 && !then;) {
		then = find_arm(&night[i], e->name, a->name);
		if (then && !then->kernels.n)
			then = NULL;
	}
	if (!then || !a->kernels.n || str_eq(then->kernels.item[0], a->kernels.item[0]))
		return;
	note(s, NIGHT_KERNEL, e->name, a->name,
	     xasprintf("another kernel: %s, after %s", a->kernels.item[0], then->kernels.item[0]));
}

static void judge_control(struct night_said *s, const struct night_entry *e,
			  const struct night_arm *a)
{
	const enum control c = control_of(a->name);

	if (control_state(c, a->outcome) != CONTROL_BROKE)
		return;
	note(s, NIGHT_CONTROL, e->name, a->name,
	     xstrdup(c == CONTROL_POSITIVE
			     ? "it did not fail as it must: what this scenario looks for would not "
			       "have been found"
			     : "it failed and must not: what fails is not what was planted"));
}

static void judge_state(struct night_said *s, const struct night_entry *e)
{
	if (str_eq(e->state, "ended") && e->exit == EXIT_INFRA)
		note(s, NIGHT_NOT_RUN, e->name, "", xstrdup("its trials were lost to the host"));
	else if (str_eq(e->state, "failed"))
		note(s, NIGHT_NOT_RUN, e->name, "",
		     e->exit > 256 ? xasprintf("its run was killed by signal %d", e->exit - 256)
				   : xasprintf("its run failed with exit %d", e->exit));
	else if (!str_eq(e->state, "ended"))
		note(s, NIGHT_CUT, e->name, "",
		     xstrdup(e->n_arms ? "it was cut short" : "it was left out"));
}

/* ---- all of it ---- */

/* Kinds are in order of weight. Stable, and few: insertion will do. */
static void sort_notes(struct night_said *s)
{
	for (size_t i = 1; i < s->n_notes; i++)
		for (size_t k = i; k > 0 && s->note[k - 1].kind > s->note[k].kind; k--) {
			const struct night_note swap = s->note[k];

			s->note[k] = s->note[k - 1];
			s->note[k - 1] = swap;
		}
}

static void judge_entry(struct night_said *s, const struct night_measured *night, size_t n,
			const struct night_entry *e)
{
	judge_state(s, e);
	judge_crashes(s, night, n, e);
	judge_losses(s, night, n, e);
	for (size_t i = 0; i < e->n_arms; i++) {
		if (has_lives(&e->arm[i]))
			judge_arm(s, night, n, e, &e->arm[i]);
		judge_control(s, e, &e->arm[i]);
		judge_boots(s, night, n, e, &e->arm[i]);
		judge_kernel(s, night, n, e, &e->arm[i]);
	}
}

void night_judge(const struct night_measured *night, size_t n, double factor, double alpha,
		 struct night_said *ret)
{
	struct night_said s = {
		.night = &night[n - 1], .nights = n, .factor = factor, .alpha = alpha
	};

	for (size_t i = 0; i < s.night->n; i++)
		s.streams += s.night->entry[i].n_arms;
	s.streams = MAX(s.streams, (size_t)1);
	for (size_t i = 0; i < s.night->n; i++)
		judge_entry(&s, night, n, &s.night->entry[i]);
	sort_notes(&s);
	*ret = s;
}
