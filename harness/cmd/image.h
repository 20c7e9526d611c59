/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The parts of `kernsoak image`. */
#ifndef KS_CMD_IMAGE_H
#define KS_CMD_IMAGE_H

#include "base/err.h"

#define IMAGE_KERNEL "debian:6.1.0-56-cloud" /* where none is said */

/* As on the command line; NULL: not said. */
struct image_guest {
	const char *memory, *vcpus;
};

/* A shell in a guest of that image, or of that scenario's guest; the exit code. */
int image_shell(const char *what, const char *kernel, const struct image_guest *guest);

/* As cmd_fail(), for sentences about what the command line said. */
int image_fail(struct err *err);

#endif
