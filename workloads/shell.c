/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A script written in the scenario. `setup` must end with 0 before the soak; then `script` runs. A
 * line `count N` on its stdout is progress, `finding NAME` what an attempt came to, any other line
 * a note.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "agent/lines.h"
#include "load.h"
#include "wire.h"

struct script {
	bool counts; /* its `count N` are work */
	int pid_fd;
	pid_t pid;
	int out;
	struct lines lines;
	char buf[4096];
};

static void start(struct script *s, const char *text, bool counts)
{
	int end[2];

	s->counts = counts;
	s->lines = (struct lines){ .buf = s->buf, .size = sizeof s->buf };
	if (pipe(end) < 0 || (s->pid = fork()) < 0)
		load_fail("no process for the script: %s", strerror(errno));
	if (s->pid == 0) {
		dup2(end[1], STDOUT_FILENO);
		dup2(end[1], STDERR_FILENO);
		close(end[0]);
		close(end[1]);
		execl("/bin/sh", "sh", "-c", text, NULL);
		dprintf(STDERR_FILENO, "/bin/sh: %s\n", strerror(errno));
		_exit(127);
	}
	close(end[1]);
	s->out = end[0];
	s->pid_fd = (int)syscall(SYS_pidfd_open, s->pid, 0);
	if (s->pid_fd < 0)
		load_fail("pidfd_open: %s", strerror(errno));
}

static void handle_line(const struct script *s, const char *line)
{
	uint64_t n;

	if (s->counts && strncmp(line, "count ", 6) == 0 && wire_number(line + 6, &n) == 0)
		load_count(n);
	else if (s->counts && strncmp(line, "finding ", 8) == 0)
		load_finding(line + 8);
	else
		load_note("%s", line);
}

static void read_lines(struct script *s)
{
	ssize_t n = lines_read(&s->lines, s->out);
	char *line;

	while ((line = lines_next(&s->lines)))
		handle_line(s, line);
	if (n <= 0) {
		close(s->out);
		s->out = -1;
	}
}

/* What the pipe still holds, and no more: a process left behind may write for ever. */
static void read_rest(struct script *s)
{
	struct pollfd out = { .fd = s->out, .events = POLLIN };

	for (int i = 0; i < 16 && poll(&out, 1, 0) > 0; i++) {
		read_lines(s);
		out.fd = s->out;
	}
	if (s->out >= 0)
		close(s->out);
}

/*
 * Until the shell has ended: not until its pipe closes, for what it left in the background may hold
 * that for ever (an `ip link del` that waits for a device to become free).
 */
static int finish(struct script *s)
{
	struct pollfd fds[] = { { .events = POLLIN }, { .fd = s->pid_fd, .events = POLLIN } };
	int status;

	while (!fds[1].revents) {
		fds[0].fd = s->out;
		if (poll(fds, 2, -1) > 0 && fds[0].revents)
			read_lines(s);
	}
	read_rest(s);
	while (waitpid(s->pid, &status, 0) < 0 && errno == EINTR)
		;
	close(s->pid_fd);
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

static bool is_identifier(const char *s)
{
	return *s && !strpbrk(s, "-.+") && (*s < '0' || *s > '9');
}

/* Where the image has `name`, which is a path or is looked for as execvp(3) does. */
static bool find_program(const char *name, char *ret, size_t size)
{
	char dirs[256];
	char *rest = dirs, *dir;

	snprintf(dirs, sizeof dirs, "%s", name[0] == '/' ? "" : getenv("PATH"));
	while ((dir = strsep(&rest, ":"))) {
		snprintf(ret, size, "%s%s%s", dir, *dir ? "/" : "", name);
		if (access(ret, X_OK) == 0)
			return true;
	}
	return false;
}

/*
 * Busybox's shell prefers its own applets to any program of that name (measured: /bin/ip of
 * iproute2 in the image, `ip netns` answered by the applet that has no netns). A function goes
 * before both.
 */
static void prefer_programs(FILE *out, char *words)
{
	char *rest = words, *word, path[512];

	while ((word = wire_token(&rest))) {
		const char *slash = strrchr(word, '/');
		const char *name = slash ? slash + 1 : word;

		if (!find_program(word, path, sizeof path))
			load_fail("the program %s is not in the image", word);
		if (is_identifier(name))
			fprintf(out, "%s() { '%s' \"$@\"; }\n", name, path);
	}
}

static char *with_programs(const char *text)
{
	char *words = strdup(load_has_param("programs") ? load_param_text("programs") : "");
	char *ret = NULL;
	size_t n;
	FILE *out = open_memstream(&ret, &n);

	if (!out || !words)
		load_fail("out of memory");
	prefer_programs(out, words);
	fputs(text, out);
	if (fclose(out) != 0)
		load_fail("out of memory");
	free(words);
	return ret;
}

int main(int argc, char **argv)
{
	static struct script s;

	load_init(argc, argv);
	const char *setup = load_param_text("setup");
	const char *script = with_programs(load_param_text("script"));
	if (*setup) {
		start(&s, with_programs(setup), false);
		int status = finish(&s);
		if (status != 0)
			load_fail("setup ended with status %d", status);
	}
	load_armed("%s", *setup ? "setup ended with status 0" : "nothing to set up");
	load_wait_go();
	start(&s, script, true);
	return finish(&s);
}
