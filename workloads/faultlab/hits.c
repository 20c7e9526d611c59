/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Probes: a function as a clock that counts work, a function that lies, a function made slow. */
#include "faultlab.h"

#include <linux/kallsyms.h>
#include <linux/timekeeping.h>

#include "chance.h"

bool faultlab_spent(const struct faultlab_plant *p)
{
	return p->max_fires && (u64)atomic64_read(&p->fires) >= p->max_fires;
}

bool faultlab_count_fire(struct faultlab_plant *p)
{
	s64 n;

	if (!p->max_fires) {
		atomic64_inc(&p->fires);
		return true;
	}
	n = atomic64_read(&p->fires);
	while ((u64)n < p->max_fires)
		if (atomic64_try_cmpxchg(&p->fires, &n, n + 1))
			return true;
	return false;
}

/* The number of the next hit that fires was drawn before; whoever gets to it draws the next one. */
bool faultlab_hit(struct faultlab_plant *p)
{
	s64 n, next;

	if (!READ_ONCE(p->due))
		return false;
	n = atomic64_inc_return(&p->hits);
	if (p->rate < 1000000) {
		next = atomic64_read(&p->next_hit);
		if (n < next)
			return false;
		if (atomic64_cmpxchg(&p->next_hit, next,
				     n + chance_tries(p->seed, next, p->rate)) != next)
			return false;
	}
	return faultlab_count_fire(p);
}

static bool called_from(const struct faultlab_range *r, const struct pt_regs *regs)
{
	/* At a function's first instruction the return address is on top of the stack. */
	unsigned long from = *(unsigned long *)regs->sp;

	return !r->to || (from >= r->from && from < r->to);
}

/* What runs in the place of the function that was hit: it has its caller and its stack. */
static noinline notrace void in_place(struct faultlab_plant *p)
{
	pr_info("fires kind=%s, hit %lld of %s\n", p->kind->name, atomic64_read(&p->hits),
		p->function);
	p->kind->fault(p);
}

static int on_hit(struct kprobe *probe, struct pt_regs *regs)
{
	struct faultlab_plant *p = container_of(probe, struct faultlab_plant, probe);

	if (!called_from(&p->caller_range, regs) || !faultlab_hit(p))
		return 0;
	if (p->kind->lie)
		return p->kind->lie(p, regs);
	if (p->kind->flags & IN_PLACE) {
		regs->di = (unsigned long)p;
		regs->ip = (unsigned long)in_place;
		return 1;
	}
	if (p->thread) {
		atomic_inc(&p->wanted);
		wake_up_process(p->thread);
	}
	return 0;
}

static int on_delay(struct kprobe *probe, struct pt_regs *regs)
{
	struct faultlab_plant *p = container_of(probe, struct faultlab_plant, delay_probe);

	if (called_from(&p->delay_caller_range, regs)) {
		atomic64_inc(&p->delays);
		faultlab_spin(p->delay);
	}
	return 0;
}

/* With one there is no jump in the place of the probe, and regs->ip may be changed. */
static void nothing_after(struct kprobe *probe, struct pt_regs *regs, unsigned long flags)
{
}

static int add_probe(struct kprobe *probe, const char *function)
{
	int r;

	probe->symbol_name = function;
	probe->flags = KPROBE_FLAG_DISABLED;
	r = register_kprobe(probe);
	if (r == 0)
		return 0;
	probe->symbol_name = NULL;
	if (r == -ENOENT)
		return faultlab_refuse(r,
				       "this kernel has no function %s (static functions that the "
				       "compiler inlined are gone)",
				       function);
	return faultlab_refuse(r, "%s cannot be probed: error %d", function, -r);
}

/* kallsyms_lookup_name() is not exported; a probe that never fires knows the address as well. */
static int find_range(const char *function, struct faultlab_range *ret)
{
	struct kprobe probe = {};
	char text[KSYM_SYMBOL_LEN], *plus, *slash;
	unsigned long offset, size;
	int r = add_probe(&probe, function);

	if (r < 0)
		return r;
	sprint_symbol(text, (unsigned long)probe.addr);
	unregister_kprobe(&probe);
	plus = strrchr(text, '+');
	slash = plus ? strchr(plus, '/') : NULL;
	if (!slash)
		return faultlab_refuse(-EINVAL, "%s: no size is known", function);
	*slash++ = 0;
	slash[strcspn(slash, " ")] = 0;
	if (kstrtoul(plus + 1, 0, &offset) || kstrtoul(slash, 0, &size))
		return faultlab_refuse(-EINVAL, "%s: no size is known", function);
	ret->from = (unsigned long)probe.addr - offset;
	ret->to = ret->from + size;
	return 0;
}

static int add_hit_probe(struct faultlab_plant *p)
{
	int r = *p->caller ? find_range(p->caller, &p->caller_range) : 0;

	if (r < 0)
		return r;
	atomic64_set(&p->next_hit, chance_tries(p->seed, 0, p->rate));
	p->probe.pre_handler = on_hit;
	p->probe.post_handler = nothing_after;
	return add_probe(&p->probe, p->function);
}

static int add_delay_probe(struct faultlab_plant *p)
{
	int r = *p->delay_caller ? find_range(p->delay_caller, &p->delay_caller_range) : 0;

	if (r < 0)
		return r;
	p->delay_probe.pre_handler = on_delay;
	return add_probe(&p->delay_probe, p->delay_at);
}

int faultlab_probes_add(struct faultlab_plant *p)
{
	int r = 0;

	if ((p->kind->flags & BY_PROBE) || (p->when == FAULTLAB_HIT && p->kind->fault))
		r = add_hit_probe(p);
	else
		atomic64_set(&p->next_hit, chance_tries(p->seed, 0, p->rate));
	if (r == 0 && p->delay)
		r = add_delay_probe(p);
	return r;
}

int faultlab_probes_arm(struct faultlab_plant *p)
{
	int r = p->probe.symbol_name ? enable_kprobe(&p->probe) : 0;

	if (r == 0 && p->delay_probe.symbol_name)
		r = enable_kprobe(&p->delay_probe);
	return r ? faultlab_refuse(r, "the probes of %s: error %d", p->kind->name, -r) : 0;
}

void faultlab_probes_remove(struct faultlab_plant *p)
{
	if (p->probe.symbol_name)
		unregister_kprobe(&p->probe);
	if (p->delay_probe.symbol_name)
		unregister_kprobe(&p->delay_probe);
}
