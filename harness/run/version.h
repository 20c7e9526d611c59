/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * An arm made ready when it is first wanted: its kernel fetched or built, its image made, its
 * accelerator found out. That takes from nothing to an hour, so a process of its own does it
 * (`kernsoak prepare RUN ARM`), and leaves what it found in RUN/versions/000003.json: the settings,
 * or why there are none. What it prints goes to the .log beside it.
 */
#ifndef KS_RUN_VERSION_H
#define KS_RUN_VERSION_H

#include "base/loop.h"
#include "model/settings.h"

/* The process. `path` is the run's folder; the arm counts from 0. 0, or less with the reason, which
 * is written down, too. */
int version_prepare(const char *path, uint64_t arm, const char *uri, struct err *err);

/* What it found. -ENOEXEC where the arm cannot be run, with the reason as the sentence. */
int version_read(int run_fd, uint64_t arm, struct settings *ret, struct err *err);

struct version_job;

/* It has ended; `took_s` by the loop's clock. exit_status as proc_wait() gives it. */
typedef void (*version_fn)(void *arg, uint64_t arm, double took_s, int exit_status);

/* One at a time. The job frees itself before fn is called. */
int version_start(struct loop *loop, const char *path, uint64_t arm, const char *uri, version_fn fn,
		  void *arg, struct version_job **ret, struct err *err);
void version_signal(const struct version_job *j, int signo);

#endif
