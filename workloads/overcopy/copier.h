/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the caller of a copy sees: writes a known amount of known data, notes the first step that
 * failed, and later looks what is there. Both run in a process of their own (task.h), since either
 * may never return.
 */
#ifndef KS_WORKLOADS_OVERCOPY_COPIER_H
#define KS_WORKLOADS_OVERCOPY_COPIER_H

#include "task.h"

enum copy_how {
	COPY_FILE,   /* one file, write(2) */
	COPY_TREE,   /* files of 64 KiB, 32 in a directory */
	COPY_MMAP,   /* one file, through a shared mapping */
	COPY_DIRECT, /* one file, O_DIRECT */
};

struct copy_plan {
	const char *dir;
	uint64_t bytes; /* a multiple of 64 KiB */
	uint64_t seed;  /* of the contents */
	enum copy_how how;
	bool fsync; /* before each close */
};

/* report: accepted bytes; told_step, told_error and told_ns of the first step that failed. */
void copy_write(const void *plan, struct report *r);

/* report: of the accepted bytes, intact, wrong and unreadable ones, past the page cache. */
void copy_check(const void *plan, struct report *r);

#endif
