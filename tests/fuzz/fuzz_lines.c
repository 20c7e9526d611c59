/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The byte stage on any bytes. The first byte chooses the chunks. Lines are clean, bounded, lie end
 * to end in the log, do not depend on the chunks, and come out as they are when they go in again.
 */
#include <assert.h>

#include "base/hash.h"
#include "detect/lines.h"
#include "fuzz.h"

struct seen {
	uint64_t digest, end;
	struct buf text; /* of all lines, each with a line end */
};

static void clean(const struct line *l)
{
	assert(l->len <= LINE_KEPT && l->text[l->len] == '\0');
	assert(!l->cut || l->len == LINE_KEPT);
	for (size_t i = 0; i < l->len; i++) {
		unsigned char c = (unsigned char)l->text[i];

		assert(c == '\t' || (c >= 0x20 && c != 0x7f));
	}
}

static void on_line(void *arg, const struct line *l)
{
	struct seen *seen = arg;

	clean(l);
	assert(l->offset == seen->end && l->end > l->offset && l->end - l->offset >= l->len);
	seen->end = l->end;
	seen->digest = hash_bytes(seen->digest, &l->len, sizeof(l->len));
	seen->digest = hash_bytes(seen->digest, l->text, l->len);
	seen->digest = hash_bytes(seen->digest, &l->end, sizeof(l->end));
	seen->digest = hash_bytes(seen->digest, &l->cut, sizeof(l->cut));
	buf_append(&seen->text, l->text, l->len);
	buf_putc(&seen->text, '\n');
}

/* Chunks of 1 to 1 + spread bytes, in an order that `spread` seeds. */
static struct seen run(const void *data, size_t n, unsigned spread)
{
	struct seen seen = { .digest = HASH_INIT };
	unsigned random = spread;
	const char *p = data;
	struct lines l;

	lines_init(&l, on_line, &seen);
	for (size_t left = n, step; left > 0; left -= step, p += step) {
		random = random * 1103515245 + 12345;
		step = MIN(left, spread == 0 ? 1 : 1 + (random >> 16) % spread);
		lines_feed(&l, p, step);
	}
	lines_finish(&l);
	assert(seen.end <= n && lines_at_start(&l));
	return seen;
}

/* What lines_plain() calls plain comes out with nothing but its line ends changed. */
static void plain(const char *data, size_t n, const struct seen *seen)
{
	size_t kept = 0;

	for (size_t i = 0; i < n; i++)
		kept += data[i] != '\n' && data[i] != '\r';
	for (size_t i = 0; i < seen->text.len; i++)
		kept -= seen->text.data[i] != '\n';
	assert(n > LINE_KEPT || kept == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct seen whole, bytes, chunks, again;

	if (n < 2)
		return 0;
	whole = run(data + 1, n - 1, 1 << 20);
	bytes = run(data + 1, n - 1, 0);
	chunks = run(data + 1, n - 1, 1 + data[0]);
	again = run(buf_str(&whole.text), whole.text.len, 1 + data[0]);
	assert(whole.digest == bytes.digest && whole.digest == chunks.digest);
	assert(again.text.len == whole.text.len);
	assert(memcmp(buf_str(&again.text), buf_str(&whole.text), whole.text.len) == 0);
	if (lines_plain(data + 1, n - 1) == n - 1)
		plain((const char *)data + 1, n - 1, &whole);
	buf_done(&whole.text);
	buf_done(&bytes.text);
	buf_done(&chunks.text);
	buf_done(&again.text);
	return 0;
}
