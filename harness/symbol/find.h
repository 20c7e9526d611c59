/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which files below a folder could be a kernel or a module with debug information. */
#ifndef KS_SYMBOL_FIND_H
#define KS_SYMBOL_FIND_H

#include "base/err.h"
#include "base/str.h"

/* Paths, of what is named like a kernel (vmlinux, vmlinux-RELEASE) or a module (x.ko, x.ko.debug).
 */
struct finds {
	char *dir;
	struct strv kernels, modules;
};

/* Walks the folder, once. */
int finds_walk(const char *dir, struct finds *ret, struct err *err);
void finds_done(struct finds *f);

/*
 * The best of them: by build id (.build-id/xx/y.debug) where one is given and there; of several,
 * one whose path names the release; then the one nearest to the top. `module` "" = the kernel.
 * NULL: none. The caller frees.
 */
char *finds_pick(const struct finds *f, const char *module, const char *release,
		 const char *build_id);

#endif
