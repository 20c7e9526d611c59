/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The whole detector on any bytes. The first byte chooses the chunks; the sightings must not depend
 * on it. With libFuzzer: clang -fsanitize=fuzzer,address,undefined -DKERNSOAK_LIBFUZZER. Without,
 * main() replays the files given: the seeds, in `make check`.
 */
#include <assert.h>
#include <fcntl.h>
#include <stdio.h>

#include "base/fs.h"
#include "base/hash.h"
#include "detect/detector.h"
#include "fuzz.h"

/* What must be the same however the bytes were cut. */
static void digest(void *arg, enum sighting_phase phase, uint64_t serial, const struct sighting *s)
{
	uint64_t *h = arg;

	assert(strlen(s->title) < TITLE_LEN && strlen(s->function) < FUNCTION_LEN);
	assert(s->n_frames <= SIGHTING_FRAMES && s->offset <= s->end);
	*h = hash_bytes(*h, &phase, sizeof(phase));
	*h = hash_bytes(*h, &serial, sizeof(serial));
	*h = hash_str(*h, s->title);
	*h = hash_str(*h, s->id_fine);
	*h = hash_bytes(*h, &s->offset, sizeof(s->offset));
	*h = hash_bytes(*h, &s->end, sizeof(s->end));
	*h = hash_bytes(*h, &s->repeats, sizeof(s->repeats));
}

static uint64_t run(const uint8_t *data, size_t n, size_t step)
{
	uint64_t h = HASH_INIT;
	struct detector *d = detector_new(digest, &h, NULL);

	assert(d);
	for (size_t at = 0; at < n; at += step)
		detector_feed(d, data + at, MIN(step, n - at), TIME_NEVER);
	detector_finish(d);
	detector_free(d);
	return h;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	uint64_t whole, cut, blocks;

	if (n < 2)
		return 0;
	whole = run(data + 1, n - 1, n);
	cut = run(data + 1, n - 1, (size_t)data[0] + 1);
	blocks = run(data + 1, n - 1, (size_t)data[0] * 8 + 1); /* through the fast lane at times */
	assert(whole == cut && whole == blocks);
	(void)cut;
	(void)blocks;
	(void)whole;
	return 0;
}
