/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From a trial's spec to the machine that runs it: names, paths, the kernel's command line. */
#ifndef KS_RUN_MACHINE_H
#define KS_RUN_MACHINE_H

#include "model/spec.h"
#include "vm/vm.h"

struct machine_files { /* borrowed paths, as QEMU will see them; "" for a fake guest */
	const char *kernel, *initrd, *console, *work;
	uint64_t owner_pid; /* of the process that runs it; 0: it is only described */
	const struct machine_disk *disk;
	size_t n_disks;
};

struct machine_made {
	struct machine m; /* its strings belong to the fields below and to spec and files */
	char *name, *uuid, *cmdline, *trial;
};

void machine_make(const struct spec *spec, const struct machine_files *files,
		  struct machine_made *ret);
void machine_made_done(struct machine_made *m);

/* kernsoak-RUN-000017: what a sweep looks for. The caller frees. */
char *machine_name(const char *run, uint64_t trial);

/* The kernel's command line for these settings; `kvm` picks the detectors' profile under auto. */
void machine_cmdline(const struct settings *s, bool kvm, struct buf *out);

/* Has guest.cmdline the word `key`, or key=VALUE? */
bool machine_cmdline_has(const struct settings *s, const char *key);

/* Which profile of the guest's own watchdogs it has: never HANG_AUTO. */
enum hang_profile machine_hang_profile(const struct settings *s, bool kvm);

/* Files of the guest, and what they should read after such a boot: knobs of the profile that
 * guest.cmdline does not set otherwise. */
void machine_knobs(const struct settings *s, bool kvm, struct pairs *ret);

#endif
