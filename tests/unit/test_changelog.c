/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "unit.h"

#include "image/changelog.h"

static const char text[] = "linux-signed-amd64 (6.1.192+1) bookworm-security; urgency=high\n"
			   "\n"
			   "  * Sign kernel from linux 6.1.192-1\n"
			   "\n"
			   " -- A <a@b>  Wed, 04 Nov 2026 17:51:20 +0100\n"
			   "\n"
			   "linux (6.1.192-1) bookworm-security; urgency=high\n"
			   "\n"
			   "  * New upstream stable update:\n"
			   "    https://example.org/ChangeLog-6.1.191\n"
			   "    - net: fix something in skb\n"
			   "    - ipv4: fib: say more\n"
			   "    - ipv4: avoid divide by zero in\n"
			   "      fib_rebalance (CVE-2026-1)\n"
			   "    - drm: prefib a prefix\n"
			   "\n"
			   " -- A <a@b>  Wed, 04 Nov 2026 17:51:20 +0100\n"
			   "\n"
			   "linux (6.1.190-1) bookworm; urgency=high\n"
			   "\n"
			   "  * fib_rebalance is older than that\n";

static size_t clues(struct clue *c)
{
	static const char *const function[] = { "fib_rebalance", "fib_create_info",
						"__x64_sys_sendmsg" };

	return changelog_clues(function, 3, NULL, 0, c);
}

static void dull_parts_of_names_are_no_clue(void **state)
{
	struct clue c[CLUES_MAX];
	size_t n = clues(c);

	(void)state;
	for (size_t i = 0; i < n; i++)
		if (strcmp(c[i].word, "sys") == 0 || strcmp(c[i].word, "sendmsg") == 0)
			fail_msg("%s is a clue", c[i].word);
}

static void the_entry_with_the_function_comes_first(void **state)
{
	_cleanup_strv_ struct strv found = { 0 };
	struct clue c[CLUES_MAX];
	size_t n = clues(c), all;

	(void)state;
	changelog_search(text, "6.1.190-1", c, n, 10, &found, &all);
	assert_int_equal(all, 2);
	assert_int_equal(found.n, 2);
	assert_string_equal(found.item[0],
			    "ipv4: avoid divide by zero in fib_rebalance (CVE-2026-1)");
	assert_string_equal(found.item[1], "ipv4: fib: say more");
}

static void entries_of_the_older_version_are_left_out(void **state)
{
	_cleanup_strv_ struct strv found = { 0 };
	struct clue c[CLUES_MAX];
	size_t n = clues(c), all;

	(void)state;
	changelog_search(text, "6.1.190-1~deb12u1", c, n, 1, &found, &all);
	assert_int_equal(all, 2);
	assert_int_equal(found.n, 1);
}

static void any_bytes_are_read_to_their_end(void **state)
{
	static const char *const odd[] = {
		"", "\n", "a (", "  * ", "linux ()\n  -", " -- \n  *x\n"
	};
	struct clue c[CLUES_MAX];
	size_t n = clues(c);

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(odd); i++) {
		_cleanup_strv_ struct strv found = { 0 };
		size_t all = 1;

		changelog_search(odd[i], "1", c, n, 10, &found, &all);
		assert_int_equal(all, 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(dull_parts_of_names_are_no_clue),
		test(the_entry_with_the_function_comes_first),
		test(entries_of_the_older_version_are_left_out),
		test(any_bytes_are_read_to_their_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
