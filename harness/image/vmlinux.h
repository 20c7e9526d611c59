/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The kernel inside a bzImage: QEMU enters its ELF through the PVH note, which spares the guest the
 * real-mode code and the decompression (0.79 of the boot's CPU time under TCG, at the price of
 * KASLR, which that code does).
 */
#ifndef KS_IMAGE_VMLINUX_H
#define KS_IMAGE_VMLINUX_H

#include "base/buf.h"
#include "base/err.h"

enum kernel_kind {
	KERNEL_NEITHER,
	KERNEL_BZIMAGE,
	KERNEL_ELF, /* x86-64 */
};

enum kernel_kind vmlinux_kind(const void *image, size_t n);

/* Appends the ELF of a bzImage. -ENOTSUP where its compression is one that we cannot read. */
int vmlinux_extract(const void *bzimage, size_t n, struct buf *out, struct err *err);

/* Has this ELF the note (XEN_ELFNOTE_PHYS32_ENTRY) without which `qemu -kernel` refuses it? */
bool vmlinux_has_pvh(const void *elf, size_t n);

/* What `uname -r` will say (freed by the caller), NULL where the image does not tell. */
char *vmlinux_release(const void *image, size_t n);

#endif
