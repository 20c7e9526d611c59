/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "run/machine.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>

#include "base/hash.h"

/*
 * The guest's own detectors, so ordered that one bug gives one signature: RCU stall before soft
 * lockup (at twice watchdog_thresh) before hung task. Seconds. `kvm` and `tcg` are the ratios that
 * syzkaller's operators settled on; `fast` is for soaks of minutes with a heartbeat of half a
 * minute.
 */
static const struct {
	unsigned rcu_stall, watchdog_thresh, hung_task;
} profiles[] = {
	[HANG_KVM] = { 100, 55, 140 },
	[HANG_TCG] = { 300, 165, 420 },
	[HANG_FAST] = { 15, 10, 25 },
	[HANG_KERNEL] = { 0, 0, 0 },
};

enum hang_profile machine_hang_profile(const struct settings *s, bool kvm)
{
	if (s->guest.hang != HANG_AUTO)
		return s->guest.hang;
	if (s->limits.heartbeat <=
	    60 * NS_PER_S) /* they must speak before the heartbeat is missed */
		return HANG_FAST;
	return kvm ? HANG_KVM : HANG_TCG;
}

void machine_cmdline(const struct settings *s, bool kvm, struct buf *out)
{
	enum hang_profile p = machine_hang_profile(s, kvm);

	/* unknown_nmi_panic: our NMI to a guest that hangs makes it say where (run/gather). */
	/* no_timer_check: a starved TCG host once panicked a guest at boot with "IO-APIC + timer
	 * doesn't work!". panic=0: never reboot, the evidence is in the guest. */
	/* loglevel=8: with a netconsole every record goes out, and a gap is a loss. */
	buf_printf(out,
		   "console=ttyS0,115200n8 loglevel=%d printk.time=1 no_timer_check panic=0 "
		   "rdinit=/init",
		   s->evidence.netconsole == NETCONSOLE_YES ? 8 : 7);
	if (p != HANG_KERNEL)
		buf_printf(out,
			   " rcupdate.rcu_cpu_stall_timeout=%u watchdog_thresh=%u"
			   " sysctl.kernel.hung_task_timeout_secs=%u unknown_nmi_panic=1",
			   profiles[p].rcu_stall, profiles[p].watchdog_thresh,
			   profiles[p].hung_task);
	if (s->guest.cmdline[0])
		buf_printf(out, " %s", s->guest.cmdline);
}

bool machine_cmdline_has(const struct settings *s, const char *key)
{
	const size_t n = strlen(key);

	for (const char *w = s->guest.cmdline; *w; w += strcspn(w, " ")) {
		w += strspn(w, " ");
		if (strncmp(w, key, n) == 0 && (!w[n] || w[n] == ' ' || w[n] == '='))
			return true;
	}
	return false;
}

void machine_knobs(const struct settings *s, bool kvm, struct pairs *ret)
{
	const enum hang_profile p = machine_hang_profile(s, kvm);
	const struct {
		const char *key, *path;
		unsigned value;
	} knob[] = {
		{ "rcupdate.rcu_cpu_stall_timeout",
		  "/sys/module/rcupdate/parameters/rcu_cpu_stall_timeout", profiles[p].rcu_stall },
		{ "watchdog_thresh", "/proc/sys/kernel/watchdog_thresh",
		  profiles[p].watchdog_thresh },
		{ "sysctl.kernel.hung_task_timeout_secs", "/proc/sys/kernel/hung_task_timeout_secs",
		  profiles[p].hung_task },
	};
	char value[16];

	for (size_t i = 0; p != HANG_KERNEL && i < ARRAY_SIZE(knob); i++) {
		if (machine_cmdline_has(s, knob[i].key))
			continue;
		snprintf(value, sizeof(value), "%u", knob[i].value);
		pairs_add(ret, knob[i].path, value);
	}
}

char *machine_name(const char *run, uint64_t trial)
{
	char *name = xasprintf("kernsoak-%s-%06" PRIu64, run, trial);

	for (char *p = name; *p; p++)
		if (!isalnum((unsigned char)*p) && !strchr("-_.+", *p))
			*p = '_';
	return name;
}

/*
 * A UUID of version 8 (RFC 9562: our own content), the same for the same name and owner. By its
 * uuid the backend finds its QEMU and kills it: two runs that begin in the same second in two
 * folders have the same id, and two reruns of one trial the same name, so the name alone is not
 * enough.
 */
static char *uuid_of(const char *name, uint64_t owner_pid)
{
	uint64_t a = hash_bytes(hash_str(HASH_INIT, name), &owner_pid, sizeof(owner_pid));
	uint64_t b = hash_str(a, name);

	return xasprintf("%08x-%04x-8%03x-%04x-%012" PRIx64, (unsigned)(a >> 32),
			 (unsigned)(a >> 16) & 0xffff, (unsigned)a & 0xfff,
			 ((unsigned)(b >> 48) & 0x3fff) | 0x8000, b & UINT64_C(0xffffffffffff));
}

static const char *machine_type(const struct settings *s)
{
	return s->guest.machine == MACHINE_PC ? "pc" : "q35";
}

/* The softdog is no device of the machine's. */
static const char *watchdog_action(const struct settings *s)
{
	if (s->guest.watchdog.device != WATCHDOG_I6300ESB)
		return NULL;
	return s->guest.watchdog.action == WATCHDOG_PANIC ? "inject-nmi" : "reset";
}

void machine_make(const struct spec *spec, const struct machine_files *files,
		  struct machine_made *ret)
{
	const struct settings *s = &spec->settings;
	bool kvm = s->guest.accel == ACCEL_KVM;
	_cleanup_buf_ struct buf cmdline = BUF_INIT;
	struct machine_made m = { 0 };

	machine_cmdline(s, kvm, &cmdline);
	m.name = machine_name(spec->run, spec->trial);
	m.uuid = uuid_of(m.name, files->owner_pid);
	m.cmdline = buf_steal(&cmdline);
	m.trial = xasprintf("%06" PRIu64, spec->trial);
	m.m = (struct machine){
		.name = m.name,
		.uuid = m.uuid,
		.kernel = files->kernel,
		.initrd = files->initrd,
		.cmdline = m.cmdline,
		.memory_bytes = s->guest.memory_bytes,
		.vcpus = s->guest.vcpus,
		.numa = s->guest.numa,
		.type = machine_type(s),
		.watchdog = watchdog_action(s),
		.balloon = balloon_wanted(&s->guest.balloon),
		.netconsole = s->evidence.netconsole == NETCONSOLE_YES,
		.kvm = kvm,
		.console = files->console,
		.work = files->work,
		.disk = files->disk,
		.n_disks = files->n_disks,
		.uri = spec->uri ? spec->uri : "",
		.run = spec->run,
		.trial = m.trial,
		.owner_pid = files->owner_pid,
		.fake = &s->fake,
		.seed = spec->seed,
	};
	*ret = m;
}

void machine_made_done(struct machine_made *m)
{
	free(m->name);
	free(m->uuid);
	free(m->cmdline);
	free(m->trial);
	*m = (struct machine_made){ 0 };
}
