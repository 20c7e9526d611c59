/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "unit.h"

#include <fcntl.h>

#include "base/sha256.h"

static void assert_sum(const char *text, size_t times, const char *want)
{
	char hex[SHA256_HEX];
	struct sha256 s;

	sha256_init(&s);
	while (times--)
		sha256_add(&s, text, strlen(text));
	sha256_hex(&s, hex);
	assert_string_equal(hex, want);
}

/* FIPS 180-2, appendix B, and the empty message. */
static void the_published_sums_come_out(void **state)
{
	(void)state;
	assert_sum("", 1, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
	assert_sum("abc", 1, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	assert_sum("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 1,
		   "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
	assert_sum("a", 1000000,
		   "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

static void how_the_bytes_are_cut_does_not_matter(void **state)
{
	char text[200], whole[SHA256_HEX], cut[SHA256_HEX];
	struct sha256 s;

	(void)state;
	memset(text, 'x', sizeof(text));
	sha256_init(&s);
	sha256_add(&s, text, sizeof(text));
	sha256_hex(&s, whole);
	for (size_t at = 0; at <= sizeof(text); at++) {
		sha256_init(&s);
		sha256_add(&s, text, at);
		sha256_add(&s, text + at, sizeof(text) - at);
		sha256_hex(&s, cut);
		assert_string_equal(cut, whole);
	}
}

static void a_file_that_is_not_there_is_named(void **state)
{
	char hex[SHA256_HEX];
	struct err err = { 0 };

	(void)state;
	assert_true(sha256_file(AT_FDCWD, "/nonexistent/file", hex, &err) < 0);
	assert_non_null(strstr(err.msg, "/nonexistent/file"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(the_published_sums_come_out),
		test(how_the_bytes_are_cut_does_not_matter),
		test(a_file_that_is_not_there_is_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
