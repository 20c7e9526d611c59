/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/epoll.h>

#include "base/loop.h"

struct world {
	struct clock clock;
	struct loop *loop;
	char trace[32];
	size_t n;
	struct loop_source *source;
};

static int setup(void **state)
{
	static struct world w;
	struct err err = { 0 };

	w = (struct world){ .clock = clock_fake() };
	*state = &w;
	return loop_new(&w.clock, &w.loop, &err);
}

static int teardown(void **state)
{
	struct world *w = *state;

	w->loop = loop_free(w->loop);
	return 0;
}

static void mark_a(void *arg)
{
	struct world *w = arg;

	w->trace[w->n++] = 'a';
}

static void mark_b(void *arg)
{
	struct world *w = arg;

	w->trace[w->n++] = 'b';
}

static void quit(void *arg)
{
	struct world *w = arg;

	loop_quit(w->loop, 42);
}

static void two_days_pass_at_once(void **state)
{
	struct world *w = *state;
	uint64_t start = loop_now(w->loop);

	loop_add_timer(w->loop, start + 48 * 3600 * NS_PER_S, quit, w);
	loop_add_timer(w->loop, start + 2, mark_b, w);
	loop_add_timer(w->loop, start + 1, mark_a, w);
	loop_add_timer(w->loop, start + 2, mark_a, w);
	assert_int_equal(loop_run(w->loop), 42);
	assert_string_equal(w->trace, "aba");
	assert_true(loop_now(w->loop) == start + 48 * 3600 * NS_PER_S);
}

static void a_removed_timer_stays_silent(void **state)
{
	struct world *w = *state;
	struct loop_source *s = loop_add_timer(w->loop, loop_now(w->loop) + 5, mark_a, w);

	assert_null(loop_remove(w->loop, s));
	loop_add_timer(w->loop, loop_now(w->loop) + 9, quit, w);
	assert_int_equal(loop_run(w->loop), 42);
	assert_string_equal(w->trace, "");
}

static void waiting_for_nothing_is_an_error_not_a_hang(void **state)
{
	struct world *w = *state;

	loop_add_timer(w->loop, TIME_NEVER, mark_a, w);
	assert_int_equal(loop_run(w->loop), -EDEADLK);
}

static void remove_self(void *arg, uint32_t events)
{
	struct world *w = arg;

	(void)events;
	w->source = loop_remove(w->loop, w->source);
	loop_quit(w->loop, 1);
}

static void a_callback_may_remove_its_own_source(void **state)
{
	struct world *w = *state;
	int fds[2];

	assert_int_equal(pipe(fds), 0);
	assert_int_equal(write(fds[1], "x", 1), 1);
	w->source = loop_add_fd(w->loop, fds[0], EPOLLIN, remove_self, w);
	assert_non_null(w->source);
	assert_int_equal(loop_run(w->loop), 1);
	close(fds[0]);
	close(fds[1]);
}

static void what_epoll_refuses_is_told_with_its_errno(void **state)
{
	struct world *w = *state;
	int fd = open("/etc/passwd", O_RDONLY | O_CLOEXEC);

	errno = 0;
	assert_null(loop_add_fd(w->loop, fd, EPOLLIN, remove_self, w));
	assert_int_equal(errno, EPERM);
	assert_null(loop_add_fd(w->loop, -1, EPOLLIN, remove_self, w));
	assert_int_equal(errno, EBADF);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(two_days_pass_at_once, setup, teardown),
		cmocka_unit_test_setup_teardown(a_removed_timer_stays_silent, setup, teardown),
		cmocka_unit_test_setup_teardown(waiting_for_nothing_is_an_error_not_a_hang, setup,
						teardown),
		cmocka_unit_test_setup_teardown(a_callback_may_remove_its_own_source, setup,
						teardown),
		cmocka_unit_test_setup_teardown(what_epoll_refuses_is_told_with_its_errno, setup,
						teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
