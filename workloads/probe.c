/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "probe.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "load.h"

#define MS      1000000ull
#define LOOK_MS 20 /* between two looks at a probe that runs */

static bool start(struct probe *p)
{
	p->pid = fork();
	if (p->pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		_exit(-p->run(p->arg));
	}
	if (p->pid < 0)
		return false;
	p->pidfd = (int)syscall(SYS_pidfd_open, p->pid, 0);
	p->since_ns = load_now_ns();
	return p->pidfd >= 0;
}

/* Whether the attempt is over; then its result is in p->last. */
static bool is_back(struct probe *p, int wait_ms)
{
	struct pollfd end = { .fd = p->pidfd, .events = POLLIN };
	int status = 0;

	if (poll(&end, 1, wait_ms) <= 0 || waitpid(p->pid, &status, WNOHANG) != p->pid)
		return false;
	close(p->pidfd);
	p->pid = 0;
	p->last = WIFEXITED(status) ? -WEXITSTATUS(status) : -EINTR;
	return true;
}

int probe_try(const struct probe *p, uint64_t deadline_ns)
{
	struct probe one = *p;

	if (!start(&one))
		return -errno;
	return is_back(&one, (int)(deadline_ns / MS)) ? one.last : -ETIME;
}

/* Told once when the deadline has passed, and again each time that it has waited twice as long. */
static void look_at_late(struct probe *p, uint64_t deadline_ns)
{
	uint64_t waited_ns = load_now_ns() - p->since_ns;

	if (waited_ns < deadline_ns || waited_ns < 2 * p->told_ns)
		return;
	p->told_ns = waited_ns;
	load_overdue(p->name, waited_ns);
}

static void look_at_end(struct probe *p, int before)
{
	uint64_t took_ms = (load_now_ns() - p->since_ns) / MS;

	if (p->told_ns)
		load_note("the probe %s came back after %llu ms", p->name,
			  (unsigned long long)took_ms);
	if (p->last < 0 && p->last != before)
		load_note("the probe %s fails: %s", p->name, strerror(-p->last));
	p->told_ns = 0;
}

static void look(struct probe *p, uint64_t every_ns, uint64_t deadline_ns, bool paused)
{
	int before = p->last;

	if (p->pid > 0) {
		if (is_back(p, 0))
			look_at_end(p, before);
		else
			look_at_late(p, deadline_ns);
	} else if (!paused && load_now_ns() - p->since_ns >= every_ns) {
		start(p);
	}
}

void probe_watch(struct probe *probe, size_t n, uint64_t every_ns, uint64_t deadline_ns,
		 const _Atomic bool *pause)
{
	pid_t pid = fork();

	if (pid < 0)
		load_fail("no process for the probes: %s", strerror(errno));
	if (pid > 0)
		return;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (;;) {
		bool paused = pause && atomic_load(pause);

		for (size_t i = 0; i < n; i++)
			look(&probe[i], every_ns, deadline_ns, paused);
		load_pause(LOOK_MS * MS);
	}
}
