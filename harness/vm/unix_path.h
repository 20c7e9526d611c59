/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A unix socket at a path: QEMU's other ends. */
#ifndef KS_VM_UNIX_PATH_H
#define KS_VM_UNIX_PATH_H

#include "base/err.h"
#include "base/macro.h"

/* Binds fd there; an old socket of that name goes. */
int unix_bind(int fd, const char *path, struct err *err);

#endif
