/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "report/export.h"

#include "report/export_parts.h"
#include "store/verdicts.h"

static const struct export_format table[] = {
	{ "ktap", "KTAP 1: a test an arm, a subtest a trial", export_ktap },
	{ "junit", "JUnit XML: a suite an arm, a case a trial", export_junit },
	{ "csv", "a row a life, for R, `kernsoak stats` and spreadsheets", export_csv },
	{ "jsonl", "a line of JSON a trial, the lost ones too", export_jsonl },
	{ "kcidb", "KCIDB v5: builds, tests, issues and incidents", export_kcidb },
	{ "openmetrics", "gauges for node exporter's textfile collector", export_openmetrics },
};

const struct export_format *export_format_nth(size_t i)
{
	return i < ARRAY_SIZE(table) ? &table[i] : NULL;
}

const struct export_format *export_format_by_name(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(table); i++)
		if (str_eq(table[i].name, name))
			return &table[i];
	return NULL;
}

bool export_origin_ok(const char *origin)
{
	return *origin && origin[strspn(origin, "abcdefghijklmnopqrstuvwxyz0123456789_")] == 0;
}

void export_run_done(struct export_run *x)
{
	view_done(&x->view);
	free(x->trial);
	*x = (struct export_run){ 0 };
}

static int take(void *arg, const struct verdict *v)
{
	struct export_run *x = arg;

	if (!v->final && about_is_going(&x->view.about, v->trial))
		return 0;
	if ((x->n & (x->n - 1)) == 0) /* full: 1, 2, 4, ... */
		x->trial = xrealloc(x->trial, MAX(2 * x->n, (size_t)1) * sizeof(*x->trial));
	x->trial[x->n++] = *v;
	return 0;
}

int export_run_load(const struct run_dir *dir, struct export_run *ret, struct err *err)
{
	struct export_run x = { .dir = dir, .origin = EXPORT_ORIGIN };
	int r = view_load(dir, &x.view, err);

	if (r == 0)
		r = verdicts_read(dir->fd, take, &x, err);
	if (r < 0)
		export_run_done(&x);
	else
		*ret = x;
	return r;
}
