/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "run/needs.h"

#include <errno.h>

#include "base/exit.h"
#include "image/kernel_config.h"
#include "model/capabilities.h"
#include "model/disks.h"
#include "model/panics.h"

struct need {
	const char *symbol, *setting, *word; /* word: "" the setting alone tells */
};

struct needs {
	struct need item[64];
	size_t n;
};

static void add(struct needs *v, const char *symbol, const char *setting, const char *word)
{
	if (symbol && v->n < ARRAY_SIZE(v->item))
		v->item[v->n++] = (struct need){ symbol, setting, word };
}

static const char *fs_symbol(const char *fs)
{
	static const struct {
		const char *fs, *symbol;
	} rows[] = {
		{ "ext4", "EXT4_FS" },   { "xfs", "XFS_FS" },        { "btrfs", "BTRFS_FS" },
		{ "erofs", "EROFS_FS" }, { "squashfs", "SQUASHFS" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (str_eq(rows[i].fs, fs))
			return rows[i].symbol;
	return NULL;
}

static void add_storage(const struct settings *s, struct needs *v)
{
	const struct swap *swap = &s->guest.swap;

	for (size_t i = 0; i < s->guest.disks.n; i++) {
		struct disk d;

		disk_of(&s->guest.disks.item[i], &d);
		add(v, "VIRTIO_BLK", "guest.disks", "");
		if (*d.mount)
			add(v, fs_symbol(d.fs), "guest.disks", d.fs);
	}
	if (!swap_wanted(swap))
		return;
	add(v, "SWAP", "guest.swap", "");
	if (swap->on == SWAP_ON_ZRAM)
		add(v, "ZRAM", "guest.swap.on", "zram");
	if (swap->on == SWAP_ON_DISK)
		add(v, "VIRTIO_BLK", "guest.swap.on", "disk");
}

static void add_needs(const struct settings *s, struct needs *v)
{
	add_storage(s, v);
	if (s->guest.mglru != MGLRU_KERNEL)
		add(v, "LRU_GEN", "guest.mglru", "");
	if (s->guest.numa > 1)
		add(v, "ACPI_NUMA", "guest.numa", "");
	if (balloon_wanted(&s->guest.balloon))
		add(v, "VIRTIO_BALLOON", "guest.balloon", "");
	if (s->evidence.netconsole == NETCONSOLE_YES) {
		add(v, "NETCONSOLE", "evidence.netconsole", "");
		add(v, "VIRTIO_NET", "evidence.netconsole", "");
	}
	if (s->guest.watchdog.device == WATCHDOG_I6300ESB)
		add(v, "I6300ESB_WDT", "guest.watchdog.device", "i6300esb");
	if (s->guest.watchdog.device == WATCHDOG_SOFTDOG)
		add(v, "SOFT_WATCHDOG", "guest.watchdog.device", "softdog");
	for (size_t i = 0; i < s->guest.panic_on.n; i++)
		add(v, panic_by_word(s->guest.panic_on.item[i])->symbol, "guest.panic-on",
		    s->guest.panic_on.item[i]);
}

static int check_settings(const struct settings *s, const struct kernel *k,
			  const struct kconfig *config, struct err *err)
{
	struct needs v = { 0 };

	add_needs(s, &v);
	for (size_t i = 0; i < v.n; i++) {
		if (!str_eq(kconfig_value(config, v.item[i].symbol), "n"))
			continue;
		err_set(err, ENOTSUP, "%s%s%s needs CONFIG_%s, and %s was built without it",
			v.item[i].setting, *v.item[i].word ? " " : "", v.item[i].word,
			v.item[i].symbol, k->name);
		return err_exit(err, EXIT_BAD_SCENARIO);
	}
	return 0;
}

/* What the scenario names, and what its loads do. */
static int check_words(const struct settings *s, const struct kernel *k,
		       const struct kconfig *config, struct err *err)
{
	_cleanup_strv_ struct strv words = { 0 };
	int r = 0;

	for (size_t i = 0; i < s->needs.n; i++)
		strv_add_words(&words, s->needs.item[i]);
	for (size_t i = 0; i < s->n_loads; i++)
		strv_add_words(&words, s->load[i].def->capabilities);
	for (size_t i = 0; i < words.n && r == 0; i++)
		r = need_met(words.item[i], config, err);
	if (r == 0)
		return 0;
	err_wrap(err, "the kernel %s cannot run this", k->name);
	return err_exit(err, EXIT_HOST_UNABLE);
}

int needs_check(const struct settings *s, const struct kernel *k, char **ret_note, struct err *err)
{
	_cleanup_kconfig_ struct kconfig config = { 0 };
	struct err why = { 0 };
	int r = kernel_config(k, &config, NULL, &why);

	if (r < 0) {
		if (s->needs.n)
			*ret_note = xasprintf("%s; whether it has what this needs is seen in the "
					      "guest",
					      why.msg);
		return 0;
	}
	r = check_settings(s, k, &config, err);
	return r < 0 ? r : check_words(s, k, &config, err);
}
