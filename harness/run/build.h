/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One commit of a tree, built: `sh -c COMMAND` in a checkout of it, once; what it left is kept in
 * the cache, under builds/. The user's own tree is only read: a clone that shares its objects is
 * built in, again and again, so that what did not change need not be built anew.
 *
 * The command finds KERNSOAK_COMMIT and KERNSOAK_OUT (a folder that is kept) in its environment.
 * What it makes is the kernel at `built` in the checkout (arch/x86/boot/bzImage); modules belong
 * into $KERNSOAK_OUT/lib/modules (make modules_install INSTALL_MOD_PATH=$KERNSOAK_OUT). Where it
 * writes $KERNSOAK_OUT/settings, its lines KEY=VALUE are laid over the scenario instead.
 */
#ifndef KS_RUN_BUILD_H
#define KS_RUN_BUILD_H

#include "base/err.h"
#include "base/str.h"

#define BUILD_KERNEL "arch/x86/boot/bzImage"

struct build {
	const char *dir, *commit, *command;
	const char *built; /* NULL: BUILD_KERNEL */
};

/* The settings that make a guest of this commit. A build that fails is -ENOEXEC, with what it
 * complained of and where the rest is. */
int build_commit(const struct build *b, struct strv *ret_set, struct err *err);

#endif
