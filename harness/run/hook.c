/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "run/hook.h"

#include <errno.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/mman.h>

#include "base/fs.h"
#include "base/loop.h"
#include "base/proc.h"

enum { GRACE_S = 5 };

struct watch {
	struct loop *loop;
	struct proc proc;
	int status;
	bool late;
};

static void on_end(void *arg, uint32_t events)
{
	struct watch *w = arg;

	(void)events;
	w->status = proc_wait(&w->proc);
	loop_quit(w->loop, 0);
}

/* Not reaped, so that its pid is its own, and its group too. */
static void on_grace_over(void *arg)
{
	struct watch *w = arg;

	kill(-w->proc.pid, SIGKILL);
}

static void on_deadline(void *arg)
{
	struct watch *w = arg;

	w->late = true;
	kill(-w->proc.pid, SIGTERM);
	loop_add_timer(w->loop, loop_now(w->loop) + GRACE_S * NS_PER_S, on_grace_over, w);
}

/* A file in memory: a hook that does not read it cannot hold us up. */
static int open_text(const struct buf *text, struct err *err)
{
	int fd = memfd_create("kernsoak-hook", MFD_CLOEXEC);
	int r = fd < 0 ? -errno : fs_write_all(fd, buf_str(text), text->len);

	if (r == 0 && lseek(fd, 0, SEEK_SET) == 0)
		return fd;
	if (fd >= 0)
		close(fd);
	return err_set(err, r ? -r : EIO, "cannot make a hook's stdin: %s", strerror(r ? -r : EIO));
}

static int watch(struct watch *w, uint64_t deadline_ns, struct err *err)
{
	struct clock clock = { 0 };
	int r = loop_new(&clock, &w->loop, err);

	if (r == 0 && !loop_add_fd(w->loop, w->proc.pidfd, EPOLLIN, on_end, w))
		r = err_set(err, errno, "cannot watch its process: %s", strerror(errno));
	if (r == 0) {
		loop_add_timer(w->loop, loop_now(w->loop) + deadline_ns, on_deadline, w);
		r = loop_run(w->loop);
	}
	if (w->proc.pidfd >= 0) { /* nobody would hear of its end */
		kill(-w->proc.pid, SIGKILL);
		proc_wait(&w->proc);
	}
	loop_free(w->loop);
	return r;
}

int hook_run(const struct strv *command, const struct hook_variable *variable, size_t n,
	     const struct buf *text, uint64_t deadline_ns, struct err *err)
{
	_cleanup_free_
	const char **argv = xcalloc(command->n + 1, sizeof(*argv));
	_cleanup_close_ int in = open_text(text, err);
	struct proc_options opt = { .stdin_fd = in, .death_signal = SIGTERM, .own_group = true };
	struct watch w = { .proc = PROC_INIT };
	int r;

	if (in < 0)
		return in;
	for (size_t i = 0; i < command->n; i++)
		argv[i] = command->item[i];
	for (size_t i = 0; i < n; i++)
		setenv(variable[i].name, variable[i].value, 1);
	r = proc_spawn(argv, &opt, &w.proc, err);
	for (size_t i = 0; i < n; i++)
		unsetenv(variable[i].name);
	if (r == 0)
		r = watch(&w, deadline_ns, err);
	if (r < 0)
		return err_wrap(err, "hook");
	if (w.late)
		return err_set(err, ETIMEDOUT,
			       "the hook %s was still at work after %llu s and was "
			       "ended",
			       argv[0], (unsigned long long)(deadline_ns / NS_PER_S));
	if (w.status)
		return err_set(err, EIO, "the hook %s ended with %d", argv[0], w.status);
	return 0;
}
