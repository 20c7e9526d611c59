/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The reports of the fixtures, byte for byte. KERNSOAK_BLESS=1 writes the goldens anew. */
#include "unit.h"

#include <fcntl.h>
#include <math.h>

#include "base/fs.h"
#include "golden.h"
#include "report/columns.h"
#include "report/figure.h"
#include "report/json.h"
#include "report/page.h"
#include "report/tables.h"
#include "report/text.h"
#include "views.h"

#define FIXTURE "tests/runs/20261121-142233-fib-rebalance"
#define TORN    "tests/runs/20261121-150000-torn"

static void text_golden(const char *run, struct text_style style, const char *name)
{
	_cleanup_view_ struct view v = { 0 };
	_cleanup_buf_ struct buf out = BUF_INIT;

	view_of_run(run, &v);
	text_report(&v, &style, &out);
	same_as_golden(name, &out);
}

static void the_report_of_a_run_reads_as_it_should(void **state)
{
	(void)state;
	text_golden(FIXTURE, (struct text_style){ .width = 80, .utf8 = true },
		    "report-fib-rebalance.txt");
}

static void in_ascii_too(void **state)
{
	(void)state;
	text_golden(FIXTURE, (struct text_style){ .width = 80 }, "report-fib-rebalance-ascii.txt");
}

static void and_of_a_run_that_was_torn_apart(void **state)
{
	(void)state;
	text_golden(TORN, (struct text_style){ .width = 80, .utf8 = true }, "report-torn.txt");
}

static void json_golden(const char *run, const char *name)
{
	_cleanup_view_ struct view v = { 0 };
	_cleanup_json_ json_t *o = NULL;
	_cleanup_free_
	char *text = NULL;
	struct buf out = BUF_INIT;

	view_of_run(run, &v);
	o = json_report(&v);
	text = json_dumps(o, JSON_INDENT(2) | JSON_REAL_PRECISION(9));
	buf_printf(&out, "%s\n", text);
	same_as_golden(name, &out);
	buf_done(&out);
}

static void the_same_as_json(void **state)
{
	(void)state;
	json_golden(FIXTURE, "report-fib-rebalance.json");
	json_golden(TORN, "report-torn.json");
}

static void page_golden(uint64_t trial, const char *name)
{
	const struct text_style style = { .width = 80, .utf8 = true };
	_cleanup_run_dir_ struct run_dir run = RUN_DIR_INIT;
	_cleanup_buf_ struct buf out = BUF_INIT;
	struct err err = { 0 };

	assert_ok(run_dir_open(".", FIXTURE, &run, &err));
	assert_ok(page_trial(&run, trial, &style, NULL, &out, &err));
	same_as_golden(name, &out);
}

static void a_trials_page_marks_the_guilty_line(void **state)
{
	(void)state;
	page_golden(1, "show-crash.txt");
}

static void a_page_without_a_crash_is_short(void **state)
{
	(void)state;
	page_golden(2, "show-survived.txt");
}

/* Poisson's interval for 3 events is [0.6187, 8.767]. */
static void what_ended_no_trial_has_a_rate_per_work_and_per_hour(void **state)
{
	struct view_arm some = { .name = "some", .unit = "deletions", .seen = 3, .counted = 1 },
			none = { .name = "none", .unit = "deletions", .counted = 1 };
	const struct view_arm *const both[] = { &some, &none };
	_cleanup_buf_ struct buf out = BUF_INIT;

	(void)state;
	some.work.expo.total_time = none.work.expo.total_time = 50000;
	some.time.expo.total_time = none.time.expo.total_time = 3600;
	tables_seen(both, 2, 80, &out);
	assert_non_null(strstr(buf_str(&out), "per 100,000 deletions"));
	assert_non_null(strstr(buf_str(&out), "some     3  6.0 [1.2, 17.5]"));
	assert_non_null(strstr(buf_str(&out), "3.0 [0.62, 8.8]"));
	assert_non_null(strstr(buf_str(&out), "none     0  0 [0, 7.4]"));
	buf_clear(&out);
	some.outcome[OUTCOME_FAILED] = 3; /* each ended its trial: the MTTF says it all */
	tables_seen(both, 2, 80, &out);
	assert_int_equal(out.len, 0);
}

/* Nothing of the guest's that could drive a terminal: escapes, bells, direction overrides. */
static void only_harmless(const struct buf *b)
{
	for (size_t i = 0; i < b->len; i++) {
		unsigned char c = (unsigned char)b->data[i];

		if ((c < 0x20 && c != '\n') || c == 0x7f)
			fail_msg("byte %#x at %zu: %.40s", c, i, b->data + i);
	}
	assert_null(strstr(buf_str(b), "\xe2\x80\xae"));
}

static void hostile_guest_text_stays_text(void **state)
{
	const struct text_style style = { .width = 80, .utf8 = true };
	_cleanup_run_dir_ struct run_dir run = RUN_DIR_INIT;
	_cleanup_buf_ struct buf out = BUF_INIT;
	_cleanup_view_ struct view v = { 0 };
	struct err err = { 0 };

	(void)state;
	assert_ok(run_dir_open(".", FIXTURE, &run, &err));
	assert_ok(view_load(&run, &v, &err));
	text_report(&v, &style, &out);
	assert_non_null(strstr(buf_str(&out), "kernel BUG at \\x1b]0;owned\\x07"));
	only_harmless(&out);
	buf_clear(&out);
	assert_ok(page_trial(&run, 5, &style, NULL, &out, &err));
	assert_non_null(strstr(buf_str(&out), "> [    1.000001] RIP: 0010:\\x1b[31mred+0x1/0x2"));
	only_harmless(&out);
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

/* The worst that a scenario may ask for, at the usual width. */
static void long_names_and_large_figures_fit_80_columns(void **state)
{
	const struct text_style style = { .width = 80, .utf8 = true };
	_cleanup_view_ struct view v = { 0 };
	_cleanup_buf_ struct buf out = BUF_INIT;

	(void)state;
	view_of_run(FIXTURE, &v);
	memset(v.arm[0].name, 'x', sizeof(v.arm[0].name) - 1);
	memset(v.bucket[0].first.title, 'y', sizeof(v.bucket[0].first.title) - 1);
	text_report(&v, &style, &out);
	assert_in_range(widest(&out), 60, 80);
}

static void headings_are_bold_only_where_colour_is_wanted(void **state)
{
	struct text_style style = { .width = 80, .utf8 = true, .color = true };
	_cleanup_view_ struct view v = { 0 };
	_cleanup_buf_ struct buf out = BUF_INIT;

	(void)state;
	view_of_run(FIXTURE, &v);
	text_report(&v, &style, &out);
	assert_non_null(strstr(buf_str(&out), "\033[1mCrashes"));
	style.color = false;
	buf_clear(&out);
	text_report(&v, &style, &out);
	assert_null(strchr(buf_str(&out), '\033'));
}

static void expect_figure(double v, const char *want)
{
	_cleanup_buf_ struct buf b = BUF_INIT;

	figure_scaled(&b, v, scale_of_seconds(v));
	assert_string_equal(buf_str(&b), want);
}

static void seconds_are_told_in_the_unit_that_reads_best(void **state)
{
	(void)state;
	expect_figure(0, "0 s");
	expect_figure(0.0004, "400 us");
	expect_figure(0.25, "250 ms");
	expect_figure(5.14, "5.1 s");
	expect_figure(180, "180 s");
	expect_figure(3600, "60.0 min");
	expect_figure(43 * 3600.0, "43.0 h");
	expect_figure(30 * 86400.0, "30.0 d");
	expect_figure(NAN, "- s");
}

static void a_table_aligns_by_columns_not_by_bytes(void **state)
{
	_cleanup_columns_ struct columns c = { .n = 2, .right = 2 };
	_cleanup_buf_ struct buf out = BUF_INIT;

	(void)state;
	columns_add(&c, "Schlüssel");
	columns_add(&c, "1");
	columns_add(&c, "b");
	columns_add(&c, "100");
	columns_print(&c, &out);
	assert_string_equal(buf_str(&out), "Schlüssel    1\nb          100\n");
}

static void text_is_cut_between_characters(void **state)
{
	_cleanup_buf_ struct buf out = BUF_INIT;

	(void)state;
	shortened(&out, "äöü", 3);
	assert_string_equal(buf_str(&out), "äöü");
	buf_clear(&out);
	shortened(&out, "äöüß", 3);
	assert_string_equal(buf_str(&out), "äö~");
}

static void a_paragraph_breaks_at_spaces(void **state)
{
	_cleanup_buf_ struct buf out = BUF_INIT;

	(void)state;
	paragraph_print("one two three averyveryverylongword four", 10, 2, &out);
	assert_string_equal(buf_str(&out), "one two\n  three\n  averyveryverylongword\n  four\n");
}

static void a_table_of_more_columns_than_bits_is_aligned_to_its_end(void **state)
{
	_cleanup_columns_ struct columns c = { .n = 70, .right = ~UINT64_C(1) };
	_cleanup_buf_ struct buf got = BUF_INIT, want = BUF_INIT;

	(void)state;
	for (size_t i = 0; i < 2 * c.n; i++)
		columns_add(&c, i < c.n ? "head" : "1");
	columns_print(&c, &got);
	buf_puts(&want, "1   ");
	for (size_t i = 1; i < c.n; i++)
		buf_puts(&want, "     1");
	buf_putc(&want, '\n');
	assert_string_equal(strchr(buf_str(&got), '\n') + 1, buf_str(&want));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		test(a_table_of_more_columns_than_bits_is_aligned_to_its_end),
		test(the_report_of_a_run_reads_as_it_should),
		test(in_ascii_too),
		test(and_of_a_run_that_was_torn_apart),
		test(the_same_as_json),
		test(a_trials_page_marks_the_guilty_line),
		test(a_page_without_a_crash_is_short),
		test(what_ended_no_trial_has_a_rate_per_work_and_per_hour),
		test(hostile_guest_text_stays_text),
		test(long_names_and_large_figures_fit_80_columns),
		test(headings_are_bold_only_where_colour_is_wanted),
		test(seconds_are_told_in_the_unit_that_reads_best),
		test(a_table_aligns_by_columns_not_by_bytes),
		test(text_is_cut_between_characters),
		test(a_paragraph_breaks_at_spaces),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
