/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "run/slots.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "base/exit.h"
#include "base/proc.h"
#include "run/trial.h"
#include "run/trial_process.h"

struct slot {
	struct slots *slots;
	uint64_t trial; /* 0: idle */
	struct proc proc;
	int orders; /* our end of the trial's stdin; -1: none */
	struct loop_source *source;
};

struct slots {
	struct loop *loop;
	slot_end_fn fn;
	void *arg;
	size_t n;
	struct slot slot[];
};

struct slots *slots_new(struct loop *loop, size_t n, slot_end_fn fn, void *arg)
{
	struct slots *s = xcalloc(1, sizeof(*s) + n * sizeof(*s->slot));

	s->loop = loop;
	s->fn = fn;
	s->arg = arg;
	s->n = n;
	for (size_t i = 0; i < n; i++)
		s->slot[i] = (struct slot){ .slots = s, .proc = PROC_INIT, .orders = -1 };
	return s;
}

struct slots *slots_free(struct slots *s)
{
	free(s);
	return NULL;
}

size_t slots_count(const struct slots *s)
{
	return s->n;
}

size_t slots_running(const struct slots *s)
{
	size_t n = 0;

	for (size_t i = 0; i < s->n; i++)
		n += s->slot[i].trial != 0;
	return n;
}

int slots_idle(const struct slots *s)
{
	for (size_t i = 0; i < s->n; i++)
		if (!s->slot[i].trial)
			return (int)i;
	return -1;
}

void slots_signal(const struct slots *s, int signo)
{
	for (size_t i = 0; i < s->n; i++)
		if (s->slot[i].trial)
			proc_kill(&s->slot[i].proc, signo);
}

void slots_signal_trial(const struct slots *s, uint64_t trial, int signo)
{
	for (size_t i = 0; i < s->n; i++)
		if (s->slot[i].trial == trial)
			proc_kill(&s->slot[i].proc, signo);
}

/* A socket, not a pipe: a trial that has ended is an error here, and no SIGPIPE. */
int slots_order(const struct slots *s, uint64_t trial, const char *line)
{
	for (size_t i = 0; i < s->n; i++)
		if (s->slot[i].trial == trial)
			return send(s->slot[i].orders, line, strlen(line),
				    MSG_DONTWAIT | MSG_NOSIGNAL) < 0
				       ? -errno
				       : 0;
	return -ESRCH;
}

static void on_end(void *arg, uint32_t events)
{
	struct slot *s = arg;
	uint64_t trial = TAKE(s->trial, 0);

	(void)events;
	s->source = loop_remove(s->slots->loop, s->source);
	close(TAKE(s->orders, -1));
	s->slots->fn(s->slots->arg, trial, proc_wait(&s->proc));
}

static int start(const char *dir, int orders, struct proc *ret, struct err *err)
{
	char pid[32];
	_cleanup_free_
	char *log = xasprintf("%s/trial.log", dir);
	_cleanup_close_ int out = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
	const char *argv[] = { "kernsoak", "trial", dir, NULL };

	if (out < 0) {
		err_set(err, errno, "cannot write %s: %s", log, strerror(errno));
		return err_exit(err, EXIT_CANNOT_WRITE);
	}
	snprintf(pid, sizeof(pid), "%d", (int)getpid());
	setenv(TRIAL_RUNNER_ENV, pid, 1);
	return proc_spawn(argv,
			  &(struct proc_options){ .stdin_fd = orders,
						  .stdout_fd = out,
						  .stderr_fd = out,
						  .death_signal = SIGTERM,
						  .block_signal = TRIAL_ENOUGH,
						  .own_group = true,
						  .self = true },
			  ret, err);
}

int slots_spawn(struct slots *s, int slot, uint64_t trial, const char *dir, pid_t *ret_pid,
		struct err *err)
{
	struct slot *it = &s->slot[slot];
	_cleanup_close_ int ours = -1, theirs = -1;
	int pair[2], r;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
		return err_set(err, errno, "cannot make a socket: %s", strerror(errno));
	ours = pair[0];
	theirs = pair[1];
	r = start(dir, theirs, &it->proc, err);
	if (r < 0)
		return r;
	it->source = loop_add_fd(s->loop, it->proc.pidfd, EPOLLIN, on_end, it);
	if (!it->source) {
		r = err_set(err, errno, "cannot watch a trial's process: %s", strerror(errno));
		proc_kill(&it->proc, SIGKILL);
		proc_wait(&it->proc);
		return r;
	}
	it->trial = trial;
	it->orders = TAKE(ours, -1);
	*ret_pid = it->proc.pid;
	return 0;
}
