/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is compared with what, and how it reads. KERNSOAK_BLESS=1 writes the goldens anew. */
#include "unit.h"

#include <errno.h>
#include <fcntl.h>

#include "base/fs.h"
#include "golden.h"
#include "report/compare.h"
#include "report/figure.h"
#include "views.h"

#define FIXTURE "tests/runs/20261121-142233-fib-rebalance"

static void compare_all(const struct sides_run *run, size_t n, struct contrast *ret)
{
	_cleanup_sides_ struct sides s = { 0 };
	struct err err = { 0 };

	assert_ok(sides_make(run, n, NULL, false, &s, &err));
	contrast_make(s.side, s.n, s.versus, s.n_pairs, &contrast_usual, ret);
}

static void a_comparison_reads_as_it_should(void **state)
{
	const struct text_style style = { .width = 80, .utf8 = true };
	_cleanup_view_ struct view v = { 0 };
	const struct sides_run run = { .view = &v };
	_cleanup_contrast_ struct contrast c = { 0 };
	const struct comparison of = { &run, 1, &c };
	_cleanup_buf_ struct buf out = BUF_INIT, data = BUF_INIT;
	_cleanup_json_ json_t *o = NULL;
	_cleanup_free_
	char *text = NULL;

	(void)state;
	view_of_run(FIXTURE, &v);
	compare_all(&run, 1, &c);
	compare_text(&of, &style, &out);
	same_as_golden("compare-fib-rebalance.txt", &out);
	o = compare_json(&of);
	text = json_dumps(o, JSON_INDENT(2) | JSON_REAL_PRECISION(9));
	buf_printf(&data, "%s\n", text);
	same_as_golden("compare-fib-rebalance.json", &data);
}

static size_t widest(const struct buf *b)
{
	size_t most = 0;

	for (const char *p = buf_str(b); *p;) {
		size_t n = strcspn(p, "\n");
		_cleanup_free_
		char *line = xstrndup(p, n);

		most = MAX(most, figure_columns(line));
		p += n + (p[n] == '\n');
	}
	return most;
}

/* A terminal must not be driven by an arm's name, nor by a crash's title. */
static void hostile_names_stay_text_within_80_columns(void **state)
{
	const struct text_style style = { .width = 80 };
	_cleanup_view_ struct view one = view_named("r1", "h\033[2J"), two = view_named("r2", "h2");
	const struct sides_run run[] = { { .view = &one }, { .view = &two } };
	_cleanup_contrast_ struct contrast c = { 0 };
	const struct comparison of = { run, 2, &c };
	_cleanup_buf_ struct buf out = BUF_INIT;

	(void)state;
	view_add_arm(&one, "evil\033]0;owned\007", "1 2 3 4 5 6 7 8 9", 1);
	view_add_arm(&two, "evil\033]0;owned\007", "10 20 30 40x 50+", 1);
	memset(two.arm[0].name + 20, 'z', 100);
	memset(one.arm[0].name + 20, 'z', 100);
	memset(one.bucket[0].first.title, 'y', sizeof(one.bucket[0].first.title) - 1);
	one.bucket[0].first.title[3] = '\033';
	compare_all(run, 2, &c);
	compare_text(&of, &style, &out);
	for (size_t i = 0; i < out.len; i++)
		assert_true(out.data[i] == '\n' || (unsigned char)out.data[i] >= 0x20);
	assert_in_range(widest(&out), 60, 80);
}

/* --- sides --- */

static void expect_names(const struct sides *s, const char *want)
{
	_cleanup_buf_ struct buf b = BUF_INIT;

	for (size_t i = 0; i < s->n_pairs; i++)
		buf_printf(&b, "%s%s/%s", i ? " " : "", s->side[s->versus[i].other].name,
			   s->side[s->versus[i].base].name);
	assert_string_equal(buf_str(&b), want);
}

static void expect_sides(const struct sides_run *run, size_t n, const char *baseline, bool pool,
			 const char *want)
{
	_cleanup_sides_ struct sides s = { 0 };
	struct err err = { 0 };

	assert_ok(sides_make(run, n, baseline, pool, &s, &err));
	expect_names(&s, want);
}

static void expect_refusal(const struct sides_run *run, size_t n, const char *baseline, bool pool,
			   const char *words)
{
	_cleanup_sides_ struct sides s = { 0 };
	struct err err = { 0 };

	assert_int_equal(sides_make(run, n, baseline, pool, &s, &err), -EINVAL);
	if (!strstr(err.msg, words))
		fail_msg("%s: it should say: %s", err.msg, words);
}

static struct view three_arms(const char *run)
{
	struct view v = view_named(run, "h");

	view_add_arm(&v, "stock", "1 2", NAN);
	view_add_arm(&v, "more", "3 4", NAN);
	view_add_arm(&v, "less", "5 6", NAN);
	return v;
}

static void the_arms_of_a_run_are_compared_with_its_first_or_another(void **state)
{
	_cleanup_view_ struct view v = three_arms("r");
	const struct sides_run run = { .view = &v };

	(void)state;
	expect_sides(&run, 1, NULL, false, "more/stock less/stock");
	expect_sides(&run, 1, "more", false, "stock/more less/more");
	expect_refusal(&run, 1, "mroe", false,
		       "there is no 'mroe' to compare with, but stock, more, less");
}

static void runs_are_compared_arm_by_arm_of_one_name(void **state)
{
	_cleanup_view_ struct view one = three_arms("r1"), two = view_named("r2", "h");
	const struct sides_run run[] = { { .view = &one }, { .label = "b", .view = &two } };

	(void)state;
	view_add_arm(&two, "less", "1", NAN);
	view_add_arm(&two, "stock", "1", NAN);
	expect_sides(run, 2, NULL, false, "b:stock/1:stock b:less/1:less");
	expect_sides(run, 2, "b", false, "1:less/b:less 1:stock/b:stock");
	expect_refusal(run, 2, "c", false, "no run 'c'");
}

static void arms_that_are_named_are_compared_with_the_first_of_them(void **state)
{
	_cleanup_view_ struct view one = three_arms("r1"), two = three_arms("r2");
	const struct sides_run named[] = { { .arm = "more", .view = &one },
					   { .label = "new", .arm = "less", .view = &two } },
			       mixed[] = { { .arm = "more", .view = &one }, { .view = &two } },
			       twice[] = { { .arm = "more", .view = &one },
					   { .arm = "more", .view = &one } },
			       within[] = { { .arm = "more", .view = &one },
					    { .arm = "less", .view = &one } },
			       none[] = { { .arm = "nope", .view = &one } },
			       lonely[] = { { .arm = "more", .view = &one } };

	(void)state;
	expect_sides(named, 2, NULL, false, "new/1:more");
	expect_sides(mixed, 2, NULL, false, "2:stock/1:more 2:more/1:more 2:less/1:more");
	expect_sides(within, 2, NULL, false, "less/more");
	expect_refusal(twice, 2, NULL, false, "arm 'more' of run r1 is named twice");
	expect_refusal(none, 1, NULL, false, "run r1 has no arm 'nope': it has stock, more, less");
	expect_refusal(lonely, 1, NULL, false, "one arm, 'more', and nothing to compare it with");
}

static void runs_of_one_arm_each_are_compared_whatever_it_is_called(void **state)
{
	_cleanup_view_ struct view one = view_named("r1", "h"), two = view_named("r2", "h"),
				   three = three_arms("r3");
	const struct sides_run run[] = { { .view = &one }, { .view = &two } },
			       other[] = { { .view = &one }, { .view = &three } };

	(void)state;
	view_add_arm(&one, "6.1", "1", NAN);
	view_add_arm(&two, "6.12", "1", NAN);
	expect_sides(run, 2, NULL, false, "2:6.12/1:6.1");
	expect_refusal(other, 2, NULL, false, "r1 has 6.1, r3 has stock, more, less");
}

static void only_like_is_pooled_with_like(void **state)
{
	_cleanup_view_ struct view one = three_arms("r1"), two = three_arms("r2");
	const struct sides_run run[] = { { .view = &one }, { .view = &two } };

	(void)state;
	expect_refusal(run, 2, NULL, true, "the plan of run r1 does not say its settings");
	for (size_t i = 0; i < 3; i++) {
		one.arm[i].settings = json_pack("{s:{s:i}}", "guest", "vcpus", 2);
		two.arm[i].settings = json_pack("{s:{s:i}}", "guest", "vcpus", 2);
	}
	expect_sides(run, 2, NULL, true, "more/stock less/stock");
	expect_sides(run, 2, "less", true, "stock/less more/less");
	json_object_set_new(json_object_get(two.arm[1].settings, "guest"), "vcpus",
			    json_integer(4));
	expect_refusal(run, 2, NULL, true,
		       "arm 'more' of r1 and of r2 cannot be pooled, they differ: guest.vcpus 2 -> "
		       "4");
	strv_add(&one.arm[0].kernels, "6.1");
	strv_add(&two.arm[0].kernels, "6.12");
	expect_refusal(run, 2, NULL, true, "kernel 6.1 -> 6.12");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		test(a_comparison_reads_as_it_should),
		test(hostile_names_stay_text_within_80_columns),
		test(the_arms_of_a_run_are_compared_with_its_first_or_another),
		test(runs_are_compared_arm_by_arm_of_one_name),
		test(arms_that_are_named_are_compared_with_the_first_of_them),
		test(runs_of_one_arm_each_are_compared_whatever_it_is_called),
		test(only_like_is_pooled_with_like),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
