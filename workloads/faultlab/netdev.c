/* SPDX-License-Identifier: GPL-2.0-or-later */
/* netdev-leak: a reference on a network device that goes, given back late or never. */
#include "faultlab.h"

#include <linux/netdevice.h>
#include <linux/slab.h>
#include <linux/workqueue.h>

static struct workqueue_struct *givers;

struct held {
	struct delayed_work give;
	struct net_device *dev;
	netdevice_tracker tracker; /* kernels with NET_DEV_REFCNT_TRACKER say who holds it */
};

static void give_back(struct work_struct *work)
{
	struct held *h = container_of(to_delayed_work(work), struct held, give);

	pr_info("releases %s\n", h->dev->name);
	netdev_put(h->dev, &h->tracker);
	kfree(h);
}

static noinline void faultlab_netdev_leak(struct faultlab_plant *p, struct net_device *dev)
{
	struct held *h = kzalloc(sizeof(*h), GFP_KERNEL);

	if (!h)
		return;
	h->dev = dev;
	netdev_hold(dev, &h->tracker, GFP_KERNEL);
	pr_info("fires kind=netdev-leak, holds %s (%lld of its kind) for %llu ms\n", dev->name,
		atomic64_read(&p->hits), p->duration / NSEC_PER_MSEC);
	if (!p->duration) /* never given back, and so is what says whose it is */
		return;
	INIT_DELAYED_WORK(&h->give, give_back);
	queue_delayed_work(givers, &h->give, nsecs_to_jiffies(p->duration));
}

static bool matches(const char *pattern, const char *name)
{
	size_t n = strlen(pattern);

	if (n && pattern[n - 1] == '*')
		return !strncmp(pattern, name, n - 1);
	return !strcmp(pattern, name);
}

static int on_netdev(struct notifier_block *block, unsigned long event, void *data)
{
	struct faultlab_plant *p = container_of(block, struct faultlab_plant, netdevs);
	struct net_device *dev = netdev_notifier_info_to_dev(data);

	/* A device that cannot go is announced again every second: with max-fires=1, the default,
	 * that is no matter. */
	if (event == NETDEV_UNREGISTER && READ_ONCE(p->armed) && matches(p->devices, dev->name) &&
	    faultlab_hit(p))
		faultlab_netdev_leak(p, dev);
	return NOTIFY_DONE;
}

int faultlab_netdev_add(struct faultlab_plant *p)
{
	int r;

	p->netdevs.notifier_call = on_netdev;
	r = register_netdevice_notifier(&p->netdevs);
	if (r < 0) {
		p->netdevs.notifier_call = NULL;
		return faultlab_refuse(r, "the network devices' notifier: error %d", -r);
	}
	return 0;
}

void faultlab_netdev_remove(struct faultlab_plant *p)
{
	if (p->netdevs.notifier_call)
		unregister_netdevice_notifier(&p->netdevs);
}

/* Not system_wq: workqueue-stall may have stopped that. */
void faultlab_netdev_init(void)
{
	givers = alloc_workqueue("faultlab_netdev", 0, 0);
}

void faultlab_netdev_exit(void)
{
	if (givers)
		destroy_workqueue(givers);
}
