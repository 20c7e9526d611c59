/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Maps of grids, byte for byte. KERNSOAK_BLESS=1 writes the goldens anew. */
#include "unit.h"

#include <fcntl.h>
#include <stdio.h>

#include "base/fs.h"
#include "golden.h"
#include "model/scenario.h"
#include "report/heat.h"
#include "report/json.h"

static void add_lives(struct view_arm *a, enum outcome outcome, size_t n)
{
	const bool failed = outcome == OUTCOME_FAILED;

	a->outcome[outcome] += n;
	for (size_t i = 0; i < n; i++) {
		const double s = failed ? 1.5 + (double)i : 20;

		sample_add(&a->time.sample, (struct lifetime){ .time = s, .failed = failed });
		a->counted++;
	}
}

/* failed of n trials; a 140 % copy fails as `title`. */
static void fill(struct view_arm *a, const char *title, size_t failed, size_t n)
{
	add_lives(a, OUTCOME_FAILED, failed);
	add_lives(a, OUTCOME_SURVIVED, n - failed);
	if (failed) {
		a->end = xcalloc(1, sizeof(*a->end));
		snprintf(a->end->title, sizeof(a->end->title), "%s", title);
		a->end->n = failed;
		a->n_ends = 1;
	}
	lifetimes_reckon(&a->time);
	lifetimes_reckon(&a->work);
}

/* The arms of a scenario as those of a view. */
static void view_of(const char *grid, struct view *ret)
{
	_cleanup_free_
	char *text = xasprintf("kernel: ./k\nload: { overcopy: }\ngrid: %s\n", grid);
	struct scenario sc = { 0 };
	struct err err = { 0 };
	struct view v = { .about = { .started_s = -1, .last_s = -1, .state = RUN_DONE } };

	assert_ok(scenario_parse("g.yaml", text, strlen(text), NULL, &sc, &err));
	v.about.scenario = xstrdup("g");
	v.n_arms = sc.n_arms;
	v.arm = xcalloc(v.n_arms + 1, sizeof(*v.arm));
	v.cell = xcalloc(v.n_arms + 1, sizeof(*v.cell));
	for (size_t i = 0; i < v.n_arms; i++) {
		snprintf(v.arm[i].name, sizeof(v.arm[i].name), "%s", sc.arm[i].name);
		v.cell[i] = i;
	}
	v.grid = TAKE(sc.grid, (struct grid){ 0 });
	scenario_done(&sc);
	*ret = v;
}

#define THREE_AXES                                                                                 \
	"{ load.overcopy.policy: [enospc, retry, stall], load.overcopy.percent: [80, 140], "       \
	"load.overcopy.capacity: [8MiB, 16MiB] }"

/* Cells are policy, percent, capacity; the last is the quickest. */
static void full(struct view *v)
{
	static const size_t failed[] = { 0, 0, 0, 0, 0, 1, 4, 10, 0, 0, 10, 7 };

	view_of(THREE_AXES, v);
	for (size_t i = 0; i < v->n_arms; i++)
		if (i == 8)
			fill(&v->arm[i], "", 0, 0);
		else
			fill(&v->arm[i], i < 8 ? "probe overdue: writer" : "probe overdue: sync",
			     failed[i], 10);
	v->arm[11].end = xrealloc(v->arm[11].end, 2 * sizeof(*v->arm[11].end));
	v->arm[11].end[1] = (struct view_end){ .title = "probe overdue: statfs", .n = 2 };
	v->arm[11].end[0].n -= 2;
	v->arm[11].n_ends = 2;
	counts_add(&v->arm[2].findings, "told-by-fsync", 31);
	counts_add(&v->arm[7].findings, "told-by-fsync", 4);
	counts_add(&v->arm[7].findings, "stuck-in-fsync", 10);
	v->cell[9] = SIZE_MAX; /* --arm left it out */
	v->ended = 100;
}

static void report_golden(struct text_style style, const char *name)
{
	_cleanup_view_ struct view v = { 0 };
	_cleanup_buf_ struct buf out = BUF_INIT;

	full(&v);
	text_report(&v, &style, &out);
	same_as_golden(name, &out);
}

static void a_grid_is_a_map_a_value_of_its_third_key(void **state)
{
	(void)state;
	report_golden((struct text_style){ .width = 80, .utf8 = true }, "report-grid.txt");
}

static void in_ascii_and_narrow_too(void **state)
{
	(void)state;
	report_golden((struct text_style){ .width = 60 }, "report-grid-ascii.txt");
}

static void colours_stand_around_cells_only(void **state)
{
	_cleanup_view_ struct view v = { 0 };
	_cleanup_buf_ struct buf out = BUF_INIT;
	const struct text_style style = { .width = 80, .utf8 = true, .color = true };

	(void)state;
	full(&v);
	heat_maps(&v, &style, &out);
	assert_non_null(strstr(buf_str(&out), "\033[32m··· 0/10\033[0m"));
	assert_non_null(strstr(buf_str(&out), "\033[1;31m███ 10/10\033[0m"));
	assert_null(strstr(buf_str(&out), "\033[32m-"));
}

static void a_map_wider_than_the_terminal_goes_on_below(void **state)
{
	_cleanup_view_ struct view v = { 0 };
	_cleanup_buf_ struct buf out = BUF_INIT;
	const struct text_style style = { .width = 30, .utf8 = true };

	(void)state;
	view_of("{ load.overcopy.policy: [retry], load.overcopy.percent: [1, 2, 3, 4, 5] }", &v);
	for (size_t i = 0; i < v.n_arms; i++)
		fill(&v.arm[i], "x", 1, 1);
	heat_maps(&v, &style, &out);
	assert_non_null(strstr(buf_str(&out), "\n       1        2\n"
					      "retry  ███ 1/1  ███ 1/1\n"
					      "\n"
					      "       3        4\n"));
	assert_non_null(strstr(buf_str(&out), "\n       5\nretry  ███ 1/1\n"));
}

static void one_key_is_one_column(void **state)
{
	_cleanup_view_ struct view v = { 0 };
	_cleanup_buf_ struct buf out = BUF_INIT;
	const struct text_style style = { .width = 80 };

	(void)state;
	view_of("{ guest.memory: [256MiB, 1GiB] }", &v);
	fill(&v.arm[0], "x", 1, 3);
	heat_maps(&v, &style, &out);
	assert_non_null(strstr(buf_str(&out), "Down: guest.memory."));
	assert_non_null(strstr(buf_str(&out), "\n256MiB  ::: 1/3\n1GiB    -\n"));
}

static void shades_are_for_none_all_and_thirds(void **state)
{
	static const size_t want[] = { 0, 1, 1, 1, 2, 2, 2, 3, 3, 4 };

	(void)state;
	for (size_t k = 0; k < 9; k++) {
		struct share s = share_wilson(k, 10, 0.95);

		assert_int_equal(heat_level(&s), want[k]);
	}
}

static void the_same_as_json(void **state)
{
	_cleanup_view_ struct view v = { 0 };
	_cleanup_json_ json_t *o = NULL;
	json_t *cells, *cell;

	(void)state;
	full(&v);
	o = json_report(&v);
	cells = json_object_get(json_object_get(o, "grid"), "cells");
	assert_int_equal(json_array_size(cells), 12);
	cell = json_array_get(cells, 7);
	assert_string_equal(json_string_value(json_object_get(cell, "arm")), "retry-140-16MiB");
	assert_int_equal(json_integer_value(json_array_get(json_object_get(cell, "at"), 0)), 1);
	assert_int_equal(json_integer_value(json_object_get(cell, "failed")), 10);
	assert_true(json_real_value(json_object_get(json_object_get(cell, "share"), "lo")) > 0.7);
	cell = json_array_get(json_object_get(o, "arms"), 7);
	assert_int_equal(json_integer_value(json_object_get(json_object_get(cell, "findings"),
							    "stuck-in-fsync")),
			 10);
}

static void what_is_no_grid_has_no_map(void **state)
{
	const struct text_style style = { .width = 80 };
	_cleanup_buf_ struct buf out = BUF_INIT;
	struct view v = { 0 };

	(void)state;
	heat_maps(&v, &style, &out);
	assert_int_equal(out.len, 0);
	assert_null(heat_json(&v));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(a_grid_is_a_map_a_value_of_its_third_key),
		test(in_ascii_and_narrow_too),
		test(colours_stand_around_cells_only),
		test(a_map_wider_than_the_terminal_goes_on_below),
		test(one_key_is_one_column),
		test(shades_are_for_none_all_and_thirds),
		test(the_same_as_json),
		test(what_is_no_grid_has_no_map),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
