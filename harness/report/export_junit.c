/* SPDX-License-Identifier: GPL-3.0-or-later */
/* JUnit XML as Jenkins and GitLab read it: a suite an arm, a case a trial. XML 1.0, no DTD. */
#include <inttypes.h>

#include "model/taxonomy.h"
#include "report/export_parts.h"

enum { CONSOLE_MAX = 16384 };

static const char *const element[RESULT_COUNT] = {
	[RESULT_FAIL] = "failure",
	[RESULT_OTHER] = "error",
	[RESULT_CUT] = "skipped",
	[RESULT_LOST] = "skipped",
};

/* s is sanitised. U+FFFE and U+FFFF are no characters of XML, not even as references. */
static void escape(struct buf *out, const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const unsigned char *u = (const unsigned char *)s + i;

		if (n - i >= 3 && u[0] == 0xef && u[1] == 0xbf && u[2] >= 0xbe) {
			buf_printf(out, "\\xef\\xbf\\x%02x", u[2]);
			i += 2;
			continue;
		}
		switch (s[i]) {
		case '&': buf_puts(out, "&amp;"); break;
		case '<': buf_puts(out, "&lt;"); break;
		case '>': buf_puts(out, "&gt;"); break;
		case '"': buf_puts(out, "&quot;"); break;
		case '\t': buf_puts(out, "&#9;"); break;
		default: buf_putc(out, s[i]);
		}
	}
}

static void attribute(struct buf *out, const char *name, const char *s)
{
	_cleanup_buf_ struct buf clean = BUF_INIT;

	str_sanitise(&clean, s, strlen(s), false);
	buf_printf(out, " %s=\"", name);
	escape(out, buf_str(&clean), clean.len);
	buf_putc(out, '"');
}

static void time_attribute(struct buf *out, uint64_t ns)
{
	buf_printf(out, " time=\"%.3f\"", (double)ns / 1e9); /* Jenkins takes no more digits */
}

struct suite {
	size_t n, of[RESULT_COUNT];
	uint64_t life_ns;
	struct buf cases;
};

/* Nothing where the instant is none of a calendar. */
static void timestamp(struct buf *out, int64_t at_s)
{
	_cleanup_buf_ struct buf b = BUF_INIT;

	if (at_s >= 0)
		export_instant(&b, at_s, "");
	if (b.len)
		attribute(out, "timestamp", buf_str(&b));
}

static uint64_t life_of(const struct verdict *v)
{
	return export_counts(v) ? v->exposure_ns : 0;
}

static void what_happened(const struct export_run *x, const struct verdict *v, enum result r,
			  struct buf *out)
{
	const char *type =
		v->has_sighting ? crash_info(v->sighting.class)->name : outcome_name(v->outcome);
	_cleanup_free_
	char *why = export_why(v, r);
	_cleanup_buf_ struct buf console = BUF_INIT;

	buf_printf(out, "\t\t\t<%s", element[r]);
	attribute(out, "message", why);
	attribute(out, "type", type);
	buf_putc(out, '>');
	if (r == RESULT_FAIL || r == RESULT_OTHER)
		export_console(x, v, CONSOLE_MAX, &console);
	escape(out, buf_str(&console), console.len);
	buf_printf(out, "</%s>\n", element[r]);
}

static void one_case(const struct export_run *x, const struct verdict *v, struct suite *s)
{
	const enum result r = export_result(v);
	_cleanup_free_
	char *class = xasprintf("%s.%s", x->view.about.scenario, export_arm(v->arm));

	s->n++;
	s->of[r]++;
	s->life_ns += life_of(v);
	buf_printf(&s->cases, "\t\t<testcase name=\"trial-%06" PRIu64 "\"", v->trial);
	attribute(&s->cases, "classname", class);
	time_attribute(&s->cases, life_of(v));
	if (!element[r]) {
		buf_puts(&s->cases, "/>\n");
		return;
	}
	buf_puts(&s->cases, ">\n");
	what_happened(x, v, r, &s->cases);
	buf_puts(&s->cases, "\t\t</testcase>\n");
}

static void property(struct buf *out, const char *name, const char *value)
{
	if (!*value)
		return;
	buf_puts(out, "\t\t\t<property");
	attribute(out, "name", name);
	attribute(out, "value", value);
	buf_puts(out, "/>\n");
}

static void properties(const struct export_run *x, const struct view_arm *a, struct buf *out)
{
	buf_puts(out, "\t\t<properties>\n");
	property(out, "run", x->view.run);
	for (size_t i = 0; i < a->kernels.n; i++)
		property(out, "kernel", a->kernels.item[i]);
	for (size_t i = 0; i < a->accels.n; i++)
		property(out, "accelerator", a->accels.item[i]);
	buf_puts(out, "\t\t</properties>\n");
}

static void counts(struct buf *out, const struct suite *s)
{
	buf_printf(out, " tests=\"%zu\" failures=\"%zu\" errors=\"%zu\"", s->n, s->of[RESULT_FAIL],
		   s->of[RESULT_OTHER]);
}

/* Adds it to `all`. */
static void one_suite(const struct export_run *x, const struct view_arm *a, struct suite *all)
{
	struct suite s = { 0 };

	for (size_t i = 0; i < x->n; i++)
		if (str_eq(x->trial[i].arm, a->name))
			one_case(x, &x->trial[i], &s);
	buf_puts(&all->cases, "\t<testsuite");
	attribute(&all->cases, "name", export_arm(a->name));
	counts(&all->cases, &s);
	buf_printf(&all->cases, " skipped=\"%zu\"", s.of[RESULT_CUT] + s.of[RESULT_LOST]);
	time_attribute(&all->cases, s.life_ns);
	timestamp(&all->cases, x->view.about.started_s);
	if (*x->view.host)
		attribute(&all->cases, "hostname", x->view.host);
	buf_puts(&all->cases, ">\n");
	properties(x, a, &all->cases);
	buf_append(&all->cases, buf_str(&s.cases), s.cases.len);
	buf_puts(&all->cases, "\t</testsuite>\n");
	all->n += s.n;
	all->life_ns += s.life_ns;
	for (size_t r = 0; r < RESULT_COUNT; r++)
		all->of[r] += s.of[r];
	buf_done(&s.cases);
}

void export_junit(const struct export_run *x, struct buf *out)
{
	struct suite all = { 0 };

	for (size_t i = 0; i < x->view.n_arms; i++)
		one_suite(x, &x->view.arm[i], &all);
	buf_puts(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites");
	attribute(out, "name", x->view.about.scenario);
	counts(out, &all);
	time_attribute(out, all.life_ns);
	buf_printf(out, ">\n%s</testsuites>\n", buf_str(&all.cases));
	buf_done(&all.cases);
}
