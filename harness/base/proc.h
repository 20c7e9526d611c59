/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Child processes by pidfd: a number that may name somebody else by now is never signalled. */
#ifndef KS_BASE_PROC_H
#define KS_BASE_PROC_H

#include <signal.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/err.h"

struct proc {
	pid_t pid;
	int pidfd; /* readable when it has ended; -1: none */
};

#define PROC_INIT                                                                                  \
	{                                                                                          \
		.pid = -1, .pidfd = -1                                                             \
	}

struct proc_options {
	int stdin_fd, stdout_fd, stderr_fd; /* 0: /dev/null for stdin, inherited for the others */
	int death_signal;                   /* sent to the child when its parent dies; 0: none */
	int block_signal;                   /* blocked until the child wants it; 0: none */
	const char *cwd;                    /* NULL: ours */
	bool own_group; /* out of the terminal's reach: Ctrl-C goes to us alone */
	bool self;      /* argv[0] is but a name: what is started is the program that runs, also
			   when its file was replaced (by `make`) or removed */
};

/* Starts argv[0] (looked up on PATH). argv ends with NULL. opt may be NULL. */
int proc_spawn(const char *const *argv, const struct proc_options *opt, struct proc *ret,
	       struct err *err);

/* Reaps an ended child (or waits for it): exit status 0-255, 256 + signal, or -errno. Closes pidfd.
 */
int proc_wait(struct proc *p);

int proc_kill(const struct proc *p, int signo);

/* Runs to the end in cwd (NULL: ours) and collects stdout and stderr together, so that a warning is
 * only seen where the caller shows it; at most max bytes: exit status as proc_wait, or -errno. */
int proc_transcript(const char *const *argv, const char *cwd, size_t max, struct buf *out,
		    struct err *err);

/* Runs to the end and collects stdout (at most max bytes): exit status as proc_wait, or -errno. */
int proc_output(const char *const *argv, size_t max, struct buf *out, struct err *err);

#endif
