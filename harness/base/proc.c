/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/proc.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

static void put_fd(int fd, int target)
{
	if (fd > 0 && fd != target)
		dup2(fd, target);
}

/* In the child; never returns. The errno of a failed exec goes through the close-on-exec pipe. */
static void child_exec(const char *const *argv, const struct proc_options *opt, pid_t parent,
		       int report)
{
	sigset_t none;
	int code;

	sigemptyset(&none);
	if (opt->block_signal)
		sigaddset(&none, opt->block_signal);
	sigprocmask(SIG_SETMASK, &none, NULL);
	if (opt->own_group)
		setpgid(0, 0);
	if (opt->death_signal) {
		prctl(PR_SET_PDEATHSIG, opt->death_signal);
		if (getppid() != parent)
			_exit(127);
	}
	if (!opt->stdin_fd)
		put_fd(open("/dev/null", O_RDONLY | O_CLOEXEC), STDIN_FILENO);
	put_fd(opt->stdin_fd, STDIN_FILENO);
	put_fd(opt->stdout_fd, STDOUT_FILENO);
	put_fd(opt->stderr_fd, STDERR_FILENO);
	if (!opt->cwd || chdir(opt->cwd) == 0)
		execvp(opt->self ? "/proc/self/exe" : argv[0], (char *const *)(uintptr_t)argv);
	code = errno;
	while (write(report, &code, sizeof(code)) < 0 && errno == EINTR)
		;
	_exit(127);
}

int proc_wait(struct proc *p)
{
	int status, r;

	do
		r = waitpid(p->pid, &status, 0);
	while (r < 0 && errno == EINTR);
	if (r < 0)
		return -errno;
	if (p->pidfd >= 0)
		close(p->pidfd);
	*p = (struct proc)PROC_INIT;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 256 + WTERMSIG(status);
}

/* Nobody would hear of its end (EMFILE): it goes again. Our child that is not reaped keeps its pid.
 */
static int cannot_watch(struct proc *p, const char *name, struct err *err)
{
	int code = errno;

	kill(p->pid, SIGKILL);
	proc_wait(p);
	return err_set(err, code, "cannot start %s: %s", name, strerror(code));
}

int proc_spawn(const char *const *argv, const struct proc_options *opt, struct proc *ret,
	       struct err *err)
{
	static const struct proc_options plain = { 0 };
	_cleanup_close_ int in = -1, out = -1;
	pid_t parent = getpid();
	int fds[2], code = 0;
	ssize_t n;
	struct proc p;

	if (pipe2(fds, O_CLOEXEC) < 0)
		return err_set(err, errno, "pipe: %s", strerror(errno));
	in = fds[0];
	out = fds[1];
	p.pid = fork();
	if (p.pid < 0)
		return err_set(err, errno, "cannot start %s: %s", argv[0], strerror(errno));
	if (p.pid == 0)
		child_exec(argv, opt ? opt : &plain, parent, out);
	p.pidfd = (int)syscall(SYS_pidfd_open, p.pid, 0);
	if (p.pidfd < 0)
		return cannot_watch(&p, argv[0], err);
	close(TAKE(out, -1));
	while ((n = read(in, &code, sizeof(code))) < 0 && errno == EINTR)
		;
	if (n == (ssize_t)sizeof(code)) {
		proc_wait(&p);
		return err_set(err, code, "cannot start %s: %s", argv[0], strerror(code));
	}
	*ret = p;
	return 0;
}

int proc_kill(const struct proc *p, int signo)
{
	if (p->pidfd < 0)
		return -ESRCH;
	return syscall(SYS_pidfd_send_signal, p->pidfd, signo, NULL, 0) < 0 ? -errno : 0;
}

static int collect(const char *const *argv, const char *cwd, bool with_stderr, size_t max,
		   struct buf *out, struct err *err)
{
	_cleanup_close_ int in = -1;
	struct proc p = PROC_INIT;
	struct proc_options opt = { .cwd = cwd, .death_signal = SIGTERM };
	size_t start = out->len;
	int fds[2], r;
	ssize_t n;

	if (pipe2(fds, O_CLOEXEC) < 0)
		return err_set(err, errno, "pipe: %s", strerror(errno));
	in = fds[0];
	opt.stdout_fd = fds[1];
	if (with_stderr)
		opt.stderr_fd = fds[1];
	r = proc_spawn(argv, &opt, &p, err);
	close(fds[1]);
	if (r < 0)
		return r;
	for (;;) {
		buf_reserve(out, 65536);
		n = read(in, out->data + out->len, 65536);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		/* past max: read and drop, so that it can end */
		out->len += MIN((size_t)n, max - (out->len - start));
	}
	if (out->data)
		out->data[out->len] = 0;
	return proc_wait(&p);
}

int proc_output(const char *const *argv, size_t max, struct buf *out, struct err *err)
{
	return collect(argv, NULL, false, max, out, err);
}

int proc_transcript(const char *const *argv, const char *cwd, size_t max, struct buf *out,
		    struct err *err)
{
	return collect(argv, cwd, true, max, out, err);
}
