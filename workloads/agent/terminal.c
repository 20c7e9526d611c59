/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "boot.h"

#define READ_MAX 4096 /* bytes of the screen in one line */

void terminal_init(struct terminal *t)
{
	memset(t, 0, sizeof *t);
	t->in = t->out = -1;
}

static unsigned short number(const char *tokens, const char *key, unsigned short fallback)
{
	char text[24];
	uint64_t n;

	if (wire_get(tokens, key, text, sizeof text) < 0 || wire_number(text, &n) < 0 || n == 0 ||
	    n > 9999)
		return fallback;
	return (unsigned short)n;
}

static void set_size(struct terminal *t, const char *tokens)
{
	struct winsize size = { .ws_row = number(tokens, "rows", 24),
				.ws_col = number(tokens, "cols", 80) };

	if (t->tty && t->out >= 0)
		ioctl(t->out, TIOCSWINSZ, &size);
}

static void become(const char *term, int in, int out, int err, bool tty)
{
	static const char *const shells[] = { "/bin/bash", "/bin/sh" };
	char term_env[64];
	char *env[] = { (char *)"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
			(char *)"HOME=/root",
			(char *)"PS1=\\w # ",
			(char *)"LC_ALL=C",
			term_env,
			NULL };
	sigset_t none;

	snprintf(term_env, sizeof term_env, "TERM=%s", term);
	setsid();
	boot_soften();
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	dup2(in, STDIN_FILENO);
	dup2(out, STDOUT_FILENO);
	dup2(err, STDERR_FILENO);
	if (tty)
		ioctl(STDIN_FILENO, TIOCSCTTY, 0);
	if (chdir("/root") < 0 && chdir("/") < 0)
		_exit(127);
	/* bash only for people: what is piped in is written for any shell */
	for (size_t i = !tty; i < sizeof shells / sizeof *shells; i++)
		execle(shells[i], "sh", NULL, env);
	dprintf(STDERR_FILENO, "/bin/sh: %s\n", strerror(errno));
	_exit(127);
}

static int start_on_tty(struct terminal *t, const char *term)
{
	char name[64];
	int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK), slave = -1;

	if (master >= 0 && grantpt(master) == 0 && unlockpt(master) == 0 &&
	    ptsname_r(master, name, sizeof name) == 0)
		slave = open(name, O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (slave < 0) {
		close(master);
		return -1;
	}
	t->pid = fork();
	if (t->pid == 0)
		become(term, slave, slave, slave, true);
	close(slave);
	t->in = t->out = master;
	return t->pid < 0 ? -1 : 0;
}

static int start_on_pipes(struct terminal *t, const char *term)
{
	int in[2], out[2];

	if (pipe2(in, O_CLOEXEC) < 0 || pipe2(out, O_CLOEXEC) < 0)
		return -1;
	t->pid = fork();
	if (t->pid == 0)
		become(term, in[0], out[1], out[1], false);
	close(in[0]);
	close(out[1]);
	t->in = in[1];
	t->out = out[0];
	fcntl(t->in, F_SETFL, O_NONBLOCK);
	fcntl(t->out, F_SETFL, O_NONBLOCK);
	return t->pid < 0 ? -1 : 0;
}

static void start(struct terminal *t, const char *tokens)
{
	char term[48] = "dumb", tty[4] = "0";

	if (t->pid)
		return;
	wire_get(tokens, "term", term, sizeof term);
	wire_get(tokens, "tty", tty, sizeof tty);
	t->tty = strcmp(tty, "1") == 0;
	if ((t->tty ? start_on_tty(t, term) : start_on_pipes(t, term)) < 0) {
		t->pid = -1;
		t->exited = true;
		t->status = 127;
	}
	set_size(t, tokens);
}

/* What does not fit is lost: the host was told by `typed` how much it may send. */
static void type(struct terminal *t, const char *tokens)
{
	static char text[WIRE_LINE_MAX];
	size_t n;

	if (wire_get(tokens, "text", text, sizeof text) < 0)
		return;
	n = strlen(text);
	if (n > sizeof t->keys - t->n_keys)
		n = sizeof t->keys - t->n_keys;
	memcpy(t->keys + t->n_keys, text, n);
	t->n_keys += n;
}

static void no_more(struct terminal *t, const char *tokens)
{
	(void)tokens;
	t->no_more = true;
}

static const struct {
	const char *word;
	void (*run)(struct terminal *t, const char *tokens);
} words[] = {
	{ "shell", start },
	{ "keys", type },
	{ "keys-end", no_more },
	{ "window", set_size },
};

bool terminal_word(struct terminal *t, const char *word, const char *tokens)
{
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (strcmp(word, words[i].word) == 0) {
			words[i].run(t, tokens);
			return true;
		}
	return false;
}

/* Its output waits in the terminal while the host is behind. */
static bool host_keeps_up(const struct port *port)
{
	return port->queued < PORT_QUEUE / 4;
}

void terminal_before_poll(const struct terminal *t, const struct port *port,
			  struct pollfd fds[static 2])
{
	fds[0] = (struct pollfd){ .fd = host_keeps_up(port) ? t->out : -1, .events = POLLIN };
	fds[1] = (struct pollfd){ .fd = t->n_keys ? t->in : -1, .events = POLLOUT };
}

static void close_in(struct terminal *t)
{
	if (t->in != t->out && t->in >= 0)
		close(t->in);
	t->in = -1;
}

/* How many keys the shell's side took. */
static size_t flush_keys(struct terminal *t)
{
	ssize_t n = 0;

	if (t->n_keys && t->in >= 0)
		n = write(t->in, t->keys, t->n_keys);
	if (t->in < 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
		n = (ssize_t)t->n_keys; /* nobody reads any more: as if somebody had */
	if (n > 0) {
		memmove(t->keys, t->keys + n, t->n_keys - (size_t)n);
		t->n_keys -= (size_t)n;
		t->typed += (uint64_t)n;
	}
	if (t->no_more && t->n_keys == 0 && !t->tty)
		close_in(t);
	return n > 0 ? (size_t)n : 0;
}

/* What it printed, without its NUL bytes (a line of the protocol has none): false nothing now. */
static bool read_screen(struct terminal *t, char ret[static READ_MAX + 1])
{
	ssize_t n = t->out >= 0 ? read(t->out, ret, READ_MAX) : 0;
	size_t kept = 0;

	for (ssize_t i = 0; i < n; i++)
		if (ret[i])
			ret[kept++] = ret[i];
	ret[kept] = 0;
	/* A terminal whose shell is gone says EIO. */
	if (t->out >= 0 && (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))) {
		close_in(t);
		close(t->out);
		t->out = -1;
	}
	return n > 0;
}

void terminal_reaped(struct terminal *t, int pid, int wait_status)
{
	if (t->pid <= 0 || t->exited || pid != t->pid)
		return;
	t->exited = true;
	t->status =
		WIFSIGNALED(wait_status) ? 128 + WTERMSIG(wait_status) : WEXITSTATUS(wait_status);
}

/* What it left in the background may hold its output for ever: what is there by now is all. */
static bool is_over(const struct terminal *t)
{
	struct pollfd left = { .fd = t->out, .events = POLLIN };

	return t->exited && (t->out < 0 || poll(&left, 1, 0) <= 0 || !(left.revents & POLLIN));
}

static void say(struct port *port, struct wire *line)
{
	wire_end(line);
	port_send(port, line, PORT_MUST);
}

void terminal_serve(struct terminal *t, struct port *port)
{
	static struct wire line;
	static char text[READ_MAX + 1];

	if (!t->pid || t->told)
		return;
	if (flush_keys(t)) {
		wire_begin(&line, "typed");
		wire_u64(&line, "n", t->typed);
		say(port, &line);
	}
	while (host_keeps_up(port) && read_screen(t, text)) {
		wire_begin(&line, "screen");
		wire_text(&line, "text", text);
		say(port, &line);
	}
	if (host_keeps_up(port) && is_over(t)) {
		wire_begin(&line, "shell-ended");
		wire_u64(&line, "status", (uint64_t)t->status);
		say(port, &line);
		t->told = true;
	}
}
