/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "model/disks.h"

#include <errno.h>
#include <stdio.h>

#include "model/units.h"

enum { SECTOR = 512, PAGE = 4096 };

const char *const disk_file_systems[] = {
	"ext4", "xfs", "btrfs", "erofs", "squashfs", "none", NULL
};
const char *const disk_caches[] = { "unsafe", "writeback", "writethrough", "none", NULL };

const char *const disk_events[] = { "read", "write", "flush", "discard", NULL };

static const char *get(const struct named *n, const char *key, const char *fallback)
{
	const char *value = pairs_get(&n->value, key);

	return value ? value : fallback;
}

void disk_of(const struct named *named, struct disk *ret)
{
	struct disk d = {
		.name = named->name,
		.mount = get(named, "mount", ""),
		.mount_options = get(named, "mount-options", ""),
		.mkfs_options = get(named, "mkfs-options", ""),
		.image = get(named, "image", ""),
		.cache = get(named, "cache", "unsafe"),
		.read_only = str_eq(get(named, "read-only", "no"), "yes"),
		.keep = str_eq(get(named, "keep", "no"), "yes"),
	};

	d.fs = get(named, "fs", *d.image ? "none" : "ext4");
	if (size_parse(get(named, "size", ""), &d.bytes, NULL) < 0)
		d.bytes = 0;
	d.bytes = (d.bytes + SECTOR - 1) / SECTOR * SECTOR;
	*ret = d;
}

void disk_fault_of(const struct named *named, struct disk_fault *ret)
{
	*ret = (struct disk_fault){
		.disk = get(named, "disk", ""),
		.event = get(named, "event", "read"),
		.sector = UINT64_MAX,
		.once = str_eq(get(named, "once", "no"), "yes"),
	};
	if (str_to_u64(get(named, "sector", ""), INT64_MAX, &ret->sector) < 0)
		ret->sector = UINT64_MAX;
}

static bool is_packed(const struct disk *d)
{
	return str_eq(d->fs, "erofs") || str_eq(d->fs, "squashfs");
}

static int blame(char path[static 128], const struct disk *d, const char *key)
{
	snprintf(path, 128, "guest.disks.%s%s%s", d->name, *key ? "." : "", key);
	return EINVAL;
}

static int check_disk(const struct disk *d, char path[static 128], struct err *err)
{
	if (!d->bytes && !*d->image)
		return err_set(err, blame(path, d, ""),
			       "the disk %s needs a size, such as 2GiB, or an image", d->name);
	if (d->bytes && *d->image)
		return err_set(err, blame(path, d, "size"),
			       "the disk %s is as large as its image; leave out size", d->name);
	if (*d->mkfs_options && (*d->image || str_eq(d->fs, "none")))
		return err_set(err, blame(path, d, "mkfs-options"),
			       "no file system is made on the disk %s, so mkfs-options say nothing",
			       d->name);
	if (is_packed(d) && !*d->image)
		return err_set(
			err, blame(path, d, "fs"),
			"an empty %s is of no use: the disk %s needs an image that holds one",
			d->fs, d->name);
	if (*d->mount && str_eq(d->fs, "none"))
		return err_set(err, blame(path, d, "mount"),
			       "the disk %s has no file system to mount; say fs: ext4, xfs, btrfs, "
			       "erofs or squashfs",
			       d->name);
	if (*d->mount_options && !*d->mount)
		return err_set(err, blame(path, d, "mount-options"),
			       "the disk %s is not mounted; say mount: /PATH", d->name);
	return 0;
}

static int check_fault(const struct settings *s, const struct named *named, char path[static 128],
		       struct err *err)
{
	const struct named *disk;
	struct disk_fault f;
	struct disk d;

	disk_fault_of(named, &f);
	snprintf(path, 128, "guest.disk-faults.%s.disk", named->name);
	disk = named_get(&s->guest.disks, f.disk);
	if (!disk)
		return err_set(err, EINVAL, "there is no disk '%s' in guest.disks to fail", f.disk);
	disk_of(disk, &d);
	if (f.sector == UINT64_MAX || !d.bytes || f.sector < d.bytes / SECTOR)
		return 0;
	snprintf(path, 128, "guest.disk-faults.%s.sector", named->name);
	return err_set(err, EINVAL, "the disk %s ends before the sector %llu: it has %llu", f.disk,
		       (unsigned long long)f.sector, (unsigned long long)(d.bytes / SECTOR));
}

int disks_consistent(const struct settings *s, char path[static 128], struct err *err)
{
	const struct named_list *all = &s->guest.disks;
	int r = 0;

	for (size_t i = 0; i < all->n && r == 0; i++) {
		struct disk d;

		disk_of(&all->item[i], &d);
		if (i == DISKS_MAX)
			return err_set(err, blame(path, &d, ""), "a guest has at most %d disks",
				       DISKS_MAX);
		r = check_disk(&d, path, err);
	}
	for (size_t i = 0; i < s->guest.disk_faults.n && r == 0; i++)
		r = check_fault(s, &s->guest.disk_faults.item[i], path, err);
	return r;
}

bool swap_wanted(const struct swap *s)
{
	return s->bytes && s->bytes != TIME_NEVER;
}

uint64_t swap_bytes(const struct swap *s)
{
	return (s->bytes + PAGE - 1) / PAGE * PAGE;
}
