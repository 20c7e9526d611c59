/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Which kernel modules an image needs. A Debian package has no modules.dep (depmod writes it when
 * the package is installed), so the dependencies are read where depmod reads them: from the section
 * .modinfo of each module, soft dependencies included. That needs no program and opens only the
 * modules that are wanted.
 */
#ifndef KS_IMAGE_MODULES_H
#define KS_IMAGE_MODULES_H

#include "base/err.h"
#include "base/str.h"

struct module {
	char *name;        /* as /proc/modules writes it: virtio_pci */
	char *path;        /* below the modules directory; may end in .xz, .zst or .gz */
	struct strv needs; /* all that must be loaded before it, in that order */
};

struct modules {
	struct module *item;
	size_t n;
};

#define _cleanup_modules_ _cleanup_(modules_done)
void modules_done(struct modules *m);

/*
 * The modules `wanted` (names, - and _ alike) and all they depend on, each once, in an order in
 * which they can be loaded. What is built in is left out. -ENOENT, with exit code 69, names a
 * module that the kernel does not have, and the nearest that it has.
 * dir is .../lib/modules/RELEASE; NULL means a kernel without modules: everything is taken as built
 * in, and the loads' own preconditions tell.
 */
int modules_closure(const char *dir, const struct strv *wanted, struct modules *ret,
		    struct err *err);

/* Appends the module's ELF, unpacked. */
int module_read(const char *dir, const char *path, struct buf *out, struct err *err);

#endif
