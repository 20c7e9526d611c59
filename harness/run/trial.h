/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One trial, from spawn to verdict, as a list of steps over a loop (steps.def). It asks its clock
 * and its backend for everything, so that a fake of both runs it in no time.
 */
#ifndef KS_RUN_TRIAL_H
#define KS_RUN_TRIAL_H

#include <signal.h>

#include "model/spec.h"
#include "model/verdict.h"
#include "vm/vm.h"

#define TRIAL_ENOUGH SIGUSR1 /* to its process: the run wants no more of it (run/strategy.h) */

struct trial_env {
	struct clock *clock;
	const struct vm_backend *backend;
	const struct machine *machine; /* made from the spec: run/machine.h */
	int dirfd;                     /* the trial's folder; -1: keep nothing */
	bool signals;                  /* SIGINT, SIGTERM and TRIAL_ENOUGH end it as STOPPED */
	int orders;                    /* where the run's orders come (run/orders.h); 0: none */
	const char *accel;             /* for the verdict: "tcg", "kvm", "fake" */
	/* For who debugs it: a guest that failed is stopped, and kept until a signal comes; `what`
	 * is its failure. NULL: it is asked and ended, as ever. */
	void (*held)(void *arg, const char *what);
	void *arg;
};

/*
 * Runs it to the end. 0: *ret is the verdict, written to dirfd/verdict.json too. -errno only when
 * the verdict could not be written or nothing could be started (err; the pessimistic one stands).
 */
int trial_run(const struct spec *spec, const struct trial_env *env, struct verdict *ret,
	      struct err *err);

/* The pessimistic verdict: INFRA, not final. */
void trial_verdict_init(const struct spec *spec, const char *accel, struct verdict *ret);

#endif
