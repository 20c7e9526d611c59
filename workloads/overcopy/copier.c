/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "copier.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../overfs/pattern.h"

#define PIECE     (64 * 1024) /* of one write, and a file of a tree */
#define DIR_FILES 32

static char piece[PIECE] __attribute__((aligned(PATTERN_BLOCK)));

static uint64_t key_of(const struct copy_plan *p, uint64_t off)
{
	uint64_t z = p->seed * 0x9e3779b97f4a7c15ull + off / PATTERN_BLOCK + 1;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
	return z ^ (z >> 31);
}

static void fill(const struct copy_plan *p, char *to, uint64_t off)
{
	for (size_t i = 0; i < PIECE; i += PATTERN_BLOCK)
		pattern_fill(to + i, key_of(p, off + i));
}

/* The file that has the bytes at `off`, and where in it they are. */
static uint64_t name_file(const struct copy_plan *p, uint64_t off, char *ret, size_t size)
{
	uint64_t i = off / PIECE;

	if (p->how != COPY_TREE) {
		snprintf(ret, size, "%s/large", p->dir);
		return off;
	}
	snprintf(ret, size, "%s/d%llu/f%llu", p->dir, (unsigned long long)(i / DIR_FILES),
		 (unsigned long long)i);
	return 0;
}

/* ---- writing ---- */

/* 0, or told. */
static int open_new(const struct copy_plan *p, uint64_t off, struct report *r)
{
	char path[256], dir[256];
	int flags = O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | (p->how == COPY_DIRECT ? O_DIRECT : 0);

	report_step(r, STEP_CREATE);
	name_file(p, off, path, sizeof path);
	if (p->how == COPY_TREE && off % ((uint64_t)PIECE * DIR_FILES) == 0) {
		snprintf(dir, sizeof dir, "%s", path);
		*strrchr(dir, '/') = 0;
		if (mkdir(dir, 0755) < 0)
			report_told(r, STEP_CREATE, errno);
	}
	int fd = open(path, flags, 0644);
	if (fd < 0)
		report_told(r, STEP_CREATE, errno);
	return fd;
}

/* A write that takes a part is how a full file system may begin to say so. */
static int write_piece(int fd, struct report *r)
{
	for (size_t done = 0; done < PIECE;) {
		ssize_t n = write(fd, piece + done, PIECE - done);
		if (n <= 0) {
			report_told(r, STEP_WRITE, n < 0 ? errno : ENOSPC);
			return -1;
		}
		done += (size_t)n;
		r->accepted += (uint64_t)n;
		report_moved(r);
	}
	return 0;
}

static void finish_file(const struct copy_plan *p, int fd, struct report *r)
{
	if (p->fsync && r->told_step == STEP_NONE) {
		report_step(r, STEP_FSYNC);
		if (fsync(fd) < 0)
			report_told(r, STEP_FSYNC, errno);
	}
	report_step(r, STEP_CLOSE);
	if (close(fd) < 0)
		report_told(r, STEP_CLOSE, errno);
	report_moved(r);
}

static int write_pieces(const struct copy_plan *p, int fd, uint64_t from, uint64_t to,
			struct report *r)
{
	report_step(r, STEP_WRITE);
	for (uint64_t off = from; off < to; off += PIECE) {
		fill(p, piece, off);
		r->begun += PIECE;
		if (write_piece(fd, r) < 0)
			return -1;
	}
	return 0;
}

static sigjmp_buf on_bus;

static void caught(int sig)
{
	siglongjmp(on_bus, sig);
}

static void map_pieces(const struct copy_plan *p, char *at, struct report *r)
{
	signal(SIGBUS, caught);
	if (sigsetjmp(on_bus, 1)) {
		report_told(r, STEP_WRITE, EFAULT); /* SIGBUS: no page for it */
		return;
	}
	for (uint64_t off = 0; off < p->bytes; off += PIECE) {
		r->begun += PIECE;
		fill(p, at + off, off);
		r->accepted += PIECE;
		report_moved(r);
	}
}

static void write_mapped(const struct copy_plan *p, int fd, struct report *r)
{
	char *at;

	report_step(r, STEP_WRITE);
	if (ftruncate(fd, (off_t)p->bytes) < 0) {
		report_told(r, STEP_WRITE, errno);
		return;
	}
	at = mmap(NULL, p->bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (at == MAP_FAILED) {
		report_told(r, STEP_WRITE, errno);
		return;
	}
	map_pieces(p, at, r);
	munmap(at, p->bytes);
}

static void write_tree(const struct copy_plan *p, struct report *r)
{
	for (uint64_t off = 0; off < p->bytes && r->told_step == STEP_NONE; off += PIECE) {
		int fd = open_new(p, off, r);
		if (fd < 0)
			return;
		write_pieces(p, fd, off, off + PIECE, r);
		finish_file(p, fd, r);
	}
}

void copy_write(const void *arg, struct report *r)
{
	const struct copy_plan *p = arg;

	if (p->how == COPY_TREE) {
		write_tree(p, r);
		return;
	}
	int fd = open_new(p, 0, r);
	if (fd < 0)
		return;
	if (p->how == COPY_MMAP)
		write_mapped(p, fd, r);
	else
		write_pieces(p, fd, 0, p->bytes, r);
	finish_file(p, fd, r);
}

/* ---- looking what is there ---- */

/* A read that fails in one block says nothing of the others. */
static void check_block(const struct copy_plan *p, int fd, uint64_t at, uint64_t off,
			struct report *r)
{
	uint64_t key;
	ssize_t n = fd < 0 ? -1 : pread(fd, piece, PATTERN_BLOCK, (off_t)at);

	if (n < 0) {
		report_told(r, STEP_READ, fd < 0 ? ENOENT : errno);
		r->unreadable += PATTERN_BLOCK;
	} else if (n == PATTERN_BLOCK && pattern_is(piece, &key) && key == key_of(p, off)) {
		r->intact += PATTERN_BLOCK;
	} else {
		r->wrong += PATTERN_BLOCK;
	}
	report_moved(r);
}

/* Pages that were written out, or given up, go: what is read then is what is stored. */
static int open_uncached(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd >= 0)
		posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
	return fd;
}

void copy_check(const void *arg, struct report *r)
{
	const struct copy_plan *p = arg;
	uint64_t accepted = r->accepted / PATTERN_BLOCK * PATTERN_BLOCK;
	char path[256];
	int fd = -1;

	report_step(r, STEP_READ);
	for (uint64_t off = 0; off < accepted; off += PATTERN_BLOCK) {
		uint64_t at = name_file(p, off, path, sizeof path);

		if (off == 0 || (p->how == COPY_TREE && off % PIECE == 0)) {
			if (fd >= 0)
				close(fd);
			fd = open_uncached(path);
		}
		check_block(p, fd, p->how == COPY_TREE ? off % PIECE : at, off, r);
	}
	if (fd >= 0)
		close(fd);
}
