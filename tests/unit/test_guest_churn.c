/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What of container-churn and of probes needs no privilege; the rest is tests/e2e/loads. */
#include "unit.h"

#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

/* The guest's programs are no part of the library: compiled in. */
#include "../../workloads/cgroup.c"
#include "../../workloads/churn/left.c"
#include "../../workloads/churn/net.c"
#undef MS
#include "../../workloads/kfile.c"
#include "../../workloads/load.c"
#include "../../workloads/nl.c"
#undef MS
#include "../../workloads/probe.c"
#include "../../workloads/rtnl.c"
#include "../../workloads/wire.c"

/* ---- probes ---- */

static int stay_away(void *arg)
{
	(void)arg;
	pause();
	return 0;
}

static int come_back(void *arg)
{
	return *(const int *)arg;
}

static int first_late_then_wrong(void *arg)
{
	int *turn = arg; /* shared memory */

	if ((*turn)++ == 0)
		usleep(100000);
	return *turn > 1 ? -ENOSPC : 0;
}

/* A load in a process of its own; what it says comes by `ret_out`. */
static pid_t start_load(void (*body)(void), int *ret_out)
{
	int out[2];
	pid_t pid;

	assert_int_equal(pipe(out), 0);
	fflush(NULL);
	pid = fork();
	if (pid == 0) {
		dup2(out[1], STDOUT_FILENO);
		body();
		for (;;)
			pause();
	}
	close(out[1]);
	*ret_out = out[0];
	return pid;
}

static char said[8192];
static size_t n_said;

static bool hears(int fd, const char *text)
{
	struct pollfd out = { .fd = fd, .events = POLLIN };

	while (!strstr(said, text)) {
		if (poll(&out, 1, 5000) <= 0 || n_said == sizeof said - 1)
			return false;
		ssize_t n = read(fd, said + n_said, sizeof said - 1 - n_said);
		if (n <= 0)
			return false;
		n_said += (size_t)n;
	}
	return true;
}

static void stop_load(pid_t pid, int out)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	close(out);
	memset(said, 0, sizeof said);
	n_said = 0;
}

static void watch_one_that_stays_away(void)
{
	static struct probe p = { .name = "stay-away", .run = stay_away };

	probe_watch(&p, 1, MS, 30 * MS, NULL);
}

static void a_probe_that_stays_away_is_told_again_and_again(void **state)
{
	int out;
	pid_t pid = start_load(watch_one_that_stays_away, &out);
	unsigned long long first, second;

	(void)state;
	assert_true(hears(out, "\noverdue stay-away "));
	assert_int_equal(
		sscanf(said, "overdue stay-away %llu overdue stay-away %llu", &first, &second), 2);
	assert_true(first >= 30);
	assert_true(second >= 2 * first);
	stop_load(pid, out);
}

static void watch_one_that_is_late(void)
{
	static struct probe p = { .name = "late", .run = first_late_then_wrong };

	p.arg = mmap(NULL, sizeof(int), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	probe_watch(&p, 1, MS, 30 * MS, NULL);
}

static void a_probe_that_comes_back_late_or_fails_is_noted(void **state)
{
	int out;
	pid_t pid = start_load(watch_one_that_is_late, &out);

	(void)state;
	assert_true(hears(out, "overdue late "));
	assert_true(hears(out, "note the probe late came back after "));
	assert_true(hears(out, "note the probe late fails: No space left on device\n"));
	stop_load(pid, out);
}

static void one_try_says_what_came_of_it(void **state)
{
	int well = 0, wrong = -EPERM;
	struct probe p = { .name = "one", .run = come_back, .arg = &well };

	(void)state;
	assert_int_equal(probe_try(&p, 5000 * MS), 0);
	p.arg = &wrong;
	assert_int_equal(probe_try(&p, 5000 * MS), -EPERM);
	p.run = stay_away;
	assert_int_equal(probe_try(&p, 10 * MS), -ETIME);
}

/* ---- what is left ---- */

static void only_what_is_more_than_before_is_left_behind(void **state)
{
	struct left base = {
		.links = 2, .cgroups = 0, .mounts = -1, .folders = 0, .namespaces = 1
	};
	struct left now = base;
	char text[256];

	(void)state;
	assert_false(left_more(&base, &now, text, sizeof text));
	assert_string_equal(text, "");
	now.links = 0;
	assert_false(left_more(&base, &now, text, sizeof text));
	now = (struct left){
		.links = 5, .cgroups = 1, .mounts = -1, .folders = 0, .namespaces = 9
	};
	assert_true(left_more(&base, &now, text, sizeof text));
	assert_string_equal(text, "8 network namespaces, 3 links, 1 control groups");
	assert_true(left_more(&base, &now, text, 8)); /* cut, not overrun */
}

/* ---- addresses ---- */

static void containers_that_live_together_have_addresses_of_their_own(void **state)
{
	char a[IFNAMSIZ], b[IFNAMSIZ];

	(void)state;
	for (uint64_t i = 1; i < 40000; i += 7)
		for (uint64_t k = i + 1; k < i + CHURN_PARALLEL_MAX; k += 9) {
			assert_true(net_own_address(i) != net_own_address(k));
			assert_true(net_own_address(i) != net_service_address(k));
		}
	assert_true(net_own_address(31998) != net_gateway_address());
	name_of(UINT64_MAX, a);
	name_of(1, b);
	assert_true(strncmp(a, CHURN_LINK, strlen(CHURN_LINK)) == 0 && strlen(a) < IFNAMSIZ);
	assert_string_not_equal(a, b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(a_probe_that_stays_away_is_told_again_and_again),
		test(a_probe_that_comes_back_late_or_fails_is_noted),
		test(one_try_says_what_came_of_it),
		test(only_what_is_more_than_before_is_left_behind),
		test(containers_that_live_together_have_addresses_of_their_own),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
