/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Kinds that change what a probed function does. These run in the probe: no locks, no printing. */
#include "faultlab.h"

#include <linux/rbtree.h>

/* What _raw_write_trylock() does where it takes the lock, but for taking it. */
static noinline notrace int say_locked(void)
{
	preempt_disable();
	return 1;
}

/*
 * The caller believes that it holds the lock and works without; its unlock then drops whoever
 * really held it. In ext4_es_scan() this makes the race of a shrinker with the file's users.
 */
int faultlab_skip_trylock(struct faultlab_plant *p, struct pt_regs *regs)
{
	regs->ip = (unsigned long)say_locked;
	return 1;
}

/*
 * rb_erase(node, root): a node without a right child and with a left one of no address. The value
 * is that of a panic that was seen in the field, in es_do_reclaim_extents().
 */
int faultlab_rb_left(struct faultlab_plant *p, struct pt_regs *regs)
{
	struct rb_node *node = (struct rb_node *)regs->di;

	node->rb_right = NULL;
	node->rb_left = (struct rb_node *)0x88468846ul;
	return 0;
}
