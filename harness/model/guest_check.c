/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "model/guest_check.h"

#include <errno.h>
#include <stdio.h>

#include "model/disks.h"
#include "model/units.h"

static int blame(char path[static 128], const char *key)
{
	snprintf(path, 128, "%s", key);
	return EINVAL;
}

/* The kernel swaps to blocks of a disk: the root, a tmpfs, has none. */
static bool is_on_a_disk(const struct settings *s, const char *file)
{
	for (size_t i = 0; i < s->guest.disks.n; i++) {
		const char *below;
		struct disk d;

		disk_of(&s->guest.disks.item[i], &d);
		below = *d.mount ? str_after(file, d.mount) : NULL;
		if (below && below[0] == '/' && below[1] && !d.read_only)
			return true;
	}
	return false;
}

static int check_swap(const struct settings *s, char path[static 128], struct err *err)
{
	const struct swap *swap = &s->guest.swap;

	if (!swap_wanted(swap)) {
		if (*swap->file || *swap->algorithm || swap->on != SWAP_ON_DISK)
			return err_set(err, blame(path, "guest.swap"),
				       "there is no swap without a size; say guest.swap.size");
		return 0;
	}
	if (*swap->algorithm && swap->on != SWAP_ON_ZRAM)
		return err_set(err, blame(path, "guest.swap.algorithm"),
			       "only swap on zram is compressed; leave out algorithm, or say on: "
			       "zram");
	if (*swap->file && swap->on != SWAP_ON_FILE)
		return err_set(err, blame(path, "guest.swap.file"),
			       "swap is not in a file here; say on: file");
	if (swap->on == SWAP_ON_FILE && !is_on_a_disk(s, swap->file))
		return err_set(err, blame(path, *swap->file ? "guest.swap.file" : "guest.swap.on"),
			       "swap in a file needs guest.swap.file below the mount of one of "
			       "guest.disks");
	return 0;
}

static int check_numa(const struct settings *s, char path[static 128], struct err *err)
{
	if (s->guest.numa <= s->guest.vcpus)
		return 0;
	return err_set(err, blame(path, "guest.numa"),
		       "%llu NUMA nodes need as many CPUs; guest.vcpus is %llu",
		       (unsigned long long)s->guest.numa, (unsigned long long)s->guest.vcpus);
}

/* It must bite before the heartbeat is missed, so that one hang has one name. */
static int check_watchdog(const struct settings *s, char path[static 128], struct err *err)
{
	const struct watchdog *w = &s->guest.watchdog;
	char a[UNIT_TEXT], b[UNIT_TEXT];

	if (w->device == WATCHDOG_NONE)
		return 0;
	if (w->timeout % NS_PER_S)
		return err_set(err, blame(path, "guest.watchdog.timeout"),
			       "a watchdog counts whole seconds, not %s",
			       duration_format(a, w->timeout));
	if (w->timeout < s->limits.heartbeat)
		return 0;
	return err_set(err, blame(path, "guest.watchdog.timeout"),
		       "guest.watchdog.timeout (%s) should be shorter than limits.heartbeat (%s)",
		       duration_format(a, w->timeout), duration_format(b, s->limits.heartbeat));
}

static int check_heartbeat(const struct settings *s, char path[static 128], struct err *err)
{
	const struct heartbeat_wish *h = &s->guest.heartbeat;
	char a[UNIT_TEXT], b[UNIT_TEXT];

	if ((fsync_wanted(h) || ask_wanted(h)) && s->limits.heartbeat == TIME_NEVER)
		return err_set(err, blame(path, "guest.heartbeat"),
			       "limits.heartbeat is none: nothing would miss it");
	if (!ask_wanted(h) || h->ask < s->limits.heartbeat)
		return 0;
	return err_set(err, blame(path, "guest.heartbeat.ask"),
		       "guest.heartbeat.ask (%s) should be shorter than limits.heartbeat (%s)",
		       duration_format(a, h->ask), duration_format(b, s->limits.heartbeat));
}

static int check_samples(const struct settings *s, char path[static 128], struct err *err)
{
	const uint64_t every = s->evidence.samples;
	char text[UNIT_TEXT];

	if (every == TIME_NEVER && s->exposure_starts == EXPOSURE_FIRST_RECLAIM)
		return err_set(err, blame(path, "evidence.samples"),
			       "exposure.starts: first-reclaim goes by the agent's samples");
	if (every == TIME_NEVER || every % NS_PER_S == 0)
		return 0;
	return err_set(err, blame(path, "evidence.samples"),
		       "the agent samples at whole seconds, not every %s",
		       duration_format(text, every));
}

static int check_balloon(const struct settings *s, char path[static 128], struct err *err)
{
	char a[UNIT_TEXT], b[UNIT_TEXT];

	if (!balloon_wanted(&s->guest.balloon) || s->guest.balloon.to < s->guest.memory_bytes)
		return 0;
	return err_set(err, blame(path, "guest.balloon.to"),
		       "guest.balloon.to (%s) should be less than guest.memory (%s)",
		       size_format(a, s->guest.balloon.to), size_format(b, s->guest.memory_bytes));
}

int guest_consistent(const struct settings *s, char path[static 128], struct err *err)
{
	static int (*const checks[])(const struct settings *, char *, struct err *) = {
		disks_consistent, check_swap,    check_numa,    check_watchdog,
		check_heartbeat,  check_samples, check_balloon,
	};
	int r = 0;

	for (size_t i = 0; i < ARRAY_SIZE(checks) && r == 0; i++)
		r = checks[i](s, path, err);
	return r;
}
