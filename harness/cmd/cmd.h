/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A verb of the program: one file each, one row in table.c. */
#ifndef KS_CMD_CMD_H
#define KS_CMD_CMD_H

#include "base/err.h"
#include "base/exit.h"

struct cmd {
	const char *name;
	const char *args;                  /* "SCENARIO [--set KEY=VALUE]..." */
	const char *summary;               /* one line */
	int (*run)(int argc, char **argv); /* argv[0] is the verb; returns the exit code */
	bool internal;                     /* not listed */
};

const struct cmd *cmd_nth(size_t i); /* NULL at the end */
const struct cmd *cmd_by_name(const char *name);

/* Prints "kernsoak: <sentence>" on stderr; returns err->exit_code, or `fallback` where it has none.
 */
int cmd_fail(const struct err *err, int fallback);

int cmd_bisect(int argc, char **argv);
int cmd_check(int argc, char **argv);
int cmd_completion(int argc, char **argv);
int cmd_compare(int argc, char **argv);
int cmd_explain(int argc, char **argv);
int cmd_export(int argc, char **argv);
int cmd_doctor(int argc, char **argv);
int cmd_gc(int argc, char **argv);
int cmd_image(int argc, char **argv);
int cmd_init(int argc, char **argv);
int cmd_kernels(int argc, char **argv);
int cmd_night(int argc, char **argv);
int cmd_plan(int argc, char **argv);
int cmd_stats(int argc, char **argv);
int cmd_scan(int argc, char **argv);
int cmd_run(int argc, char **argv);
int cmd_resume(int argc, char **argv);
int cmd_rerun(int argc, char **argv);
int cmd_trial(int argc, char **argv);
int cmd_prepare(int argc, char **argv);
int cmd_ls(int argc, char **argv);
int cmd_reindex(int argc, char **argv);
int cmd_report(int argc, char **argv);
int cmd_show(int argc, char **argv);
int cmd_watch(int argc, char **argv);
int cmd_debug(int argc, char **argv);
int cmd_crash(int argc, char **argv);

/* The report of the run whose folder is `path`, on stdout; the exit code. */
int cmd_report_run(const char *path, bool json);

#endif
