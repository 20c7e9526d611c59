/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Memory used wrongly. */
#include "faultlab.h"

#include <linux/delay.h>
#include <linux/gfp.h>
#include <linux/kthread.h>
#include <linux/refcount.h>
#include <linux/slab.h>

#define OBJECT 128 /* bytes */

noinline void faultlab_double_free(struct faultlab_plant *p)
{
	char *object = kmalloc(OBJECT, GFP_KERNEL);
	char *again = object;

	OPTIMIZER_HIDE_VAR(again); /* the compiler knows what kfree() is */
	/* Nobody may come between: SLAB_FREELIST_HARDENED sees it only at the list's head. */
	preempt_disable();
	kfree(object);
	kfree(again);
	preempt_enable();
}

static noinline void faultlab_write_freed(void)
{
	char *object = kmalloc(OBJECT, GFP_KERNEL);
	char *stale = object;

	OPTIMIZER_HIDE_VAR(stale);
	if (!object)
		return;
	kfree(object);
	WRITE_ONCE(stale[17], 1); /* not where SLUB keeps its list: the list is to live on */
	/* slub_debug looks when the object is handed out again */
	object = kmalloc(OBJECT, GFP_KERNEL);
	kfree(object);
}

/* KFENCE takes one allocation of so many milliseconds: it must be tried for a while. */
noinline void faultlab_use_after_free(struct faultlab_plant *p)
{
	int i;

	for (i = 0; i < 500 && !kthread_should_stop(); i++) {
		faultlab_write_freed();
		usleep_range(1000, 2000);
	}
}

noinline void faultlab_list_corruption(struct faultlab_plant *p)
{
	struct list_head list, *item = kzalloc(sizeof(*item), GFP_KERNEL);

	if (!item)
		return;
	INIT_LIST_HEAD(&list);
	list_add(item, &list);
	WRITE_ONCE(list.next, (struct list_head *)&list);
	list_del(item);
	kfree(item);
}

noinline void faultlab_refcount(struct faultlab_plant *p)
{
	refcount_t count;

	refcount_set(&count, 1);
	if (!refcount_dec_and_test(&count) || refcount_dec_and_test(&count))
		pr_info("this refcount cannot be\n");
}

/* For ever, a hundredth of a second's share at a time. */
noinline void faultlab_memory_leak(struct faultlab_plant *p)
{
	const u64 pages = max_t(u64, p->bytes_per_second / 100 / PAGE_SIZE, 1);
	u64 i;

	while (!kthread_should_stop()) {
		for (i = 0; i < pages && alloc_page(GFP_KERNEL | __GFP_NOWARN); i++)
			cond_resched();
		usleep_range(9000, 11000);
	}
}
