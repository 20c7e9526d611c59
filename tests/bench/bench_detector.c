/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The detector on 200 MB of console text with ten crashes: the program side by side with grep and
 * wc, the library with the least that any reader of lines must do; ten thousand consoles at once;
 * and logs that were made to hurt. Everything in one run, in turns, medians of CPU time: read the
 * ratios. The text is drawn from tests/corpus; the files stand in $BUILD/bench and go again.
 */
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>

#include "base/fs.h"
#include "base/rng.h"
#include "base/str.h"
#include "detect/detector.h"

enum { SIZE = 200 << 20, CONSOLES = 10000, ROUNDS = 5, MB = 1000000 };

static const char *const crashes[] = {
	"gpf",        "null_read", "divide",     "list_add", "refcount",
	"hung_panic", "paging",    "softlockup", "bug",      "recurse",
};

enum { CRASHES = ARRAY_SIZE(crashes) };

static bool broken; /* a promise that does not depend on the machine */

/* ---- text ---- */

/* The log below a fixture's header, without what only a boot may say once. */
static void fixture(const char *path, struct buf *out)
{
	_cleanup_buf_ struct buf file = BUF_INIT;
	struct err err = { 0 };
	const char *p, *next;

	if (fs_read(AT_FDCWD, path, 1 << 24, &file, &err) < 0 ||
	    !(p = strstr(buf_str(&file), "\n\n"))) {
		fprintf(stderr, "%s: %s\n", path, err.msg);
		exit(1);
	}
	for (p += 2; *p; p = next) {
		const char *nl = strchrnul(p, '\n');
		size_t n = (size_t)(nl - p);

		next = *nl ? nl + 1 : nl;
		if (memmem(p, n, "Linux version ", 14) || memmem(p, n, "ommand line", 11))
			continue;
		buf_append(out, p, n);
		buf_putc(out, '\n');
	}
}

/* Each line of the fixtures in which nothing happens. */
static void quiet_lines(struct strv *ret)
{
	static const char *const names[] = { "boot",    "none",    "sysrq-l",  "sysrq-m",
					     "sysrq-t", "sysrq-w", "user-gpf", "user-segv" };
	_cleanup_buf_ struct buf all = BUF_INIT;

	for (size_t i = 0; i < 2 * ARRAY_SIZE(names); i++) {
		_cleanup_free_
		char *path =
			xasprintf("tests/corpus/linux-6.1%s/%s", i & 1 ? "2" : "", names[i / 2]);

		fixture(path, &all);
	}
	for (char *p = all.data, *nl; (nl = strchr(p, '\n')); p = nl + 1)
		strv_take(ret, xstrndup(p, (size_t)(nl + 1 - p)));
}

/* Runs of lines as they came, in a drawn order; the crashes spread evenly. */
static void console_text(struct buf *out)
{
	_cleanup_strv_ struct strv quiet = { 0 };
	struct rng rng = rng_make(3);
	size_t next = SIZE / CRASHES / 2, crash = 0;

	quiet_lines(&quiet);
	buf_reserve(out, SIZE + (1 << 20));
	while (out->len < SIZE) {
		size_t from = rng_below(&rng, quiet.n), n = 1 + rng_below(&rng, 40);

		for (size_t i = from; i < MIN(from + n, quiet.n); i++)
			buf_puts(out, quiet.item[i]);
		if (out->len > next && crash < CRASHES) {
			_cleanup_free_
			char *path = xasprintf("tests/corpus/linux-6.1/%s", crashes[crash++]);

			fixture(path, out);
			next += SIZE / CRASHES;
		}
	}
}

/* ---- clocks ---- */

static double cpu_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

struct cost {
	double cpu_s;
	long rss_kb;
};

/* Runs a program to its end; its output goes to a file, as grep stops at the first match where it
 * goes to /dev/null. */
static struct cost program(const char *const *argv, const char *output)
{
	struct rusage u = { 0 };
	int status = 0;
	pid_t pid = fork();

	if (pid == 0) {
		dup2(open("/dev/null", O_RDONLY), STDIN_FILENO);
		dup2(open(output, O_WRONLY | O_CREAT | O_TRUNC, 0644), STDOUT_FILENO);
		setenv("LC_ALL", "C", 1);
		execvp(argv[0], (char *const *)argv);
		_exit(127);
	}
	if (pid < 0 || wait4(pid, &status, 0, &u) < 0 || !WIFEXITED(status) ||
	    WEXITSTATUS(status) > 1) {
		fprintf(stderr, "%s did not run\n", argv[0]);
		exit(1);
	}
	return (struct cost){ (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
				      (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6,
			      u.ru_maxrss };
}

static int by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double median(double v[ROUNDS])
{
	qsort(v, ROUNDS, sizeof(*v), by_size);
	return v[ROUNDS / 2];
}

/* ---- programs ---- */

static char *bench_path(const char *name)
{
	const char *build = getenv("BUILD");

	return xasprintf("%s/%s", build ? build : "build", name);
}

/* The text, again and again up to `size` bytes at least. */
static void write_file(const char *path, const struct buf *text, size_t size)
{
	FILE *f = fopen(path, "w");
	bool ok = f != NULL;

	for (size_t n = 0; ok && n < size; n += text->len)
		ok = fwrite(text->data, 1, text->len, f) == text->len;
	if (!ok || fclose(f)) {
		fprintf(stderr, "%s: %s\n", path, strerror(errno));
		exit(1);
	}
}

static void programs(const char *log, const char *output)
{
	_cleanup_free_
	char *kernsoak = bench_path("kernsoak");
	const char *const scan[] = { kernsoak, "scan", log, NULL };
	const char *const json[] = { kernsoak, "scan", "--json", log, NULL };
	const char *const grep[] = { "grep", "-cE",
				     "BUG|Oops|WARNING|INFO: task|Kernel panic|soft lockup|"
				     "general protection|divide error|refcount_t",
				     log, NULL };
	const char *const wc[] = { "wc", "-l", log, NULL };
	const char *const *const argv[] = { scan, json, grep, wc };
	static const char *const name[] = { "kernsoak scan", "kernsoak scan --json", "grep -E",
					    "wc -l" };
	double cpu[4][ROUNDS], scan_s = 0;
	long rss[4] = { 0 };

	for (int r = 0; r < ROUNDS; r++)
		for (int i = 0; i < 4; i++) {
			struct cost c = program(argv[i], output);

			cpu[i][r] = c.cpu_s;
			rss[i] = MAX(rss[i], c.rss_kb);
		}
	for (int i = 0; i < 4; i++) {
		double s = median(cpu[i]);

		scan_s = i == 0 ? s : scan_s;
		printf("detector: %-21s %6.0f MB/s, %.2f of its speed, at most %ld MiB\n", name[i],
		       (double)SIZE / s / MB, scan_s / s, rss[i] >> 10);
	}
	broken |= rss[0] > 32 << 10 || rss[1] > 32 << 10;
}

/* ---- the library ---- */

static void count(void *arg, enum sighting_phase phase, uint64_t serial, const struct sighting *s)
{
	(void)serial;
	*(unsigned *)arg += phase == SIGHTING_CLOSED && s->severity >= SEVERITY_CRASH;
}

static double scan_in(const struct buf *b, size_t step, unsigned *ret_n)
{
	struct detector *d = detector_new(count, ret_n, NULL);
	double t = cpu_now();

	*ret_n = 0;
	for (size_t at = 0; at < b->len; at += step)
		detector_feed(d, b->data + at, MIN(step, b->len - at), TIME_NEVER);
	detector_finish(d);
	t = cpu_now() - t;
	detector_free(d);
	return t;
}

/* Each line's place and length, and something done with both. */
static double split(const struct buf *b, size_t *ret_lines)
{
	const char *p = b->data, *end = p + b->len, *nl;
	double t = cpu_now();
	size_t sum = 0;

	for (*ret_lines = 0; p < end && (nl = memchr(p, '\n', (size_t)(end - p))); p = nl + 1) {
		sum = sum * 31 + (size_t)(nl - p) + (unsigned char)*p;
		++*ret_lines;
	}
	t = cpu_now() - t;
	return sum == 1 ? 0 : t;
}

static void library(const char *log)
{
	_cleanup_buf_ struct buf text = BUF_INIT;
	const struct buf *b = &text;
	double split_s[ROUNDS], big_s[ROUNDS], page_s[ROUNDS], small_s[ROUNDS], lines_s;
	unsigned n = 0, n_page = 0, n_small = 0;
	size_t lines;

	console_text(&text);
	write_file(log, &text, 1);
	scan_in(&(struct buf){ .data = text.data, .len = 4096 }, 4096, &n); /* compiles */
	for (int r = 0; r < ROUNDS; r++) {
		split_s[r] = split(b, &lines);
		big_s[r] = scan_in(b, 128 << 10, &n);
		page_s[r] = scan_in(b, 4096, &n_page);
		small_s[r] = scan_in(b, 64, &n_small);
	}
	lines_s = median(split_s);
	printf("detector: %zu lines of %.0f bytes; %d crashes, found %u, in 4 KiB chunks %u, in "
	       "64-byte chunks %u\n",
	       lines, (double)b->len / (double)lines, CRASHES, n, n_page, n_small);
	printf("detector: lines by memchr %.0f MB/s; 128 KiB chunks %.0f MB/s (%.2f of it), "
	       "4 KiB chunks %.0f MB/s, 64-byte chunks %.0f MB/s\n",
	       (double)b->len / lines_s / MB, (double)b->len / median(big_s) / MB,
	       lines_s / median(big_s), (double)b->len / median(page_s) / MB,
	       (double)b->len / median(small_s) / MB);
	broken |= n != CRASHES || n_page != CRASHES || n_small != CRASHES;
}

/* ---- many consoles ---- */

static size_t in_use(void)
{
	struct mallinfo2 m = mallinfo2();

	return m.uordblks + m.hblkhd;
}

/* Each gets one of the crash logs, all of them a piece at a time. */
static void consoles(void)
{
	static struct detector *d[CONSOLES];
	struct buf log[CRASHES] = { BUF_INIT };
	size_t before, most = 0, longest = 0;
	unsigned n = 0;
	double t = cpu_now(), bytes = 0;

	for (size_t i = 0; i < CRASHES; i++) {
		_cleanup_free_
		char *path = xasprintf("tests/corpus/linux-6.1/%s", crashes[i]);

		fixture(path, &log[i]);
		longest = MAX(longest, log[i].len);
	}
	before = in_use();
	for (size_t i = 0; i < CONSOLES; i++)
		d[i] = detector_new(count, &n, NULL);
	for (size_t at = 0; at < longest; at += 64) {
		for (size_t i = 0; i < CONSOLES; i++) {
			const struct buf *b = &log[i % CRASHES];
			size_t part = at < b->len ? MIN((size_t)64, b->len - at) : 0;

			detector_feed(d[i], b->data + at, part, TIME_NEVER);
			bytes += (double)part;
		}
		most = MAX(most, in_use() - before);
	}
	for (size_t i = 0; i < CONSOLES; i++) {
		detector_finish(d[i]);
		d[i] = detector_free(d[i]);
	}
	t = cpu_now() - t;
	printf("detector: %d consoles of crashing kernels, interleaved: %zu bytes of state each at "
	       "most, %.0f MB/s, %u crashes\n",
	       CONSOLES, most / CONSOLES, bytes / t / MB, n);
	broken |= most / CONSOLES > 64 << 10 || n != CONSOLES;
	for (size_t i = 0; i < CRASHES; i++)
		buf_done(&log[i]);
}

/* ---- logs that were made to hurt ---- */

struct hostile {
	const char *name, *piece; /* repeated */
	size_t n;                 /* of its bytes; 0: a string */
};

static void hurt(const struct hostile *h, const char *path, const char *output)
{
	_cleanup_free_
	char *kernsoak = bench_path("kernsoak");
	const char *const argv[] = { kernsoak, "scan", path, NULL };
	size_t n = h->n ? h->n : strlen(h->piece);
	size_t pieces = MAX((size_t)1, (size_t)(1 << 20) / n);
	_cleanup_buf_ struct buf text = BUF_INIT;
	struct cost c;

	while (pieces-- > 0)
		buf_append(&text, h->piece, n);
	write_file(path, &text, SIZE);
	c = program(argv, output);
	printf("detector: %-42s %6.0f MB/s, at most %ld MiB\n", h->name,
	       (double)SIZE / c.cpu_s / MB, c.rss_kb >> 10);
	broken |= c.rss_kb > 32 << 10;
}

static void all_that_hurts(const char *path, const char *output)
{
	_cleanup_buf_ struct buf crash = BUF_INIT, packed = BUF_INIT, coloured = BUF_INIT;
	const struct hostile hostile[] = {
		{ "nothing but line ends", "\n" },
		{ "one line", "x" },
		{ "one line of literals", "BUG: KASAN: Oops: WARNING: CPU: " },
		{ "escapes without an end", "\033" },
		{ "an escape, a line end", "\033\n" },
		{ "NUL", "\0", 1 },
		{ "a literal a line, and no crash", "a BUG: x\nINFO: task\nCommand line: x\n" },
		{ "2 KB lines packed with literals", NULL },
		{ "colours on each line", NULL },
		{ "one crash over and over", NULL },
	};

	while (packed.len < 2000)
		buf_puts(&packed, "BUG: KASAN: INFO: task ");
	buf_putc(&packed, '\n');
	buf_puts(&coloured, "[\033[0;32m  OK  \033[0m] Started \033[0;1;39mA Unit\033[0m.\r\n");
	fixture("tests/corpus/linux-6.1/gpf", &crash);
	for (size_t i = 0; i < ARRAY_SIZE(hostile); i++) {
		struct hostile h = hostile[i];

		if (!h.piece)
			h.piece = buf_str(i == 7 ? &packed : i == 8 ? &coloured : &crash);
		hurt(&h, path, output);
	}
}

int main(void)
{
	_cleanup_free_
	char *dir = bench_path("bench"), *log = bench_path("bench/console.log");
	_cleanup_free_
	char *output = bench_path("bench/output");
	struct err err = { 0 };

	if (fs_mkdir_p(dir, 0755, &err) < 0) {
		fprintf(stderr, "%s\n", err.msg);
		return 1;
	}
	library(log);
	programs(log, output); /* what this process holds would count as theirs */
	all_that_hurts(log, output);
	unlink(log);
	unlink(output);
	consoles();
	return broken;
}
