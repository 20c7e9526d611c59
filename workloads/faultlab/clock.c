/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The thread of a plant: waits its time, and is where most faults happen. */
#include "faultlab.h"

#include <linux/cpumask.h>
#include <linux/kthread.h>
#include <linux/timekeeping.h>

#include "chance.h"

bool faultlab_has_thread(const struct faultlab_plant *p)
{
	return p->kind->fault && !(p->when == FAULTLAB_HIT && (p->kind->flags & IN_PLACE));
}

/* In slices, so that the module can go. */
static void wait_ns(u64 ns)
{
	const u64 end = ktime_get_ns() + ns;
	u64 now;

	while (!kthread_should_stop() && (now = ktime_get_ns()) < end)
		faultlab_sleep_once(min_t(u64, end - now, NSEC_PER_SEC), TASK_IDLE);
}

static void wait_for_hit(struct faultlab_plant *p)
{
	while (!kthread_should_stop()) {
		set_current_state(TASK_IDLE);
		if (atomic_dec_if_positive(&p->wanted) >= 0)
			break;
		schedule();
	}
	__set_current_state(TASK_RUNNING);
}

static void wait_for_the_end(void)
{
	while (!kthread_should_stop()) {
		set_current_state(TASK_IDLE);
		if (!kthread_should_stop())
			schedule();
	}
	__set_current_state(TASK_RUNNING);
}

/* A crash at once may be on the console before the host has heard that the soak began. */
#define NOW (100 * NSEC_PER_MSEC)

static void announce(const struct faultlab_plant *p, u64 life)
{
	switch (p->when) {
	case FAULTLAB_NOW:
	case FAULTLAB_TIME:
		pr_info("armed kind=%s at +%llu ms\n", p->kind->name, life / NSEC_PER_MSEC);
		break;
	case FAULTLAB_HIT:
		pr_info("armed kind=%s at hit %lld of %s\n", p->kind->name,
			atomic64_read(&p->next_hit), p->function);
		break;
	}
}

/* Waits for the next instant of the law; nothing where every hit decides for itself. */
static void wait_for_due(struct faultlab_plant *p)
{
	u64 life = NOW;

	if (p->when == FAULTLAB_TIME)
		life = chance_lifetime(p->seed, p->draws++, p->scale, p->shape);
	announce(p, life);
	if (p->when == FAULTLAB_HIT)
		wait_for_hit(p);
	else
		wait_ns(life);
}

static void fire(struct faultlab_plant *p)
{
	if (p->when != FAULTLAB_HIT && !faultlab_count_fire(p))
		return;
	pr_info("fires kind=%s\n", p->kind->name);
	p->kind->fault(p);
}

static int faultlab_thread(void *arg)
{
	struct faultlab_plant *p = arg;

	do {
		wait_for_due(p);
		if (kthread_should_stop())
			break;
		if (p->kind->fault)
			fire(p);
		else
			WRITE_ONCE(p->due, true); /* from here on a hit is the one */
	} while (p->kind->fault && !faultlab_spent(p));
	wait_for_the_end();
	return 0;
}

/* BY_PROBE and BY_NETDEV with a time need the thread for that only. */
int faultlab_start(struct faultlab_plant *p)
{
	struct task_struct *thread;

	if (!p->kind->fault && p->when != FAULTLAB_TIME) {
		p->due = true;
		announce(p, 0);
		return 0;
	}
	if (p->when == FAULTLAB_HIT && !faultlab_has_thread(p)) {
		p->due = true;
		announce(p, 0);
		return 0;
	}
	p->due = p->when == FAULTLAB_HIT;
	thread = kthread_create(faultlab_thread, p, "faultlab/%s", p->kind->name);
	if (IS_ERR(thread))
		return faultlab_refuse(PTR_ERR(thread), "no thread for %s", p->kind->name);
	if (p->cpu >= 0)
		kthread_bind(thread, p->cpu);
	p->thread = thread;
	wake_up_process(thread);
	return 0;
}

void faultlab_stop(struct faultlab_plant *p)
{
	if (p->thread)
		kthread_stop(p->thread);
}
