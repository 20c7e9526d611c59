/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whose turn it is to begin a container: one instant after the other, shared by all workers. */
#include <limits.h>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <time.h>

#include "../load.h"
#include "churn.h"

#define S           1000000000ull
#define NEVER       UINT64_MAX
#define LONGEST_NAP (3600 * S)

static uint64_t period_of(uint64_t rate)
{
	return 1000000 * S / rate;
}

void turns_init(struct turns *t, uint64_t rate)
{
	*t = (struct turns){ .rate = rate, .random = load_random() };
}

/* Until the rate has changed since `seen`, or so much time has gone. */
static void nap(struct turns *t, uint32_t seen, uint64_t ns)
{
	uint64_t most = ns < LONGEST_NAP ? ns : LONGEST_NAP;
	struct timespec limit = { .tv_sec = (time_t)(most / S), .tv_nsec = (long)(most % S) };

	syscall(SYS_futex, &t->changes, FUTEX_WAIT, seen, &limit, NULL, 0);
}

/*
 * What is left of the wait for the next turn becomes as much shorter as the rate has become
 * greater: a rate that changes often brings no turns of its own. Who idled begins anywhere in a
 * period, so that hosts that are told at once do not go in step.
 */
void turns_tune(struct turns *t, uint64_t rate)
{
	uint64_t now_ns = load_now_ns(), due_ns = atomic_load(&t->next_due_ns);
	uint64_t old = atomic_exchange(&t->rate, rate);

	if (rate && !old)
		due_ns = now_ns + load_random_from(&t->random) % period_of(rate);
	else if (rate && due_ns > now_ns)
		due_ns =
			now_ns + (uint64_t)((double)(due_ns - now_ns) * (double)old / (double)rate);
	atomic_store(&t->next_due_ns, due_ns);
	atomic_fetch_add(&t->changes, 1);
	syscall(SYS_futex, &t->changes, FUTEX_WAKE, INT_MAX, NULL, NULL, 0);
}

/*
 * Each takes the next free instant when it has come. One that comes late by more than a period does
 * not make up for it, or a guest that stood still would start with a burst. Periods vary by an
 * eighth, so that no two loads keep step.
 */
void turns_wait(struct turns *t)
{
	for (;;) {
		uint32_t seen = atomic_load(&t->changes);
		uint64_t due_ns = atomic_load(&t->next_due_ns), rate = atomic_load(&t->rate);
		uint64_t now_ns = load_now_ns(), period_ns, next_ns;

		if (!rate || due_ns > now_ns) {
			nap(t, seen, rate ? due_ns - now_ns : NEVER);
			continue;
		}
		period_ns = period_of(rate);
		next_ns = now_ns - due_ns < period_ns ? due_ns : now_ns;
		next_ns += period_ns - period_ns / 8 + load_random() % (period_ns / 4 + 1);
		if (atomic_compare_exchange_strong(&t->next_due_ns, &due_ns, next_ns))
			return;
	}
}
