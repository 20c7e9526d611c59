// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A kernel module that fails on request: `echo KIND > /proc/crashmaker` runs cm_KIND(), which does
 * one wrong thing. The function to blame is thus known by construction. Only for throw-away guests.
 *
 * Builds against the headers of any kernel from 6.1 on; see README.md beside it.
 */
#define pr_fmt(fmt) "crashmaker: " fmt

#include <linux/completion.h>
#include <linux/delay.h>
#include <linux/dcache.h>
#include <linux/etherdevice.h>
#include <linux/fs.h>
#include <linux/interrupt.h>
#include <linux/kfence.h>
#include <linux/kthread.h>
#include <linux/list.h>
#include <linux/mm.h>
#include <linux/mman.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/namei.h>
#include <linux/proc_fs.h>
#include <linux/rcupdate.h>
#include <linux/refcount.h>
#include <linux/rtnetlink.h>
#include <linux/sched/debug.h>
#include <linux/sched/task_stack.h>
#include <linux/slab.h>
#include <linux/timer.h>
#include <linux/uaccess.h>
#include <linux/version.h>
#include <linux/vmalloc.h>
#include <linux/workqueue.h>
#include <asm/tsc.h>

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("fails on request");

/* Where the written bytes lie in user space, for the kinds that copy. */
static char __user *cm_user;
/* A zero that no compiler knows. */
static volatile unsigned long cm_zero;

static const struct proc_ops cm_ops;

/* Not inlined, and no last call that becomes a jump: cm_KIND must be on the stack. */
#define KIND(name) static noinline void cm_##name(void)

/* --- processor exceptions --- */
KIND(null_read)
{
	cm_zero = *(volatile unsigned long *)(cm_zero + 8);
}

KIND(null_write)
{
	*(volatile unsigned long *)(cm_zero + 8) = 1;
}

KIND(paging)
{
	*(volatile unsigned long *)(0xffff900000000000UL + cm_zero) = 1;
}

KIND(ro)
{
	static const char text[] = "this cannot be written";

	*(volatile char *)((unsigned long)text + cm_zero) = 'x';
}

KIND(exec_null)
{
	void (*f)(void) = (void (*)(void))cm_zero;

	f();
	barrier();
}

KIND(nx)
{
	static unsigned char code[16] = { 0xc3 };
	void (*f)(void) = (void (*)(void))(unsigned long)code;

	f();
	barrier();
}

KIND(gpf)
{
	cm_zero = *(volatile unsigned long *)(0xdead000000000100UL + cm_zero);
}

KIND(divide)
{
	cm_zero = 100 / cm_zero;
}

KIND(ud2)
{
	asm volatile("ud2");
}

KIND(int3)
{
	asm volatile("int3");
}

KIND(dfault)
{
	asm volatile("mov $0x1000, %%rsp; push %%rax" ::: "memory");
}

static noinline int cm_deeper(int n)
{
	volatile char space[256];

	space[n & 255] = n;
	return n < 0 ? 0 : cm_deeper(n + 1) + space[n & 255];
}

KIND(recurse)
{
	cm_zero = cm_deeper(1);
}

/* --- what the kernel checks itself --- */
KIND(bug)
{
	BUG_ON(!cm_zero);
}

KIND(warn)
{
	WARN(1, "crashmaker: asked to warn\n");
	barrier();
}

KIND(warn_on)
{
	WARN_ON(!cm_zero);
	barrier();
}

KIND(panic)
{
	panic("crashmaker: asked to panic");
}

KIND(bug_text)
{
	printk(KERN_ERR "BUG: crashmaker: a text that no row knows\n");
}

KIND(warning_text)
{
	printk(KERN_WARNING "WARNING: crashmaker: a text that no row knows\n");
	dump_stack();
	barrier();
}

KIND(info_text)
{
	printk(KERN_INFO "INFO: crashmaker: a text that no row knows\n");
	dump_stack();
	barrier();
}

KIND(dump)
{
	dump_stack();
	barrier();
}

KIND(list_add)
{
	static LIST_HEAD(head);
	static struct list_head entry;

	head.next = &entry;
	entry.prev = &entry;
	list_add(&entry, &head);
	barrier();
}

KIND(list_double)
{
	static LIST_HEAD(head);
	static struct list_head entry;

	list_add(&entry, &head);
	list_add(&entry, &head);
	barrier();
}

KIND(list_del)
{
	static LIST_HEAD(head);
	static struct list_head entry;

	list_add(&entry, &head);
	list_del(&entry);
	list_del(&entry);
	barrier();
}

KIND(refcount)
{
	static refcount_t count = REFCOUNT_INIT(0);

	refcount_inc(&count);
	barrier();
}

KIND(refcount_under)
{
	static refcount_t count = REFCOUNT_INIT(0);

	cm_zero += refcount_sub_and_test(1, &count);
}

KIND(usercopy)
{
	char *p = kmalloc(64, GFP_KERNEL);

	OPTIMIZER_HIDE_VAR(p); /* or FORTIFY_SOURCE knows its size */
	cm_zero += copy_to_user(cm_user, p, 200 + cm_zero);
	kfree(p);
}

KIND(fortify)
{
	struct {
		char small[8];
		char more[56];
	} *p = kzalloc(sizeof(*p), GFP_KERNEL);

	memcpy(p->small, "0123456789abcdefghijklmnopqrstuvwxyz", 16 + cm_zero);
	barrier();
	kfree(p);
}

KIND(copy_overflow)
{
	char small[64];

	cm_zero += copy_from_user(small, cm_user, 200 + cm_zero);
	barrier_data(small);
	cm_zero = 0;
}

KIND(kobject)
{
	struct kobject *k = kzalloc(sizeof(*k), GFP_KERNEL);

	kobject_put(k);
	barrier();
}

KIND(proc)
{
	proc_create("crashmaker", 0, NULL, &cm_ops);
	barrier();
}

KIND(large_kv)
{
	kvfree(kvmalloc(0x80000000UL + cm_zero, GFP_KERNEL));
}

KIND(large)
{
	kfree(kmalloc(0x8000000UL + cm_zero, GFP_KERNEL));
}

KIND(vmalloc)
{
	vfree(vmalloc(cm_zero));
}

KIND(stackprot)
{
	char small[32];

	barrier_data(small);
	memset((void *)((unsigned long)small + cm_zero), 'x', 64 + cm_zero);
	barrier_data(small);
}

KIND(stackend)
{
	*end_of_stack(current) = 0;
	schedule();
	barrier();
}

KIND(atomic)
{
	preempt_disable();
	msleep(10);
	preempt_enable();
}

/* --- memory --- */
KIND(dfree)
{
	char *p = kmalloc(96, GFP_KERNEL);

	kfree(p);
	kfree((char *)((unsigned long)p + cm_zero));
	barrier();
}

KIND(oob)
{
	char *p = kmalloc(64, GFP_KERNEL);

	((volatile char *)p)[64 + cm_zero] = 1;
	kfree(p);
	barrier();
}

/* Both directions, until an allocation happens to be one that KFENCE guards. */
KIND(kfence_oob)
{
	for (int i = 0; i < 4000; i++) {
		char *p = kmalloc(4096, GFP_KERNEL);

		cm_zero += ((volatile char *)p)[4096 + (cm_zero & 0)] & 0;
		kfree(p);
		if (!(i % 50))
			msleep(20);
	}
}

KIND(kfence_uaf)
{
	for (int i = 0; i < 2000; i++) {
		volatile char *p = kmalloc(64, GFP_KERNEL);

		kfree((void *)p);
		cm_zero += p[8] & 0;
		if (!(i % 20))
			msleep(20);
	}
}

KIND(kfence_free)
{
	for (int i = 0; i < 2000; i++) {
		char *p = kmalloc(64, GFP_KERNEL);

		/* KFENCE hands out whole pages from a pool of its own */
		if (is_kfence_address(p)) {
			kfree(p);
			kfree(p);
			return;
		}
		kfree(p);
		if (!(i % 20))
			msleep(20);
	}
}

KIND(kfence_corrupt)
{
	for (int i = 0; i < 2000; i++) {
		char *p = kmalloc(61, GFP_KERNEL);

		if (is_kfence_address(p)) {
			/* left of it or right of it there is room up to the page's end */
			if (((unsigned long)p & ~PAGE_MASK) != 0)
				p[-1] ^= 1;
			else
				p[61] ^= 1;
			kfree(p);
			return;
		}
		kfree(p);
		if (!(i % 20))
			msleep(20);
	}
}

/* Pages that are freed with their mapping set; many, as few would wait in a list of the CPU. */
KIND(bad_page)
{
	struct page *page = alloc_pages(GFP_KERNEL, 5);

	page->mapping = (struct address_space *)0x1000;
	__free_pages(page, 5);
	barrier();
}

static int cm_wild_pte(pte_t *pte, unsigned long addr, void *data)
{
	set_pte(pte, pfn_pte(0x3ffff000 + cm_zero, PAGE_SHARED));
	return 0;
}

KIND(bad_map)
{
	unsigned long at = vm_mmap(NULL, 0, PAGE_SIZE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, 0);

	apply_to_page_range(current->mm, at, PAGE_SIZE, cm_wild_pte, NULL);
	vm_munmap(at, PAGE_SIZE);
}

KIND(bad_rss)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 2, 0)
	percpu_counter_add(&current->mm->rss_stat[MM_ANONPAGES], 1);
#else
	atomic_long_inc(&current->mm->rss_stat.count[MM_ANONPAGES]);
#endif
}

KIND(nonzero_ptes)
{
	mm_inc_nr_ptes(current->mm);
}

KIND(allocfail)
{
	struct page *page;

	do
		page = alloc_pages(GFP_KERNEL | __GFP_NORETRY, 9);
	while (page);
	barrier();
}

/* --- time --- */
static __always_inline void cm_spin(unsigned int ms)
{
	cycles_t end = get_cycles() + (cycles_t)ms * tsc_khz;

	while (get_cycles() < end)
		cpu_relax();
}

KIND(softlockup)
{
	preempt_disable();
	cm_spin(6000);
	preempt_enable();
}

KIND(irq)
{
	local_irq_disable();
	cm_spin(5000);
	local_irq_enable();
}

KIND(rcustall)
{
	rcu_read_lock();
	cm_spin(7000);
	rcu_read_unlock();
}

static noinline int cm_reader(void *arg)
{
	preempt_disable();
	cm_spin(6000);
	preempt_enable();
	return 0;
}

KIND(rcu_expedited)
{
	kthread_run_on_cpu(cm_reader, NULL, (raw_smp_processor_id() + 1) % 2, "cm_reader");
	msleep(100);
	synchronize_rcu_expedited();
	barrier();
}

/* Preemptible, but never sleeps of its own will: a task that rcu_tasks waits for. */
static noinline int cm_busy(void *arg)
{
	cm_spin(14000);
	return 0;
}

KIND(rcu_tasks)
{
	kthread_run_on_cpu(cm_busy, NULL, (raw_smp_processor_id() + 1) % 2, "cm_busy");
	msleep(100);
	synchronize_rcu_tasks();
	barrier();
}

KIND(hung)
{
	static DECLARE_COMPLETION(never);

	wait_for_completion(&never);
	barrier();
}

static DEFINE_MUTEX(cm_mutex);

static noinline int cm_holder(void *arg)
{
	mutex_lock(&cm_mutex);
	msleep(20000);
	mutex_unlock(&cm_mutex);
	return 0;
}

KIND(hung_mutex)
{
	kthread_run(cm_holder, NULL, "cm_holder");
	msleep(100);
	mutex_lock(&cm_mutex);
	mutex_unlock(&cm_mutex);
}

static noinline void cm_leaking_work(struct work_struct *work)
{
	preempt_disable();
}

KIND(workleak)
{
	static DECLARE_WORK(work, cm_leaking_work);

	schedule_work(&work);
	flush_work(&work);
}

static noinline void cm_failing_work(struct work_struct *work)
{
	cm_gpf();
	barrier();
}

KIND(work)
{
	static DECLARE_WORK(work, cm_failing_work);

	schedule_work(&work);
	msleep(500);
}

static noinline void cm_failing_timer(struct timer_list *timer)
{
	cm_null_write();
	barrier();
}

KIND(timer)
{
	static DEFINE_TIMER(timer, cm_failing_timer);

	mod_timer(&timer, jiffies + 2);
	msleep(500);
}

/* --- network --- */
static netdev_tx_t cm_never_sends(struct sk_buff *skb, struct net_device *dev)
{
	netif_stop_queue(dev);
	dev_kfree_skb(skb);
	return NETDEV_TX_OK;
}

static int cm_open(struct net_device *dev)
{
	netif_carrier_on(dev);
	netif_start_queue(dev);
	return 0;
}

static void cm_timed_out(struct net_device *dev, unsigned int queue)
{
}

static const struct net_device_ops cm_netdev_ops = {
	.ndo_open = cm_open,
	.ndo_start_xmit = cm_never_sends,
	.ndo_tx_timeout = cm_timed_out,
};

static struct net_device *cm_make_netdev(void)
{
	struct net_device *dev = alloc_etherdev(0);

	dev->netdev_ops = &cm_netdev_ops;
	dev->watchdog_timeo = HZ / 2;
	eth_hw_addr_random(dev);
	strscpy(dev->name, "cm0", IFNAMSIZ);
	register_netdev(dev);
	return dev;
}

KIND(netdev)
{
	struct net_device *dev = cm_make_netdev();

	dev_hold(dev);
	unregister_netdev(dev);
}

KIND(netdev_watchdog)
{
	struct net_device *dev = cm_make_netdev();

	rtnl_lock();
	dev_change_flags(dev, dev->flags | IFF_UP, NULL);
	rtnl_unlock();
	netif_stop_queue(dev);
	msleep(5000);
}

/* --- files: /mnt is mounted, and will be unmounted --- */
KIND(dentry)
{
	struct path path;

	kern_path("/mnt/file", 0, &path);
	dget(path.dentry);
	path_put(&path);
}

KIND(inode)
{
	struct path path;

	kern_path("/mnt/file", 0, &path);
	ihold(d_inode(path.dentry));
	path_put(&path);
}

#define ENTRY(name) { #name, cm_##name }
static const struct {
	const char *name;
	void (*run)(void);
} kinds[] = {
	ENTRY(null_read), ENTRY(null_write), ENTRY(paging), ENTRY(ro), ENTRY(exec_null), ENTRY(nx),
	ENTRY(gpf), ENTRY(divide), ENTRY(ud2), ENTRY(int3), ENTRY(dfault), ENTRY(recurse),
	ENTRY(bug), ENTRY(warn), ENTRY(warn_on), ENTRY(panic), ENTRY(bug_text),
	ENTRY(warning_text), ENTRY(info_text), ENTRY(dump), ENTRY(list_add), ENTRY(list_double), ENTRY(list_del),
	ENTRY(refcount), ENTRY(refcount_under), ENTRY(usercopy), ENTRY(fortify),
	ENTRY(copy_overflow), ENTRY(kobject), ENTRY(proc), ENTRY(large_kv), ENTRY(large),
	ENTRY(vmalloc), ENTRY(stackprot), ENTRY(stackend), ENTRY(atomic), ENTRY(dfree),
	ENTRY(oob), ENTRY(kfence_oob), ENTRY(kfence_uaf), ENTRY(kfence_free),
	ENTRY(kfence_corrupt), ENTRY(bad_page), ENTRY(bad_map), ENTRY(bad_rss),
	ENTRY(nonzero_ptes), ENTRY(allocfail), ENTRY(softlockup), ENTRY(irq), ENTRY(rcustall),
	ENTRY(rcu_expedited), ENTRY(rcu_tasks), ENTRY(hung), ENTRY(hung_mutex), ENTRY(workleak),
	ENTRY(work), ENTRY(timer), ENTRY(netdev), ENTRY(netdev_watchdog), ENTRY(dentry),
	ENTRY(inode),
};

static noinline ssize_t cm_write(struct file *file, const char __user *data, size_t n, loff_t *at)
{
	char name[32] = "";

	if (n >= sizeof(name) || copy_from_user(name, data, n))
		return -EINVAL;
	cm_user = (char __user *)data;
	strim(name);
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		if (strcmp(kinds[i].name, name))
			continue;
		pr_info("doing %s\n", name);
		cm_zero = 0;
		kinds[i].run();
		return n;
	}
	return -ENOENT;
}

static const struct proc_ops cm_ops = { .proc_write = cm_write };

static int __init cm_init(void)
{
	return proc_create("crashmaker", 0200, NULL, &cm_ops) ? 0 : -ENOMEM;
}
module_init(cm_init);
