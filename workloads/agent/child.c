/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "child.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "boot.h"

#define MAX_ARGS 64

void child_init(struct child *c, const char *name, const char *args)
{
	memset(c, 0, sizeof *c);
	snprintf(c->name, sizeof c->name, "%s", name);
	snprintf(c->args, sizeof c->args, "%s", args);
	c->in = c->out = c->err = -1;
	c->out_lines = (struct lines){ .buf = c->out_buf, .size = sizeof c->out_buf };
	c->err_lines = (struct lines){ .buf = c->err_buf, .size = sizeof c->err_buf };
}

static void cgroup_path(const struct child *c, const char *file, char *ret, size_t size)
{
	snprintf(ret, size, "/sys/fs/cgroup/load-%s%s%s", c->name, *file ? "/" : "", file);
}

/*
 * A group of its own, so that the kill reaches children that changed their session. No controller
 * is enabled in it: a memory cgroup would change what the soak is about (the ext4 extent shrinker,
 * for one, only runs for the root group).
 */
static void cgroup_write(const struct child *c, const char *file, const char *text)
{
	char path[PATH_MAX];
	int fd;

	cgroup_path(c, file, path, sizeof path);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return;
	if (write(fd, text, strlen(text)) < 0) {
		/* a kernel without it: the process group has to do */
	}
	close(fd);
}

static void become(struct child *c, char *const *argv, const int in[2], const int out[2],
		   const int err[2])
{
	static char *const env[] = {
		"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/",
		"TMPDIR=/tmp", "LC_ALL=C", NULL
	};
	sigset_t none;

	setsid();
	cgroup_write(c, "cgroup.procs", "0");
	boot_soften();
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	dup2(in[0], STDIN_FILENO);
	dup2(out[1], STDOUT_FILENO);
	dup2(err[1], STDERR_FILENO);
	execve(argv[0], argv, env);
	dprintf(STDOUT_FILENO, "fail %s: %s\n", argv[0], strerror(errno));
	_exit(127);
}

static int open_pipes(int in[2], int out[2], int err[2])
{
	in[0] = in[1] = out[0] = out[1] = err[0] = err[1] = -1;
	return pipe2(in, O_CLOEXEC) < 0 || pipe2(out, O_CLOEXEC) < 0 || pipe2(err, O_CLOEXEC) < 0
		       ? -1
		       : 0;
}

static void keep_our_ends(struct child *c, int in[2], int out[2], int err[2])
{
	close(in[0]);
	close(out[1]);
	close(err[1]);
	c->in = in[1];
	c->out = out[0];
	c->err = err[0];
	fcntl(c->in, F_SETFL, O_NONBLOCK);
	fcntl(c->out, F_SETFL, O_NONBLOCK);
	fcntl(c->err, F_SETFL, O_NONBLOCK);
}

int child_spawn(struct child *c, uint64_t seed, char *why, size_t why_size)
{
	char path[128], seed_arg[32], tokens[WIRE_LINE_MAX];
	char *argv[MAX_ARGS + 3] = { path }, *rest = tokens, *token;
	int in[2], out[2], err[2], n = 1;

	snprintf(path, sizeof path, "/loads/%s", c->name);
	snprintf(seed_arg, sizeof seed_arg, "seed=%llu", (unsigned long long)seed);
	strcpy(tokens, c->args);
	while (n <= MAX_ARGS && (token = wire_token(&rest)))
		argv[n++] = token;
	argv[n++] = seed_arg;
	if (open_pipes(in, out, err) == 0) {
		char group[PATH_MAX];

		cgroup_path(c, "", group, sizeof group);
		mkdir(group, 0755);
		c->pid = fork();
	} else {
		c->pid = -1;
	}
	if (c->pid < 0) {
		snprintf(why, why_size, "load %s: %s", c->name, strerror(errno));
		return -1;
	}
	if (c->pid == 0)
		become(c, argv, in, out, err);
	keep_our_ends(c, in, out, err);
	c->state = CHILD_ARMING;
	return 0;
}

/* A load that talks without end must not fill the port: the rest of that second is only counted. */
static void note(struct child *c, uint64_t now_ns, const char *text, child_says_fn says)
{
	char lost[64];
	uint64_t second = now_ns / 1000000000u;

	if (second != c->notes_second) {
		if (c->notes_lost) {
			snprintf(lost, sizeof lost, "(%u lines more)", c->notes_lost);
			says(c, CHILD_SAYS_NOTE, lost);
		}
		c->notes_second = second;
		c->notes = c->notes_lost = 0;
	}
	if (c->notes++ < CHILD_NOTES)
		says(c, CHILD_SAYS_NOTE, text);
	else
		c->notes_lost++;
}

static void say_armed(struct child *c, uint64_t now_ns, const char *text, child_says_fn says)
{
	(void)now_ns;
	if (c->state != CHILD_ARMING)
		return;
	c->state = CHILD_ARMED;
	says(c, CHILD_SAYS_ARMED, text);
}

static void say_fail(struct child *c, uint64_t now_ns, const char *text, child_says_fn says)
{
	(void)now_ns;
	says(c, CHILD_SAYS_FAIL, text);
}

static void say_count(struct child *c, uint64_t now_ns, const char *text, child_says_fn says)
{
	uint64_t n;

	(void)now_ns;
	if (wire_number(text, &n) < 0 || n <= c->count)
		return;
	c->count = n;
	says(c, CHILD_COUNTED, "");
}

static void say_overdue(struct child *c, uint64_t now_ns, const char *text, child_says_fn says)
{
	(void)now_ns;
	says(c, CHILD_SAYS_OVERDUE, text);
}

static void say_finding(struct child *c, uint64_t now_ns, const char *text, child_says_fn says)
{
	(void)now_ns;
	says(c, CHILD_SAYS_FINDING, text);
}

/* The name of a parameter that the host may change while it works. */
static void say_tunable(struct child *c, uint64_t now_ns, const char *text, child_says_fn says)
{
	const size_t n = strlen(c->tunable);

	(void)now_ns;
	(void)says;
	if (*text && !strchr(text, ' ') && n + strlen(text) + 2 <= sizeof c->tunable)
		snprintf(c->tunable + n, sizeof c->tunable - n, "%s ", text);
}

static const struct {
	const char *word;
	void (*say)(struct child *, uint64_t, const char *, child_says_fn);
} words[] = {
	{ "armed", say_armed },     { "fail", say_fail },       { "count", say_count },
	{ "note", note },           { "overdue", say_overdue }, { "finding", say_finding },
	{ "tunable", say_tunable },
};

static void handle_line(struct child *c, uint64_t now_ns, char *line, child_says_fn says)
{
	size_t n = strcspn(line, " ");

	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (strncmp(line, words[i].word, n) == 0 && !words[i].word[n]) {
			words[i].say(c, now_ns, line + n + (line[n] == ' '), says);
			return;
		}
	note(c, now_ns, line, says); /* no word of ours */
}

/* At most what a pipe holds, so that one load cannot keep the agent busy. */
#define READS_A_TURN 16

static void read_out(struct child *c, uint64_t now_ns, child_says_fn says)
{
	for (int i = 0; i < READS_A_TURN && c->out >= 0; i++) {
		ssize_t n = lines_read(&c->out_lines, c->out);
		char *line;

		while ((line = lines_next(&c->out_lines)))
			handle_line(c, now_ns, line, says);
		if (n == 0) {
			close(c->out);
			c->out = -1;
		}
		if (n <= 0)
			return;
	}
}

static void read_err(struct child *c, uint64_t now_ns, child_says_fn says)
{
	for (int i = 0; i < READS_A_TURN && c->err >= 0; i++) {
		ssize_t n = lines_read(&c->err_lines, c->err);
		char *line;

		while ((line = lines_next(&c->err_lines)))
			note(c, now_ns, line, says);
		if (n == 0) {
			close(c->err);
			c->err = -1;
		}
		if (n <= 0)
			return;
	}
}

void child_read(struct child *c, uint64_t now_ns, child_says_fn says)
{
	read_out(c, now_ns, says);
	read_err(c, now_ns, says);
}

void child_go(struct child *c)
{
	if (c->in >= 0 && write(c->in, "go\n", 3) != 3) {
		/* it has ended: that is told by its exit */
	}
}

static bool is_tunable(const struct child *c, const char *key)
{
	const size_t n = strlen(key);

	for (const char *t = c->tunable; *t; t += strcspn(t, " ") + 1)
		if (n && strncmp(t, key, n) == 0 && t[n] == ' ')
			return true;
	return false;
}

int child_tune(struct child *c, const char *key, uint64_t value, char *why, size_t why_size)
{
	char line[CHILD_TUNABLE + 32];
	int n = snprintf(line, sizeof line, "tune %s %llu\n", key, (unsigned long long)value);

	if (!is_tunable(c, key)) {
		snprintf(why, why_size, "load %s: its %s cannot be changed while it works", c->name,
			 *key ? key : "parameter");
		return -1;
	}
	if (c->in >= 0 && write(c->in, line, (size_t)n) == n)
		return 0;
	snprintf(why, why_size, "load %s does not listen any more: its %s stays as it is", c->name,
		 key);
	return -1;
}

void child_reaped(struct child *c, int wait_status, uint64_t now_ns, child_says_fn says)
{
	child_read(c, now_ns, says);
	close(c->in);
	c->in = -1;
	c->status =
		WIFSIGNALED(wait_status) ? 128 + WTERMSIG(wait_status) : WEXITSTATUS(wait_status);
	c->state = CHILD_ENDED;
	says(c, CHILD_EXITED, "");
}

static bool is_running(const struct child *c)
{
	return c->state == CHILD_ARMING || c->state == CHILD_ARMED;
}

bool child_alive(const struct child *c)
{
	char path[PATH_MAX], text[128] = "";
	int fd;

	if (is_running(c) || c->state == CHILD_IDLE)
		return is_running(c);
	cgroup_path(c, "cgroup.events", path, sizeof path);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	ssize_t n = read(fd, text, sizeof text - 1);
	close(fd);
	return n > 0 && strstr(text, "populated 1");
}

void child_terminate(struct child *c)
{
	if (is_running(c))
		kill(-c->pid, SIGTERM);
}

void child_kill(struct child *c)
{
	if (is_running(c))
		kill(-c->pid, SIGKILL);
	if (c->state != CHILD_IDLE)
		cgroup_write(c, "cgroup.kill", "1");
}
