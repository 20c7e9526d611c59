/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What can be planted. The host's table with the same names is harness/model/plants.c. */
#include "faultlab.h"

#include <linux/string.h>

static const struct faultlab_kind kinds[] = {
	{ "null", IN_PLACE, .fault = faultlab_null },
	{ "gpf", IN_PLACE, .fault = faultlab_gpf },
	{ "bug", IN_PLACE, .fault = faultlab_bug },
	{ "warn", 0, .fault = faultlab_warn },
	{ "panic", IN_PLACE, .fault = faultlab_panic },
	{ "oops-in-irq", 0, .fault = faultlab_oops_in_irq },
	{ "divide", IN_PLACE, .fault = faultlab_divide },
	{ "stack-overflow", IN_PLACE, .fault = faultlab_stack_overflow },
	{ "double-free", 0, .fault = faultlab_double_free },
	{ "use-after-free", 0, .fault = faultlab_use_after_free },
	{ "list-corruption", 0, .fault = faultlab_list_corruption },
	{ "refcount", 0, .fault = faultlab_refcount },
	{ "soft-lockup", 0, .fault = faultlab_soft_lockup },
	{ "hard-lockup", 0, .fault = faultlab_hard_lockup },
	{ "rcu-stall", 0, .fault = faultlab_rcu_stall },
	{ "hung-task", 0, .fault = faultlab_hung_task },
	{ "workqueue-stall", 0, .fault = faultlab_workqueue_stall },
	{ "sleep-in-atomic", 0, .fault = faultlab_sleep_in_atomic },
	{ "spin-deadlock", IN_PLACE, .fault = faultlab_spin_deadlock },
	{ "memory-leak", 0, .fault = faultlab_memory_leak },
	{ "progress-stop", 0, .fault = faultlab_progress_stop },
	{ "netdev-leak", BY_NETDEV },
	{ "skiptrylock", BY_PROBE, "_raw_write_trylock", "ext4_es_scan",
	  .lie = faultlab_skip_trylock },
	{ "rbleft", BY_PROBE, "rb_erase", "es_do_reclaim_extents", .lie = faultlab_rb_left },
	{ "none", 0 },
};

const struct faultlab_kind *faultlab_kind(const char *name)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(kinds); i++)
		if (!strcmp(kinds[i].name, name))
			return &kinds[i];
	return NULL;
}
