/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The lean image: one initramfs (cpio, newc, uncompressed: unpacking costs the guest CPU time) with
 * the agent, busybox, the loads and just the modules and programs that they need.
 *
 *   /init                        the agent
 *   /bin/busybox, /bin/sh        the agent makes the other links at boot
 *   /loads/NAME                  the loads
 *   /usr/bin/stress-ng ...       programs of this host at their usual paths, with their libraries
 *   /etc/root-disk               only where a disk is to become the root: workloads/agent/root.h
 *   /lib/modules/RELEASE/X.ko    flat and unpacked
 *   /lib/modules/load-order      a line per module, in an order in which all can be loaded:
 *                                NAME FILE NEEDED,NEEDED,... with FILE below /lib/modules/RELEASE
 *                                and all that must be loaded before, in order (none: two words)
 *
 * The same inputs give the same bytes.
 */
#ifndef KS_IMAGE_INITRAMFS_H
#define KS_IMAGE_INITRAMFS_H

#include "base/err.h"
#include "base/str.h"
#include "image/kernels.h"

struct image_want {
	const struct kernel *kernel;
	const struct strv *loads;    /* names; what model/loads says they need is added */
	const struct strv *modules;  /* more kernel modules; NULL: none */
	const struct strv *programs; /* more programs of this host; NULL: none */
	const char *guest_dir;       /* where init and the loads are */
	const char *faultlab;        /* the module of planted faults, built; NULL: none */
	/* Not NULL: the root will be a disk (image/rootfs.h), and these kernel modules are loaded
	 * there; busybox and programs are the disk's, so none are taken from this host. */
	const struct strv *root_modules;
};

/*
 * Builds the image, or finds it in the cache; ret_path is freed by the caller. The name in the
 * cache covers path, size and time of everything in it. Safe to call from several processes at
 * once.
 */
int image_build(const struct image_want *want, char **ret_path, struct err *err);

/* How many images are in the cache, their bytes, and when the newest was used (seconds since 1970).
 */
struct image_stock {
	size_t n;
	uint64_t bytes;
	int64_t used_s;
};
void image_stock(struct image_stock *ret);

/* Where the guest's programs are: $KERNSOAK_GUEST_DIR, or guest/ beside this program, or where
 * `make install` put them. The caller frees. */
char *image_guest_dir(void);

#endif
