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

/* A rerun under a debugger. */
struct trial_debug {
	bool wait; /* the guest is stopped at its first instruction until the debugger lets it go */
	/* Called before the guest starts: the folder of the rerun, which will have TRIAL_GDB. */
	void (*ready)(void *arg, const char *dir);
	void (*held)(void *arg, const char *what); /* as struct trial_env's */
	void *arg;
};

#define TRIAL_GDB "gdb.sock"

/*
 * As trial_process(), in a folder DIR/debug-N and without limits, as time stands still while
 * somebody thinks; nothing moves the kernel (nokaslr). A guest that failed is kept, stopped, until
 * SIGINT or SIGTERM.
 */
int trial_debug(const char *dir, const struct trial_debug *debug, struct verdict *ret,
		char **ret_dir, struct err *err);

/* What the domain of this spec would be (XML and, where possible, the QEMU command line). */
int trial_describe(const struct spec *spec, struct buf *out, struct err *err);

/* Reads DIR's spec.json. */
int trial_spec_read(int dirfd, struct spec *ret, struct err *err);

#endif
