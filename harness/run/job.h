/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The part of the agent's job that guest settings make. */
#ifndef KS_RUN_JOB_H
#define KS_RUN_JOB_H

#include "base/buf.h"
#include "model/settings.h"

/* Kernel modules that the settings need in the guest: a name, and parameters behind it. */
void job_modules(const struct settings *s, struct strv *ret);

/* The same, and those that the agent loads by itself. */
void job_image_modules(const struct settings *s, struct strv *ret);

/* The line of the second witness, where there is one: before all others, to hear of them. The agent
 * puts the card's name between its two addresses. */
void job_witness(const struct settings *s, struct buf *out);

/* Appends the lines of the settings, behind those of modules and before those of loads. */
void job_settings(const struct settings *s, struct buf *out);

#endif
