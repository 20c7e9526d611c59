/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The process of one trial: `kernsoak trial DIR` reads DIR/spec.json and writes DIR/verdict.json.
 */
#ifndef KS_RUN_TRIAL_PROCESS_H
#define KS_RUN_TRIAL_PROCESS_H

#include "model/spec.h"
#include "model/verdict.h"

#define TRIAL_RUNNER_ENV "KERNSOAK_RUNNER_PID" /* set for the children of a runner */

/*
 * Runs the trial of `dir`. Where that trial has its verdict already, its evidence is left alone and
 * the rerun gets a folder of its own, DIR/rerun-N. *ret_dir (freed by the caller) is where it ran.
 * Gives up root for good where it had it.
 */
int trial_process(const char *dir, struct verdict *ret, char **ret_dir, struct err *err);

/* What the domain of this spec would be (XML and, where possible, the QEMU command line). */
int trial_describe(const struct spec *spec, struct buf *out, struct err *err);

/* Reads DIR's spec.json. */
int trial_spec_read(int dirfd, struct spec *ret, struct err *err);

#endif
