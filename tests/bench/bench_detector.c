/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The detector against the least that any reader of lines must do, in one run: memchr over the same
 * bytes. Benign kernel text with ten crashes; big chunks and 64-byte ones; ten thousand consoles.
 */
#include <malloc.h>
#include <stdio.h>
#include <time.h>

#include "base/buf.h"
#include "detect/detector.h"

enum { MEGABYTES = 100, CONSOLES = 10000, CRASHES = 10 };

static const char crash[] =
	"[   12.000001] divide error: 0000 [#1] PREEMPT SMP NOPTI\n"
	"[   12.000002] CPU: 0 PID: 91 Comm: fibdiv Not tainted 6.1.0-54-cloud-amd64 #1\n"
	"[   12.000003] RIP: 0010:fib_rebalance+0x128/0x200\n"
	"[   12.000005] Call Trace:\n[   12.000006]  <TASK>\n"
	"[   12.000007]  fib_create_info+0x8d5/0x1240\n[   12.000008]  "
	"fib_table_insert+0xa4/0x6b0\n"
	"[   12.000011]  entry_SYSCALL_64_after_hwframe+0x76/0x7e\n[   12.000013]  </TASK>\n"
	"[   12.000015] ---[ end trace 0000000000000000 ]---\n";

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void text(struct buf *out)
{
	size_t size = (size_t)MEGABYTES << 20, next = 0;

	for (unsigned i = 0; out->len < size; i++) {
		buf_printf(out,
			   "[%5u.%06u] usb 1-1: new high-speed USB device number %u using "
			   "xhci_hcd\n[%5u.%06u] EXT4-fs (vda%u): mounted filesystem with ordered "
			   "data mode. Quota mode: none.\n",
			   i / 50, i * 37 % 1000000, i % 120, i / 50, i * 41 % 1000000, i % 16);
		if (out->len > next) {
			buf_append(out, crash, sizeof(crash) - 1);
			next += size / CRASHES + sizeof(crash);
		}
	}
}

static void count(void *arg, enum sighting_phase phase, uint64_t serial, const struct sighting *s)
{
	(void)serial;
	(void)s;
	*(unsigned *)arg += phase != SIGHTING_OPENED;
}

static double scan(const struct buf *b, const struct detection *own, size_t step, unsigned *ret_n)
{
	struct detector *d = detector_new_for(own, count, ret_n, NULL);
	double t = now();

	for (size_t at = 0; at < b->len; at += step)
		detector_feed(d, b->data + at, MIN(step, b->len - at), TIME_NEVER);
	detector_finish(d);
	t = now() - t;
	detector_free(d);
	return t;
}

static double split(const struct buf *b, size_t *ret_lines)
{
	const char *p = b->data, *end = p + b->len;
	double t = now();

	for (*ret_lines = 0; p && p < end; (*ret_lines)++) {
		p = memchr(p, '\n', (size_t)(end - p));
		p = p ? p + 1 : NULL;
	}
	return now() - t;
}

static size_t per_console(void)
{
	static struct detector *d[CONSOLES];
	unsigned n = 0;
	size_t before = mallinfo2().uordblks, after;

	for (size_t i = 0; i < CONSOLES; i++) {
		d[i] = detector_new(count, &n, NULL);
		detector_feed(d[i], crash, sizeof(crash) - 1, TIME_NEVER);
	}
	after = mallinfo2().uordblks;
	for (size_t i = 0; i < CONSOLES; i++)
		d[i] = detector_free(d[i]);
	return (after - before) / CONSOLES;
}

/* With ten texts of a scenario's own; what one of them costs is that of compiling the table anew.
 */
static void own_literals(const struct buf *b)
{
	struct detection own = { 0 };
	unsigned n = 0;
	double made = now(), s;

	for (int i = 0; i < 10; i++) {
		char text[64];

		snprintf(text, sizeof(text), "mydrv%d: the engine is wedged", i);
		pairs_add(&named_add(&own.add, text)->value, "literal", text);
	}
	detector_free(detector_new_for(&own, count, &n, NULL));
	made = now() - made;
	s = scan(b, &own, 128 << 10, &n);
	printf("detector: with ten own literals %.0f MB/s, made in %.0f ms\n",
	       (double)b->len / s / 1e6, made * 1e3);
	named_list_done(&own.add);
}

int main(void)
{
	_cleanup_buf_ struct buf b = BUF_INIT;
	unsigned n = 0, n64 = 0;
	size_t lines;
	double big, small, memchr_s;

	text(&b);
	scan(&(struct buf){ .data = b.data, .len = 4096 }, NULL, 4096, &n); /* compiles the table */
	n = 0;
	memchr_s = split(&b, &lines);
	big = scan(&b, NULL, 128 << 10, &n);
	small = scan(&b, NULL, 64, &n64);
	printf("detector: %zu lines, %u of %d crashes, in 64-byte chunks %u\n", lines, n, CRASHES,
	       n64);
	printf("detector: memchr %.0f MB/s, 128 KiB chunks %.0f MB/s (%.2f of memchr), 64-byte "
	       "chunks %.0f MB/s\n",
	       (double)b.len / memchr_s / 1e6, (double)b.len / big / 1e6, memchr_s / big,
	       (double)b.len / small / 1e6);
	own_literals(&b);
	printf("detector: %zu bytes of state a console with an open report\n", per_console());
	return n == CRASHES && n64 == CRASHES ? 0 : 1;
}
