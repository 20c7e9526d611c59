/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "base/proc.h"

static int run(const char *script)
{
	const char *argv[] = { "sh", "-c", script, NULL };
	struct proc p;
	struct err err = { 0 };

	assert_ok(proc_spawn(argv, NULL, &p, &err));
	assert_true(p.pidfd > 2);
	return proc_wait(&p);
}

static void the_exit_status_and_the_signal_are_told_apart(void **state)
{
	(void)state;
	assert_int_equal(run("exit 0"), 0);
	assert_int_equal(run("exit 200"), 200);
	assert_int_equal(run("kill -9 $$"), 256 + 9);
}

static void a_program_that_is_not_there_fails_at_once(void **state)
{
	const char *argv[] = { "/nowhere/at-all", NULL };
	struct proc p = PROC_INIT;
	struct err err = { 0 };

	(void)state;
	assert_int_equal(proc_spawn(argv, NULL, &p, &err), -ENOENT);
	assert_non_null(strstr(err.msg, "/nowhere/at-all"));
	assert_int_equal(p.pid, -1);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1); /* and leaves no zombie */
}

/* A process that cannot be waited for in the loop would hold its slot for ever. */
static void without_a_descriptor_for_it_there_is_no_process(void **state)
{
	const char *argv[] = { "sleep", "60", NULL };
	struct rlimit was, few;
	struct proc p = PROC_INIT;
	struct err err = { 0 };
	int next = dup(0), r;

	(void)state;
	close(next);
	getrlimit(RLIMIT_NOFILE, &was);
	few = was;
	few.rlim_cur = (rlim_t)next + 2; /* the pipe fits, the pidfd does not */
	setrlimit(RLIMIT_NOFILE, &few);
	r = proc_spawn(argv, NULL, &p, &err);
	setrlimit(RLIMIT_NOFILE, &was);
	assert_int_equal(r, -EMFILE);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
}

static void no_more_is_collected_than_was_asked_for(void **state)
{
	const char *argv[] = { "sh", "-c", "head -c 200000 /dev/zero | tr '\\0' x", NULL };
	_cleanup_buf_ struct buf b = BUF_INIT;
	struct err err = { 0 };

	(void)state;
	buf_puts(&b, "before");
	assert_int_equal(proc_output(argv, 1000, &b, &err), 0);
	assert_int_equal(b.len, 6 + 1000);
	assert_int_equal(strlen(b.data), b.len);
}

static void stderr_is_in_the_transcript_alone(void **state)
{
	const char *argv[] = { "sh", "-c", "pwd; echo no >&2; exit 3", NULL };
	_cleanup_buf_ struct buf b = BUF_INIT;
	struct err err = { 0 };

	(void)state;
	assert_int_equal(proc_transcript(argv, "/", 1000, &b, &err), 3);
	assert_string_equal(b.data, "/\nno\n");
}

static void a_child_inherits_no_descriptor_of_ours(void **state)
{
	int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	_cleanup_free_
	char *script = xasprintf("[ ! -e /proc/$$/fd/%d ]", fd);

	(void)state;
	assert_int_equal(run(script), 0);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(the_exit_status_and_the_signal_are_told_apart),
		test(a_program_that_is_not_there_fails_at_once),
		test(without_a_descriptor_for_it_there_is_no_process),
		test(no_more_is_collected_than_was_asked_for),
		test(stderr_is_in_the_transcript_alone),
		test(a_child_inherits_no_descriptor_of_ours),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
