/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A verdict from a trial's folder alone: after kill -9, and whenever somebody wants the verdict
 * derived anew from the raw console. The same detector and the same classify() as live.
 */
#ifndef KS_RUN_RECOVER_H
#define KS_RUN_RECOVER_H

#include "model/spec.h"
#include "model/verdict.h"

/*
 * Reads spec.json, the pessimistic verdict, agent.log, console.log and console.idx of dirfd; a soak
 * that had begun is censored at its last sign of life, or failed where the console says so.
 */
int recover_verdict(int dirfd, struct verdict *ret, struct err *err);

#endif
