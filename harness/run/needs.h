/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What guest settings need of a kernel, against its configuration. */
#ifndef KS_RUN_NEEDS_H
#define KS_RUN_NEEDS_H

#include "image/kernels.h"
#include "model/settings.h"

/*
 * 0, or -ENOTSUP with exit code 65: the setting, and what the kernel was built without. Where the
 * configuration is not known the guest itself has to tell.
 */
int needs_check(const struct settings *s, const struct kernel *k, struct err *err);

#endif
