/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Work that may hang in the kernel: in a child that reports through shared memory. */
#ifndef KS_WORKLOADS_OVERCOPY_TASK_H
#define KS_WORKLOADS_OVERCOPY_TASK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum step {
	STEP_NONE,
	STEP_CREATE,
	STEP_WRITE,
	STEP_FSYNC,
	STEP_CLOSE,
	STEP_READ,
	STEP_SYNC,
	STEP_SYNCFS,
	STEP_STATFS,
	STEP_UNMOUNT,
};

const char *step_name(enum step s);

/* What the child writes while it runs, each field in one store. */
struct report {
	_Atomic uint64_t begun;    /* bytes, the present attempt included */
	_Atomic uint64_t accepted; /* bytes that the kernel took */
	_Atomic uint64_t moved_ns; /* when the child last got anywhere */
	_Atomic int step;          /* where it is */
	/* final once the child has ended */
	int told_step, told_error;
	uint64_t told_ns; /* when */
	uint64_t intact, wrong, unreadable;
};

struct task {
	const char *name;
	pid_t pid; /* 0: none runs */
	int pidfd;
	struct report *report;
	uint64_t started_ns, ended_ns; /* ended: when it last got anywhere */
	bool overdue;                  /* it was told */
};

/* The task's step from now on; counts as movement. */
void report_step(struct report *r, enum step s);
void report_moved(struct report *r);
/* The first failure stays. */
void report_told(struct report *r, enum step s, int error);

/* Forks; `run` gets the argument and the report. The report of the task before is lost. */
void task_start(struct task *t, const char *name, void (*run)(const void *, struct report *),
		const void *arg);
/* Waits until it has ended, at most that long. */
bool task_ended(struct task *t, int wait_ms);
uint64_t task_still_ms(const struct task *t); /* without getting anywhere */
/* The function of the kernel that it sleeps in, or "-". */
void task_where(const struct task *t, char *ret, size_t size);

#endif
