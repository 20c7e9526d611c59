/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A shell in a guest, for a person (a terminal; Ctrl-] leaves) or a script on stdin. Over the
 * agent's port (docs/PROTOCOL.md, "A shell"). What the guest prints goes to stdout as it is, escape
 * sequences included: a terminal is what was asked for.
 */
#ifndef KS_RUN_SHELL_H
#define KS_RUN_SHELL_H

#include "model/settings.h"

/*
 * Boots a guest of these settings, whose loads are there and do not run; its disks, modules and
 * sysctls are. Returns the shell's exit status when that ended, 0 where the user left, or -errno.
 */
int shell_run(const struct settings *s, struct err *err);

/*
 * What the agent is told before its shell: the job of a trial, without loads and `settle`, which
 * would start them. Pure.
 */
void shell_job(const struct settings *s, uint64_t seed, struct buf *out);

#endif
