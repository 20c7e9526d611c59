/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What kills at once. Each function's name is what the report is to say. */
#include "faultlab.h"

#include <linux/bug.h>
#include <linux/irq_work.h>
#include <linux/panic.h>

noinline void faultlab_null(struct faultlab_plant *p)
{
	int *nowhere = (int *)16;

	OPTIMIZER_HIDE_VAR(nowhere);
	WRITE_ONCE(*nowhere, 1);
}

noinline void faultlab_gpf(struct faultlab_plant *p)
{
	unsigned long *garbage = (unsigned long *)0x6b6b6b6b6b6b6b6bul;

	OPTIMIZER_HIDE_VAR(garbage);
	WRITE_ONCE(*garbage, 1);
}

noinline void faultlab_bug(struct faultlab_plant *p)
{
	BUG();
}

noinline void faultlab_warn(struct faultlab_plant *p)
{
	WARN(1, "planted warning\n");
}

noinline void faultlab_panic(struct faultlab_plant *p)
{
	panic("planted panic");
}

noinline void faultlab_divide(struct faultlab_plant *p)
{
	unsigned int low = 1, high = 0;

	/* The compiler would make a trap of a division by a constant 0. */
	asm volatile("divl %2" : "+a"(low), "+d"(high) : "r"(0));
}

static noinline unsigned long faultlab_deeper(unsigned long depth)
{
	volatile char room[512];

	room[depth % sizeof(room)] = depth;
	return room[0] + (depth ? faultlab_deeper(depth - 1) : 0) + room[1];
}

noinline void faultlab_stack_overflow(struct faultlab_plant *p)
{
	unsigned long sum = faultlab_deeper(THREAD_SIZE);

	OPTIMIZER_HIDE_VAR(sum);
}

static noinline void faultlab_in_irq(struct irq_work *work)
{
	int *nowhere = (int *)16;

	OPTIMIZER_HIDE_VAR(nowhere);
	WRITE_ONCE(*nowhere, 1);
}

noinline void faultlab_oops_in_irq(struct faultlab_plant *p)
{
	static struct irq_work work = IRQ_WORK_INIT_HARD(faultlab_in_irq);

	irq_work_queue(&work);
}
