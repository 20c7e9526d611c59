/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Memory pressure of three kinds, each for itself or together: page cache that is read through and
 * never used again, anonymous memory, and limits of a cgroup. Reading the holes of a sparse file is
 * the cheapest way to keep kswapd at work: pages come and go and no disk is touched.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "files.h"
#include "hog.h"
#include "kfile.h"
#include "load.h"
#include "memcg.h"
#include "values.h"

#define VMSTAT      "/proc/vmstat"
#define MEMINFO     "/proc/meminfo"
#define CHUNK       65536ul
#define PROOF       (1024 * 1024ul)
#define MAX_READERS 64
#define LOOK_NS     100000000ull
#define MIB         (1024 * 1024ull)

struct reader {
	int fd;
	off_t size;
	uint64_t pause_ns;
};

static struct {
	struct reader reader[MAX_READERS];
	uint64_t readers, page_cache;
	struct hog hog;
	uint64_t memcg_max, memcg_high;
	uint64_t (*scanned)(void);
} self;

/* ---- what is counted ---- */

static uint64_t scanned_by_kswapd(void)
{
	return values_get(VMSTAT, "pgscan_kswapd");
}

static uint64_t scanned_by_all(void)
{
	return scanned_by_kswapd() + values_get(VMSTAT, "pgscan_direct");
}

/* /proc/vmstat leaves out what is scanned for the sake of a cgroup's limit. */
static uint64_t scanned_in_memcg(void)
{
	char path[320];

	memcg_path("memory.stat", path, sizeof path);
	return values_get(path, "pgscan");
}

static const struct {
	const char *word;
	uint64_t (*scanned)(void);
} counts[] = {
	{ "kswapd", scanned_by_kswapd },
	{ "all", scanned_by_all },
	{ "memcg", scanned_in_memcg },
};

static void choose_count(const char *word)
{
	for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
		if (strcmp(counts[i].word, word) == 0)
			self.scanned = counts[i].scanned;
	if (!self.scanned)
		load_fail("count=%s is none of kswapd, all, memcg", word);
}

/* ---- the page cache ---- */

static void read_all(const struct reader *r, size_t bytes)
{
	static char to[CHUNK]; /* nobody looks at it */

	for (size_t at = 0; at < bytes; at += CHUNK)
		if (pread(r->fd, to, CHUNK, (off_t)at) < 0)
			load_fail("reading the sparse file: %s", strerror(errno));
}

/* On tmpfs holes are read without a page. */
static void prove_cached(const struct reader *r, const char *dir)
{
	const size_t page = (size_t)sysconf(_SC_PAGESIZE);
	const size_t bytes = (size_t)r->size < PROOF ? (size_t)r->size : PROOF;
	char type[32];

	read_all(r, bytes);
	size_t n = files_cached_pages(r->fd, 0, bytes);
	files_fs_type(r->fd, type, sizeof type);
	if (n < bytes / page / 2)
		load_fail("%s (%s): of %zu pages that were read, %zu are in the page cache: give "
			  "it a file system on a disk, or set page-cache to 0B",
			  dir, type, bytes / page, n);
}

static void make_files(const char *dir, uint64_t pause_ns)
{
	int d;

	if (!self.page_cache)
		return;
	d = files_dir(dir);
	for (uint64_t i = 0; i < self.readers; i++) {
		struct reader *r = &self.reader[i];
		char name[48];

		snprintf(name, sizeof name, "kernsoak-sparse-%llu", (unsigned long long)i);
		*r = (struct reader){ .fd = files_new(d, name), .pause_ns = pause_ns };
		unlinkat(d, name, 0); /* it goes when we do */
		r->size = (off_t)(self.page_cache / self.readers / CHUNK * CHUNK);
		if (r->size == 0 || ftruncate(r->fd, r->size) < 0)
			load_fail("a sparse file of %lld bytes in %s: %s", (long long)r->size, dir,
				  r->size ? strerror(errno) : "less than 64KiB a reader");
		prove_cached(r, dir);
	}
	close(d);
	if (self.page_cache < values_get(MEMINFO, "MemTotal"))
		load_note("page-cache fits into memory: it churns only where something else "
			  "takes its room");
}

static void *read_for_ever(void *arg)
{
	const struct reader *r = arg;
	char *to = malloc(CHUNK);

	prctl(PR_SET_NAME, "page-cache");
	for (off_t at = 0; to; at = at + (off_t)CHUNK < r->size ? at + (off_t)CHUNK : 0) {
		if (pread(r->fd, to, CHUNK, at) < 0 && errno != EINTR)
			load_fail("reading the sparse file: %s", strerror(errno));
		load_pause(r->pause_ns);
	}
	load_fail("no memory for a reader");
}

static void start_readers(void)
{
	pthread_t thread;

	for (uint64_t i = 0; self.page_cache && i < self.readers; i++)
		if (pthread_create(&thread, NULL, read_for_ever, &self.reader[i]) != 0)
			load_fail("no thread for a reader");
}

/* ---- limits ---- */

static void set_limits(bool forbid_swap)
{
	if (!self.memcg_max && !self.memcg_high && !forbid_swap && self.scanned != scanned_in_memcg)
		return;
	memcg_enable();
	if (self.memcg_high)
		memcg_limit("memory.high", self.memcg_high);
	if (self.memcg_max)
		memcg_limit("memory.max", self.memcg_max);
	if (forbid_swap)
		memcg_limit("memory.swap.max", 0);
}

static void read_swap(const char *word)
{
	const uint64_t total = values_get(MEMINFO, "SwapTotal");

	self.hog.use_swap = total > 0 && strcmp(word, "forbid") != 0 && !self.hog.lock;
	if (strcmp(word, "require") == 0 && total == 0)
		load_fail("swap: require, and the guest has no swap");
	set_limits(strcmp(word, "forbid") == 0 && total > 0);
}

/* ---- anonymous memory ---- */

static enum touch touch_of(const char *word)
{
	if (strcmp(word, "once") == 0)
		return TOUCH_ONCE;
	return strcmp(word, "random") == 0 ? TOUCH_RANDOM : TOUCH_SEQUENTIAL;
}

static void read_hog(void)
{
	struct hog *h = &self.hog;
	const uint64_t percent = load_param_u64("anonymous-percent");

	h->bytes = load_param_u64("anonymous") + values_get(MEMINFO, "MemTotal") / 100 * percent;
	h->bytes = h->bytes / 4096 * 4096;
	h->keep_free = load_param_u64("keep-free");
	h->pause_ns = load_param_u64("touch-pause");
	h->touch = touch_of(load_param_text("touch"));
	h->lock = load_param_bool("mlock");
	h->seed = load_random();
	h->limit = self.memcg_max;
	if (self.memcg_high && (!h->limit || self.memcg_high < h->limit))
		h->limit = self.memcg_high;
}

static void soak(void)
{
	const uint64_t before = self.scanned();

	hog_start(&self.hog);
	start_readers();
	for (;;) {
		const uint64_t now = self.scanned();

		if (now > before)
			load_count(now - before);
		hog_tend(&self.hog);
		load_pause(LOOK_NS);
	}
}

int main(int argc, char **argv)
{
	load_init(argc, argv);
	self.page_cache = load_param_u64("page-cache");
	self.readers = load_param_u64("readers");
	self.memcg_max = load_param_u64("memcg-max");
	self.memcg_high = load_param_u64("memcg-high");
	read_hog();
	if (self.readers < 1 || self.readers > MAX_READERS)
		load_fail("readers=%llu is not 1 to %d", (unsigned long long)self.readers,
			  MAX_READERS);
	if (!self.page_cache && !self.hog.bytes)
		load_fail("page-cache, anonymous and anonymous-percent are all 0: no pressure");
	choose_count(load_param_text("count"));
	read_swap(load_param_text("swap"));
	kfile_write("/proc/self/oom_score_adj", "-500");
	make_files(load_param_text("dir"), load_param_u64("read-pause"));
	hog_prove(&self.hog);
	self.scanned();
	load_armed("%llu MiB of holes to read by %llu, %llu MiB of anonymous memory%s%s",
		   (unsigned long long)(self.page_cache / MIB),
		   (unsigned long long)(self.page_cache ? self.readers : 0),
		   (unsigned long long)(self.hog.bytes / MIB), self.hog.lock ? ", locked" : "",
		   memcg_enabled() ? ", memory controller on" : "");
	load_wait_go();
	soak();
}
