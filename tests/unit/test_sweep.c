/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The prey is this test itself, started once more under QEMU's name and with QEMU's arguments. */
#include "unit.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/str.h"
#include "vm/sweep.h"

#define NAME "guest=kernsoak-sweep-test-000001,debug-threads=on"

/* Of this process alone: the test may run twice at once on a machine. */
static char own_uuid[40], own_run[40];

/* Returns when the process has become what it should be: its first byte says so. */
static pid_t start(const char *argv0, const char *name, const char *owner)
{
	_cleanup_free_
	char *variable = xasprintf("KERNSOAK_OWNER=%s", owner ? owner : "");
	char *argv[] = { (char *)(uintptr_t)argv0,
			 "-name",
			 (char *)(uintptr_t)name,
			 "-S",
			 "-uuid",
			 own_uuid,
			 NULL };
	char *envp[] = { "A=b", owner ? variable : NULL, NULL };
	int fds[2];
	char ready;
	pid_t pid;

	assert_int_equal(pipe(fds), 0);
	pid = fork();
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		dup2(fds[1], STDOUT_FILENO);
		execve("/proc/self/exe", argv, envp);
		_exit(1);
	}
	close(fds[1]);
	assert_int_equal(read(fds[0], &ready, 1), 1);
	close(fds[0]);
	return pid;
}

static int be_prey(void)
{
	if (write(STDOUT_FILENO, "r", 1) == 1)
		for (;;)
			pause();
	return 1;
}

static void put_down(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

static bool lives(pid_t pid)
{
	return waitpid(pid, NULL, WNOHANG) == 0;
}

/* Another sweep on this machine may have been first: its victim takes a moment. */
static bool dies(pid_t pid)
{
	for (int i = 0; i < 100; i++) {
		if (!lives(pid))
			return true;
		usleep(10000);
	}
	put_down(pid);
	return false;
}

/* The mark of a process that has ended. */
static char *dead_owner(const char *run)
{
	pid_t pid = fork();
	char *owner;

	if (pid == 0)
		for (;;)
			pause();
	owner = sweep_owner(run, "000001", pid);
	put_down(pid);
	return owner;
}

static void a_guest_whose_owner_is_dead_is_killed(void **state)
{
	_cleanup_free_
	char *owner = dead_owner("sweep-test-dead");
	pid_t pid = start("/usr/bin/qemu-system-x86_64", NAME, owner);

	(void)state;
	assert_true(lives(pid));
	vm_sweep(NULL);
	assert_true(dies(pid));
}

static void a_guest_whose_owner_lives_is_left_alone(void **state)
{
	_cleanup_free_
	char *owner = sweep_owner("sweep-test-alive", "000001", getpid());
	pid_t pid = start("/usr/bin/qemu-system-x86_64", NAME, owner);

	(void)state;
	vm_sweep(NULL);
	assert_int_equal(vm_sweep("sweep-test"), 0); /* no prefix: the whole id */
	assert_true(lives(pid));
	put_down(pid);
}

static void a_number_that_names_somebody_else_by_now_is_a_dead_owner(void **state)
{
	_cleanup_free_
	char *owner = sweep_owner("sweep-test-reused", "000001", getpid());
	char *start_at = strstr(owner, "start=");
	pid_t pid;

	(void)state;
	assert_non_null(start_at);
	start_at[6] = start_at[6] == '9' ? '8' : '9';
	pid = start("qemu-system-x86_64", NAME, owner);
	vm_sweep(NULL);
	assert_true(dies(pid));
}

static void all_guests_of_a_run_go_when_the_run_is_named(void **state)
{
	_cleanup_free_
	char *owner = sweep_owner(own_run, "000001", getpid());
	pid_t pid = start("/usr/bin/qemu-system-x86_64", NAME, owner);

	(void)state;
	assert_int_equal(vm_sweep(own_run), 1);
	assert_true(dies(pid));
}

static void what_is_not_ours_is_never_touched(void **state)
{
	_cleanup_free_
	char *owner = dead_owner("sweep-test-foreign");
	const struct {
		const char *argv0, *name, *owner;
	} rows[] = {
		{ "/usr/bin/qemu-system-x86_64", NAME, NULL },
		{ "/usr/bin/qemu-system-x86_64", NAME, "nonsense" },
		{ "/usr/bin/qemu-system-x86_64", NAME, "pid=1 start=1 ns=1 trial=1 run=x" },
		{ "/usr/bin/qemu-system-x86_64", "guest=somebody", owner },
		{ "/usr/bin/qemu-system-x86_64", "guest=my-kernsoak-x", owner },
		{ "/usr/bin/vim", NAME, owner },
		{ "qemu-systemd", NAME, owner },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		pid_t pid = start(rows[i].argv0, rows[i].name, rows[i].owner);

		vm_sweep(NULL);
		assert_int_equal(vm_sweep("sweep-test-foreign"), 0);
		assert_true(lives(pid));
		put_down(pid);
	}
}

static void a_guest_is_found_by_its_uuid(void **state)
{
	pid_t pid = start("/usr/bin/qemu-system-x86_64", NAME, NULL);

	(void)state;
	assert_int_equal(sweep_find(own_uuid), pid);
	assert_true(sweep_is(pid, own_uuid));
	assert_false(sweep_is(pid, "6b657273-6f61-8b00-8000-0000000000ab"));
	assert_false(sweep_is(getpid(), own_uuid));
	put_down(pid);
	assert_int_equal(sweep_find(own_uuid), 0);
}

/* fork, setsid, fork: what libvirt does to QEMU, and what then is handed to us. */
static pid_t start_daemon(void)
{
	pid_t middle, daemon;
	int fds[2];

	assert_int_equal(pipe(fds), 0);
	middle = fork();
	if (middle == 0) {
		setsid();
		daemon = fork();
		if (daemon == 0)
			for (;;)
				pause();
		_exit(write(fds[1], &daemon, sizeof(daemon)) == sizeof(daemon) ? 0 : 1);
	}
	assert_int_equal(read(fds[0], &daemon, sizeof(daemon)), sizeof(daemon));
	close(fds[0]);
	close(fds[1]);
	waitpid(middle, NULL, 0);
	return daemon;
}

static void wait_for_end(pid_t pid)
{
	siginfo_t info;

	kill(pid, SIGKILL);
	assert_int_equal(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT), 0);
}

static void daemons_handed_to_us_are_reaped_and_children_are_not(void **state)
{
	pid_t daemon, child;

	(void)state;
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	daemon = start_daemon();
	child = fork();
	if (child == 0)
		for (;;)
			pause();
	wait_for_end(daemon);
	wait_for_end(child);
	sweep_reap();
	assert_int_equal(waitpid(daemon, NULL, WNOHANG), -1);
	assert_int_equal(waitpid(child, NULL, WNOHANG), child);
	prctl(PR_SET_CHILD_SUBREAPER, 0);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		test(a_guest_whose_owner_is_dead_is_killed),
		test(a_guest_whose_owner_lives_is_left_alone),
		test(a_number_that_names_somebody_else_by_now_is_a_dead_owner),
		test(all_guests_of_a_run_go_when_the_run_is_named),
		test(what_is_not_ours_is_never_touched),
		test(a_guest_is_found_by_its_uuid),
		test(daemons_handed_to_us_are_reaped_and_children_are_not),
	};

	if (argc > 1 && str_eq(argv[1], "-name"))
		return be_prey();
	snprintf(own_uuid, sizeof(own_uuid), "6b657273-6f61-8b00-8000-%012x", (unsigned)getpid());
	snprintf(own_run, sizeof(own_run), "sweep-test-run-%d", (int)getpid());
	return cmocka_run_group_tests(tests, NULL, NULL);
}
