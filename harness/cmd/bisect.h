/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What follows `kernsoak bisect`: a word of this table, each with its own file. */
#ifndef KS_CMD_BISECT_H
#define KS_CMD_BISECT_H

/* argv[0] is "kernsoak bisect WORD"; they return the exit code. */
int cmd_bisect_simulate(int argc, char **argv);

#endif
