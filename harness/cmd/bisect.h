/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What follows `kernsoak bisect`: a word of this table, each with its own file. */
#ifndef KS_CMD_BISECT_H
#define KS_CMD_BISECT_H

#include "store/layout.h"

/* argv[0] is "kernsoak bisect WORD"; they return the exit code. */
int cmd_bisect_simulate(int argc, char **argv);
int cmd_bisect_log(int argc, char **argv);
int cmd_bisect_replay(int argc, char **argv);

/* Without a word: `kernsoak bisect SCENARIO --over AXIS`; argv[0] is "kernsoak bisect". */
int cmd_bisect_run(int argc, char **argv);

/* The answer of a bisection's folder on stdout; answer.json and answer.txt are written there. */
int cmd_bisect_report(const struct run_dir *run, bool json);

#endif
