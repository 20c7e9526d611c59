/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "run/shell.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <termios.h>

#include "base/exit.h"
#include "base/fs.h"
#include "model/spec.h"
#include "run/agent.h"
#include "run/guest.h"
#include "vm/sweep.h"
#include "vm/vm.h"

enum {
	AHEAD = 4096, /* typed and not yet taken by the guest: the agent's buffer is twice that */
	CHUNK = 1024, /* in one line */
	LEAVE = 0x1d, /* Ctrl-] */
};

struct shell {
	const struct settings *settings;
	struct loop *loop;
	struct vm *vm;
	struct loop_source *in, *boot;
	uint64_t seed, sent, typed;
	bool tty, started, eof, ended;
	char why[512]; /* it failed; "" not */
};

void shell_job(const struct settings *s, uint64_t seed, struct buf *out)
{
	_cleanup_buf_ struct buf job = BUF_INIT;
	char *rest, *line;

	agent_job(s, seed, &job);
	rest = job.data;
	while ((line = strsep(&rest, "\n")))
		if (*line && !str_after(line, "load ") && !str_eq(line, "settle"))
			buf_printf(out, "%s\n", line);
}

static void quit(struct shell *s, int status)
{
	s->ended = true;
	loop_quit(s->loop, status);
}

static void fail(struct shell *s, const char *why)
{
	if (!s->ended)
		snprintf(s->why, sizeof(s->why), "%s", why);
	quit(s, EXIT_INFRA);
}

static void send_text(struct shell *s, const char *text)
{
	if (vm_send(s->vm, text, strlen(text)) < 0)
		fail(s, "the guest's agent does not take what is typed");
}

/* ---- from here to there ---- */

static void send_keys(struct shell *s, const char *bytes, size_t n)
{
	_cleanup_buf_ struct buf line = BUF_INIT;
	char text[CHUNK + 1];
	size_t kept = 0;

	for (size_t i = 0; i < n; i++)
		if (bytes[i]) /* the protocol has no NUL */
			text[kept++] = bytes[i];
	text[kept] = 0;
	buf_puts(&line, "keys");
	agent_put(&line, "text", text);
	buf_putc(&line, '\n');
	s->sent += kept;
	send_text(s, buf_str(&line));
}

static void take_input(struct shell *s)
{
	char bytes[CHUNK], *leave;
	ssize_t n = read(STDIN_FILENO, bytes, sizeof(bytes));

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	leave = n > 0 && s->tty ? memchr(bytes, LEAVE, (size_t)n) : NULL;
	if (leave)
		n = leave - bytes;
	if (n > 0)
		send_keys(s, bytes, (size_t)n);
	if (leave) {
		quit(s, 0);
	} else if (n <= 0) {
		s->eof = true;
		send_text(s, "keys-end\n");
	}
}

static bool may_type(const struct shell *s)
{
	return s->started && !s->eof && !s->ended && s->sent - s->typed < AHEAD;
}

static void listen(struct shell *s);

static void on_input(void *arg, uint32_t events)
{
	struct shell *s = arg;

	(void)events;
	take_input(s);
	listen(s);
}

/* Reads on while the guest keeps up. A file is always ready, and epoll refuses it. */
static void listen(struct shell *s)
{
	if (!may_type(s)) {
		s->in = loop_remove(s->loop, s->in);
		return;
	}
	if (s->in)
		return;
	s->in = loop_add_fd(s->loop, STDIN_FILENO, EPOLLIN, on_input, s);
	while (!s->in && may_type(s))
		take_input(s);
}

static void put_size(struct buf *out)
{
	struct winsize w = { 0 };

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &w) == 0 && w.ws_row)
		buf_printf(out, " rows=%u cols=%u", w.ws_row, w.ws_col);
	buf_putc(out, '\n');
}

static void on_resize(void *arg, int signo)
{
	_cleanup_buf_ struct buf line = BUF_INIT;
	struct shell *s = arg;

	(void)signo;
	buf_puts(&line, "window");
	put_size(&line);
	if (s->started)
		send_text(s, buf_str(&line));
}

static void on_signal(void *arg, int signo)
{
	quit(arg, 128 + signo);
}

/* ---- from there to here ---- */

static void start(struct shell *s)
{
	const char *term = getenv("TERM");
	_cleanup_buf_ struct buf lines = BUF_INIT;

	s->boot = loop_remove(s->loop, s->boot);
	shell_job(s->settings, s->seed, &lines);
	buf_printf(&lines, "shell tty=%d", s->tty);
	agent_put(&lines, "term", term && *term ? term : "dumb");
	put_size(&lines);
	send_text(s, buf_str(&lines));
	s->started = true;
	listen(s);
}

static void on_words(struct shell *s, const struct agent_line *l)
{
	const char *text = pairs_get(&l->arg, "text");
	_cleanup_buf_ struct buf plain = BUF_INIT;

	if (str_eq(l->word, "hello")) {
		start(s);
	} else if (str_eq(l->word, "screen") && text) {
		if (fs_write_all(STDOUT_FILENO, text, strlen(text)) < 0)
			quit(s, 0); /* nobody looks any more */
	} else if (str_eq(l->word, "typed")) {
		s->typed = agent_u64(l, "n", s->typed);
		listen(s);
	} else if (str_eq(l->word, "shell-ended")) {
		quit(s, (int)agent_u64(l, "status", 0) & 0xff);
	} else if (str_eq(l->word, "error") && text) {
		str_sanitise(&plain, text, strlen(text), false);
		fprintf(stderr, "kernsoak: the guest says: %s%s\n", buf_str(&plain),
			s->tty ? "\r" : "");
	}
}

static void on_agent(void *arg, const char *line, size_t n, uint64_t at_ns)
{
	struct agent_line l;

	(void)at_ns;
	if (agent_parse(line, n, &l) < 0)
		return;
	on_words(arg, &l);
	agent_line_done(&l);
}

static void on_console(void *arg, const void *data, size_t n, uint64_t at_ns)
{
	(void)arg, (void)data, (void)n, (void)at_ns; /* it has its file */
}

static void on_state(void *arg, enum vm_state state, const char *detail)
{
	char why[256];

	if (state == VM_RUNNING || state == VM_PAUSED)
		return;
	snprintf(why, sizeof(why), "the guest is gone: %s (%.150s)", vm_state_name(state), detail);
	fail(arg, why);
}

static void on_boot_limit(void *arg)
{
	struct shell *s = arg;

	s->boot = NULL;
	fail(s, "the guest's agent did not speak within limits.boot");
}

/* ---- the guest, in a process of its own ---- */

static void raw_mode(bool on)
{
	static struct termios before;
	struct termios raw;

	if (on && tcgetattr(STDIN_FILENO, &before) == 0) {
		raw = before;
		cfmakeraw(&raw);
		tcsetattr(STDIN_FILENO, TCSANOW, &raw);
	} else if (!on) {
		tcsetattr(STDIN_FILENO, TCSANOW, &before);
	}
}

static int serve(struct shell *s, const struct machine *m, struct err *err)
{
	static const struct vm_callbacks calls = { on_console, on_agent, on_state };
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP };
	int r = vm_new(vm_backend_by_name("libvirt"), s->loop, m, &calls, s, &s->vm, err);

	if (r == 0)
		r = vm_start(s->vm, err);
	if (r < 0)
		return r;
	disks_opened(m);
	for (size_t i = 0; i < ARRAY_SIZE(signals); i++)
		loop_add_signal(s->loop, signals[i], on_signal, s);
	loop_add_signal(s->loop, SIGWINCH, on_resize, s);
	s->boot = loop_add_timer(s->loop, loop_now(s->loop) + s->settings->limits.boot,
				 on_boot_limit, s);
	if (s->tty)
		raw_mode(true);
	r = loop_run(s->loop);
	if (s->tty)
		raw_mode(false);
	return *s->why ? err_set(err, EIO, "%s", s->why) : r;
}

static int run_guest(void *arg, const struct spec *spec, const struct machine_files *files,
		     struct err *err)
{
	struct clock clock = { 0 };
	struct machine_made made;
	struct shell s = {
		.settings = &spec->settings,
		.seed = spec->seed,
		.tty = isatty(STDIN_FILENO) && isatty(STDOUT_FILENO),
	};
	int r = loop_new(&clock, &s.loop, err);

	if (r < 0)
		return r;
	machine_make(spec, files, &made);
	r = serve(&s, &made.m, err);
	s.vm = vm_free(s.vm);
	s.loop = loop_free(s.loop);
	machine_made_done(&made);
	*(int *)arg = MAX(r, 0);
	return MIN(r, 0);
}

/* Its exit status: the shell's, or what failed. */
static int child(const struct settings *settings, const char *dir, int dirfd)
{
	struct spec spec = { .run = (char *)"shell",
			     .scenario = (char *)"shell",
			     .arm = (char *)"shell",
			     .trial = (uint64_t)getpid(),
			     .seed = (uint64_t)clock_wall_s(),
			     .uri = (char *)"",
			     .settings = *settings };
	struct err err = { 0 };
	int status = 0;
	struct guest_calls calls = { NULL, run_guest, &status };

	if (guest_run(&spec, dir, dirfd, &calls, &err) == 0)
		return status;
	fprintf(stderr, "kernsoak: %s\n", err.msg);
	return err.exit_code ? err.exit_code : EXIT_INFRA;
}

/*
 * In a child, which gives up root and does not get it back: somebody must be left who may remove
 * the folder, and sweep what a killed child left running. The terminal's signals are the child's.
 */
static int run_in(const struct settings *settings, const char *dir, int dirfd, struct err *err)
{
	pid_t pid;
	int status = 0;

	fflush(NULL);
	pid = fork();
	if (pid < 0)
		return err_set(err, errno, "fork: %s", strerror(errno));
	if (pid == 0)
		_exit(child(settings, dir, dirfd));
	signal(SIGINT, SIG_IGN);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	signal(SIGINT, SIG_DFL);
	vm_sweep("shell");
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int shell_run(const struct settings *s, struct err *err)
{
	const char *tmp = getenv("TMPDIR");
	_cleanup_free_
	char *dir = xasprintf("%s/kernsoak-shell-XXXXXX", tmp && *tmp ? tmp : "/tmp");
	_cleanup_close_ int dirfd = -1;
	int r;

	if (!mkdtemp(dir)) {
		err_set(err, errno, "cannot make a folder in %s: %s", dir, strerror(errno));
		return err_exit(err, EXIT_CANNOT_WRITE);
	}
	dirfd = fs_open_dir(AT_FDCWD, dir, err);
	if (dirfd < 0)
		return dirfd;
	r = fs_write(dirfd, "console.log", "", 0, err); /* QEMU appends to it */
	if (r == 0)
		r = run_in(s, dir, dirfd, err);
	fs_remove_tree(AT_FDCWD, dir, NULL);
	return r;
}
