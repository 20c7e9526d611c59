/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * faultlab: kernel faults that are planted, with a hazard that is known, to prove what a harness
 * says of them. A plant is one fault: what (kind), when (now, at a time drawn from a law, or at a
 * hit of a function), and what it needs besides. docs/FAULTLAB.md is the page for users.
 *
 * Plants are written one by one to the parameter `plant` ("kind=null when=time mean=..."), which
 * registers all that can fail; writing 1 to `arm` starts their clocks. `error` says in a sentence
 * why the last write was refused. Builds on 6.1 and 6.12, x86-64.
 */
#ifndef FAULTLAB_H
#define FAULTLAB_H

#define pr_fmt(fmt) "faultlab: " fmt

#include <linux/atomic.h>
#include <linux/hrtimer.h>
#include <linux/kprobes.h>
#include <linux/list.h>
#include <linux/notifier.h>
#include <linux/sched.h>
#include <linux/timekeeping.h>
#include <linux/types.h>

#define FAULTLAB_NAME 64 /* of a function; the kernel's longest are longer, and nobody's target */

enum faultlab_when { FAULTLAB_NOW, FAULTLAB_TIME, FAULTLAB_HIT };

/* From where to where a function's code goes. */
struct faultlab_range {
	unsigned long from, to;
};

struct faultlab_plant {
	struct list_head node;
	const struct faultlab_kind *kind;
	enum faultlab_when when;

	/* As written. Durations in ns, 0 where there is none. */
	u64 scale;     /* Weibull */
	u64 shape;     /* in thousandths: 1000 is exponential */
	u64 rate;      /* per million hits */
	u64 max_fires; /* 0: no end */
	u64 duration;
	u64 delay;
	u64 bytes_per_second; /* memory-leak */
	u64 seed;
	s64 cpu; /* -1: any */
	char function[FAULTLAB_NAME], caller[FAULTLAB_NAME];
	char delay_at[FAULTLAB_NAME], delay_caller[FAULTLAB_NAME];
	char devices[32]; /* a name, or the beginning of one with a * behind it */

	bool armed;
	bool due;  /* hits count from here on */
	u64 draws; /* of the law, so far */
	atomic64_t hits, next_hit, fires, delays;
	struct task_struct *thread;
	atomic_t wanted; /* faults that a hit has asked the thread for */

	struct kprobe probe, delay_probe;
	struct faultlab_range caller_range, delay_caller_range;
	struct notifier_block netdevs;
};

/* How a kind may happen. */
enum {
	IN_PLACE = 1,  /* never returns: a hit runs it instead of the function that is hit */
	BY_PROBE = 2,  /* is an answer of the probed function, so there always is a probe */
	BY_NETDEV = 4, /* its hits are network devices that go */
};

struct faultlab_kind {
	const char *name;
	unsigned flags;
	const char *function, *caller; /* BY_PROBE: where it belongs unless somebody knows better */
	/* Neither: in the plant's thread, or in the place of the function. */
	void (*fault)(struct faultlab_plant *p);
	/* BY_PROBE: changes what the function will do; returns 1 where it set regs->ip. */
	int (*lie)(struct faultlab_plant *p, struct pt_regs *regs);
};

const struct faultlab_kind *faultlab_kind(const char *name); /* kinds.c; NULL: none */

/* main.c: keeps the sentence for the parameter `error` and returns `code`. */
int faultlab_refuse(int code, const char *fmt, ...) __printf(2, 3);

/* text.c: "key=value key=value" into the plant. */
int faultlab_parse(char *text, struct faultlab_plant *p);

/* clock.c: the thread of a plant that has one; armed, it waits its time and fires. */
bool faultlab_has_thread(const struct faultlab_plant *p);
int faultlab_start(struct faultlab_plant *p);
void faultlab_stop(struct faultlab_plant *p);

/* Inlined, so that a report finds the fault's own function. 0: for ever. */
static __always_inline void faultlab_spin(u64 ns)
{
	const u64 end = ktime_get_mono_fast_ns() + ns;

	while (!ns || ktime_get_mono_fast_ns() < end)
		cpu_relax();
}

static __always_inline void faultlab_sleep_once(u64 ns, long state)
{
	ktime_t t = ns_to_ktime(ns);

	set_current_state(state);
	schedule_hrtimeout(&t, HRTIMER_MODE_REL);
}

/* Likewise; for ever is for ever, whoever wakes it. */
static __always_inline void faultlab_sleep(u64 ns, long state)
{
	do
		faultlab_sleep_once(ns ? ns : NSEC_PER_SEC << 20, state);
	while (!ns);
}

/* hits.c: probes of functions. Registered, they are disabled until faultlab_probes_arm(). */
int faultlab_probes_add(struct faultlab_plant *p);
int faultlab_probes_arm(struct faultlab_plant *p);
void faultlab_probes_remove(struct faultlab_plant *p);
bool faultlab_hit(struct faultlab_plant *p);         /* one more: is it the one? counted then */
bool faultlab_spent(const struct faultlab_plant *p); /* it has fired as often as it may */
bool faultlab_count_fire(struct faultlab_plant *p);  /* false: it was spent */

/* netdev.c */
int faultlab_netdev_add(struct faultlab_plant *p);
void faultlab_netdev_remove(struct faultlab_plant *p);
void faultlab_netdev_init(void);
void faultlab_netdev_exit(void);

/* The faults, named as reports will name them. */
void faultlab_null(struct faultlab_plant *p);
void faultlab_gpf(struct faultlab_plant *p);
void faultlab_bug(struct faultlab_plant *p);
void faultlab_warn(struct faultlab_plant *p);
void faultlab_panic(struct faultlab_plant *p);
void faultlab_divide(struct faultlab_plant *p);
void faultlab_stack_overflow(struct faultlab_plant *p);
void faultlab_oops_in_irq(struct faultlab_plant *p);
void faultlab_double_free(struct faultlab_plant *p);
void faultlab_use_after_free(struct faultlab_plant *p);
void faultlab_list_corruption(struct faultlab_plant *p);
void faultlab_refcount(struct faultlab_plant *p);
void faultlab_memory_leak(struct faultlab_plant *p);
void faultlab_soft_lockup(struct faultlab_plant *p);
void faultlab_hard_lockup(struct faultlab_plant *p);
void faultlab_rcu_stall(struct faultlab_plant *p);
void faultlab_hung_task(struct faultlab_plant *p);
void faultlab_workqueue_stall(struct faultlab_plant *p);
void faultlab_sleep_in_atomic(struct faultlab_plant *p);
void faultlab_spin_deadlock(struct faultlab_plant *p);
void faultlab_progress_stop(struct faultlab_plant *p);
int faultlab_skip_trylock(struct faultlab_plant *p, struct pt_regs *regs);
int faultlab_rb_left(struct faultlab_plant *p, struct pt_regs *regs);

#endif
