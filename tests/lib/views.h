/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Views made by hand, or of a run in tests/runs: for tests of what is made from views. Follows
 * unit.h. */
#ifndef KS_TESTS_VIEWS_H
#define KS_TESTS_VIEWS_H

#include <math.h>

#include "report/view.h"

/* The run of a folder. */
static inline void view_of_run(const char *path, struct view *ret)
{
	_cleanup_run_dir_ struct run_dir run = RUN_DIR_INIT;
	struct err err = { 0 };

	assert_ok(run_dir_open(".", path, &run, &err));
	assert_ok(view_load(&run, ret, &err));
}

/* A target and another crash: buckets 0 and 1 of every view made here. */
static inline void view_add_buckets(struct view *v)
{
	v->bucket = xcalloc(2, sizeof(*v->bucket));
	v->n_buckets = 2;
	for (size_t i = 0; i < 2; i++) {
		v->bucket[i].first_trial = i + 1;
		v->bucket[i].by_arm = xcalloc(8, sizeof(size_t));
		snprintf(v->bucket[i].first.id, sizeof(v->bucket[i].first.id), "k1:%zu", i);
		snprintf(v->bucket[i].first.title, sizeof(v->bucket[i].first.title), "%s",
			 i ? "another crash" : "the crash");
	}
}

/* "9 13+ 18x": FAILED at 9, SURVIVED at 13, OTHER at 18 seconds; `pace` units of work a second,
 * NaN: none counted. */
static inline void view_add_arm(struct view *v, const char *name, const char *lives, double pace)
{
	struct view_arm *a;

	v->arm = xrealloc(v->arm, (v->n_arms + 1) * sizeof(*v->arm));
	a = &v->arm[v->n_arms++];
	*a = (struct view_arm){ .host_load = NAN, .host_steal = NAN };
	snprintf(a->name, sizeof(a->name), "%s", name);
	snprintf(a->unit, sizeof(a->unit), "%s", isnan(pace) ? "" : "units");
	while (*lives) {
		char *end;
		struct view_life life = { .time_s = strtod(lives, &end) };

		life.work = life.time_s * pace;
		life.outcome = *end == '+'   ? OUTCOME_SURVIVED
			       : *end == 'x' ? OUTCOME_OTHER
					     : OUTCOME_FAILED;
		life.bucket = *end == '+' ? SIZE_MAX : *end == 'x';
		a->life = xrealloc(a->life, (a->counted + 1) * sizeof(*a->life));
		a->life[a->counted++] = life;
		a->outcome[life.outcome]++;
		a->wall_s += life.time_s + 10; /* its boot */
		end += *end == '+' || *end == 'x';
		lives = *end ? end + 1 : end;
	}
	v->slots = 2;
}

static inline struct view view_named(const char *run, const char *host)
{
	struct view v = { 0 };

	snprintf(v.run, sizeof(v.run), "%s", run);
	snprintf(v.host, sizeof(v.host), "%s", host);
	v.about.state = RUN_DONE;
	view_add_buckets(&v);
	return v;
}

#endif
