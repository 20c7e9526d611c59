/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "unit.h"

#include <stdlib.h>

#include "report/markdown.h"
#include "report/text_more.h"
#include "run_folder.h"

#define FIXTURE "tests/runs/20261121-142233-fib-rebalance"

typedef void (*report_fn)(const struct dossier *d, struct buf *out);

static void put_more(const struct dossier *d, struct buf *out)
{
	const struct text_style style = { .width = 80 };

	text_more(d, &style, out);
}

static struct buf report_of(const char *path, report_fn report)
{
	_cleanup_run_dir_ struct run_dir run = RUN_DIR_INIT;
	_cleanup_view_ struct view v = { 0 };
	_cleanup_dossier_ struct dossier d = { 0 };
	struct dossier_run one = { .dir = &run, .view = &v };
	struct buf out = BUF_INIT;
	struct err err = { 0 };

	assert_ok(run_dir_open(".", path, &run, &err));
	assert_ok(view_load(&run, &v, &err));
	assert_ok(dossier_load(&one, 1, &d, &err));
	report(&d, &out);
	return out;
}

static struct buf report_made(const char *words, report_fn report)
{
	const char *arm[] = { words, "two" };
	char path[] = "/tmp/markdown-XXXXXX";
	struct buf out;

	assert_non_null(mkdtemp(path));
	run_folder_write(path, 12, arm, 2, words, 2);
	out = report_of(path, report);
	fs_remove_tree(AT_FDCWD, path, NULL);
	return out;
}

static void has(const struct buf *b, const char *text)
{
	if (!strstr(b->data, text))
		fail_msg("it lacks: %s", text);
}

static void the_verdict_is_bold_and_tables_are_tables(void **state)
{
	_cleanup_buf_ struct buf b = report_of(FIXTURE, markdown_report);

	(void)state;
	has(&b, "# fib-rebalance, run 20261121-142233-fib-rebalance\n\n**");
	has(&b, "\n| arm  | trials | failed | other |");
	has(&b, "\n| ---- | -----: | -----: | ----: |");
	has(&b, "\n| `divide error in fib_rebalance`          |      3 | ");
	has(&b, "\n> [    7.040213] RIP: 0010:fib_rebalance+0x128/0x1b0\n");
	has(&b, "- divide error in fib_rebalance: `kernsoak rerun ");
}

/* Every row of a table has as many cells as its headings: strokes that a guest wrote are escaped.
 */
static void rows_keep_their_cells_whatever_a_guest_writes(void **state)
{
	_cleanup_buf_ struct buf b =
		report_made("a|b `c``d` **e** [f](http://g) @h\n| i |", markdown_report);
	size_t wanted = 0, rows = 0;

	(void)state;
	for (char *rest = b.data, *line; (line = strsep(&rest, "\n"));) {
		size_t strokes = *line == '|';

		for (const char *s = line; strokes && *++s;)
			strokes += *s == '|' && s[-1] != '\\';
		if (wanted && strokes && strokes != wanted)
			fail_msg("%zu strokes and not %zu: %s", strokes, wanted, line);
		wanted = strokes;
		rows += strokes > 0;
	}
	assert_true(rows > 10);
}

static void a_fence_is_longer_than_what_a_guest_writes(void **state)
{
	_cleanup_buf_ struct buf b = report_made("```` </pre> ````", markdown_report);
	const char *open = strstr(b.data, "\n`````\n");

	(void)state;
	assert_non_null(open);
	assert_non_null(strstr(open + 3, "\n`````\n"));
}

static void nothing_of_a_guest_is_markup(void **state)
{
	_cleanup_buf_ struct buf b = report_made("**bold** <b> [x](http://y) @me", markdown_report);
	bool code = false;

	(void)state;
	has(&b, "`**bold** <b> [x](http://y) @me`");
	*strstr(b.data, "\nThe console of trial") = 0; /* in the fence it may stand as it is */
	for (const char *at = b.data; *at; at++) {
		code ^= *at == '`';
		if (!code && *at == '\\') {
			at++;
			continue;
		}
		if (!code && (str_after(at, " **bold") || str_after(at, " <b>") ||
			      str_after(at, "](") || str_after(at, " @me")))
			fail_msg("outside of code: %.40s", at);
	}
}

static void no_byte_drives_a_terminal(void **state)
{
	const report_fn report[] = { markdown_report, put_more };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(report); i++) {
		_cleanup_buf_ struct buf b = report_made(HOSTILE, report[i]);

		for (size_t k = 0; k < b.len; k++)
			if (((unsigned char)b.data[k] < 0x20 && b.data[k] != '\n') ||
			    b.data[k] == 0x7f)
				fail_msg("byte %02x at %zu", b.data[k], k);
		assert_null(strstr(b.data, "\342\200\256"));
	}
}

static void the_terminal_is_told_who_was_censored_and_how_to_have_it_again(void **state)
{
	_cleanup_buf_ struct buf b = report_of(FIXTURE, put_more);

	(void)state;
	has(&b, "\nCensored\nbad: 1 SURVIVED: ");
	has(&b, "\nAgain\n");
	has(&b, "    kernsoak rerun tests/runs/20261121-142233-fib-rebalance/1\n");
	assert_null(strstr(b.data, "cannot load module veth")); /* excluded: told before */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(the_verdict_is_bold_and_tables_are_tables),
		test(rows_keep_their_cells_whatever_a_guest_writes),
		test(a_fence_is_longer_than_what_a_guest_writes),
		test(nothing_of_a_guest_is_markup),
		test(no_byte_drives_a_terminal),
		test(the_terminal_is_told_who_was_censored_and_how_to_have_it_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
