/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "run/progress.h"

#include <inttypes.h>
#include <langinfo.h>
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <sys/ioctl.h>

#include "model/units.h"

enum { PANEL_MAX = 24 };

struct progress {
	const struct campaign *c;
	const struct live *live;
	bool quiet, tty;
	bool colour;
	size_t drawn[PANEL_MAX]; /* columns of each line of the panel that stands there */
	size_t n_drawn;
};

/* One that can move its cursor. */
static bool is_terminal(void)
{
	const char *term = getenv("TERM");

	return isatty(STDERR_FILENO) && term && *term && !str_eq(term, "dumb");
}

struct progress *progress_new(const struct campaign *c, const struct live *live, bool quiet)
{
	struct progress *p = xcalloc(1, sizeof(*p));
	const char *no_color = getenv("NO_COLOR");

	setlocale(LC_CTYPE, "");
	p->c = c;
	p->live = live;
	p->quiet = quiet;
	p->tty = !quiet && is_terminal();
	p->colour = p->tty && !(no_color && *no_color);
	return p;
}

static struct winsize window(void)
{
	struct winsize w = { 0 };

	ioctl(STDERR_FILENO, TIOCGWINSZ, &w);
	if (!w.ws_col)
		w.ws_col = 80;
	if (!w.ws_row)
		w.ws_row = 24;
	return w;
}

struct progress_style progress_style(const struct progress *p)
{
	return (struct progress_style){
		.width = window().ws_col,
		.utf8 = str_eq(nl_langinfo(CODESET), "UTF-8"),
		.colour = p->colour,
	};
}

/* Up to where the panel began. A terminal that became narrower has folded its lines since. */
static void wipe(struct progress *p)
{
	const size_t width = window().ws_col;
	size_t up = 0;

	if (!p->n_drawn)
		return;
	for (size_t i = 0; i < p->n_drawn; i++)
		up += p->drawn[i] > width ? (p->drawn[i] - 1) / width + 1 : 1;
	fputc('\r', stderr);
	if (up > 1)
		fprintf(stderr, "\033[%zuA", up - 1);
	fputs("\033[J", stderr);
	p->n_drawn = 0;
}

struct progress *progress_free(struct progress *p)
{
	if (p)
		wipe(p);
	free(p);
	return NULL;
}

void progress_say(struct progress *p, const char *fmt, ...)
{
	va_list ap;

	if (p->quiet)
		return;
	wipe(p);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
}

static const char *colour_of(const struct progress *p, enum outcome o)
{
	static const char *const colours[OUTCOME_COUNT] = {
		[OUTCOME_INFRA] = "\033[33m",   [OUTCOME_FAILED] = "\033[31m",
		[OUTCOME_OTHER] = "\033[35m",   [OUTCOME_SURVIVED] = "\033[32m",
		[OUTCOME_STOPPED] = "\033[33m",
	};

	return p->colour ? colours[o] : "";
}

void progress_ended(struct progress *p, const struct planned *t, const struct verdict *v)
{
	_cleanup_buf_ struct buf why = BUF_INIT, work = BUF_INIT;

	str_sanitise(&why, v->reason, strlen(v->reason), false);
	if (isfinite(v->exposure_work))
		buf_printf(&work, ", %.0f %s", v->exposure_work, v->unit);
	progress_say(p, "trial %-3" PRIu64 " %-12s %s%-8s%s after %.1f s%s: %s", t->trial,
		     p->c->scenario.arm[t->arm].name, colour_of(p, v->outcome),
		     outcome_name(v->outcome), p->colour ? "\033[0m" : "",
		     (double)v->exposure_ns / (double)NS_PER_S, buf_str(&work), buf_str(&why));
}

/* "3:07 2 running | 12 % of the trials, about 1m20s left | 43 % decided: ..." */
static void put_state(const struct progress *p, const struct progress_now *now, struct buf *out)
{
	const double share = live_share(p->live), left = live_left_s(p->live, now->elapsed_ns);
	const uint64_t s = now->elapsed_ns / NS_PER_S;
	char text[UNIT_TEXT];

	if (s >= 3600)
		buf_printf(out, "%" PRIu64 ":%02" PRIu64 ":%02" PRIu64, s / 3600, s / 60 % 60,
			   s % 60);
	else
		buf_printf(out, "%" PRIu64 ":%02" PRIu64, s / 60, s % 60);
	buf_printf(out, " %zu running", now->running);
	if (isfinite(share))
		buf_printf(out, " | %.0f %% of the trials", share * 100);
	if (isfinite(left))
		buf_printf(out, "%s%s", isfinite(share) ? ", about " : " | of the budget ",
			   duration_format(text, (uint64_t)ceil(left) * NS_PER_S));
	if (isfinite(left))
		buf_puts(out, " left");
	if (*now->how)
		buf_printf(out, " | %s", now->how);
}

/* Columns of a line: its characters, less its colours. */
static size_t columns_of(const char *s, size_t n)
{
	size_t columns = 0;

	for (size_t i = 0; i < n; i++) {
		if (s[i] == '\033')
			while (i < n && s[i] != 'm')
				i++;
		else
			columns += ((unsigned char)s[i] & 0xc0) != 0x80;
	}
	return columns;
}

static void put_panel(struct progress *p, const struct buf *panel)
{
	const char *s = buf_str(panel);

	fputs(s, stderr);
	for (; p->n_drawn < PANEL_MAX; s++) {
		const size_t n = strcspn(s, "\n");

		p->drawn[p->n_drawn++] = columns_of(s, n);
		s += n;
		if (!*s)
			break;
	}
	fflush(stderr);
}

void progress_draw(struct progress *p, const struct progress_now *now)
{
	const struct winsize w = window();
	const struct page_style style = {
		.width = w.ws_col - 1U,
		.rows = MIN(w.ws_row > 4 ? w.ws_row - 3U : 0U, PANEL_MAX - 1U),
		.utf8 = progress_style(p).utf8,
		.colour = p->colour,
	};
	_cleanup_buf_ struct buf panel = BUF_INIT, arms = BUF_INIT;

	if (!p->tty)
		return;
	put_state(p, now, &panel);
	if (panel.len > style.width)
		panel.data[panel.len = style.width] = 0;
	if (style.width >= 40 && live_page(p->live, now->now_ns, &style, &arms))
		buf_printf(&panel, "\n%s", buf_str(&arms));
	wipe(p);
	put_panel(p, &panel);
}
