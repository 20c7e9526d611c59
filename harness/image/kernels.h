/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A kernel by reference, ready to boot:
 *
 *   debian:6.1.0-54-cloud           the package linux-image-6.1.0-54-cloud-amd64
 *   debian:6.12.117-cloud           likewise; its +deb12 may be left out
 *   ./linux-image-....deb           a package at hand (a mirror no longer carries the old ones)
 *   ./bzImage, /boot/vmlinuz-6.1.0  a kernel file; its modules are looked for in
 * lib/modules/RELEASE
 *   ./vmlinux                       beside it and one level up
 *   ./linux                         a build tree: its arch/x86/boot/bzImage
 *
 * What had to be made (an unpacked package, an extracted vmlinux) is kept in the cache, under
 * kernels/. An entry appears whole, by a rename; a lock per entry keeps two makers apart.
 */
#ifndef KS_IMAGE_KERNELS_H
#define KS_IMAGE_KERNELS_H

#include "base/err.h"
#include "base/macro.h"

struct kernel {
	char *ref;     /* as it was asked for */
	char *name;    /* one spelling for one kernel: debian:6.12.117+deb12-cloud, or the path */
	char *release; /* uname -r: 6.1.0-54-cloud-amd64 */
	char *vmlinux; /* the ELF; NULL where the image has none that QEMU could enter */
	char *bzimage; /* NULL for a vmlinux given by path */
	char *modules_dir; /* .../lib/modules/RELEASE, or NULL: none, all it has is built in */
	char *config;      /* NULL: not known */
	char *changelog;   /* gzip; NULL for a kernel file */
	char *package;     /* NULL for a kernel file */
	char *version;     /* of the package, 6.1.190-1; NULL for a kernel file */
	char *digest;      /* SHA256 of the package or file */
};

#define _cleanup_kernel_ _cleanup_(kernel_done)
void kernel_done(struct kernel *k);

/*
 * Finds the kernel; a Debian one that is not in the cache is fetched where may_fetch says so.
 * A reference that is malformed carries exit code 65; what the host cannot give carries 69, with
 * the nearest names that could be had.
 */
int kernel_find(const char *ref, bool may_fetch, struct kernel *ret, struct err *err);

/* Could it be found, or fetched? 0; as kernel_find() where not, and where apt does not tell. */
int kernel_available(const char *ref, struct err *err);

/* A Debian kernel that apt has, or that the cache has. */
struct kernel_row {
	char *name; /* debian:6.1.0-54-cloud */
	char *package;
	char *version;       /* of the package */
	uint64_t size_bytes; /* to download; 0 where apt no longer has it */
	bool cached, available;
};

struct kernel_list {
	struct kernel_row *row;
	size_t n;
};

#define _cleanup_kernel_list_ _cleanup_(kernel_list_done)
void kernel_list_done(struct kernel_list *l);

/*
 * All of them, sorted by version. Where apt has nothing to say the cached ones are still listed and
 * the reason is left in `ret_why`, which may be NULL (err_set's sentence; code 0: none).
 */
int kernel_list(struct kernel_list *ret, struct err *ret_why, struct err *err);

/* Does a reference debian:... mean one of them? */
bool kernel_list_has(const struct kernel_list *l, const char *ref);

#endif
