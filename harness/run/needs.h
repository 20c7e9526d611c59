/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a scenario asks of its kernel, against the kernel's configuration. */
#ifndef KS_RUN_NEEDS_H
#define KS_RUN_NEEDS_H

#include "image/kernels.h"
#include "model/settings.h"

/*
 * 0, or -ENOTSUP: a guest setting, and what the kernel was built without (exit code 65); or what
 * `needs` or a load asks for, and how a kernel with it is to be had (69). Where the configuration
 * is not known the guest itself has to tell: then ret_note, freed by the caller, says so where the
 * scenario has `needs`, and is left alone otherwise.
 */
int needs_check(const struct settings *s, const struct kernel *k, char **ret_note, struct err *err);

#endif
