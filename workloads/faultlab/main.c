/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The module's parameters, which are all there is to see of it, and the list of plants. */
#include "faultlab.h"

#include <linux/module.h>
#include <linux/slab.h>

static LIST_HEAD(plants); /* the parameters' lock, which the kernel holds around set and get */
static bool armed;
static char error[256];

int faultlab_refuse(int code, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vscnprintf(error, sizeof(error), fmt, ap);
	va_end(ap);
	pr_err("%s\n", error);
	return code;
}

static void remove_plant(struct faultlab_plant *p)
{
	faultlab_probes_remove(p);
	faultlab_netdev_remove(p);
	faultlab_stop(p);
	kfree(p);
}

static int plant_set(const char *text, const struct kernel_param *kp)
{
	struct faultlab_plant *p = kzalloc(sizeof(*p), GFP_KERNEL);
	char *copy = kstrdup(text, GFP_KERNEL);
	int r = p && copy ? 0 : -ENOMEM;

	*error = 0;
	if (armed)
		r = faultlab_refuse(-EBUSY, "it is armed; nothing is planted any more");
	if (r == 0)
		r = faultlab_parse(copy, p);
	if (r == 0)
		r = faultlab_probes_add(p);
	if (r == 0 && (p->kind->flags & BY_NETDEV))
		r = faultlab_netdev_add(p);
	kfree(copy);
	if (r < 0) {
		if (p)
			faultlab_probes_remove(p);
		kfree(p);
		return r;
	}
	list_add_tail(&p->node, &plants);
	return 0;
}

/* A line a plant. */
static int plant_get(char *page, const struct kernel_param *kp)
{
	struct faultlab_plant *p;
	int n = 0;

	list_for_each_entry(p, &plants, node) n += scnprintf(
		page + n, PAGE_SIZE - n, "kind=%s hits=%lld fires=%lld delays=%lld missed=%lu\n",
		p->kind->name, atomic64_read(&p->hits), atomic64_read(&p->fires),
		atomic64_read(&p->delays), p->probe.nmissed);
	return n;
}

static int arm_set(const char *text, const struct kernel_param *kp)
{
	struct faultlab_plant *p;
	int r = 0;

	*error = 0;
	if (armed)
		return faultlab_refuse(-EBUSY, "it is armed already");
	armed = true;
	list_for_each_entry(p, &plants, node)
	{
		WRITE_ONCE(p->armed, true);
		r = faultlab_probes_arm(p);
		if (r == 0)
			r = faultlab_start(p);
		if (r < 0)
			break;
	}
	return r;
}

static const struct kernel_param_ops plant_ops = { .set = plant_set, .get = plant_get };
module_param_cb(plant, &plant_ops, NULL, 0600);
MODULE_PARM_DESC(plant, "write: a fault to plant, as key=value words; read: all of them");

static const struct kernel_param_ops arm_ops = { .set = arm_set, .get = param_get_bool };
module_param_cb(arm, &arm_ops, &armed, 0600);
MODULE_PARM_DESC(arm, "write 1: their clocks start");

module_param_string(error, error, sizeof(error), 0400);
MODULE_PARM_DESC(error, "why the last write was refused");

static int __init faultlab_init(void)
{
	faultlab_netdev_init();
	return 0;
}

static void __exit faultlab_exit(void)
{
	struct faultlab_plant *p, *next;

	list_for_each_entry_safe(p, next, &plants, node) remove_plant(p);
	faultlab_netdev_exit();
}

module_init(faultlab_init);
module_exit(faultlab_exit);
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("planted kernel faults with a known hazard");
