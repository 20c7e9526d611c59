/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the agent has done by processes of its own, to show that its guest works. */
#include "unit.h"

#include <poll.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/fs.h"

/* The guest's programs are no part of the library: compiled in. */
#include "../../workloads/agent/checkin.c"
#include "../../workloads/agent/errand.c"
#include "../../workloads/agent/sample.c"
#include "../../workloads/wire.c"

void boot_soften(void)
{
}

/* The process's first word, and what it told the agent. */
static int first_word(void)
{
	char why[128];
	struct pollfd p;

	checkin.count = 0;
	checkin.error = 0;
	assert_int_equal(checkin_start(why, sizeof why), 0);
	p = (struct pollfd){ .fd = checkin_fd(), .events = POLLIN };
	assert_int_equal(poll(&p, 1, -1), 1);
	return checkin_read();
}

/* It goes when it has nobody to talk to. */
static void end_it(void)
{
	close(checkin.fd);
	checkin.fd = -1;
}

static void an_fsync_that_comes_through_is_counted(void **state)
{
	char dir[] = "/tmp/kernsoak-heartbeat-XXXXXX", tokens[64], said[128], path[64];
	struct stat st;

	(void)state;
	assert_non_null(mkdtemp(dir));
	assert_false(checkin_wanted());
	snprintf(tokens, sizeof tokens, "fsync=%s", dir);
	assert_int_equal(checkin_setup(tokens, said, sizeof said), 0);
	assert_true(checkin_wanted());
	assert_int_equal(first_word(), 0);
	assert_int_equal(checkin_count(), 1);
	snprintf(path, sizeof path, "%s/.kernsoak-heartbeat", dir);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_size, sizeof(uint64_t));
	end_it();
	fs_remove_tree(AT_FDCWD, dir, NULL);
}

static void one_that_fails_is_none_and_its_error_is_told(void **state)
{
	char said[128];

	(void)state;
	assert_int_equal(checkin_setup("fsync=/no/such/folder", said, sizeof said), 0);
	assert_int_equal(first_word(), ENOENT);
	assert_int_equal(checkin_count(), 0);
	end_it();
	assert_int_equal(checkin_setup("fsync=relative", said, sizeof said), -1);
	assert_int_equal(checkin_setup("", said, sizeof said), -1);
}

static void a_program_that_comes_back_is_an_answer(void **state)
{
	char n[24], why[128];
	pid_t pid;
	int status;

	(void)state;
	assert_int_equal(errand_send("7", why, sizeof why), 0);
	assert_int_equal(errand_send("8", why, sizeof why), -1);
	assert_string_equal(why, "request 7 has not come back");
	pid = errand.pid;
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_false(errand_reaped(pid + 1, 0, n, sizeof n, why, sizeof why));
	assert_true(errand_reaped(pid, 0, n, sizeof n, why, sizeof why));
	assert_string_equal(n, "7");
	assert_string_equal(why, "");
	assert_false(errand_reaped(pid, 0, n, sizeof n, why, sizeof why));
}

static void one_that_does_not_start_or_is_killed_is_none(void **state)
{
	char n[24], why[128];

	(void)state;
	errand.pid = 4711;
	assert_true(errand_reaped(4711, ENOMEM << 8, n, sizeof n, why, sizeof why));
	assert_string_equal(why, "exec: Cannot allocate memory");
	errand.pid = 4711;
	assert_true(errand_reaped(4711, SIGKILL, n, sizeof n, why, sizeof why));
	assert_string_equal(why, "the program was killed by signal 9");
}

static void samples_come_as_often_as_they_are_wanted(void **state)
{
	char said[128];

	(void)state;
	assert_true(sample_due(1) && sample_due(2));
	assert_int_equal(sample_setup("every=3", said, sizeof said), 0);
	assert_true(!sample_due(1) && !sample_due(2) && sample_due(3));
	assert_int_equal(sample_setup("every=0", said, sizeof said), 0);
	assert_false(sample_due(3));
	assert_int_equal(sample_setup("every=x", said, sizeof said), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(an_fsync_that_comes_through_is_counted),
		test(one_that_fails_is_none_and_its_error_is_told),
		test(a_program_that_comes_back_is_an_answer),
		test(one_that_does_not_start_or_is_killed_is_none),
		test(samples_come_as_often_as_they_are_wanted),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
