/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the threads of fsnotify-churn share: the files they meet at, and what each kind has done. */
#ifndef KS_WORKLOADS_FSNOTIFY_CHURN_H
#define KS_WORKLOADS_FSNOTIFY_CHURN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CHURN_PATH 192

struct churn {
	const char
		*dir; /* d0, d1, ... with f0, f1, ... in them; m: mounted over; cm: a config map */
	uint64_t directories, files, threads, watchers;
	bool mounts, fanotify, swaps;
	uint64_t interval_ns; /* between two watch operations of one watcher, on average */
	/* done so far */
	_Atomic uint64_t watch_ops, inotify, fanotify_marks, instances, events;
	_Atomic uint64_t writes, renames, deletes, mounted, swapped;
};

/* A thread's own: its random numbers and its clock. */
struct churner {
	struct churn *churn;
	uint64_t random;
};

uint64_t churn_below(struct churner *c, uint64_t n);

/* A file, a directory, or what is mounted over or swapped: any inode that others work on. */
void churn_any_path(struct churner *c, char ret[CHURN_PATH]);

/* Fills the folder; ends the load with a sentence where that cannot be. */
void churn_make_files(const struct churn *c);

/* Threads; they never return. */
void *churn_change(void *churner); /* writes, renames, deletes, links, truncates */
void *churn_mount(void *churner);  /* mounts over directories, binds, unmounts */
void *churn_swap(void *churner);   /* config maps */
void *churn_watch(void *churner);  /* adds and removes watches */

/* One change of each kind, for the proof that events come. */
int churn_write_file(struct churn *c, const char *path);
int churn_mount_once(struct churn *c, const char *path); /* 0 or -errno */
int churn_swap_once(struct churn *c, uint64_t generation);

#endif
