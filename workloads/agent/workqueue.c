/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "workqueue.h"

#include <errno.h>
#include <linux/aio_abi.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "../kfile.h"
#include "../wire.h"

#define SECOND   1000000000ull
#define EVERY_NS (5 * SECOND) /* or a quarter of the limit, if that is less */

/* Both processes see it. The agent looks and never waits: the other may be stuck anywhere. */
struct attempt {
	_Atomic uint64_t since_ns; /* 0: no work is waited for */
	_Atomic unsigned cpu;
};

static struct {
	struct attempt *attempt;
	pid_t pid;
	uint64_t limit_ns;
	uint64_t since_ns; /* the attempt of the last look */
	uint64_t looks;    /* at that attempt */
	uint64_t told_ns;  /* how late it was when that was told; 0: not told */
} watch;

static uint64_t monotonic_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * SECOND + (uint64_t)t.tv_nsec;
}

/* A work is queued on the CPU that asks for it. One that went offline is nobody's loss. */
static void try_cpu(struct attempt *a, unsigned cpu, int file, aio_context_t aio)
{
	struct iocb fsync = { .aio_lio_opcode = IOCB_CMD_FSYNC, .aio_fildes = (uint32_t)file };
	struct iocb *list = &fsync;
	struct io_event done;
	cpu_set_t one;

	CPU_ZERO(&one);
	CPU_SET(cpu, &one);
	atomic_store(&a->cpu, cpu);
	atomic_store(&a->since_ns, monotonic_ns());
	if (sched_setaffinity(0, sizeof one, &one) == 0) {
		if (syscall(SYS_io_submit, aio, 1L, &list) != 1)
			_exit(errno);
		while (syscall(SYS_io_getevents, aio, 1L, 1L, &done, NULL) != 1)
			;
	}
	atomic_store(&a->since_ns, 0);
}

static _Noreturn void try_for_ever(struct attempt *a, uint64_t every_ns)
{
	const struct timespec pause = { .tv_sec = (time_t)(every_ns / SECOND),
					.tv_nsec = (long)(every_ns % SECOND) };
	unsigned cpus = (unsigned)sysconf(_SC_NPROCESSORS_CONF);
	aio_context_t aio = 0;
	int file;

	prctl(PR_SET_NAME, "try-workqueue");
	kfile_write("/proc/self/oom_score_adj", "-1000");
	file = (int)syscall(SYS_memfd_create, "workqueue", 0u);
	if (file < 0 || syscall(SYS_io_setup, 1L, &aio) < 0)
		_exit(errno);
	for (;;) {
		for (unsigned cpu = 0; cpu < cpus; cpu++)
			try_cpu(a, cpu, file, aio);
		nanosleep(&pause, NULL);
	}
}

int workqueue_setup(const char *tokens, char *said, size_t size)
{
	char text[24];
	uint64_t every_ns;

	if (watch.attempt || wire_get(tokens, "limit", text, sizeof text) < 0 ||
	    wire_number(text, &watch.limit_ns) < 0) {
		snprintf(said, size, "workqueue: no limit, or a second one");
		return -1;
	}
	every_ns = watch.limit_ns / 4 < EVERY_NS ? watch.limit_ns / 4 : EVERY_NS;
	watch.attempt = mmap(NULL, sizeof *watch.attempt, PROT_READ | PROT_WRITE,
			     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (watch.attempt == MAP_FAILED)
		watch.attempt = NULL;
	if (!watch.attempt || (watch.pid = fork()) < 0) {
		snprintf(said, size, "workqueue: no process to try it: %s", strerror(errno));
		return -1;
	}
	if (watch.pid == 0)
		try_for_ever(watch.attempt, every_ns);
	said[0] = 0;
	return 0;
}

/*
 * A guest that stood still (its host was suspended, or busy) finds itself late for everything. So
 * the agent must have been awake for half of the limit, too, by its own count of seconds.
 */
uint64_t workqueue_overdue(uint64_t now_ns, unsigned *ret_cpu)
{
	uint64_t since_ns = watch.attempt ? atomic_load(&watch.attempt->since_ns) : 0;
	uint64_t waited_ns = since_ns && now_ns > since_ns ? now_ns - since_ns : 0;

	if (since_ns != watch.since_ns)
		watch.looks = watch.told_ns = 0;
	watch.since_ns = since_ns;
	watch.looks++;
	if (!waited_ns || waited_ns < watch.limit_ns || waited_ns < 2 * watch.told_ns ||
	    watch.looks * SECOND < watch.limit_ns / 2)
		return 0;
	watch.told_ns = waited_ns;
	*ret_cpu = atomic_load(&watch.attempt->cpu);
	return waited_ns;
}

bool workqueue_reaped(pid_t pid, int status, char *said, size_t size)
{
	if (!watch.pid || pid != watch.pid)
		return false;
	watch.pid = 0;
	atomic_store(&watch.attempt->since_ns, 0);
	if (WIFEXITED(status))
		snprintf(said, size, "works of system_wq cannot be tried: %s",
			 strerror(WEXITSTATUS(status)));
	else
		snprintf(said, size, "works of system_wq are tried no more: signal %d",
			 WTERMSIG(status));
	return true;
}
