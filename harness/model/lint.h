/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What is right, and yet hardly meant: a target that this kernel cannot print, arms that do not
 * differ, a plan that does not fit into its budget. Warnings, with the place as complaints have it.
 */
#ifndef KS_MODEL_LINT_H
#define KS_MODEL_LINT_H

#include "model/kconfig.h"
#include "model/scenario_look.h"

struct lint {
	void (*say)(void *arg, const struct err *warning);
	/*
	 * Of the host. The kernel's configuration, left empty where it is not known; -errno and a
	 * sentence where the kernel is not to be had. NULL: nothing is known of kernels.
	 */
	int (*kernel)(void *arg, const char *ref, struct kconfig *ret, struct err *why);
	uint64_t cpus, memory_bytes; /* 0: not known */
	void *arg;
	struct strv said; /* a warning that several arms earn is said once */
};

void lint_done(struct lint *l);

/* `opt->lint` is set. Each arm first, then the whole; `arms` NULL: there are none. */
void lint_arm(const struct look *l);
void lint_whole(const struct look *l, const struct node *arms);

#endif
