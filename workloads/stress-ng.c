/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Any stressors of stress-ng(1). Its own counters come at its end only, so the work is the CPU time
 * that it and its children used, in milliseconds, from their cgroup's cpu.stat.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kfile.h"
#include "load.h"
#include "wire.h"

#define PROGRAM  "/usr/bin/stress-ng"
#define MAX_ARGS 256

/* One option more goes first: NULL none. What it prints are notes of ours. */
static pid_t start(const char *option, const char *args)
{
	char *words = strdup(args), *rest = words, *word;
	char *argv[MAX_ARGS + 3] = { (char *)"stress-ng" };
	int n = 1;
	pid_t pid = words ? fork() : -1;

	if (pid < 0)
		load_fail("no process for stress-ng: %s", strerror(errno));
	if (pid > 0) {
		free(words);
		return pid;
	}
	if (option)
		argv[n++] = (char *)option;
	while (n < MAX_ARGS && (word = wire_token(&rest)))
		argv[n++] = word;
	prctl(PR_SET_PDEATHSIG, SIGTERM); /* it leaves our process group */
	execv(PROGRAM, argv);
	dprintf(STDOUT_FILENO, "note %s: %s\n", PROGRAM, strerror(errno));
	_exit(127);
}

static int status_of(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

/* cpu.stat of our cgroup, which the agent made for us alone. */
static void find_cpu_stat(char *ret, size_t size)
{
	char text[512];
	const char *group;

	if (kfile_line("/proc/self/cgroup", text, sizeof text) < 0 ||
	    !(group = strstr(text, "0::/")) || group[4] == 0)
		load_fail("no cgroup of its own: the kernel needs cgroup v2 to tell the CPU time");
	snprintf(ret, size, "/sys/fs/cgroup%.*s/cpu.stat", (int)strcspn(group + 3, "\n"),
		 group + 3);
}

static uint64_t cpu_used_ms(const char *cpu_stat)
{
	char text[1024];
	const char *used;

	if (kfile_line(cpu_stat, text, sizeof text) < 0 ||
	    !(used = strstr(text, "usage_usec ")))
		load_fail("%s does not tell the CPU time", cpu_stat);
	return strtoull(used + strlen("usage_usec "), NULL, 10) / 1000;
}

/* Ten looks a second until it has ended. */
static void count_until_end(pid_t pid, const char *cpu_stat)
{
	uint64_t before_ms = cpu_used_ms(cpu_stat);
	struct pollfd end = { .fd = (int)syscall(SYS_pidfd_open, pid, 0), .events = POLLIN };

	if (end.fd < 0)
		load_fail("pidfd_open: %s", strerror(errno));
	do
		load_count(cpu_used_ms(cpu_stat) - before_ms);
	while (poll(&end, 1, 100) <= 0);
	load_count(cpu_used_ms(cpu_stat) - before_ms);
}

int main(int argc, char **argv)
{
	char cpu_stat[640];

	load_init(argc, argv);
	const char *args = load_param_text("args");
	find_cpu_stat(cpu_stat, sizeof cpu_stat);
	cpu_used_ms(cpu_stat);
	int status = status_of(start("--dry-run", args));
	if (status != 0)
		load_fail("stress-ng --dry-run %s: status %d", args, status);
	load_armed("stress-ng takes the arguments (--dry-run), cpu.stat tells its CPU time");
	load_wait_go();
	pid_t pid = start(NULL, args);
	count_until_end(pid, cpu_stat);
	return status_of(pid);
}
