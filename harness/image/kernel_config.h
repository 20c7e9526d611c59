/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The configuration that a kernel was built with. */
#ifndef KS_IMAGE_KERNEL_CONFIG_H
#define KS_IMAGE_KERNEL_CONFIG_H

#include "image/kernels.h"
#include "model/kconfig.h"

/*
 * From the file beside it, else from inside its vmlinux (CONFIG_IKCONFIG). -ENOENT where neither
 * has one: then nothing is known of it, which is no error for most. `ret_from`, freed by the
 * caller, names the file.
 */
int kernel_config(const struct kernel *k, struct kconfig *ret, char **ret_from, struct err *err);

#endif
