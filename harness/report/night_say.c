/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What was judged of a night, as text and as JSON. */
#include <inttypes.h>
#include <math.h>
#include <time.h>

#include "model/units.h"
#include "report/columns.h"
#include "report/figure.h"
#include "report/night.h"
#include "stats/expo.h"

enum { TABLE_COLUMNS = 8, WIDTH_MIN = 60 };

/* ---- the subject ---- */

static const struct {
	enum night_kind kind;
	const char *one, *many;
} counted[] = {
	{ NIGHT_NEW_CRASH, "new crash", "new crashes" },
	{ NIGHT_MORE, "arm fails more", "arms fail more" },
	{ NIGHT_LESS, "arm fails less", "arms fail less" },
	{ NIGHT_NOT_RUN, "scenario failed to run", "scenarios failed to run" },
	{ NIGHT_LOSSES, "scenario loses more trials", "scenarios lose more trials" },
	{ NIGHT_CONTROL, "control did not hold", "controls did not hold" },
};

char *night_subject(const char *nights, const struct night_said *s)
{
	struct buf b = BUF_INIT;
	size_t said = 0;

	buf_printf(&b, "%s, night %" PRIu64 ":", nights, s->night->number);
	for (size_t i = 0; i < ARRAY_SIZE(counted); i++) {
		size_t n = 0;

		for (size_t k = 0; k < s->n_notes; k++)
			n += s->note[k].kind == counted[i].kind;
		if (n)
			buf_printf(&b, "%s %zu %s", said++ ? "," : "", n,
				   n == 1 ? counted[i].one : counted[i].many);
	}
	if (!said)
		buf_puts(&b,
			 s->nights == 1 ? " the first, nothing to compare with" : " nothing new");
	return buf_steal(&b);
}

/* ---- text ---- */

void night_when(const struct night_measured *n, struct buf *out)
{
	const time_t at = (time_t)n->started_s;
	char text[64], took[UNIT_TEXT];
	struct tm tm;

	if (!gmtime_r(&at, &tm))
		return;
	strftime(text, sizeof(text), "%Y-%m-%d %H:%M UTC", &tm);
	buf_printf(out, "Begun %s", text);
	if (n->ended_s > n->started_s)
		buf_printf(out, ", took %s",
			   duration_human(took, (uint64_t)(n->ended_s - n->started_s) * NS_PER_S));
	buf_puts(out, str_eq(n->state, "stopped") ? ", ended by STOP." : ".");
}

static void put_note(const struct night_note *note, const struct text_style *style, unsigned width,
		     struct buf *out)
{
	static const char *const mark[] = {
		[NIGHT_REMARK] = "-", [NIGHT_TROUBLE] = "!", [NIGHT_ALARM] = "*"
	};
	const enum night_weight w = night_weight(note->kind);
	_cleanup_free_
	char *text = printable(note->text, 1000);
	_cleanup_free_
	char *entry = printable(note->entry, 80), *arm = printable(note->arm, 80);
	_cleanup_buf_ struct buf b = BUF_INIT;

	buf_printf(&b, "%s %s%s%s, %s: %s", mark[w], entry, *arm ? "/" : "", arm,
		   night_kind_name(note->kind), text);
	buf_puts(out, style->color && w == NIGHT_ALARM ? "\033[1m" : "");
	paragraph_print(buf_str(&b), width, 2, out);
	buf_puts(out, style->color && w == NIGHT_ALARM ? "\033[0m" : "");
}

/* Without a failure: above this with 95 %. */
static void add_mttf(struct columns *c, size_t failures, double exposure_s)
{
	const struct expo e = expo_of(failures, exposure_s);
	const double s = failures ? e.mttf : expo_mttf_lower(&e, VIEW_CONFIDENCE);
	_cleanup_buf_ struct buf b = BUF_INIT;

	buf_puts(&b, failures ? "" : "> ");
	figure_scaled(&b, s, scale_of_seconds(s));
	columns_add(c, buf_str(&b));
}

static void add_comparison(struct columns *c, const struct night_said *s, const struct night_row *r)
{
	const double wanted = log((double)s->streams / s->alpha);

	if (!r->nights) {
		for (int i = 0; i < 4; i++)
			columns_add(c, "-");
		return;
	}
	columns_addf(c, "%zu", r->nights);
	add_mttf(c, r->ratio.d[0], r->ratio.total_time[0]);
	if (isfinite(r->ratio.ratio))
		columns_addf(c, "%.2g [%.2g, %.2g]", r->ratio.ratio, r->ratio.ci.lo,
			     r->ratio.ci.hi);
	else
		columns_add(c, "-");
	columns_addf(c, "%.0f %%", 100 * fmin(fmax(r->look.log_e / wanted, 0), 1));
}

void night_table(const struct night_said *s, struct columns *ret)
{
	static const char *const head[TABLE_COLUMNS] = { "arm",    "trials", "failed", "MTTF",
							 "nights", "before", "ratio",  "evidence" };

	*ret = (struct columns){ .n = TABLE_COLUMNS, .right = 0xfe };
	for (size_t i = 0; i < TABLE_COLUMNS; i++)
		columns_add(ret, head[i]);
	for (size_t i = 0; i < s->n_rows; i++) {
		const struct night_row *r = &s->row[i];
		_cleanup_free_
		char *name = xasprintf("%s/%s", r->entry, r->arm->name);
		_cleanup_free_
		char *clean = printable(name, 60);
		size_t trials = 0;

		for (int o = 0; o < OUTCOME_COUNT; o++)
			trials += o == OUTCOME_INFRA ? 0 : r->arm->outcome[o];
		columns_add(ret, clean);
		columns_addf(ret, "%zu", trials);
		columns_addf(ret, "%zu", r->arm->failures);
		add_mttf(ret, r->arm->failures, r->arm->exposure_s);
		add_comparison(ret, s, r);
	}
}

void night_words(const struct night_said *s, struct buf *out)
{
	buf_printf(out,
		   "Evidence is of a change by a factor of %g, in percent of what is needed to say "
		   "so. A false \"fails more\" or \"fails less\" comes in at most one of %.3g "
		   "nights, all arms together.",
		   s->factor, 1 / s->alpha);
}

static void put_table(const struct night_said *s, unsigned width, struct buf *out)
{
	_cleanup_columns_ struct columns c = { 0 };

	night_table(s, &c);
	columns_fit(&c, 0, width, 12);
	buf_putc(out, '\n');
	columns_print(&c, out);
}

static void put_runs(const struct night_said *s, struct buf *out)
{
	buf_putc(out, '\n');
	for (size_t i = 0; i < s->night->n; i++) {
		const struct night_entry *e = &s->night->entry[i];

		_cleanup_free_
		char *run = printable(e->run, RUN_ID_LEN), *name = printable(e->name, 80);

		if (*run)
			buf_printf(out, "kernsoak report %s   # %s\n", run, name);
	}
}

void night_text(const char *nights, const struct night_said *s, const struct text_style *style,
		struct buf *out)
{
	const unsigned width = MAX(style->width, (unsigned)WIDTH_MIN);
	_cleanup_free_
	char *subject = night_subject(nights, s);
	_cleanup_buf_ struct buf words = BUF_INIT;

	buf_printf(out, style->color ? "\033[1m%s\033[0m\n" : "%s\n", subject);
	night_when(s->night, out);
	buf_puts(out, s->n_notes ? "\n\n" : "\n");
	for (size_t i = 0; i < s->n_notes; i++)
		put_note(&s->note[i], style, width, out);
	if (s->n_rows)
		put_table(s, width, out);
	night_words(s, &words);
	buf_putc(out, '\n');
	paragraph_print(buf_str(&words), width, 0, out);
	put_runs(s, out);
}

/* ---- JSON ---- */

static json_t *rate_json(size_t failures, double exposure_s)
{
	const struct expo e = expo_of(failures, exposure_s);
	const struct interval ci = expo_mttf_ci(&e, VIEW_CONFIDENCE);
	json_t *o = json_object();

	json_set_u64(o, "failures", failures);
	json_set_double(o, "exposure_s", exposure_s);
	json_set_double(o, "mttf_s", e.mttf);
	json_set_double(o, "lo_s", ci.lo);
	json_set_double(o, "hi_s", ci.hi);
	return o;
}

/* Night by night. */
static json_t *past_json(const struct night_row *r)
{
	json_t *past = json_array();

	for (size_t i = 0; i < r->n_past; i++) {
		json_t *o = rate_json(r->past[i].arm->failures, r->past[i].arm->exposure_s);

		json_set_u64(o, "night", r->past[i].number);
		json_set_str(o, "change", change_name(r->past[i].change));
		json_set_bool(o, "begins", r->past[i].begins);
		json_array_append_new(past, o);
	}
	return past;
}

static json_t *row_json(const struct night_row *r)
{
	json_t *o = json_object(), *ratio = json_object();

	json_set_str(o, "scenario", r->entry);
	json_set_str(o, "arm", r->arm->name);
	json_object_set_new(o, "tonight", rate_json(r->arm->failures, r->arm->exposure_s));
	json_set_double(o, "boot_s", r->arm->boot_s);
	json_set_u64(o, "reference_nights", r->nights);
	json_set_str(o, "change", change_name(r->look.verdict));
	json_object_set_new(o, "nights", past_json(r));
	if (!r->nights) {
		json_decref(ratio);
		return o;
	}
	json_object_set_new(o, "reference", rate_json(r->ratio.d[0], r->ratio.total_time[0]));
	json_set_u64(o, "since", r->look.since);
	json_set_double(o, "log_e", r->look.log_e);
	json_set_double(ratio, "estimate", r->ratio.ratio);
	json_set_double(ratio, "lo", r->ratio.ci.lo);
	json_set_double(ratio, "hi", r->ratio.ci.hi);
	json_object_set_new(o, "ratio", ratio);
	return o;
}

static json_t *note_json(const struct night_note *n)
{
	static const char *const weight[] = {
		[NIGHT_REMARK] = "remark", [NIGHT_TROUBLE] = "trouble", [NIGHT_ALARM] = "alarm"
	};
	json_t *o = json_object();

	json_set_str(o, "kind", night_kind_name(n->kind));
	json_set_str(o, "weight", weight[night_weight(n->kind)]);
	json_set_str(o, "scenario", n->entry);
	json_set_str(o, "arm", n->arm);
	json_set_str(o, "text", n->text);
	return o;
}

static json_t *crashes_json(const struct night_measured *n)
{
	json_t *list = json_array();

	for (size_t i = 0; i < n->n; i++)
		for (size_t k = 0; k < n->entry[i].n_crashes; k++) {
			const struct night_crash *c = &n->entry[i].crash[k];
			json_t *o = json_object();

			json_set_str(o, "scenario", n->entry[i].name);
			json_set_str(o, "run", n->entry[i].run);
			json_set_str(o, "id", c->id);
			json_set_str(o, "title", c->title);
			json_set_u64(o, "trials", c->trials);
			json_set_u64(o, "first_trial", c->first_trial);
			json_array_append_new(list, o);
		}
	return list;
}

json_t *night_json(const char *nights, const struct night_said *s)
{
	json_t *o = json_object(), *notes = json_array(), *arms = json_array();
	_cleanup_free_
	char *subject = night_subject(nights, s);

	for (size_t i = 0; i < s->n_notes; i++)
		json_array_append_new(notes, note_json(&s->note[i]));
	for (size_t i = 0; i < s->n_rows; i++)
		json_array_append_new(arms, row_json(&s->row[i]));
	json_set_u64(o, "version", 1);
	json_set_str(o, "name", nights);
	json_set_u64(o, "night", s->night->number);
	json_set_u64(o, "nights", s->nights);
	json_set_str(o, "state", s->night->state);
	json_set_u64(o, "started_s", (uint64_t)s->night->started_s);
	json_set_u64(o, "ended_s", (uint64_t)s->night->ended_s);
	json_set_str(o, "subject", subject);
	json_set_bool(o, "changed", night_said_count(s, NIGHT_ALARM) > 0);
	json_set_bool(o, "trouble", night_said_count(s, NIGHT_TROUBLE) > 0);
	json_set_double(o, "factor", s->factor);
	json_set_double(o, "alpha", s->alpha);
	json_object_set_new(o, "notes", notes);
	json_object_set_new(o, "arms", arms);
	json_object_set_new(o, "crashes", crashes_json(s->night));
	return o;
}
