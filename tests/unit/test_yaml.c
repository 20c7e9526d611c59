/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "unit.h"

#include <errno.h>
#include <time.h>

#include "base/buf.h"
#include "base/exit.h"
#include "model/yaml.h"

static struct trees *trees;

static int setup(void **state)
{
	(void)state;
	trees = trees_new();
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	trees = trees_free(trees);
	return 0;
}

static const struct node *parsed(const char *text)
{
	const struct node *n = NULL;
	struct err err = { 0 };

	assert_ok(tree_parse(trees, "x.yaml", text, strlen(text), &n, &err));
	return n;
}

static void assert_message(const void *text, size_t n, const char *want)
{
	const struct node *node = NULL;
	struct err err = { 0 };

	assert_int_equal(tree_parse(trees, "x.yaml", text, n, &node, &err), -EINVAL);
	assert_int_equal(err.exit_code, EXIT_BAD_SCENARIO);
	assert_null(node);
	assert_string_equal(err.msg, want);
}

static void assert_bad(const char *text, const char *want)
{
	assert_message(text, strlen(text), want);
}

static void every_node_knows_its_place(void **state)
{
	const struct node *n =
		parsed("# comment\nguest:\n  memory: 256MiB\n  list: [a, 'b']\nlast:\n");

	(void)state;
	assert_int_equal(n->kind, NODE_MAP);
	assert_int_equal(n->n, 2);
	assert_string_equal(tree_at(n, "guest.memory")->text, "256MiB");
	assert_int_equal(tree_at(n, "guest.memory")->line, 3);
	assert_int_equal(tree_at(n, "guest.memory")->column, 11);
	assert_int_equal(tree_at(n, "guest.list")->item[1].value->column, 13);
	assert_true(tree_at(n, "guest.list")->item[1].value->quoted);
	assert_int_equal(tree_get(n, "last")->key->line, 5);
	assert_int_equal(tree_at(n, "last")->kind, NODE_NULL);
	assert_null(tree_at(n, "guest.memory.more"));
	assert_null(tree_at(n, "nothing"));
}

static void only_plain_words_mean_nothing(void **state)
{
	const struct node *n = parsed("a: ~\nb: null\nc: '~'\nd: \"\"\ne: NULL\n");

	(void)state;
	assert_int_equal(tree_at(n, "a")->kind, NODE_NULL);
	assert_int_equal(tree_at(n, "b")->kind, NODE_NULL);
	assert_int_equal(tree_at(n, "c")->kind, NODE_SCALAR);
	assert_int_equal(tree_at(n, "d")->kind, NODE_SCALAR);
	assert_int_equal(tree_at(n, "e")->kind, NODE_SCALAR);
}

static void blocks_keep_their_lines(void **state)
{
	const struct node *n = parsed("script: |\n  one\n  \ttwo\nnext: 1\r\n");

	(void)state;
	assert_string_equal(tree_at(n, "script")->text, "one\n\ttwo\n");
	assert_string_equal(tree_at(n, "next")->text, "1");
}

static void an_empty_document_is_nothing(void **state)
{
	(void)state;
	assert_int_equal(parsed("")->kind, NODE_NULL);
	assert_int_equal(parsed("# only a comment\n")->kind, NODE_NULL);
	assert_int_equal(parsed("---\n")->kind, NODE_NULL);
	assert_int_equal(parsed("\xef\xbb\xbf# with a mark\n")->kind, NODE_NULL);
}

static void a_tab_is_named_as_what_it_is(void **state)
{
	(void)state;
	assert_bad("guest:\n\tmemory: 1\n",
		   "x.yaml:2:1: a tab where YAML wants spaces: indent with "
		   "spaces only\n  \tmemory: 1\n  ^");
	assert_bad("a: b\n  \tc: d\n", "x.yaml:2:3: a tab where YAML wants spaces: indent with "
				       "spaces only\n    \tc: d\n    ^");
}

static void a_key_twice_is_refused_in_every_map(void **state)
{
	(void)state;
	assert_bad("a: 1\nb: 2\na: 3\n", "x.yaml:3:1: the key 'a' is here twice; the first is in "
					 "line 1\n  a: 3\n  ^");
	assert_bad("x: {y: 1, y: 2}\n", "x.yaml:1:11: the key 'y' is here twice; the first is in "
					"line 1\n  x: {y: 1, y: 2}\n            ^");
}

static void what_yaml_has_besides_maps_and_lists_is_refused(void **state)
{
	(void)state;
	assert_bad("a: &x 1\n", "x.yaml:1:4: an anchor (&x): anchors and aliases are not accepted "
				"here; write the value again, or lay an arm or a profile over it\n"
				"  a: &x 1\n     ^");
	assert_bad("a: *x\n",
		   "x.yaml:1:4: an alias (*x): anchors and aliases are not accepted here; "
		   "text that begins with * needs quotes\n  a: *x\n     ^");
	assert_bad("a: !int 1\n",
		   "x.yaml:1:4: a tag (!int): tags are not accepted here; types come "
		   "from the keys\n  a: !int 1\n     ^");
	assert_bad("a: 1\n---\nb: 1\n",
		   "x.yaml:2:1: a second document: a scenario file holds one\n  ---\n  ^");
	assert_bad("%YAML 1.1\n---\na: 1\n",
		   "x.yaml:1:1: a directive (%YAML, %TAG): not accepted here\n  %YAML 1.1\n  ^");
	assert_bad("? [a]\n: b\n", "x.yaml:1:3: a key should be a word\n  ? [a]\n    ^");
	assert_bad("~: b\n", "x.yaml:1:1: a key should be a word\n  ~: b\n  ^");
}

static void a_bad_byte_has_a_line_and_a_column(void **state)
{
	static const char nul[] = "a: 1\nb: \0\n";

	(void)state;
	assert_bad("a: \xc3\xa9\nb: \xff\n",
		   "x.yaml:2:4: a byte that is not UTF-8 (0xff); write the "
		   "file as plain UTF-8\n  b: \\xff\n     ^");
	assert_message(nul, sizeof(nul) - 1,
		       "x.yaml:2:4: a NUL byte: this is no text file (0x00); "
		       "write the file as plain UTF-8\n  b: \\x00\n     ^");
	assert_bad("a: \033[31m\n",
		   "x.yaml:1:4: a control character (0x1b); write the file as plain "
		   "UTF-8\n  a: \\x1b[31m\n     ^");
	assert_bad("a: 1\rb: 2\n",
		   "x.yaml:1:5: a carriage return without a line feed (0x0d); write "
		   "the file as plain UTF-8\n  a: 1\\x0db: 2\n      ^");
}

/* Characters, not bytes: the caret stands under the second value whatever stands before it. */
static void the_caret_counts_characters(void **state)
{
	(void)state;
	assert_bad(
		"\xc3\xa4\xc3\xb6: {\xe2\x82\xac: *x}\n",
		"x.yaml:1:9: an alias (*x): anchors and aliases are not accepted here; text that "
		"begins with * needs quotes\n  \xc3\xa4\xc3\xb6: {\xe2\x82\xac: *x}\n          "
		"^");
}

static void a_long_line_is_cut_around_the_column(void **state)
{
	_cleanup_buf_ struct buf b = BUF_INIT;
	struct err err = { 0 };
	const struct node *n;
	const char *caret, *line;

	(void)state;
	buf_puts(&b, "a: [");
	for (int i = 0; i < 100000; i++)
		buf_puts(&b, "x, ");
	buf_puts(&b, "*alias, ");
	for (int i = 0; i < 1000; i++)
		buf_puts(&b, "y, ");
	assert_int_equal(tree_parse(trees, "x.yaml", b.data, b.len, &n, &err), -EINVAL);
	line = strchr(err.msg, '\n') + 1;
	caret = strchr(line, '\n') + 1;
	assert_true(strlen(line) < 250);
	assert_memory_equal(line + strcspn(caret, "^"), "*alias", 6);
	assert_memory_equal(line, "  ...", 5);
}

static void sixty_four_levels_are_enough(void **state)
{
	char deep[2 * 65 + 1];
	struct err err = { 0 };
	const struct node *n;

	(void)state;
	memset(deep, '[', 64);
	memset(deep + 64, ']', 64);
	assert_ok(tree_parse(trees, "x.yaml", deep, 128, &n, &err));
	memset(deep, '[', 65);
	memset(deep + 65, ']', 65);
	assert_int_equal(tree_parse(trees, "x.yaml", deep, 130, &n, &err), -EINVAL);
	assert_non_null(strstr(err.msg, "x.yaml:1:65: more than 64 levels deep"));
}

/* CPU time, since the machine may be busy; the real figure is some milliseconds. */
static void a_megabyte_of_anything_is_answered_fast(void **state)
{
	static const char *const patterns[] = { "[",     "{",   "- ",  "? ",  "a: ", "[a, ",
						"'",     "\"",  "&a ", "|\n", "#\n", "{a: 1}, ",
						"- a\n", "a\n", "!a ", "[]\n" };

	(void)state;
	for (size_t i = 0; i < sizeof(patterns) / sizeof(*patterns); i++) {
		_cleanup_buf_ struct buf b = BUF_INIT;
		struct err err = { 0 };
		const struct node *n;
		const clock_t begin = clock();

		while (b.len + strlen(patterns[i]) <= TREE_MAX_BYTES)
			buf_puts(&b, patterns[i]);
		(void)tree_parse(trees, "x.yaml", b.data, b.len, &n, &err);
		if (clock() - begin > 4 * CLOCKS_PER_SEC)
			fail_msg("1 MiB of \"%s\" takes longer than 4 s", patterns[i]);
	}
}

static void more_than_a_megabyte_or_512_keys_is_refused(void **state)
{
	_cleanup_buf_ struct buf b = BUF_INIT;
	struct err err = { 0 };
	const struct node *n;

	(void)state;
	for (int i = 0; i < 513; i++)
		buf_printf(&b, "k%d: 1\n", i);
	assert_int_equal(tree_parse(trees, "x.yaml", b.data, b.len, &n, &err), -EINVAL);
	assert_non_null(strstr(err.msg, "x.yaml:513:1: more than 512 keys in one map"));
	while (b.len <= TREE_MAX_BYTES)
		buf_puts(&b, "# filler\n");
	assert_int_equal(tree_parse(trees, "x.yaml", b.data, b.len, &n, &err), -EFBIG);
	assert_int_equal(err.exit_code, EXIT_BAD_SCENARIO);
}

static void broken_yaml_says_where_it_began(void **state)
{
	(void)state;
	assert_bad("a:\n  - [1, 2\nb: 1\n",
		   "x.yaml:3:2: this is no YAML: did not find expected ',' or ']', while parsing a "
		   "flow sequence that begins in line 2\n  b: 1\n   ^");
}

static void maps_merge_and_everything_else_replaces(void **state)
{
	const struct node *m = tree_merge(trees, parsed("a: {x: 1, y: {z: 2}}\nl: [1, 2]\ns: t\n"),
					  parsed("a: {y: {w: 3}, v: 4}\nl: [3]\ns:\nn: 5\n"));

	(void)state;
	assert_string_equal(tree_at(m, "a.x")->text, "1");
	assert_string_equal(tree_at(m, "a.y.z")->text, "2");
	assert_string_equal(tree_at(m, "a.y.w")->text, "3");
	assert_string_equal(tree_at(m, "a.v")->text, "4");
	assert_int_equal(tree_at(m, "l")->n, 1);
	assert_int_equal(tree_at(m, "s")->kind, NODE_NULL);
	assert_string_equal(tree_at(m, "n")->text, "5");
	assert_int_equal(m->n, 4);
}

static void a_merged_value_points_at_the_file_that_set_it(void **state)
{
	const struct node *over = NULL, *m;
	struct err err = { 0 };

	(void)state;
	assert_ok(tree_parse(trees, "over.yaml", "\n\na: {y: 2}\n", 11, &over, &err));
	m = tree_merge(trees, parsed("a: {x: 1, y: 1}\n"), over);
	assert_string_equal(tree_at(m, "a.y")->source->name, "over.yaml");
	assert_int_equal(tree_at(m, "a.y")->line, 3);
	assert_string_equal(tree_at(m, "a.x")->source->name, "x.yaml");
}

static bool leaf(const char *path)
{
	return str_eq(path, "guest.sysctl");
}

static const struct node *setting(const char *text)
{
	const struct node *n = NULL;
	struct err err = { 0 };

	assert_ok(tree_parse_setting(trees, text, leaf, &n, &err));
	return n;
}

static void a_setting_is_a_path_and_a_value(void **state)
{
	const struct node *n = setting("guest.memory=512MiB");

	(void)state;
	assert_string_equal(tree_at(n, "guest.memory")->text, "512MiB");
	assert_int_equal(tree_at(n, "guest.memory")->column, 14);
	assert_int_equal(tree_get(tree_at(n, "guest"), "memory")->key->column, 7);
	n = setting("arms.\"6.1.0-54\".kernel=a=b");
	assert_string_equal(
		tree_at(tree_get(tree_at(n, "arms"), "6.1.0-54")->value, "kernel")->text, "a=b");
	n = setting("guest.sysctl.vm.swappiness=10");
	assert_string_equal(tree_get(tree_at(n, "guest.sysctl"), "vm.swappiness")->value->text,
			    "10");
	n = setting("fail.target={class: [a, b], frames: c}");
	assert_int_equal(tree_at(n, "fail.target.class")->n, 2);
	assert_int_equal(tree_at(setting("stop="), "stop")->kind, NODE_NULL);
}

static void a_bad_setting_is_shown_as_it_was_given(void **state)
{
	static const char *const bad[] = { "",
					   "=",
					   "a",
					   "a.=1",
					   ".a=1",
					   "a..b=1",
					   "\"a=1",
					   "\"\"=1",
					   "\"a\"b=1",
					   "a.b.c.d.e.f.g.h.i=1",
					   "a=[",
					   "a=*x",
					   "a=\t\n\tb: 1",
					   "a=\xff" };

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		const struct node *n = NULL;
		struct err err = { 0 };

		if (tree_parse_setting(trees, bad[i], leaf, &n, &err) >= 0)
			fail_msg("accepted: %s", bad[i]);
		assert_memory_equal(err.msg, "--set ", 6);
		assert_int_equal(err.exit_code, EXIT_BAD_SCENARIO);
	}
}

int main(void)
{
#define with_trees(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		with_trees(every_node_knows_its_place),
		with_trees(only_plain_words_mean_nothing),
		with_trees(blocks_keep_their_lines),
		with_trees(an_empty_document_is_nothing),
		with_trees(a_tab_is_named_as_what_it_is),
		with_trees(a_key_twice_is_refused_in_every_map),
		with_trees(what_yaml_has_besides_maps_and_lists_is_refused),
		with_trees(a_bad_byte_has_a_line_and_a_column),
		with_trees(the_caret_counts_characters),
		with_trees(a_long_line_is_cut_around_the_column),
		with_trees(sixty_four_levels_are_enough),
		with_trees(a_megabyte_of_anything_is_answered_fast),
		with_trees(more_than_a_megabyte_or_512_keys_is_refused),
		with_trees(broken_yaml_says_where_it_began),
		with_trees(maps_merge_and_everything_else_replaces),
		with_trees(a_merged_value_points_at_the_file_that_set_it),
		with_trees(a_setting_is_a_path_and_a_value),
		with_trees(a_bad_setting_is_shown_as_it_was_given),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
