/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/gc.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/fs.h"
#include "store/about.h"
#include "store/journal.h"
#include "store/layout.h"
#include "store/verdicts.h"

enum {
	BLOCK = 4096,
	AROUND = 4096, /* bytes of a console that stay before and after a report */
	HEAD = 16384,  /* of agent.log: what the guest was, before its samples */
};

/* What stays in a trial's folder as it is; in RUN_TRIALS/N/evidence, the ledger. */
static const char *const kept[] = {
	TRIAL_SPEC,      TRIAL_VERDICT, TRIAL_SOAK,  TRIAL_DOMAIN,
	TRIAL_SIGHTINGS, TRIAL_CONSOLE, "trial.log",
};

/* The second witness of a crash stays: it is short, and may know more than the console. */
static bool is_kept(const char *name, bool crashed)
{
	if (crashed && (str_eq(name, TRIAL_NETCONSOLE) || str_eq(name, TRIAL_AGENT)))
		return true;
	for (size_t i = 0; i < ARRAY_SIZE(kept); i++)
		if (str_eq(name, kept[i]))
			return true;
	return false;
}

/* ---- how much is it? ---- */

static uint64_t disk_use(int dirfd, const char *name)
{
	struct strv names = { 0 };
	struct stat st;
	uint64_t sum;

	if (fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return 0;
	sum = (uint64_t)st.st_blocks * 512;
	if (S_ISDIR(st.st_mode)) {
		_cleanup_close_ int fd = fs_open_dir(dirfd, name, NULL);

		if (fd >= 0 && fs_list(fd, ".", &names, NULL) == 0)
			for (size_t i = 0; i < names.n; i++)
				sum += disk_use(fd, names.item[i]);
	}
	strv_done(&names);
	return sum;
}

/* ---- a console ---- */

struct span {
	uint64_t from, to;
};

struct spans {
	struct span *item;
	size_t n;
	bool crashed; /* a report is somewhere, on netconsole alone perhaps */
};

static int add_span(void *arg, const struct sighting *s)
{
	struct spans *spans = arg;

	spans->crashed = true;
	if (s->netconsole || s->end <= s->offset || s->end > INT64_MAX)
		return 0;
	spans->item = xrealloc(spans->item, (spans->n + 1) * sizeof(*spans->item));
	spans->item[spans->n++] =
		(struct span){ s->offset > AROUND ? s->offset - AROUND : 0, s->end + AROUND };
	return 0;
}

/* The first byte at or behind `at` that a span holds; `end` where none does. */
static uint64_t next_kept(const struct spans *spans, uint64_t at, uint64_t end)
{
	uint64_t next = end;

	for (size_t i = 0; i < spans->n; i++)
		if (spans->item[i].to > at)
			next = MIN(next, MAX(spans->item[i].from, at));
	return next;
}

static uint64_t span_end(const struct spans *spans, uint64_t at)
{
	uint64_t end = at + 1;

	for (size_t i = 0; i < spans->n; i++)
		if (spans->item[i].from <= at && spans->item[i].to > at)
			end = MAX(end, spans->item[i].to);
	return end;
}

/* Whole blocks between what stays become holes. A file system that has no holes keeps it all. */
static void punch(int fd, const struct spans *spans, uint64_t size)
{
	for (uint64_t at = 0; at < size;) {
		const uint64_t stays = next_kept(spans, at, size);
		const uint64_t from = (at + BLOCK - 1) / BLOCK * BLOCK;
		const uint64_t to = stays == size ? size : stays / BLOCK * BLOCK;

		if (to > from)
			fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, (off_t)from,
				  (off_t)(to - from));
		at = stays == size ? size : span_end(spans, stays);
	}
}

/* Returns whether a report is on it. */
static bool thin_console(int trial)
{
	_cleanup_close_ int fd = openat(trial, TRIAL_CONSOLE, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
	struct spans spans = { 0 };
	struct stat st;

	sightings_read_at(trial, add_span, &spans);
	if (!spans.n)
		unlinkat(trial, TRIAL_CONSOLE, 0);
	else if (fd >= 0 && fstat(fd, &st) == 0)
		punch(fd, &spans, (uint64_t)st.st_size);
	free(spans.item);
	return spans.crashed;
}

/* ---- a trial ---- */

/* Whole lines of its head stay. */
static void thin_agent(int trial)
{
	_cleanup_close_ int fd = openat(trial, TRIAL_AGENT, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
	char head[HEAD];
	const ssize_t n = fd < 0 ? -1 : pread(fd, head, sizeof(head), 0);
	const char *end = n == HEAD ? memrchr(head, '\n', sizeof(head)) : NULL;

	if (end && ftruncate(fd, end + 1 - head) < 0)
		return; /* it stays as long as it was */
}

/* The files in `dir` that go. `evidence` keeps its ledger, and registers, which are small. */
static void thin_files(int dir, bool evidence, bool crashed)
{
	struct strv names = { 0 };

	if (fs_list(dir, ".", &names, NULL) == 0)
		for (size_t i = 0; i < names.n; i++) {
			const char *name = names.item[i];

			if (evidence ? str_eq(name, "ledger.json") || str_eq(name, "registers.txt")
				     : is_kept(name, crashed) || str_eq(name, TRIAL_EVIDENCE))
				continue;
			fs_remove_tree(dir, name, NULL);
		}
	strv_done(&names);
}

/* How much of it would go: what is kept whole is not counted, of a console all but its reports. */
static uint64_t thinnable(int trial)
{
	_cleanup_close_ int evidence = fs_open_dir(trial, TRIAL_EVIDENCE, NULL);
	struct spans spans = { 0 };
	struct strv names = { 0 };
	uint64_t sum = 0, stays = 0;

	sightings_read_at(trial, add_span, &spans);
	for (size_t i = 0; i < spans.n; i++)
		stays += spans.item[i].to - spans.item[i].from + 2 * BLOCK;
	free(spans.item);
	if (fs_list(trial, ".", &names, NULL) == 0)
		for (size_t i = 0; i < names.n; i++)
			if (!is_kept(names.item[i], spans.crashed) &&
			    !str_eq(names.item[i], TRIAL_EVIDENCE))
				sum += disk_use(trial, names.item[i]);
	strv_done(&names);
	sum += evidence >= 0 ? disk_use(evidence, "memory.kdump") : 0;
	if (spans.crashed)
		sum += MAX(disk_use(trial, TRIAL_AGENT), (uint64_t)HEAD) - HEAD;
	stays = MIN(stays, disk_use(trial, TRIAL_CONSOLE));
	return sum + disk_use(trial, TRIAL_CONSOLE) - stays;
}

static void thin_trial(int trial)
{
	_cleanup_close_ int evidence = fs_open_dir(trial, TRIAL_EVIDENCE, NULL);
	const bool crashed = thin_console(trial);

	if (crashed)
		thin_agent(trial);
	thin_files(trial, false, crashed);
	if (evidence >= 0)
		thin_files(evidence, true, crashed);
}

/* ---- a run ---- */

struct thin {
	int run_fd;
	bool dry_run;
	struct strv seen; /* crash ids */
	size_t trials;
	uint64_t bytes;
};

static int thin_one(void *arg, const struct verdict *v)
{
	struct thin *t = arg;
	_cleanup_close_ int fd = -1;
	uint64_t bytes;

	if (!v->final)
		return 0;
	if (v->has_sighting && !strv_has(&t->seen, v->sighting.id)) {
		strv_add(&t->seen, v->sighting.id); /* the first of its kind keeps everything */
		return 0;
	}
	fd = trial_dir_open(t->run_fd, v->trial, NULL);
	bytes = fd < 0 ? 0 : thinnable(fd);
	if (!bytes)
		return 0;
	if (!t->dry_run) {
		const uint64_t before = disk_use(fd, ".");

		thin_trial(fd);
		bytes = before - MIN(before, disk_use(fd, "."));
	}
	t->trials += bytes > 0;
	t->bytes += bytes;
	return 0;
}

static void thin_run(const struct run_dir *run, bool dry_run, gc_fn fn, void *arg,
		     struct gc_freed *sum)
{
	struct thin t = { .run_fd = run->fd, .dry_run = dry_run };

	verdicts_read(run->fd, thin_one, &t, NULL);
	strv_done(&t.seen);
	if (!t.bytes)
		return;
	sum->runs++;
	sum->trials += t.trials;
	sum->bytes += t.bytes;
	if (fn)
		fn(arg, run->id, t.trials, t.bytes);
}

static bool too_old(const struct run_dir *run, const struct gc_limits *limits)
{
	_cleanup_about_ struct about about;
	bool old;

	about_read(run, &about);
	old = limits->age_s && about.last_s >= 0 &&
	      clock_wall_s() - about.last_s > (int64_t)limits->age_s;
	return old;
}

int gc_collect(const char *results, const struct gc_limits *limits, gc_fn fn, void *arg,
	       struct gc_freed *ret, struct err *err)
{
	_cleanup_strv_ struct strv ids = { 0 };
	struct gc_freed sum = { .before_bytes = disk_use(AT_FDCWD, results) };
	int r = run_dir_list(results, &ids, err);

	for (size_t i = 0; i < ids.n && r == 0; i++) { /* oldest first */
		_cleanup_run_dir_ struct run_dir run = RUN_DIR_INIT;
		const bool too_much =
			limits->size_bytes &&
			sum.before_bytes - MIN(sum.bytes, sum.before_bytes) > limits->size_bytes;
		pid_t pid;

		if (run_dir_open(results, ids.item[i], &run, NULL) < 0)
			continue;
		if (journal_holder(run.fd, &pid) != 0)
			sum.busy++;
		else if (too_much || too_old(&run, limits))
			thin_run(&run, limits->dry_run, fn, arg, &sum);
	}
	sum.after_bytes = sum.before_bytes - MIN(sum.bytes, sum.before_bytes);
	if (r == 0)
		*ret = sum;
	return r;
}
