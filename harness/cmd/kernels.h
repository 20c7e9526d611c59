/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the actions of `kernsoak kernels` share; kernels.c has the verb. */
#ifndef KS_CMD_KERNELS_H
#define KS_CMD_KERNELS_H

#include "image/kernels.h"

struct kernels_options {
	bool json;
	const char *source; /* of build; NULL: the recipe's */
	unsigned jobs;      /* of build; 0: as many as there are CPUs */
};

/* Finds it, or says why not and returns the exit code. On the command line debian: may be left out.
 */
int kernels_find(const char *name, bool may_fetch, struct kernel *ret);

/* The actions; argv holds their names alone. */
int kernels_build(int argc, char **argv, const struct kernels_options *o); /* kernels_build.c */
int kernels_list(int argc, char **argv, const struct kernels_options *o);  /* kernels_list.c */
int kernels_show(int argc, char **argv, const struct kernels_options *o);  /* kernels_show.c */

#endif
