/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The tables of what there was: crashes, trials that do not count as failures, guests, commands. */
#include <math.h>
#include <time.h>

#include "model/units.h"
#include "report/differ.h"
#include "report/listings.h"

enum { NUMBERS_SHOWN = 40, REASON_COLUMNS = 200, AGAIN_CRASHES = 12 };

static void put_name(struct buf *b, const char *name)
{
	_cleanup_free_
	char *safe = printable(name, LISTING_NAME);

	buf_puts(b, safe);
}

/* --- crashes --- */

static void put_mttf(struct buf *b, const struct expo *e)
{
	figure_interval(b, e->mttf, expo_mttf_ci(e, VIEW_CONFIDENCE), scale_of_seconds(e->mttf));
}

void listing_crash_arms(const struct dossier *d, size_t crash, struct buf *out)
{
	const char *comma = "";

	for (size_t i = 0; i < d->contrast.n_arms; i++) {
		struct expo e = dossier_rate(d, i, crash);

		if (!e.n_event)
			continue;
		buf_puts(out, comma);
		put_name(out, d->contrast.arm[i].all.name);
		buf_printf(out, " %zu (MTTF ", e.n_event);
		put_mttf(out, &e);
		buf_putc(out, ')');
		comma = ", ";
	}
}

void listing_seen(const struct dossier *d, size_t trial, struct buf *out)
{
	const struct dossier_trial *t = &d->trial[trial];
	time_t at = (time_t)t->ended_s;
	char text[64];
	struct tm tm;

	if (t->ended_s > 0 && gmtime_r(&at, &tm)) {
		strftime(text, sizeof(text), "%Y-%m-%d %H:%M", &tm);
		buf_printf(out, "%s, ", text);
	}
	buf_printf(out, "trial %llu", (unsigned long long)t->trial);
	if (d->n_runs > 1)
		buf_printf(out, " of %s", d->run[t->run].dir->id);
}

static void add_crash(const struct dossier *d, size_t i, struct columns *c)
{
	const struct contrast_crash *k = &d->contrast.crash[i];
	_cleanup_buf_ struct buf b = BUF_INIT;

	columns_add_printable(c, k->first.title, 120);
	columns_addf(c, "%zu", k->n);
	listing_crash_arms(d, i, &b);
	columns_add_buf(c, &b);
	listing_seen(d, d->crash[i].first, &b);
	columns_add_buf(c, &b);
	listing_seen(d, d->crash[i].last, &b);
	columns_add_buf(c, &b);
	listing_add_name(c, k->first.id);
}

void listing_crashes(const struct dossier *d, size_t most, struct columns *ret)
{
	static const char *const heading[] = { "crash",      "trials",    "arms and MTTF [95 %]",
					       "first seen", "last seen", "id" };

	columns_begin(ret, ARRAY_SIZE(heading), heading, 2);
	for (size_t i = 0; i < d->contrast.n_crashes && i < most; i++)
		add_crash(d, i, ret);
}

/* --- the ledger --- */

/* Trials of one arm with one ending. */
struct entry {
	const struct dossier_trial *first;
	size_t n, shown;
	uint64_t from, to; /* of the numbers that are not written yet */
	struct buf numbers;
};

struct ledger {
	struct entry *entry;
	size_t n;
};

static bool same_ending(const struct dossier_trial *a, const struct dossier_trial *b)
{
	return a->side == b->side && a->outcome == b->outcome && a->counted == b->counted &&
	       a->going == b->going && str_eq(a->reason, b->reason);
}

static struct entry *entry_of(struct ledger *l, const struct dossier_trial *t)
{
	for (size_t i = l->n; i-- > 0;)
		if (same_ending(l->entry[i].first, t))
			return &l->entry[i];
	l->entry = xrealloc(l->entry, (l->n + 1) * sizeof(*l->entry));
	l->entry[l->n] = (struct entry){ .first = t, .numbers = BUF_INIT };
	return &l->entry[l->n++];
}

/* "3-7, 9" */
static void put_range(struct entry *e)
{
	if (!e->from || e->shown++ > NUMBERS_SHOWN)
		return;
	if (e->shown > NUMBERS_SHOWN) {
		buf_puts(&e->numbers, ", ...");
		return;
	}
	buf_printf(&e->numbers, "%s%llu", e->numbers.len ? ", " : "", (unsigned long long)e->from);
	if (e->to > e->from)
		buf_printf(&e->numbers, "%s%llu", e->to > e->from + 1 ? "-" : ", ",
			   (unsigned long long)e->to);
}

static void add_number(struct entry *e, uint64_t trial)
{
	e->n++;
	if (e->from && trial == e->to + 1) {
		e->to = trial;
		return;
	}
	put_range(e);
	e->from = e->to = trial;
}

static const char *counts_as(const struct dossier_trial *t)
{
	if (t->going)
		return "not yet";
	if (!t->counted)
		return "excluded";
	return t->outcome == OUTCOME_OTHER ? "censored; a competing risk" : "censored";
}

static int by_side(const void *a, const void *b)
{
	const struct dossier_trial *x = ((const struct entry *)a)->first,
				   *y = ((const struct entry *)b)->first;

	if (x->side != y->side)
		return x->side < y->side ? -1 : 1;
	if (x->counted != y->counted)
		return x->counted ? -1 : 1;
	return (x->trial > y->trial) - (x->trial < y->trial);
}

static void add_entry(const struct dossier *d, struct entry *e, struct columns *c)
{
	const struct dossier_trial *t = e->first;

	put_range(e);
	listing_add_name(c, d->contrast.arm[t->side].all.name);
	columns_add(c, t->going ? "at work" : t->final ? outcome_name(t->outcome) : "unfinished");
	columns_add(c, counts_as(t));
	columns_addf(c, "%zu", e->n);
	columns_add_printable(c, t->reason, REASON_COLUMNS);
	columns_add(c, buf_str(&e->numbers));
}

static void add_rest(const struct ledger *l, size_t from, struct columns *c)
{
	size_t trials = 0;

	for (size_t i = from; i < l->n; i++)
		trials += l->entry[i].n;
	columns_add(c, "");
	columns_add(c, "");
	columns_add(c, "");
	columns_addf(c, "%zu", trials);
	columns_addf(c, "%zu more endings: kernsoak ls RUN has each trial", l->n - from);
	columns_add(c, "");
}

void listing_ledger(const struct dossier *d, size_t most, struct columns *ret)
{
	static const char *const heading[] = { "arm",    "outcome", "counts as",
					       "trials", "why",     "numbers" };
	struct ledger l = { 0 };

	columns_begin(ret, ARRAY_SIZE(heading), heading, 8);
	for (size_t i = 0; i < d->n_trials; i++)
		if (d->trial[i].outcome != OUTCOME_FAILED || !d->trial[i].counted)
			add_number(entry_of(&l, &d->trial[i]), d->trial[i].trial);
	if (l.n)
		qsort(l.entry, l.n, sizeof(*l.entry), by_side);
	for (size_t i = 0; i < l.n && i < most; i++)
		add_entry(d, &l.entry[i], ret);
	if (l.n > most)
		add_rest(&l, most, ret);
	for (size_t i = 0; i < l.n; i++)
		buf_done(&l.entry[i].numbers);
	free(l.entry);
}

/* --- guests and hosts --- */

static void add_list(struct columns *c, const struct strv *v)
{
	_cleanup_buf_ struct buf b = BUF_INIT;

	for (size_t i = 0; i < v->n; i++) {
		buf_puts(&b, i ? ", " : "");
		put_name(&b, v->item[i]);
	}
	columns_add_buf(c, &b);
}

static void add_figure(struct columns *c, double v, const char *unit)
{
	_cleanup_buf_ struct buf b = BUF_INIT;

	if (isfinite(v)) {
		figure_number(&b, v);
		buf_puts(&b, unit);
	}
	columns_add_buf(c, &b);
}

void listing_guests(const struct dossier *d, struct columns *ret)
{
	static const char *const heading[] = { "arm",  "kernel", "accelerator",    "origin",
					       "host", "load",   "stolen CPU time" };

	columns_begin(ret, ARRAY_SIZE(heading), heading, 0x60);
	for (size_t i = 0; i < d->contrast.n_arms; i++) {
		const struct contrast_arm *a = &d->contrast.arm[i];

		listing_add_name(ret, a->all.name);
		add_list(ret, &a->all.kernels);
		add_list(ret, &a->all.accels);
		add_list(ret, &a->all.origins);
		add_list(ret, &a->hosts);
		add_figure(ret, a->all.host_load, "");
		add_figure(ret, 100 * a->all.host_steal, " %");
	}
	columns_drop_empty(ret);
}

static void put_host_value(struct buf *b, const char *key, const json_t *v)
{
	char text[UNIT_TEXT];

	if (json_is_string(v))
		put_name(b, json_string_value(v));
	else if (str_eq(key, "memory_bytes") && json_is_integer(v))
		buf_puts(b, size_human(text, (uint64_t)json_integer_value(v)));
	else if (json_is_number(v))
		buf_printf(b, "%.10g", json_number_value(v));
}

void listing_hosts(const struct dossier *d, struct columns *ret)
{
	static const char *const key[] = { "name",         "kernel", "cpus",
					   "memory_bytes", "qemu",   "kernsoak" };
	static const char *const heading[] = { "run",    "host", "its kernel", "processors",
					       "memory", "QEMU", "kernsoak" };

	columns_begin(ret, ARRAY_SIZE(heading), heading, 0x18);
	for (size_t i = 0; i < d->n_runs; i++) {
		_cleanup_json_ json_t *host = NULL;

		json_read(d->run[i].dir->fd, RUN_HOST, &host, NULL);
		listing_add_name(ret, d->run[i].dir->id);
		for (size_t k = 0; k < ARRAY_SIZE(key); k++) {
			_cleanup_buf_ struct buf b = BUF_INIT;

			put_host_value(&b, key[k], json_object_get(host, key[k]));
			columns_add_buf(ret, &b);
		}
	}
	columns_drop_empty(ret);
}

/* "guest.memory 256MiB -> 512MiB", as differ_settings() says it, in its three parts. */
static void add_difference(const char *arm, const char *line, struct columns *c)
{
	const char *space = strchr(line, ' '), *arrow = space ? strstr(space, " -> ") : NULL;
	_cleanup_free_
	char *key = arrow ? xstrndup(line, (size_t)(space - line)) : xstrdup(line);
	_cleanup_free_
	char *there = arrow ? xstrndup(space + 1, (size_t)(arrow - space - 1)) : xstrdup("");

	listing_add_name(c, arm);
	listing_add_name(c, key);
	columns_add_printable(c, there, REASON_COLUMNS);
	columns_add_printable(c, arrow ? arrow + 4 : "", REASON_COLUMNS);
}

void listing_differences(const struct dossier *d, struct columns *ret)
{
	static const char *const heading[] = { "arm", "setting", "of the other", "its own" };

	columns_begin(ret, ARRAY_SIZE(heading), heading, 0);
	for (size_t i = 0; i < d->contrast.n_pairs; i++) {
		const struct contrast_pair *p = &d->contrast.pair[i];
		const struct contrast_arm *a = &d->contrast.arm[p->base],
					  *b = &d->contrast.arm[p->other];
		_cleanup_strv_ struct strv lines = { 0 };

		differ_settings(a->all.settings, b->all.settings, &lines);
		for (size_t k = 0; k < lines.n; k++)
			add_difference(b->all.name, lines.item[k], ret);
	}
}

/* --- the same again --- */

static void add_again(struct columns *c, const char *what, char *command)
{
	_cleanup_free_
	char *line = command;

	columns_add_printable(c, what, REASON_COLUMNS);
	columns_add_printable(c, line, REASON_COLUMNS);
}

static void add_run_again(const struct dossier_run *run, struct columns *c)
{
	_cleanup_json_ json_t *plan = NULL;
	uint64_t seed = 0;

	json_read(run->dir->fd, RUN_PLAN, &plan, NULL);
	if (run->answer) {
		add_again(c, "the answer, anew from the evidence",
			  xasprintf("kernsoak bisect replay %s", run->dir->path));
		return;
	}
	if (!plan || json_get_u64(plan, "seed", &seed, NULL) < 0)
		return;
	add_again(c, "the run, with its order of trials and their seeds",
		  xasprintf("kernsoak run %s/" RUN_SCENARIO " --seed %llu", run->dir->path,
			    (unsigned long long)seed));
}

void listing_again(const struct dossier *d, struct columns *ret)
{
	static const char *const heading[] = { "what", "command" };

	columns_begin(ret, ARRAY_SIZE(heading), heading, 0);
	for (size_t i = 0; i < d->n_runs; i++)
		add_run_again(&d->run[i], ret);
	for (size_t i = 0; i < d->contrast.n_crashes && i < AGAIN_CRASHES; i++) {
		_cleanup_free_
		char *ref = dossier_ref(d, &d->trial[d->crash[i].example]);

		add_again(ret, d->contrast.crash[i].first.title,
			  xasprintf("kernsoak rerun %s", ref));
	}
	if (d->n_runs == 1)
		add_again(ret, "this report", xasprintf("kernsoak report %s", d->run->dir->path));
}
