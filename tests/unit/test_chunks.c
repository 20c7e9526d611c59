/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Every chunking of a log gives the same output: for each fixture as it is and as consoles mangle
 * it, byte by byte, in steps, and in drawn chunks; cuts fall into escapes, characters of several
 * bytes, and line ends alike.
 */
#include "unit.h"

#include <fcntl.h>

#include "base/fs.h"
#include "base/rng.h"
#include "base/str.h"
#include "detect/detector.h"

/* How a line of a log comes out of a console: before, between and behind. */
struct mutation {
	const char *name, *before, *end;
	bool quiet_around, nul; /* benign text before and behind, so that the fast lane is used; a
				   NUL behind `before` */
};

static const struct mutation mutations[] = {
	{ "as it is", "", "\n" },
	{ "in benign text", "", "\n", true },
	{ "\\r\\n", "", "\r\n", true },
	{ "\\r\\r\\n", "", "\r\r\n" },
	{ "coloured", "\033[1;31m", "\033[0m\r\n", true },
	{ "titles and charsets", "\033]0;caf\xc3\xa9\033\\\033(B", "\033[K\n" },
	{ "characters of several bytes", "\xe2\x82\xac\xf0\x9f\x98\x80", " \xc3\xbc\n" },
	{ "noise", "\x01\x7f", "\b\n", false, true },
	{ "a progress bar", " 10%\r 99%\r", "\n" },
	{ "levels", "<4>", "\n", true },
	{ "torn escapes", "", "\033[\n" },
};

static void write_down(void *arg, enum sighting_phase phase, uint64_t serial,
		       const struct sighting *s)
{
	_cleanup_json_ json_t *o = sighting_to_json(s);
	_cleanup_free_
	char *text = json_dumps(o, JSON_COMPACT);

	buf_printf(arg, "%d %llu %s\n", phase, (unsigned long long)serial, text);
}

static void quiet(struct buf *out, const struct mutation *m)
{
	for (unsigned i = 0; i < 300; i++)
		buf_printf(out, "[%5u.%06u] usb 1-1: new high-speed USB device number %u%s", i,
			   i * 7919, i % 120, m->end);
}

static void mutate(const char *log, const struct mutation *m, struct buf *out)
{
	if (m->quiet_around)
		quiet(out, m);
	while (*log) {
		const char *nl = strchrnul(log, '\n');

		buf_append(out, m->before, strlen(m->before) + m->nul);
		buf_append(out, log, (size_t)(nl - log));
		buf_puts(out, m->end);
		log = nl + (*nl == '\n');
	}
	if (m->quiet_around)
		quiet(out, m);
}

/* Chunks of `step` bytes; 0: of 1 to 2 * spread bytes, as rng draws. */
static void feed(const struct buf *log, size_t step, struct rng *rng, struct buf *out)
{
	static const size_t spreads[] = { 3, 40, 700, 9000 };
	struct err err = { 0 };
	struct detector *d = detector_new(write_down, out, &err);
	size_t spread = step ? 0 : spreads[rng_below(rng, ARRAY_SIZE(spreads))];

	assert_non_null(d);
	for (size_t at = 0, n; at < log->len; at += n) {
		n = step ? step : 1 + rng_below(rng, 2 * spread);
		n = MIN(n, log->len - at);
		detector_feed(d, log->data + at, n, TIME_NEVER);
	}
	detector_finish(d);
	detector_free(d);
}

static void check(const char *path, const char *log, const struct mutation *m, struct rng *rng)
{
	static const size_t steps[] = { 1, 2, 64, 511, 512, 4096, 0, 0, 0 };
	_cleanup_buf_ struct buf bytes = BUF_INIT, whole = BUF_INIT;

	mutate(log, m, &bytes);
	feed(&bytes, SIZE_MAX, rng, &whole);
	for (size_t i = 0; i < ARRAY_SIZE(steps); i++) {
		_cleanup_buf_ struct buf got = BUF_INIT;

		feed(&bytes, steps[i], rng, &got);
		if (!str_eq(buf_str(&got), buf_str(&whole)))
			fail_msg("%s, %s: chunks of %zu (0: drawn) tell:\n%sthe whole:\n%s", path,
				 m->name, steps[i], buf_str(&got), buf_str(&whole));
	}
}

static void every_chunking_of_every_fixture_gives_the_same_output(void **state)
{
	static const char *const kernels[] = { "6.1", "6.12" };
	struct rng rng = rng_make(11);
	struct err err = { 0 };

	(void)state;
	for (size_t k = 0; k < ARRAY_SIZE(kernels); k++) {
		_cleanup_free_
		char *dir = xasprintf("tests/corpus/linux-%s", kernels[k]);
		_cleanup_strv_ struct strv names = { 0 };

		assert_ok(fs_list(AT_FDCWD, dir, &names, &err));
		assert_true(names.n > 0);
		for (size_t i = 0; i < names.n; i++) {
			_cleanup_free_
			char *path = xasprintf("%s/%s", dir, names.item[i]);
			_cleanup_buf_ struct buf file = BUF_INIT;
			const char *log;

			assert_ok(fs_read(AT_FDCWD, path, 1 << 24, &file, &err));
			log = strstr(buf_str(&file), "\n\n");
			assert_non_null(log);
			/* each fixture as it is and in one way of many, so that it takes seconds */
			check(path, log + 2, &mutations[0], &rng);
			check(path, log + 2, &mutations[1 + i % (ARRAY_SIZE(mutations) - 1)], &rng);
		}
	}
}

/* One with everything in it, in every way. */
static void every_way_of_mangling_is_chunked_alike(void **state)
{
	static const char *const names[] = { "6.1/divide", "6.12/recurse", "6.1/two" };
	struct rng rng = rng_make(12);
	struct err err = { 0 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		_cleanup_free_
		char *path = xasprintf("tests/corpus/linux-%s", names[i]);
		_cleanup_buf_ struct buf file = BUF_INIT;

		assert_ok(fs_read(AT_FDCWD, path, 1 << 24, &file, &err));
		for (size_t j = 0; j < ARRAY_SIZE(mutations); j++)
			check(path, strstr(buf_str(&file), "\n\n") + 2, &mutations[j], &rng);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(every_chunking_of_every_fixture_gives_the_same_output),
		test(every_way_of_mangling_is_chunked_alike),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
