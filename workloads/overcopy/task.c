/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "task.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../kfile.h"
#include "../load.h"

static const char *const steps[] = {
	[STEP_NONE] = "never",      [STEP_CREATE] = "create", [STEP_WRITE] = "write",
	[STEP_FSYNC] = "fsync",     [STEP_CLOSE] = "close",   [STEP_READ] = "read",
	[STEP_SYNC] = "sync",       [STEP_SYNCFS] = "syncfs", [STEP_STATFS] = "statfs",
	[STEP_UNMOUNT] = "unmount",
};

const char *step_name(enum step s)
{
	return steps[s];
}

void report_moved(struct report *r)
{
	r->moved_ns = load_now_ns();
}

void report_step(struct report *r, enum step s)
{
	r->step = s;
	report_moved(r);
}

void report_told(struct report *r, enum step s, int error)
{
	if (r->told_step != STEP_NONE)
		return;
	r->told_step = s;
	r->told_error = error;
	r->told_ns = load_now_ns();
}

static struct report *new_report(struct report *old)
{
	void *r = old;

	if (!old)
		r = mmap(NULL, sizeof(struct report), PROT_READ | PROT_WRITE,
			 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (r == MAP_FAILED)
		load_fail("no memory for a report: %s", strerror(errno));
	memset(r, 0, sizeof(struct report));
	report_moved(r);
	return r;
}

void task_start(struct task *t, const char *name, void (*run)(const void *, struct report *),
		const void *arg)
{
	*t = (struct task){ .name = name, .report = new_report(t->report), .pidfd = -1 };
	t->started_ns = load_now_ns();
	t->pid = fork();
	if (t->pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		prctl(PR_SET_NAME, name);
		run(arg, t->report);
		report_moved(t->report);
		_exit(0);
	}
	if (t->pid > 0)
		t->pidfd = (int)syscall(SYS_pidfd_open, t->pid, 0);
	if (t->pidfd < 0)
		load_fail("no process for the %s: %s", name, strerror(errno));
}

bool task_ended(struct task *t, int wait_ms)
{
	struct pollfd end = { .fd = t->pidfd, .events = POLLIN };

	if (t->pid == 0)
		return true;
	if (poll(&end, 1, wait_ms) <= 0)
		return false;
	waitpid(t->pid, NULL, 0);
	close(t->pidfd);
	t->pid = 0;
	t->ended_ns = t->report->moved_ns; /* we may look later */
	return true;
}

uint64_t task_still_ms(const struct task *t)
{
	uint64_t now_ns = load_now_ns(), moved_ns = t->report->moved_ns;

	return now_ns > moved_ns ? (now_ns - moved_ns) / 1000000 : 0;
}

/* balance_dirty_pages() wakes up at times to look: then it is nowhere for a moment. */
void task_where(const struct task *t, char *ret, size_t size)
{
	char path[64], name[128];

	snprintf(path, sizeof path, "/proc/%d/wchan", t->pid);
	snprintf(ret, size, "-");
	for (int i = 0; i < 20; i++) {
		if (kfile_line(path, name, sizeof name) > 0 && strcmp(name, "0") != 0) {
			snprintf(ret, size, "%s", name);
			return;
		}
		load_pause(5000000);
	}
}
