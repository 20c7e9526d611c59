/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Any bytes as a scenario: an answer or a complaint, never a crash; what is accepted must survive
 * its own JSON. Bytes up to a first line "--set ..." or "--profile ..." are the command line.
 *
 * As it stands it replays the files named. For libFuzzer: clang -fsanitize=fuzzer,address,undefined
 * -DKERNSOAK_LIBFUZZER -D_GNU_SOURCE -Iharness, this file, every .c of harness/base and
 * harness/model, -lyaml -ljansson -lm; run it with -max_len=8192 on a copy of the seeds.
 */
#include <assert.h>
#include <fcntl.h>
#include <stdio.h>

#include "base/fs.h"
#include "fuzz.h"
#include "model/plan.h"
#include "model/scenario.h"

static void check_accepted(const struct scenario *sc)
{
	assert(sc->n_arms >= 1 && *sc->name);
	for (size_t i = 0; i < sc->n_arms; i++) {
		json_t *j = settings_to_json(&sc->arm[i].settings), *again;
		struct settings back;
		struct err err = { 0 };

		if (settings_from_json(j, &back, &err) < 0) {
			fprintf(stderr, "its own JSON is refused: %s\n", err.msg);
			abort();
		}
		again = settings_to_json(&back);
		assert(json_equal(j, again));
		json_decref(j);
		json_decref(again);
		settings_done(&back);
	}
}

/* A complaint has a place, fits the struct, and can be printed on a terminal. */
static void check_complaint(const struct err *err)
{
	assert(err->code > 0 && err->exit_code == 65 && strchr(err->msg, ':'));
	for (const char *s = err->msg; *s; s++)
		assert((unsigned char)*s >= 0x20 || *s == '\n' || *s == '\t');
}

/* The next line of the input where it begins with `option`; the caller frees. */
static char *option(const char **text, const char *end, const char *word)
{
	const size_t n = strlen(word);
	const char *stop;
	char *r;

	if ((size_t)(end - *text) < n || memcmp(*text, word, n) != 0)
		return NULL;
	stop = memchr(*text, '\n', (size_t)(end - *text)) ?: end;
	r = xstrndup(*text + n, (size_t)(stop - *text) - n);
	*text = stop + (stop < end);
	return r;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	const char *text = (const char *)data, *end = text + n;
	struct scenario_options opt = { 0 };
	struct scenario sc = { 0 };
	struct err err = { 0 };
	char *word;

	while ((word = option(&text, end, "--set ")))
		strv_take(&opt.set, word);
	opt.profile = option(&text, end, "--profile ");
	if (scenario_parse("fuzz.yaml", text, (size_t)(end - text), &opt, &sc, &err) < 0)
		check_complaint(&err);
	else
		check_accepted(&sc);
	scenario_done(&sc);
	strv_done(&opt.set);
	free((char *)opt.profile);
	return 0;
}
