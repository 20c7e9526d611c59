/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "run/bisect_text.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#include "model/units.h"
#include "stats/expo.h"

enum { REPEATS = 10, LABEL_MAX = 32, BAR_MAX = 40, FRAMES_SHOWN = 12, ROWS_MAX = 40 };

/* Guests' and files' words go to terminals and mails only like this. */
static void clean(struct buf *out, const char *s)
{
	str_sanitise(out, s, strlen(s), false);
}

static const char *time_of(double s, char buf[UNIT_TEXT])
{
	if (!isfinite(s) || s < 0)
		snprintf(buf, UNIT_TEXT, "?");
	else
		duration_human(buf, (uint64_t)(s * (double)NS_PER_S));
	return buf;
}

/* ---- the table ---- */

static size_t label_width(const struct axis *a)
{
	size_t w = 7;

	for (size_t i = 0; i < a->n; i++)
		w = MAX(w, MIN(strlen(a->value[i].label), (size_t)LABEL_MAX));
	return w;
}

static void bar(struct buf *out, double p, size_t room, const struct progress_style *style)
{
	static const char *const eighths[] = { "", "▏", "▎", "▍", "▌", "▋", "▊", "▉" };
	const double length = p * (double)room;
	const size_t whole = (size_t)length;

	for (size_t i = 0; i < whole; i++)
		buf_puts(out, style->utf8 ? "█" : "#");
	if (style->utf8)
		buf_puts(out, eighths[(size_t)((length - (double)whole) * 8) % 8]);
	else if (length - (double)whole >= 0.5)
		buf_putc(out, '-');
}

static const char *mark(const struct bisection *b, const struct bisection_view *v, size_t i)
{
	const struct bisection_tally *t = &v->tally[i];

	if (b->skipped[i] || (t->unbooted >= BISECT_MAX_BOOTS && t->lost == t->trials - t->running))
		return "cannot be run";
	return t->running ? "<- running" : "";
}

static void row(const struct axis *a, const struct bisection *b, const struct bisection_view *v,
		size_t i, size_t width, size_t room, const struct progress_style *style,
		struct buf *out)
{
	const struct bisection_tally *t = &v->tally[i];
	const bool likely = v->known && i >= v->first && i <= v->last;
	_cleanup_buf_ struct buf label = BUF_INIT;
	char soaked[UNIT_TEXT];

	clean(&label, a->value[i].label);
	buf_printf(out, "%s%-*.*s %6zu %6zu %9s ", likely && style->colour ? "\033[1m" : "",
		   (int)width, (int)width, buf_str(&label), t->trials - t->running, t->crashes,
		   t->trials ? time_of(t->seconds, soaked) : "-");
	if (v->known && v->p[i] >= 0.0005)
		buf_printf(out, "%5.1f %% ", v->p[i] * 100);
	else
		buf_printf(out, "%7s ", v->known && i ? "0 %" : "");
	if (v->known)
		bar(out, v->p[i], room, style);
	buf_printf(out, "%s%s\n", mark(b, v, i), likely && style->colour ? "\033[0m" : "");
}

/* Of a long axis only what was run, or may be it. */
static bool is_shown(const struct bisection *b, const struct bisection_view *v, size_t i)
{
	return b->q.n <= ROWS_MAX || i == 0 || i == b->q.n - 1 || v->tally[i].trials ||
	       (v->known && v->p[i] >= 0.02);
}

void bisect_table(const struct axis *a, const struct bisection *b, const struct bisection_view *v,
		  const struct progress_style *style, struct buf *out)
{
	const size_t width = label_width(a), fixed = width + 33;
	const size_t room =
		style->width > fixed + 8 ? MIN(style->width - fixed - 1, (size_t)BAR_MAX) : 8;
	size_t left_out = 0;

	buf_printf(out, "%-*s %6s %6s %9s %7s\n", (int)width, "version", "trials", "failed",
		   "soaked", b->q.first_good ? "1st good" : "1st bad");
	for (size_t i = 0; i < b->q.n; i++) {
		if (!is_shown(b, v, i)) {
			left_out++;
			continue;
		}
		row(a, b, v, i, width, room, style, out);
	}
	if (left_out)
		buf_printf(out, "(%zu more that were not run)\n", left_out);
}

/* ---- sentences ---- */

static const char *kind(const struct bisection *b)
{
	return b->q.first_good ? "first good" : "first bad";
}

static const char *label(const struct bisect_params *p, size_t i)
{
	return p->axis.value[i].label;
}

static size_t bad_end(const struct bisect_params *p)
{
	return p->first_good ? 0 : p->axis.n - 1;
}

static size_t good_end(const struct bisect_params *p)
{
	return p->first_good ? p->axis.n - 1 : 0;
}

static void say_answer(const struct bisect_params *p, const struct bisection *b,
		       const struct bisection_view *v, struct buf *out)
{
	_cleanup_buf_ struct buf words = BUF_INIT;

	clean(&words, label(p, v->first));
	if (v->last != v->first) {
		buf_puts(&words, " .. ");
		clean(&words, label(p, v->last));
	}
	buf_printf(out, "%s %s the %s version (%.1f %%", buf_str(&words),
		   v->last != v->first ? "holds" : "is", kind(b), v->mass * 100);
	if (v->low != v->high) {
		_cleanup_buf_ struct buf low = BUF_INIT, high = BUF_INIT;

		clean(&low, label(p, v->low));
		clean(&high, label(p, v->high));
		buf_printf(out, "; %.0f %% for %s .. %s", b->q.confidence * 100, buf_str(&low),
			   buf_str(&high));
	}
	buf_puts(out, ")");
}

static void say_state(const struct bisect_params *p, const struct bisection *b,
		      const struct bisection_view *v, struct buf *out)
{
	const struct bisection_tally *bad = &v->tally[bad_end(p)], *good = &v->tally[good_end(p)];
	char t[UNIT_TEXT];

	switch (v->state) {
	case BISECT_BAD_END:
		buf_printf(out, "the bad end %s failed %zu times of the %d that are wanted first",
			   label(p, bad_end(p)), bad->crashes, BISECT_FIRST_CRASHES);
		break;
	case BISECT_GOOD_END:
		buf_printf(out, "the good end %s is being checked", label(p, good_end(p)));
		break;
	case BISECT_SEARCH:
		buf_puts(out, "not decided yet; most likely ");
		say_answer(p, b, v, out);
		break;
	case BISECT_CONFIRM:
		say_answer(p, b, v, out);
		buf_puts(out, "; both sides of it were to be run once more");
		break;
	case BISECT_FOUND: say_answer(p, b, v, out); break;
	case BISECT_NARROWED:
		say_answer(p, b, v, out);
		buf_puts(out, "; more cannot be told, since versions between cannot be run");
		break;
	case BISECT_BAD_END_CLEAN:
		buf_printf(
			out,
			"the bad end %s does not fail: %zu trials, %s of soak; nothing to bisect "
			"(a longer limits.soak, another end, or --find %s?)",
			label(p, bad_end(p)), bad->trials, time_of(bad->seconds, t),
			p->first_good ? "first-bad" : "first-good");
		break;
	case BISECT_GOOD_END_FAILS:
		buf_printf(
			out,
			"the good end %s fails, too (%zu times in %s): the change is not on this "
			"axis, or the ends are the wrong way round",
			label(p, good_end(p)), good->crashes, time_of(good->seconds, t));
		break;
	case BISECT_END_UNTESTABLE:
		buf_printf(out, "an end of the axis cannot be run: %s",
			   b->skipped[bad_end(p)] || bad->lost ? label(p, bad_end(p))
							       : label(p, good_end(p)));
		break;
	}
}

void bisect_sentence(const struct bisect_params *p, const struct bisection *b,
		     const struct bisection_view *v, struct buf *out)
{
	say_state(p, b, v, out);
}

/* ---- the result ---- */

static void say_side(struct buf *out, const char *what, const struct bisection_side *s)
{
	const struct expo e = expo_of(s->crashes, s->seconds);
	const struct interval ci = expo_mttf_ci(&e, 0.95);
	char soaked[UNIT_TEXT], a[UNIT_TEXT], b[UNIT_TEXT], c[UNIT_TEXT];

	buf_printf(out, "%s %zu trials, %s of soak, %zu failures; ", what, s->trials,
		   time_of(s->seconds, soaked), s->crashes);
	if (s->crashes)
		buf_printf(out, "MTTF %s (95 %%: %s to %s)\n", time_of(e.mttf, a),
			   time_of(ci.lo, b), time_of(ci.hi, c));
	else
		buf_printf(out, "MTTF above %s (95 %%)\n", time_of(expo_mttf_lower(&e, 0.95), a));
}

static void say_cost(const struct bisect_result *r, struct buf *out)
{
	char cost[UNIT_TEXT], soak[UNIT_TEXT], fixed[UNIT_TEXT];

	buf_printf(out, "Cost: %s of guests in %zu trials.", time_of(r->v.guest_s, cost), r->b.n);
	if (r->v.known && r->b.q.n > 2)
		buf_printf(out,
			   " Ten runs of %s at each step of a plain bisection would have\n"
			   "cost %s (x %.1f).",
			   time_of(r->b.q.soak_s, soak),
			   time_of(bisection_fixed_cost(&r->b, &r->v, REPEATS), fixed),
			   bisection_fixed_cost(&r->b, &r->v, REPEATS) / MAX(r->v.guest_s, 1e-9));
	buf_puts(out, "\n");
}

static bool is_answer(const struct bisect_result *r)
{
	return r->v.state == BISECT_FOUND || r->v.state == BISECT_CONFIRM ||
	       r->v.state == BISECT_NARROWED;
}

/* `kernsoak run ...` of one version; what a shell would take apart is quoted. */
static char *command(const struct bisect_result *r, size_t version)
{
	const struct bisect_params *p = &r->p;
	const struct strv *set = &p->axis.value[version].set;
	struct buf out = BUF_INIT;

	buf_printf(&out, "kernsoak run %s", *p->scenario ? p->scenario : "SCENARIO");
	if (*p->profile)
		buf_printf(&out, " --profile %s", p->profile);
	if (*p->arm)
		buf_printf(&out, " --arm %s", p->arm);
	for (size_t i = 0; i < p->set.n; i++)
		buf_printf(&out, " --set '%s'", p->set.item[i]);
	for (size_t i = 0; i < set->n; i++)
		if (*p->arm)
			buf_printf(&out, " --set 'arms.%s.%s'", p->arm, set->item[i]);
		else
			buf_printf(&out, " --set '%s'", set->item[i]);
	if (p->axis.value[version].commit)
		buf_printf(&out, " --set 'kernel=...'  # %s built by: %s",
			   p->axis.value[version].label, p->build);
	return buf_steal(&out);
}

static void say_commands(const struct bisect_result *r, struct buf *out)
{
	_cleanup_free_
	char *bad = command(r, r->v.bad), *good = command(r, r->v.good);

	buf_puts(out, "    ");
	clean(out, bad);
	buf_puts(out, "\n    ");
	clean(out, good);
	buf_puts(out, "\n");
}

static void say_changelog(const struct bisect_result *r, struct buf *out)
{
	if (!r->changelog_of)
		return;
	buf_printf(
		out, "\n%s: %zu entries since %s touch what the crash's stack names%s\n",
		r->changelog_of, r->changelog_all,
		str_version_cmp(r->p.axis.value[r->v.bad].note, r->p.axis.value[r->v.good].note) < 0
			? r->p.axis.value[r->v.bad].note
			: r->p.axis.value[r->v.good].note,
		r->changelog.n < r->changelog_all ? "; the most telling:" : ":");
	for (size_t i = 0; i < r->changelog.n; i++) {
		buf_puts(out, "  - ");
		clean(out, r->changelog.item[i]);
		buf_puts(out, "\n");
	}
}

static void say_crash(const struct bisect_result *r, struct buf *out)
{
	buf_puts(out, "What counts as the bug: ");
	clean(out, r->p.target);
	buf_puts(out, " (fail.target)\n");
	if (!r->has_crash)
		return;
	buf_puts(out, "Its crash: ");
	clean(out, r->crash.title);
	buf_printf(out, " (%s, trial %" PRIu64 ")\n", r->crash.id, r->crash_trial);
}

static void say_notes(const struct bisect_result *r, struct buf *out)
{
	for (size_t i = 0; i < r->p.axis.n; i++)
		if (r->why[i]) {
			buf_puts(out, "- ");
			clean(out, r->p.axis.value[i].label);
			buf_puts(out, " was skipped: ");
			clean(out, r->why[i]);
			buf_puts(out, "\n");
		}
	for (size_t i = 0; i < r->warnings.n; i++) {
		buf_puts(out, "- ");
		clean(out, r->warnings.item[i]);
		buf_puts(out, "\n");
	}
}

void bisect_text(const struct bisect_result *r, const struct progress_style *style, struct buf *out)
{
	_cleanup_buf_ struct buf mail = BUF_INIT;
	struct bisection_side bad, good;

	if (style->colour)
		buf_puts(out, "\033[1m");
	bisect_sentence(&r->p, &r->b, &r->v, out);
	buf_puts(out, style->colour ? ".\033[0m\n" : ".\n");
	if (is_answer(r) && *r->p.axis.value[r->v.first].note && r->v.first == r->v.last) {
		buf_printf(out, "That is: ");
		clean(out, r->p.axis.value[r->v.first].note);
		buf_puts(out, "\n");
	}
	say_crash(r, out);
	if (is_answer(r)) {
		bisection_sides(&r->b, &r->v, &bad, &good);
		say_side(out, "Bad side: ", &bad);
		say_side(out, "Good side:", &good);
	}
	say_cost(r, out);
	buf_puts(out, "\n");
	bisect_table(&r->p.axis, &r->b, &r->v, style, out);
	say_notes(r, out);
	if (!is_answer(r))
		return;
	say_changelog(r, out);
	buf_puts(out, "\nTo check by hand:\n");
	say_commands(r, out);
	bisect_mail(r, &mail);
	buf_printf(out, "\nFor a mail:\n---\n%s---\n", buf_str(&mail));
}

/* ---- the mail ---- */

static void mail_stack(const struct bisect_result *r, struct buf *out)
{
	const struct sighting *s = &r->crash;

	for (size_t i = 0, n = 0; i < s->n_frames && n < FRAMES_SHOWN; i++) {
		if (!s->frame[i].reliable)
			continue;
		n++;
		buf_puts(out, "    ");
		clean(out, s->frame[i].function);
		buf_printf(out, "+0x%" PRIx32 "/0x%" PRIx32, s->frame[i].offset, s->frame[i].size);
		if (*s->frame[i].module) {
			buf_puts(out, " [");
			clean(out, s->frame[i].module);
			buf_puts(out, "]");
		}
		buf_puts(out, "\n");
	}
}

static void mail_version(const struct bisect_result *r, const char *what, size_t i, struct buf *out)
{
	const struct axis_value *v = &r->p.axis.value[i];

	buf_printf(out, "  %s ", what);
	clean(out, v->label);
	if (*v->note) {
		buf_puts(out, " (");
		clean(out, v->note);
		buf_puts(out, ")");
	}
	buf_puts(out, "\n");
}

/* One version, or those that could not be told apart, with whom they lie between. */
static void mail_answer(const struct bisect_result *r, struct buf *out)
{
	const struct axis_value *first = &r->p.axis.value[r->v.first],
				*last = &r->p.axis.value[r->v.last];

	if (first == last) {
		mail_version(r, r->p.first_good ? "last bad:  " : "first bad: ", r->v.bad, out);
		mail_version(r, r->p.first_good ? "first good:" : "last good: ", r->v.good, out);
		return;
	}
	buf_printf(out, "  %s: one of ", kind(&r->b));
	clean(out, first->label);
	buf_puts(out, " .. ");
	clean(out, last->label);
	buf_puts(out, "; not all of them could be run\n");
	mail_version(r, "known bad: ", r->v.bad, out);
	mail_version(r, "known good:", r->v.good, out);
}

static void mail_subject(const struct bisect_result *r, const char *title, struct buf *out)
{
	const struct axis_value *value = r->p.axis.value;

	buf_printf(out, "Subject: [%s] ", r->p.first_good ? "fixed" : "regression");
	clean(out, title);
	if (r->v.first == r->v.last) {
		buf_printf(out, ", %s in ", kind(&r->b));
		clean(out, value[r->v.first].label);
	} else {
		buf_puts(out, ", between ");
		clean(out, value[r->p.first_good ? r->v.bad : r->v.good].label);
		buf_puts(out, " and ");
		clean(out, value[r->p.first_good ? r->v.good : r->v.bad].label);
	}
	buf_puts(out, "\n\n");
}

void bisect_mail(const struct bisect_result *r, struct buf *out)
{
	struct bisection_side bad, good;
	const char *title = r->has_crash ? r->crash.title : r->p.target;

	if (!is_answer(r))
		return;
	bisection_sides(&r->b, &r->v, &bad, &good);
	mail_subject(r, title, out);
	mail_answer(r, out);
	buf_printf(
		out,
		"  probability: %.1f %%, from %zu guests that soaked until they crashed or were\n"
		"  stopped (a clean soak counts by its length)\n\n",
		r->v.mass * 100, bad.trials + good.trials);
	say_side(out, "bad: ", &bad);
	say_side(out, "good:", &good);
	if (r->has_crash && r->crash.n_frames) {
		buf_puts(out, "\n");
		clean(out, title);
		buf_puts(out, ":\n");
		mail_stack(r, out);
	}
	say_changelog(r, out);
	buf_puts(out, "\nTo reproduce (kernsoak " KERNSOAK_VERSION "):\n");
	say_commands(r, out);
}
