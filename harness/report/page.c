/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "report/page.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>

#include "base/fs.h"
#include "model/units.h"
#include "report/excerpt.h"
#include "report/figure.h"
#include "report/gathered.h"
#include "report/jumps.h"
#include "report/two_logs.h"
#include "store/verdicts.h"

enum {
	BEFORE_LINES = 2, /* shown before the report */
	REPORT_LINES = 70,
	OTHERS_SHOWN = 12,
};

struct page {
	const char *run;  /* its id; "" for a folder alone */
	const char *path; /* of the trial's folder */
	const struct verdict *v;
	const struct text_style *style;
	struct buf *out;
	int dir;               /* the trial's folder */
	struct places *places; /* NULL: no places in the source are wanted */
};

static void heading(struct page *p, const char *words)
{
	text_heading(p->style, words, p->out);
}

static void put_clean(struct page *p, const char *s)
{
	str_sanitise(p->out, s, strlen(s), false);
}

static void put_duration(struct page *p, uint64_t ns)
{
	char text[UNIT_TEXT];

	buf_puts(p->out, duration_human(text, ns));
}

/* --- what became of it --- */

static void put_title(struct page *p)
{
	const struct verdict *v = p->v;

	buf_printf(p->out, "Trial %llu", (unsigned long long)v->trial);
	buf_puts(p->out, *p->run ? " of " : "");
	put_clean(p, p->run);
	buf_puts(p->out, ", arm ");
	put_clean(p, v->arm);
	buf_printf(p->out, ": %s", v->final ? outcome_name(v->outcome) : "unfinished");
	if (v->exposure_ns && v->exposure_ns != TIME_NEVER) {
		buf_puts(p->out, " after ");
		put_duration(p, v->exposure_ns);
	}
	if (isfinite(v->exposure_work) && *v->unit) {
		buf_puts(p->out, ", ");
		figure_count(p->out, v->exposure_work);
		buf_putc(p->out, ' ');
		put_clean(p, v->unit);
	}
	buf_putc(p->out, '\n');
	if (v->has_sighting && str_eq(v->reason, v->sighting.title))
		return; /* it comes as a heading of its own */
	put_clean(p, v->reason);
	buf_putc(p->out, '\n');
}

static void put_sighting(struct page *p)
{
	const struct sighting *s = &p->v->sighting;

	if (!p->v->has_sighting)
		return;
	heading(p, "Crash");
	put_clean(p, s->title);
	buf_printf(p->out, "\n  %s: %s%s\n", crash_info(s->class)->name,
		   crash_info(s->class)->sentence, s->panicked ? "; the kernel panicked" : "");
	if (*s->function) {
		buf_puts(p->out, "  in ");
		put_clean(p, s->function);
		buf_puts(p->out, *s->module ? " of module " : "");
		put_clean(p, s->module);
		buf_putc(p->out, '\n');
	}
	buf_puts(p->out, "  ");
	put_clean(p, s->id);
	buf_puts(p->out, " (same bug, same id), ");
	put_clean(p, s->id_fine);
	if (s->integrity != INTEGRITY_COMPLETE)
		buf_printf(p->out, "\n  the report is not whole: %s", integrity_name(s->integrity));
	if (s->repeats)
		buf_printf(p->out, "\n  repeated %llu times", (unsigned long long)s->repeats);
	if (p->v->n_sightings > 1)
		buf_printf(p->out, "\n  the first of %llu crashes on this console",
			   (unsigned long long)p->v->n_sightings);
	buf_putc(p->out, '\n');
}

static void put_fact(struct page *p, const char *name, const char *value)
{
	if (!*value)
		return;
	buf_printf(p->out, "  %-12s ", name);
	put_clean(p, value);
	buf_putc(p->out, '\n');
}

static void put_length(struct page *p, const char *name, uint64_t ns)
{
	char text[UNIT_TEXT];

	if (ns && ns != TIME_NEVER)
		put_fact(p, name, duration_human(text, ns));
}

/* What the two witnesses have of the kernel's log. */
static void put_witnesses(struct page *p)
{
	_cleanup_buf_ struct buf text = BUF_INIT;
	struct two_counts c;

	if (!two_logs_count(p->dir, &c))
		return;
	two_counts_text(&c, &text);
	put_fact(p, "kernel log", buf_str(&text));
}

static void put_started(struct page *p)
{
	time_t at = (time_t)p->v->started_s;
	char text[64];
	struct tm tm;

	if (at <= 0 || !gmtime_r(&at, &tm))
		return;
	strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S UTC", &tm);
	put_fact(p, "started", text);
}

static void put_facts(struct page *p)
{
	const struct verdict *v = p->v;
	char text[64];

	heading(p, "Guest and host");
	put_started(p);
	if (v->origin[0] && !str_eq(v->origin, "stock"))
		put_fact(p, "origin", v->origin);
	put_fact(p, "kernel", v->kernel);
	put_fact(p, "accelerator", v->accel);
	put_length(p, "boot", v->boot_ns);
	put_length(p, "settle", v->settle_ns);
	put_length(p, "in all", v->wall_ns);
	put_length(p, "vCPU time", v->vcpu_ns);
	put_length(p, "reader lag", v->reader_lag_ns);
	put_witnesses(p);
	snprintf(text, sizeof(text), "%.2f", v->host_load);
	put_fact(p, "host load", isfinite(v->host_load) ? text : "");
	snprintf(text, sizeof(text), "%.1f %%", v->host_steal * 100);
	put_fact(p, "host steal", isfinite(v->host_steal) ? text : "");
	snprintf(text, sizeof(text), "%llu (block %llu, slot %llu)", (unsigned long long)v->seed,
		 (unsigned long long)v->block, (unsigned long long)v->slot);
	put_fact(p, "seed", text);
}

/* --- the console --- */

static void put_console_line(struct page *p, const struct excerpt_line *l, bool guilty)
{
	_cleanup_buf_ struct buf safe = BUF_INIT;
	bool bold = guilty && p->style->color;

	str_sanitise(&safe, l->text, l->len, false);
	buf_printf(p->out, "%s%s%s%s\n", bold ? "\033[1m" : "", guilty ? "> " : "  ",
		   buf_str(&safe), bold ? "\033[0m" : "");
	if (p->places)
		places_beneath(p->places, l->text, l->len, "            ", p->out);
}

static void put_lines(struct page *p, const struct excerpt *e, const char *guilty)
{
	struct excerpt_line l;
	size_t n = 0;

	for (size_t at = excerpt_back(e, BEFORE_LINES); excerpt_next(e, &at, &l); n++) {
		if (n < REPORT_LINES || l.text == guilty)
			put_console_line(p, &l, l.text == guilty);
		else if (n == REPORT_LINES)
			buf_puts(p->out, "  ...\n");
	}
}

static void put_console(struct page *p)
{
	const struct sighting *s = &p->v->sighting;
	_cleanup_excerpt_ struct excerpt e = EXCERPT_INIT;

	if (!p->v->has_sighting || !excerpt_read(p->dir, s, &e))
		return;
	if (p->places)
		places_learn(p->places, e.text.data + e.report, e.text.len - e.report, s);
	heading(p, "Console");
	buf_printf(p->out, "(bytes %llu to %llu of %s; > marks the guilty line)\n",
		   (unsigned long long)s->offset, (unsigned long long)s->end, excerpt_file(s));
	put_lines(p, &e, excerpt_guilty(&e, s->function));
}

/* --- what else the console showed --- */

struct others {
	struct page *page;
	size_t n;
};

static int put_other(void *arg, const struct sighting *s)
{
	struct others *o = arg;
	struct page *p = o->page;

	if (p->v->has_sighting && s->offset == p->v->sighting.offset &&
	    str_eq(s->id, p->v->sighting.id))
		return 0;
	if (o->n == 0)
		heading(p, "Also on the console");
	if (++o->n > OTHERS_SHOWN)
		return 0;
	buf_printf(p->out, "  %-5s byte %-8llu ", severity_name(s->severity),
		   (unsigned long long)s->offset);
	put_clean(p, s->title);
	if (s->ignored[0]) {
		buf_puts(p->out, " (ignored: ");
		put_clean(p, s->ignored);
		buf_putc(p->out, ')');
	}
	buf_putc(p->out, '\n');
	return 0;
}

static void put_others(struct page *p)
{
	struct others o = { .page = p };

	sightings_read_at(p->dir, put_other, &o);
	if (o.n > OTHERS_SHOWN)
		buf_printf(p->out, "  and %zu more in " TRIAL_SIGHTINGS "\n", o.n - OTHERS_SHOWN);
}

/* --- what jumped --- */

static void put_before(struct page *p)
{
	struct jumps j;

	if (!jumps_before(p->dir, p->v, &j))
		return;
	heading(p, "The seconds before");
	jumps_put(&j, JUMPS_MAX, p->out);
	if (!j.n_samples) {
		buf_puts(p->out, "  the guest's agent took no samples\n");
		return;
	}
	buf_printf(p->out, "  %s%zu samples of the guest's agent, the last ",
		   j.n ? "of " : "nothing jumped in ", j.n_samples);
	figure_scaled(p->out, j.failed_s - j.last_s, scale_of_seconds(j.failed_s - j.last_s));
	buf_puts(p->out, " before\n");
}

/* --- what it was asked --- */

static void put_gathered(struct page *p)
{
	_cleanup_buf_ struct buf text = BUF_INIT;

	if (!gathered_text(p->dir, &text))
		return;
	heading(p, "Asked after the failure");
	buf_append(p->out, text.data, text.len);
}

/* --- what lies there --- */

static void put_files(struct page *p)
{
	_cleanup_strv_ struct strv names = { 0 };

	heading(p, "Files");
	put_clean(p, p->path);
	buf_puts(p->out, ":\n");
	if (fs_list(p->dir, ".", &names, NULL) < 0)
		return;
	for (size_t i = 0; i < names.n; i++) {
		char size[UNIT_TEXT];
		struct stat st;

		if (fstatat(p->dir, names.item[i], &st, AT_SYMLINK_NOFOLLOW) < 0)
			continue;
		buf_puts(p->out, "  ");
		put_clean(p, names.item[i]);
		if (S_ISDIR(st.st_mode))
			buf_puts(p->out, "/\n");
		else
			buf_printf(p->out, "  %s\n", size_human(size, (uint64_t)st.st_size));
	}
}

static void put_again(struct page *p)
{
	heading(p, "Again");
	buf_puts(p->out, *p->run ? "  kernsoak rerun " : "  kernsoak trial ");
	put_clean(p, *p->run ? p->run : p->path);
	if (*p->run)
		buf_printf(p->out, "/%llu", (unsigned long long)p->v->trial);
	buf_putc(p->out, '\n');
}

static void put_page(struct page *p)
{
	put_title(p);
	put_sighting(p);
	put_console(p);
	put_others(p);
	put_facts(p);
	put_before(p);
	put_gathered(p);
	put_files(p);
	put_again(p);
}

int page_folder(const char *path, const struct text_style *style, struct places *places,
		struct buf *out, struct err *err)
{
	_cleanup_free_
	struct verdict *v = xcalloc(1, sizeof(*v));
	_cleanup_close_ int dir = fs_open_dir(AT_FDCWD, path, err);
	struct page p = { "", path, v, style, out, dir, places };
	int r = dir < 0 ? dir : verdict_read_at(dir, v, err);

	if (r == 0)
		put_page(&p);
	return r;
}

int page_trial(const struct run_dir *run, uint64_t trial, const struct text_style *style,
	       struct places *places, struct buf *out, struct err *err)
{
	_cleanup_free_
	struct verdict *v = xcalloc(1, sizeof(*v));
	_cleanup_close_ int dir = trial_dir_open(run->fd, trial, err);
	char name[TRIAL_NAME_LEN];
	_cleanup_free_
	char *path = NULL;
	int r = dir < 0 ? dir : verdict_read(run->fd, trial, v, err);

	if (r < 0)
		return r;
	trial_name(trial, name);
	path = xasprintf("%s/%s", run->path, name);
	put_page(&(struct page){ run->id, path, v, style, out, dir, places });
	return 0;
}
