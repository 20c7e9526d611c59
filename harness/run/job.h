/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The part of the agent's job that guest settings make. */
#ifndef KS_RUN_JOB_H
#define KS_RUN_JOB_H

#include "base/buf.h"
#include "model/settings.h"

/* Kernel modules that the settings need in the guest: a name, and parameters behind it. */
void job_modules(const struct settings *s, struct strv *ret);

/* Appends the lines of the settings, behind those of modules and before those of loads. */
void job_settings(const struct settings *s, struct buf *out);

#endif
