/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "report/export_parts.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <time.h>

#include "model/controls.h"
#include "report/excerpt.h"

enum result export_result(const struct verdict *v)
{
	static const enum result of[OUTCOME_COUNT] = {
		[OUTCOME_INFRA] = RESULT_LOST,  [OUTCOME_FAILED] = RESULT_FAIL,
		[OUTCOME_OTHER] = RESULT_OTHER, [OUTCOME_SURVIVED] = RESULT_PASS,
		[OUTCOME_STOPPED] = RESULT_CUT,
	};

	if (control_of(v->arm) != CONTROL_POSITIVE)
		return of[v->outcome];
	if (v->outcome == OUTCOME_FAILED)
		return RESULT_WANTED;
	return v->outcome == OUTCOME_SURVIVED ? RESULT_FAIL : of[v->outcome];
}

char *export_why(const struct verdict *v, enum result r)
{
	static const char *const before[RESULT_COUNT] = {
		[RESULT_FAIL] = "",
		[RESULT_OTHER] = "another crash: ",
		[RESULT_CUT] = "cut short: ",
		[RESULT_LOST] = "lost to the host: ",
		[RESULT_WANTED] = "as a positive control should: ",
	};
	struct buf b = BUF_INIT;
	const char *s = v->has_sighting ? v->sighting.title : v->reason;

	if (r == RESULT_CUT || r == RESULT_LOST)
		s = v->reason;
	if (r == RESULT_FAIL && v->outcome == OUTCOME_SURVIVED)
		s = "the positive control survived";
	if (r != RESULT_PASS) {
		buf_puts(&b, before[r]);
		str_sanitise(&b, s, strlen(s), false);
	}
	return buf_steal(&b);
}

const char *export_arm(const char *name)
{
	return *name ? name : "unknown";
}

bool export_counts(const struct verdict *v)
{
	return v->outcome != OUTCOME_INFRA && v->exposure_ns != TIME_NEVER;
}

double export_boot_s(const struct export_run *x, const char *arm)
{
	double sum = 0;
	size_t n = 0;

	for (size_t i = 0; i < x->n; i++)
		if (x->trial[i].boot_ns && str_eq(x->trial[i].arm, arm)) {
			sum += (double)x->trial[i].boot_ns / 1e9;
			n++;
		}
	return n ? sum / (double)n : NAN;
}

void export_instant(struct buf *out, int64_t at_s, const char *zone)
{
	time_t at = (time_t)at_s;
	struct tm tm;
	char text[32];

	if (!gmtime_r(&at, &tm) || !strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &tm))
		return;
	buf_printf(out, "%s%s", text, zone);
}

void export_console(const struct export_run *x, const struct verdict *v, size_t max,
		    struct buf *out)
{
	_cleanup_close_ int dir = trial_dir_open(x->dir->fd, v->trial, NULL);
	_cleanup_excerpt_ struct excerpt e = EXCERPT_INIT;
	const size_t start = out->len;
	struct excerpt_line line;
	size_t at;

	if (dir < 0 || !v->has_sighting || !excerpt_read(dir, &v->sighting, &e))
		return;
	for (at = e.report; excerpt_next(&e, &at, &line);) {
		const size_t before = out->len;

		str_sanitise(out, line.text, line.len, false);
		buf_putc(out, '\n');
		if (out->len - start > max) {
			out->len = before;
			out->data[before] = 0;
			return;
		}
	}
}
