/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The kernel of a trial as debuggers want it: an ELF that has names and types. */
#ifndef KS_CMD_VMLINUX_H
#define KS_CMD_VMLINUX_H

#include "model/spec.h"
#include "symbol/symbol.h"

struct vmlinux {
	char *path;    /* NULL: none is at hand, not even one without names */
	bool debug;    /* it has debug information */
	char *lacking; /* "" or a sentence of what lacks, and the command that mends it */
};

#define _cleanup_vmlinux_ _cleanup_(vmlinux_done)
void vmlinux_done(struct vmlinux *v);

/*
 * What the options name comes first; then what distributions install below /usr/lib/debug, the
 * build folder of the running modules, and the kernel that the trial booted. `release` is the
 * guest's (uname -r), "" where it never said. Fails only where an option names what is not there.
 */
int vmlinux_find(const struct settings *s, const char *release, const struct symbol_sources *from,
		 struct vmlinux *ret, struct err *err);

#endif
