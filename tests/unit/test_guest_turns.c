/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whose turn it is, at a rate that changes while everybody waits. */
#include "unit.h"

#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

/* The guest's programs are no part of the library: compiled in. */
#include "../../workloads/churn/turn.c"
#include "../../workloads/load.c"
#include "../../workloads/wire.c"

#define PER_S 1000000ull /* of a rate's unit */

struct shared {
	struct turns turns;
	_Atomic uint64_t taken;
	_Atomic uint32_t waiting;
};

static struct shared *shared_with(uint64_t rate)
{
	struct shared *s =
		mmap(NULL, sizeof *s, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	assert_true(s != MAP_FAILED);
	turns_init(&s->turns, rate);
	return s;
}

/* A process that takes one turn after the other. */
static pid_t worker(struct shared *s)
{
	pid_t pid = fork();

	if (pid == 0)
		for (;;) {
			atomic_fetch_add(&s->waiting, 1);
			turns_wait(&s->turns);
			atomic_fetch_add(&s->taken, 1);
		}
	return pid;
}

static void end(pid_t pid)
{
	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
}

static void wait_for(_Atomic const uint64_t *n, uint64_t at_least)
{
	while (atomic_load(n) < at_least)
		usleep(1000);
}

static void the_first_turn_is_at_once_and_the_next_is_a_period_later(void **state)
{
	struct shared *s = shared_with(PER_S / 1000);
	uint64_t before_ns = load_now_ns(), due_ns;

	(void)state;
	turns_wait(&s->turns);
	due_ns = atomic_load(&s->turns.next_due_ns);
	assert_true(due_ns > before_ns + 870 * S && due_ns < load_now_ns() + 1126 * S);
}

static void who_idles_takes_no_turn_until_there_is_a_rate(void **state)
{
	struct shared *s = shared_with(0);
	pid_t pid = worker(s);

	(void)state;
	while (!atomic_load(&s->waiting))
		usleep(1000);
	assert_int_equal(atomic_load(&s->taken), 0);
	turns_tune(&s->turns, 1000 * PER_S);
	wait_for(&s->taken, 5);
	end(pid);
}

/* The worker waits for an instant that is minutes away: it must hear of the new rate all the same.
 */
static void a_faster_rate_wakes_who_waits_and_rate_0_stops_it(void **state)
{
	struct shared *s = shared_with(PER_S / 1000);
	uint64_t taken;
	pid_t pid;

	(void)state;
	pid = worker(s);
	wait_for(&s->taken, 1);
	turns_tune(&s->turns, 1000 * PER_S);
	wait_for(&s->taken, 5);
	turns_tune(&s->turns, 0);
	taken = atomic_load(&s->taken);
	usleep(20000);
	assert_true(atomic_load(&s->taken) <= taken + 1);
	end(pid);
}

/* The wait that is left shrinks and grows with the period: tuning alone makes no turns. */
static void tuning_keeps_the_place_within_the_period(void **state)
{
	struct shared *s = shared_with(PER_S / 1000);
	uint64_t now_ns = load_now_ns(), left_ns;

	(void)state;
	atomic_store(&s->turns.next_due_ns, now_ns + 800 * S);
	for (int i = 0; i < 50; i++) {
		turns_tune(&s->turns, PER_S / 100);
		turns_tune(&s->turns, PER_S / 1000);
	}
	left_ns = atomic_load(&s->turns.next_due_ns) - now_ns;
	assert_true(left_ns > 790 * S && left_ns < 890 * S);
	turns_tune(&s->turns, PER_S / 500);
	left_ns = atomic_load(&s->turns.next_due_ns) - now_ns;
	assert_true(left_ns > 390 * S && left_ns < 450 * S);
}

static void who_begins_to_work_begins_anywhere_in_a_period(void **state)
{
	uint64_t sum_s = 0, now_ns;

	(void)state;
	for (int i = 0; i < 200; i++) {
		struct shared *s = shared_with(0);

		now_ns = load_now_ns();
		turns_tune(&s->turns, PER_S / 1000);
		sum_s += (atomic_load(&s->turns.next_due_ns) - now_ns) / S;
		munmap(s, sizeof *s);
	}
	assert_true(sum_s / 200 > 400 && sum_s / 200 < 600); /* 5 standard errors to each side */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(the_first_turn_is_at_once_and_the_next_is_a_period_later),
		test(who_idles_takes_no_turn_until_there_is_a_rate),
		test(a_faster_rate_wakes_who_waits_and_rate_0_stops_it),
		test(tuning_keeps_the_place_within_the_period),
		test(who_begins_to_work_begins_anywhere_in_a_period),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
