/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What does not go on. */
#include "faultlab.h"

#include <linux/delay.h>
#include <linux/kthread.h>
#include <linux/nmi.h>
#include <linux/rcupdate.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/timekeeping.h>
#include <linux/workqueue.h>

static DEFINE_SPINLOCK(lock);

noinline void faultlab_soft_lockup(struct faultlab_plant *p)
{
	preempt_disable();
	faultlab_spin(p->duration);
	preempt_enable();
}

noinline void faultlab_hard_lockup(struct faultlab_plant *p)
{
	unsigned long flags;

	local_irq_save(flags);
	faultlab_spin(p->duration);
	local_irq_restore(flags);
}

/* A reader that never leaves, but tells the soft-lockup watchdog that all is well. */
noinline void faultlab_rcu_stall(struct faultlab_plant *p)
{
	const u64 end = ktime_get_mono_fast_ns() + p->duration;

	rcu_read_lock();
	while (!p->duration || ktime_get_mono_fast_ns() < end) {
		touch_softlockup_watchdog();
		cpu_relax();
	}
	rcu_read_unlock();
}

noinline void faultlab_hung_task(struct faultlab_plant *p)
{
	faultlab_sleep(p->duration, TASK_UNINTERRUPTIBLE);
}

struct blocked {
	struct work_struct work;
	u64 duration;
};

/* Not TASK_UNINTERRUPTIBLE: the hung-task detector would see it, and nobody else is to. */
static void faultlab_blocked_work(struct work_struct *work)
{
	struct blocked *b = container_of(work, struct blocked, work);

	faultlab_sleep(b->duration, TASK_IDLE);
	kfree(b);
}

/*
 * More works that wait than run of the kernel's own queue on a CPU at once (256, or 1024): they
 * have all its workers, and the next one that anybody schedules there never runs. That queue is
 * system_wq, or the younger system_percpu_wq beside it, which 6.12.117 has: schedule_work_on()
 * knows. (One work that spins is no stall: the kernel lets others pass it.)
 */
#define WORKS 2560

noinline void faultlab_workqueue_stall(struct faultlab_plant *p)
{
	int cpu = p->cpu < 0 ? raw_smp_processor_id() : p->cpu;
	int i;

	for (i = 0; i < WORKS; i++) {
		struct blocked *b = kzalloc(sizeof(*b), GFP_KERNEL);

		if (!b)
			return;
		b->duration = p->duration;
		INIT_WORK(&b->work, faultlab_blocked_work);
		schedule_work_on(cpu, &b->work);
	}
}

noinline void faultlab_sleep_in_atomic(struct faultlab_plant *p)
{
	spin_lock(&lock);
	msleep(20);
	spin_unlock(&lock);
}

noinline void faultlab_spin_deadlock(struct faultlab_plant *p)
{
	spin_lock(&lock);
	spin_lock(&lock);
	/* Never reached; without it the call would be a jump, and this function in no trace. */
	spin_unlock(&lock);
	spin_unlock(&lock);
}

/* Every process but the agent stands still, as if what it waits for never came. */
noinline void faultlab_progress_stop(struct faultlab_plant *p)
{
	struct task_struct *task;

	rcu_read_lock();
	for_each_process(task) if (task->mm && task_pid_nr(task) != 1) send_sig(SIGSTOP, task, 1);
	rcu_read_unlock();
}
