/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "run/job.h"

#include <inttypes.h>
#include <stdio.h>

#include "model/disks.h"
#include "model/panics.h"
#include "run/agent.h"
#include "run/machine.h"
#include "vm/netconsole.h"

static void want(struct strv *v, const char *name)
{
	if (!strv_has(v, name))
		strv_add(v, name);
}

static const char *algorithm(const struct swap *swap)
{
	return *swap->algorithm ? swap->algorithm : SWAP_ALGORITHM;
}

void job_modules(const struct settings *s, struct strv *ret)
{
	const struct swap *swap = &s->guest.swap;

	for (size_t i = 0; i < s->guest.disks.n; i++) {
		struct disk d;

		disk_of(&s->guest.disks.item[i], &d);
		want(ret, "virtio_blk");
		if (*d.mount)
			want(ret, d.fs);
	}
	if (balloon_wanted(&s->guest.balloon))
		want(ret, "virtio_balloon");
	if (s->guest.watchdog.device == WATCHDOG_I6300ESB)
		want(ret, "i6300esb");
	if (s->guest.watchdog.device == WATCHDOG_SOFTDOG)
		want(ret, s->guest.watchdog.action == WATCHDOG_PANIC ? "softdog soft_panic=1"
								     : "softdog");
	if (!swap_wanted(swap))
		return;
	if (swap->on == SWAP_ON_DISK)
		want(ret, "virtio_blk");
	if (swap->on == SWAP_ON_ZRAM) {
		/* Where zram asks the crypto API (6.1), the kernel would call modprobe for it. */
		want(ret, algorithm(swap));
		want(ret, "zram");
	}
}

void job_image_modules(const struct settings *s, struct strv *ret)
{
	job_modules(s, ret);
	if (s->evidence.netconsole == NETCONSOLE_YES)
		strv_add_words(ret, "virtio_net netconsole");
}

static void put_number(struct buf *out, const char *key, uint64_t v)
{
	buf_printf(out, " %s=%" PRIu64, key, v);
}

static void put_disk(struct buf *out, const struct named *named)
{
	struct disk d;

	disk_of(named, &d);
	buf_puts(out, "disk");
	agent_put(out, "name", d.name);
	put_number(out, "bytes", d.bytes);
	agent_put(out, "fs", d.fs);
	agent_put(out, "mount", d.mount);
	agent_put(out, "options", d.mount_options);
	put_number(out, "read-only", d.read_only);
	buf_putc(out, '\n');
}

static void put_swap(struct buf *out, const struct swap *swap)
{
	static const char *const on[] = { "disk", "zram", "file" };

	if (!swap_wanted(swap))
		return;
	buf_puts(out, "swap");
	agent_put(out, "on", on[swap->on]);
	put_number(out, "bytes", swap_bytes(swap));
	agent_put(out, "file", swap->file);
	agent_put(out, "algorithm", algorithm(swap));
	buf_putc(out, '\n');
}

static void put_pair(struct buf *out, const char *word, const char *key, const char *value)
{
	buf_puts(out, word);
	agent_put(out, str_eq(word, "knob") ? "path" : "key", key);
	agent_put(out, "value", value);
	buf_putc(out, '\n');
}

static void put_pairs(struct buf *out, const char *word, const struct pairs *p)
{
	for (size_t i = 0; i < p->n; i++)
		put_pair(out, word, p->item[i].key, p->item[i].value);
}

static void put_machine(struct buf *out, const struct settings *s)
{
	bool own = machine_cmdline_has(s, "nr_cpus") || machine_cmdline_has(s, "maxcpus") ||
		   machine_cmdline_has(s, "nosmp");

	buf_puts(out, "machine");
	put_number(out, "cpus", own ? 0 : s->guest.vcpus);
	put_number(out, "nodes", machine_cmdline_has(s, "numa") ? 0 : s->guest.numa);
	agent_put(out, "board", s->guest.machine == MACHINE_PC ? "i440FX" : "Q35");
	buf_putc(out, '\n');
}

/* The i6300esb's panic is the kernel's answer to an NMI that nobody claims. */
static void put_watchdog(struct buf *out, const struct watchdog *w)
{
	static const char *const device[] = { "", "i6300esb", "softdog" };

	if (w->device == WATCHDOG_NONE)
		return;
	if (w->device == WATCHDOG_I6300ESB && w->action == WATCHDOG_PANIC)
		put_pair(out, "sysctl", panic_by_word("nmi")->sysctl, "1");
	buf_printf(out, "watchdog device=%s", device[w->device]);
	put_number(out, "timeout", w->timeout / NS_PER_S);
	buf_putc(out, '\n');
}

static void put_heartbeat(struct buf *out, const struct heartbeat_wish *h)
{
	if (!fsync_wanted(h))
		return;
	buf_puts(out, "heartbeat");
	agent_put(out, "fsync", h->fsync);
	buf_putc(out, '\n');
}

/* Every second is what it does unless it is told. */
static void put_samples(struct buf *out, uint64_t every_ns)
{
	if (every_ns != NS_PER_S)
		buf_printf(out, "samples every=%" PRIu64 "\n",
			   every_ns == TIME_NEVER ? 0 : every_ns / NS_PER_S);
}

static void put_cmdline(struct buf *out, const struct settings *s)
{
	if (!*s->guest.cmdline)
		return;
	buf_puts(out, "cmdline");
	agent_put(out, "words", s->guest.cmdline);
	buf_putc(out, '\n');
}

void job_witness(const struct settings *s, struct buf *out)
{
	if (s->evidence.netconsole != NETCONSOLE_YES)
		return;
	buf_puts(out, "netconsole");
	agent_put(out, "mac", NETCONSOLE_MAC);
	agent_put(out, "from", NETCONSOLE_GUEST_PORT "@" NETCONSOLE_GUEST_IP);
	agent_put(out, "to", NETCONSOLE_HOST_PORT "@" NETCONSOLE_HOST_IP "/" NETCONSOLE_HOST_MAC);
	buf_putc(out, '\n');
}

void job_settings(const struct settings *s, struct buf *out)
{
	static const char *const mglru[] = { "", "off", "on" };
	struct pairs knobs = { 0 };

	put_machine(out, s);
	put_cmdline(out, s);
	machine_knobs(s, s->guest.accel == ACCEL_KVM, &knobs);
	put_pairs(out, "knob", &knobs);
	pairs_done(&knobs);
	for (size_t i = 0; i < s->guest.disks.n; i++)
		put_disk(out, &s->guest.disks.item[i]);
	put_swap(out, &s->guest.swap);
	if (s->guest.mglru != MGLRU_KERNEL)
		buf_printf(out, "mglru value=%s\n", mglru[s->guest.mglru]);
	for (size_t i = 0; i < s->guest.panic_on.n; i++)
		put_pair(out, "sysctl", panic_by_word(s->guest.panic_on.item[i])->sysctl, "1");
	put_pairs(out, "sysctl", &s->guest.sysctl);
	put_pairs(out, "sysctl", &s->guest.sysfs);
	if (balloon_wanted(&s->guest.balloon))
		buf_puts(out, "driver name=virtio_balloon\n");
	put_watchdog(out, &s->guest.watchdog);
	put_heartbeat(out, &s->guest.heartbeat);
	put_samples(out, s->evidence.samples);
	if (s->limits.workqueue != TIME_NEVER)
		buf_printf(out, "workqueue limit=%llu\n", (unsigned long long)s->limits.workqueue);
}
