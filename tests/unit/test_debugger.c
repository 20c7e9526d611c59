/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What `kernsoak debug` and `crash` hand to a debugger. */
#include "unit.h"

#include "cmd/trial_ref.h"
#include "symbol/debug_info.h"

static void a_shell_takes_a_word_as_it_is(void **state)
{
	static const struct {
		const char *word, *want;
	} rows[] = {
		{ "/a/b-c_1.2+x", "/a/b-c_1.2+x" },
		{ "", "''" },
		{ "a b", "'a b'" },
		{ "it's", "'it'\\''s'" },
		{ "$x`", "'$x`'" },
		{ "a;b", "'a;b'" },
		{ "~", "'~'" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_buf_ struct buf out = BUF_INIT;

		shell_word(&out, rows[i].word);
		assert_string_equal(buf_str(&out), rows[i].want);
	}
}

/* build/tests/symbols: beside this program's folder. */
static char *symbols_file(const char *name)
{
	char self[4096];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);

	assert_true(n > 0);
	self[n] = 0;
	*strrchr(self, '/') = 0;
	return xasprintf("%s/../symbols/%s", self, name);
}

static void what_a_file_knows_is_seen(void **state)
{
	static const struct {
		const char *name;
		enum debug_info want;
	} rows[] = {
		{ "vmlinux", DEBUG_LINES },          { "zlib/vmlinux", DEBUG_LINES },
		{ "zlib-gnu/vmlinux", DEBUG_LINES }, { "no-lines/vmlinux", DEBUG_SYMBOLS },
		{ "stripped/vmlinux", DEBUG_NONE },  { "nothing", DEBUG_NONE },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_free_
		char *path = symbols_file(rows[i].name);

		assert_int_equal(debug_info_of(path), rows[i].want);
	}
	assert_int_equal(debug_info_of("/etc/passwd"), DEBUG_NONE);
	assert_int_equal(debug_info_of("/"), DEBUG_NONE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(a_shell_takes_a_word_as_it_is),
		test(what_a_file_knows_is_seen),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
