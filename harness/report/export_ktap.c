/* SPDX-License-Identifier: GPL-3.0-or-later */
/* KTAP 1, as the kernel's dev-tools/ktap.rst has it: a test an arm, a subtest a trial. */
#include <inttypes.h>

#include "report/export_parts.h"

static const struct {
	bool ok;
	const char *directive; /* NULL: none, and the reason stands before the line */
} told[RESULT_COUNT] = {
	[RESULT_PASS] = { true, NULL },   [RESULT_FAIL] = { false, NULL },
	[RESULT_OTHER] = { false, NULL }, [RESULT_CUT] = { true, "SKIP" },
	[RESULT_LOST] = { true, "SKIP" }, [RESULT_WANTED] = { true, "XFAIL" },
};

/* A description ends at a #, where the directive begins. */
static void description(struct buf *out, const char *s)
{
	const size_t start = out->len;

	str_sanitise(out, s, strlen(s), false);
	for (size_t i = start; i < out->len; i++)
		if (out->data[i] == '#')
			out->data[i] = '_';
}

/* Before the line of a failure, as a reader of TAP expects it. */
static void diagnose(const struct verdict *v, const char *why, struct buf *out)
{
	buf_printf(out, "  # %s, after %.3f s", why, (double)v->exposure_ns / 1e9);
	if (v->has_sighting) {
		buf_puts(out, ", crash id ");
		str_sanitise(out, v->sighting.id, strlen(v->sighting.id), false);
	}
	buf_putc(out, '\n');
}

static void trial(const struct verdict *v, size_t number, struct buf *out)
{
	const enum result r = export_result(v);
	_cleanup_free_
	char *why = export_why(v, r);

	if (!told[r].ok)
		diagnose(v, why, out);
	buf_printf(out, "  %s %zu trial-%06" PRIu64, told[r].ok ? "ok" : "not ok", number,
		   v->trial);
	if (told[r].directive)
		buf_printf(out, " # %s %s", told[r].directive, why);
	buf_putc(out, '\n');
}

/* Returns how many there are of each result. */
static size_t trials(const struct export_run *x, const char *arm, size_t of[RESULT_COUNT],
		     struct buf *out)
{
	size_t number = 0;

	for (size_t i = 0; i < x->n; i++)
		if (str_eq(x->trial[i].arm, arm)) {
			of[export_result(&x->trial[i])]++;
			trial(&x->trial[i], ++number, out);
		}
	return number;
}

static void arm(const struct export_run *x, const struct view_arm *a, size_t number,
		struct buf *out)
{
	_cleanup_buf_ struct buf lines = BUF_INIT;
	size_t of[RESULT_COUNT] = { 0 };
	const size_t n = trials(x, a->name, of, &lines);
	const size_t good = of[RESULT_PASS] + of[RESULT_WANTED];
	const size_t bad = of[RESULT_FAIL] + of[RESULT_OTHER];

	if (n) {
		buf_puts(out, "  KTAP version 1\n  # Subtest: ");
		description(out, export_arm(a->name));
		buf_printf(out, "\n  1..%zu\n%s", n, buf_str(&lines));
	}
	buf_printf(out, "%s %zu ", bad ? "not ok" : "ok", number);
	description(out, export_arm(a->name));
	if (!bad && !good)
		buf_printf(out, " # SKIP %s",
			   n ? "no trial was told to its end" : "no trial has ended");
	buf_putc(out, '\n');
}

void export_ktap(const struct export_run *x, struct buf *out)
{
	buf_printf(out, "KTAP version 1\n1..%zu\n", x->view.n_arms);
	buf_printf(out, "# run %s\n", x->view.run);
	for (size_t i = 0; i < x->view.n_arms; i++)
		arm(x, &x->view.arm[i], i + 1, out);
}
