/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The sieve against the plainest search there is, and the three ways of the matcher against one
 * another. */
#include "unit.h"

#include "base/buf.h"
#include "base/rng.h"
#include "detect/match.h"
#include "detect/sieve.h"

static const char *const literals[] = {
	"BUG: ", "BUG: KASAN: ", "Oops", "lock up", "soft lockup", "[#1]", "x{~}", "WARNING: CPU: ",
};

/* The same and one that never occurs, but is too short for a sieve. */
static const char *const with_short[] = {
	"BUG: ", "BUG: KASAN: ", "Oops",           "lock up", "soft lockup",
	"[#1]",  "x{~}",         "WARNING: CPU: ", "\1",
};

static const char *const pieces[] = {
	"BUG:",
	"BUG: ",
	"KASAN: ",
	"Oop",
	"Oops",
	"lock ",
	"up",
	"soft lock",
	"[#1",
	"]",
	"x{~",
	"}",
	"WARNING: ",
	"CPU: ",
	"CPU",
	"\n",
	"\xc3",
	"\r\n",
	" a ",
	"\t",
	"\n",
	"\n",
	"usb 1-1: new high-speed device number 4 using xhci_hcd\n",
};

static bool is_control(char c)
{
	return ((unsigned char)c < 0x20 && !strchr("\n\r\t", c)) || !c || c == 0x7f;
}

/* Does a literal or a control byte stand in these bytes? */
static bool holds(const char *p, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (is_control(p[i]))
			return true;
		for (size_t j = 0; j < ARRAY_SIZE(literals); j++)
			if (n - i >= strlen(literals[j]) &&
			    memcmp(p + i, literals[j], strlen(literals[j])) == 0)
				return true;
	}
	return false;
}

/* The start of the line that stands around p + at. */
static size_t line_start(const char *p, size_t at)
{
	const char *nl = memrchr(p, '\n', at);

	return nl ? (size_t)(nl + 1 - p) : 0;
}

/* Nothing stands in the lines before the place, and in its line something does. */
static void right(const char *p, size_t n, size_t found)
{
	size_t start, end;
	const char *nl;

	if (found == n) {
		assert_false(holds(p, n));
		return;
	}
	start = line_start(p, found);
	nl = memchr(p + found, '\n', n - found);
	end = nl ? (size_t)(nl - p) : n;
	assert_false(holds(p, start));
	assert_true(holds(p + start, end - start));
}

/* Up to 200 bytes of pieces, in a room of its own that ends where they end. */
static char *random_text(struct rng *rng, size_t *ret_n)
{
	_cleanup_buf_ struct buf b = BUF_INIT;
	size_t want = rng_below(rng, 200);
	char *text;

	while (b.len < want) {
		if (rng_below(rng, 150) == 0)
			buf_putc(&b, (char)rng_below(rng, 256));
		else
			buf_puts(&b, pieces[rng_below(rng, ARRAY_SIZE(pieces))]);
	}
	*ret_n = MIN(b.len, want);
	text = xmalloc(*ret_n + 1);
	memcpy(text + 1, buf_str(&b), *ret_n);
	return text; /* odd address */
}

/* A sieve that looks at so many bytes at a time; this processor may only have narrower ones. */
static struct sieve *sieve_of(void **state)
{
	struct sieve *s = sieve_new(literals, ARRAY_SIZE(literals), *(const size_t *)*state);

	if (!s)
		skip(); /* no AVX2 here */
	return s;
}

static void what_the_sieve_finds_is_there_and_what_is_there_it_finds(void **state)
{
	struct sieve *s = sieve_of(state);
	struct rng rng = rng_make(7);

	for (unsigned i = 0; i < 100000; i++) {
		size_t n;
		_cleanup_free_
		char *text = random_text(&rng, &n);
		const char *at = sieve_find(s, text + 1, n);

		right(text + 1, n, at ? (size_t)(at - text - 1) : n);
	}
	free(s);
}

static void a_literal_is_found_at_every_place_of_every_length_of_text(void **state)
{
	struct sieve *s = sieve_of(state);

	for (size_t i = 0; i < ARRAY_SIZE(literals); i++)
		for (size_t len = strlen(literals[i]), n = len; n < 150; n++)
			for (size_t at = 0; at + len <= n; at++) {
				_cleanup_free_
				char *text = xmalloc(n);
				const char *found;

				memset(text, 'a', n);
				memcpy(text + at, literals[i], len);
				found = sieve_find(s, text, n);
				assert_true(found >= text + at && found < text + at + len);
			}
	free(s);
}

static void a_set_that_does_not_suit_has_no_sieve(void **state)
{
	static const char *const is_short[] = { "BUG: ", "BUG" };
	static const char *const is_foreign[] = { "BUG: ", "caf\xc3\xa9" };

	(void)state;
	assert_null(sieve_new(is_short, 2, SIEVE_WIDEST));
	assert_null(sieve_new(is_foreign, 2, SIEVE_WIDEST));
	assert_null(sieve_new(is_short, 0, SIEVE_WIDEST));
	assert_null(sieve_new(literals, ARRAY_SIZE(literals), 16));
}

/* With a sieve, with Hyperscan alone, and with our automaton. */
static void every_way_of_matching_stops_in_the_same_line(void **state)
{
	struct err err = { 0 };
	size_t all = ARRAY_SIZE(literals);
	struct matcher *way[] = { matcher_new(literals, all, false, &err),
				  matcher_new(with_short, all + 1, false, &err),
				  matcher_new(literals, all, true, &err) };
	struct rng rng = rng_make(8);

	(void)state;
	for (unsigned i = 0; i < 20000; i++) {
		struct hits hits[ARRAY_SIZE(way)];
		size_t n;
		_cleanup_free_
		char *text = random_text(&rng, &n);

		for (size_t j = 0; j < ARRAY_SIZE(way); j++) {
			right(text + 1, n, matcher_benign(way[j], text + 1, n));
			matcher_run(way[j], text + 1, n, &hits[j]);
			hits[j].bit[0] &= 0xff; /* the short one aside */
			assert_memory_equal(&hits[j], &hits[0], sizeof(hits[j]));
		}
	}
	for (size_t j = 0; j < ARRAY_SIZE(way); j++)
		matcher_free(way[j]);
}

int main(void)
{
	static size_t narrow = 32, wide = SIEVE_WIDEST;
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_prestate(what_the_sieve_finds_is_there_and_what_is_there_it_finds,
					  &narrow),
		cmocka_unit_test_prestate(what_the_sieve_finds_is_there_and_what_is_there_it_finds,
					  &wide),
		cmocka_unit_test_prestate(a_literal_is_found_at_every_place_of_every_length_of_text,
					  &narrow),
		cmocka_unit_test_prestate(a_literal_is_found_at_every_place_of_every_length_of_text,
					  &wide),
		test(a_set_that_does_not_suit_has_no_sieve),
		test(every_way_of_matching_stops_in_the_same_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
