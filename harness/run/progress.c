/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "run/progress.h"

#include <inttypes.h>
#include <langinfo.h>
#include <math.h>
#include <stdio.h>
#include <sys/ioctl.h>

struct progress {
	const struct campaign *c;
	bool quiet, tty, drawn;
	bool colour;
};

struct progress *progress_new(const struct campaign *c, bool quiet)
{
	struct progress *p = xcalloc(1, sizeof(*p));

	p->c = c;
	p->quiet = quiet;
	p->tty = !quiet && isatty(STDERR_FILENO);
	p->colour = p->tty && !getenv("NO_COLOR");
	return p;
}

static unsigned width(void)
{
	struct winsize w;

	return ioctl(STDERR_FILENO, TIOCGWINSZ, &w) == 0 && w.ws_col ? w.ws_col : 80;
}

struct progress_style progress_style(const struct progress *p)
{
	return (struct progress_style){
		.width = width(),
		.utf8 = str_eq(nl_langinfo(CODESET), "UTF-8"),
		.colour = p->colour,
	};
}

static void wipe(struct progress *p)
{
	if (p->drawn)
		fputs("\r\033[K", stderr);
	p->drawn = false;
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

static void arm_line(const struct campaign *c, size_t i, struct buf *out)
{
	const struct tally *t = &c->tally[i];
	uint64_t told = t->outcome[OUTCOME_FAILED] + t->outcome[OUTCOME_OTHER] +
			t->outcome[OUTCOME_SURVIVED];

	buf_printf(out, " | %s %" PRIu64, c->scenario.arm[i].name, told);
	if (t->planned)
		buf_printf(out, "/%" PRIu64, t->planned);
	buf_printf(out, ", %" PRIu64 " failed", t->outcome[OUTCOME_FAILED]);
	if (t->outcome[OUTCOME_FAILED])
		buf_printf(out, ", MTTF %.3g s",
			   t->exposure_s / (double)t->outcome[OUTCOME_FAILED]);
}

void progress_draw(struct progress *p, uint64_t elapsed_ns, size_t running, const char *how)
{
	_cleanup_buf_ struct buf b = BUF_INIT;
	uint64_t s = elapsed_ns / NS_PER_S;

	if (!p->tty)
		return;
	buf_printf(&b, "%" PRIu64 ":%02" PRIu64 " %zu running", s / 60, s % 60, running);
	if (*how)
		buf_printf(&b, " | %s", how);
	for (size_t i = 0; i < p->c->scenario.n_arms; i++)
		arm_line(p->c, i, &b);
	fprintf(stderr, "\r\033[K%.*s", (int)(width() - 1), buf_str(&b));
	fflush(stderr);
	p->drawn = true;
}
