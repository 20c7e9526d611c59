/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the actions of `kernsoak kernels` share; kernels.c has the verb. */
#ifndef KS_CMD_KERNELS_H
#define KS_CMD_KERNELS_H

#include "image/kernels.h"

/* Finds it, or says why not and returns the exit code. On the command line debian: may be left out.
 */
int kernels_find(const char *name, bool may_fetch, struct kernel *ret);

int kernels_show(int argc, char **argv, bool as_json); /* kernels_show.c */

#endif
