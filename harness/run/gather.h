/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What is asked of a guest that has failed, before it is ended: a ladder of rungs (rungs.def), each
 * with a deadline of its own, each with a line in evidence/ledger.json. The time to failure is
 * fixed before the first of them, and what the guest says because we asked is evidence, never a
 * crash.
 */
#ifndef KS_RUN_GATHER_H
#define KS_RUN_GATHER_H

#include "base/loop.h"
#include "model/settings.h"
#include "vm/vm.h"

/* agent.log tells when it began, behind its `#`: what the console says from there on was asked for.
 */
#define GATHER_NOTE "gather"

struct gather_env {
	struct loop *loop;
	struct vm *vm;
	int dirfd;           /* the trial's folder */
	const char *console; /* its console.log, as the emulator knows it: dumps go beside it */
	const struct settings *settings;
	bool silent; /* no report on the console says what happened */
	bool hang;   /* the guest hangs, and has not panicked */
	bool agent;  /* its agent is alive */
	uint64_t console_bytes;
};

struct gather;

/* `done` is called once, from the loop, after the last rung. Everything in env is borrowed. */
struct gather *gather_start(const struct gather_env *env, void (*done)(void *arg), void *arg);

/* The console has `end` bytes now. */
void gather_console(struct gather *g, uint64_t end);

/* Ends it early too, with what there is. Returns NULL. */
struct gather *gather_free(struct gather *g);

#endif
