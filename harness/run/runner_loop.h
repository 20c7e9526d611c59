/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A run from its first spawn to its last end: what runner.c (which begins runs) and runner_resume.c
 * (which takes them up) have in common. For these files only; the door is runner.h.
 */
#ifndef KS_RUN_RUNNER_LOOP_H
#define KS_RUN_RUNNER_LOOP_H

#include "base/loop.h"
#include "run/events.h"
#include "run/progress.h"
#include "run/runner.h"
#include "run/slots.h"
#include "run/strategy.h"
#include "run/version.h"
#include "store/journal.h"
#include "store/layout.h"

enum arm_state { ARM_UNTRIED, ARM_READY, ARM_UNABLE };

struct runner {
	struct clock clock;
	struct loop *loop;
	struct campaign campaign;
	struct strategy *strategy;
	struct run_dir dir;
	struct journal *journal;
	struct live *live;
	struct progress *progress;
	struct events *events; /* NULL: nobody listens */
	uint64_t told_ns;      /* when the last progress event was sent */
	bool resumed;
	struct slots *slots;
	enum arm_state *arm;     /* [n_arms] where the strategy is lazy; else NULL */
	struct version_job *job; /* an arm that is being made ready; NULL: none */
	const struct run_options *opt;
	uint64_t started_ns;
	uint64_t spent_ns; /* of the budget, by runners before this one */
	int stop_signal;   /* the first that came; 0: none */
	unsigned signals;  /* how many came */
	bool over_budget;
	bool decided; /* the strategy has its answer; what it is was fixed then: */
	int decided_exit;
	char answer[512];
	bool given_up; /* hopeless, or the disk is full: err says */
	struct err err;
	char last_loss[512]; /* why the last INFRA trial was lost */
};

void runner_make_slots(struct runner *r, size_t n);

/* No new trials: everything that runs is on its way to its end. */
bool runner_stopping(const struct runner *r);

/* The run cannot go on; the first reason is kept. */
void runner_give_up(struct runner *r, const struct err *err);

/* Into the journal; who cannot write gives up. */
void runner_write_down(struct runner *r, const struct journal_record *rec);

/* The first event of the stream: before anything is taken up or started. */
void runner_tell_begin(struct runner *r);

/* The verdict as the trial left it, or made from its folder where it did not come to one. */
int runner_settle(struct runner *r, uint64_t trial, struct verdict *ret, struct err *err);

/* Counts an ended trial, and lets campaign and strategy know. */
void runner_count(struct runner *r, uint64_t trial, const struct verdict *v);

/* A trial has ended: its verdict is settled, written down and counted. */
void runner_note_end(struct runner *r, uint64_t trial, int exit_status);

/* Begins to make what runs idle again: after a trial's end, and when an arm has become ready. */
void runner_go_on(struct runner *r);

/* Runs trials until there are no more, or something stops it. */
void runner_loop(struct runner *r);

#endif
