/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "run/disks.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

#include "base/exit.h"
#include "base/fs.h"
#include "base/proc.h"
#include "base/str.h"
#include "model/disks.h"

/* How a file system is made in a file, by an ordinary user too. */
static const struct maker {
	const char *fs, *program, *package;
	const char *args[5];
} makers[] = {
	{ "ext4", "mke2fs", "e2fsprogs", { "-q", "-F", "-t", "ext4" } },
	{ "xfs", "mkfs.xfs", "xfsprogs", { "-q", "-f" } },
	{ "btrfs", "mkfs.btrfs", "btrfs-progs", { "-q", "-f" } },
};

enum { SAID_MAX = 4096 };

#define SWAP_SERIAL "kernsoak-swap" /* as workloads/agent/swap.c looks for it */

static const struct maker *maker_of(const struct disk *d)
{
	for (size_t i = 0; !*d->image && i < ARRAY_SIZE(makers); i++)
		if (str_eq(makers[i].fs, d->fs))
			return &makers[i];
	return NULL;
}

static int check_disk(const struct disk *d, struct err *err)
{
	const struct maker *m = maker_of(d);
	_cleanup_free_
	char *found = m ? fs_which_admin(m->program) : NULL;
	struct stat st;

	if (m && !found)
		err_set(err, ENOENT,
			"the disk %s is to hold %s, and there is no %s on this host (apt-get "
			"install %s)",
			d->name, d->fs, m->program, m->package);
	else if (*d->image && stat(d->image, &st) < 0)
		err_set(err, errno, "the image of the disk %s, %s: %s", d->name, d->image,
			strerror(errno));
	else if (*d->image && !S_ISREG(st.st_mode))
		err_set(err, EINVAL, "the image of the disk %s, %s, is not a regular file", d->name,
			d->image);
	else
		return 0;
	return err_exit(err, EXIT_HOST_UNABLE);
}

int disks_check(const struct settings *s, struct err *err)
{
	int r = 0;

	for (size_t i = 0; i < s->guest.disks.n && r == 0; i++) {
		struct disk d;

		disk_of(&s->guest.disks.item[i], &d);
		r = check_disk(&d, err);
	}
	return r;
}

struct machine_disk *disks_add(struct disks *d, const char *name, const char *path)
{
	d->item = xrealloc(d->item, (d->n + 1) * sizeof(*d->item));
	d->item[d->n] = (struct machine_disk){
		.name = xstrdup(name),
		.path = xstrdup(path),
		.cache = "unsafe",
	};
	return &d->item[d->n++];
}

static const char *image_path(const struct disk *d, const char *const *image, size_t i)
{
	return image && image[i] ? image[i] : d->image;
}

static bool has_swap_disk(const struct settings *s)
{
	return swap_wanted(&s->guest.swap) && s->guest.swap.on == SWAP_ON_DISK;
}

/* Borrowed words of the settings, by disk. */
static void plan_faults(const struct settings *s, struct machine_disk *m)
{
	struct machine_fault *all = NULL;

	for (size_t i = 0; i < s->guest.disk_faults.n; i++) {
		struct disk_fault f;

		disk_fault_of(&s->guest.disk_faults.item[i], &f);
		if (!str_eq(f.disk, m->name))
			continue;
		all = xrealloc(all, (m->n_faults + 1) * sizeof(*all));
		all[m->n_faults++] = (struct machine_fault){ f.event, f.sector, f.once };
	}
	m->fault = all;
}

void disks_plan(const struct settings *s, const char *dir, const char *const *image,
		struct disks *ret)
{
	struct disks all = { 0 };

	for (size_t i = 0; i < s->guest.disks.n; i++) {
		struct machine_disk *m;
		struct disk d;
		_cleanup_free_
		char *own = NULL;

		disk_of(&s->guest.disks.item[i], &d);
		own = xasprintf("%s/disk-%s.raw", dir, d.name);
		m = disks_add(&all, d.name,
			      *d.image && d.read_only ? image_path(&d, image, i) : own);
		m->cache = d.cache; /* a word of the schema's table or of the settings */
		m->read_only = d.read_only;
		plan_faults(s, m);
		m->temporary = !d.keep && !(*d.image && d.read_only);
	}
	if (has_swap_disk(s)) {
		_cleanup_free_
		char *own = xasprintf("%s/disk-swap.raw", dir);

		disks_add(&all, SWAP_SERIAL, own)->temporary = true;
	}
	*ret = all;
}

static int make_sparse(const char *path, uint64_t bytes, struct err *err)
{
	_cleanup_close_ int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	if (fd >= 0 && ftruncate(fd, (off_t)bytes) == 0)
		return 0;
	err_set(err, errno, "cannot make %s: %s", path, strerror(errno));
	return err_exit(err, EXIT_CANNOT_WRITE);
}

static int format(const struct disk *d, const struct maker *m, const char *path, struct err *err)
{
	_cleanup_free_
	char *program = fs_which_admin(m->program), *options = xstrdup(d->mkfs_options);
	_cleanup_buf_ struct buf said = BUF_INIT;
	_cleanup_free_
	const char **argv = xcalloc(strlen(options) / 2 + ARRAY_SIZE(m->args) + 4, sizeof(*argv));
	char *save = NULL;
	size_t n = 0;
	int r;

	argv[n++] = program ? program : m->program;
	for (size_t i = 0; m->args[i]; i++)
		argv[n++] = m->args[i];
	for (char *w = strtok_r(options, " ", &save); w; w = strtok_r(NULL, " ", &save))
		argv[n++] = w;
	argv[n] = path;
	r = proc_transcript(argv, NULL, SAID_MAX, &said, err);
	if (r <= 0)
		return r;
	while (said.len && said.data[said.len - 1] == '\n')
		said.data[--said.len] = 0;
	return err_set(err, EIO, "%s does not make the disk %s: %s", m->program, d->name,
		       said.len ? buf_str(&said) : "it failed without a word");
}

static int make_one(const struct disk *d, const char *image, const char *path, struct err *err)
{
	const struct maker *m = maker_of(d);
	int r;

	if (*d->image && d->read_only)
		return 0;
	unlink(path); /* of an attempt that was killed */
	if (*d->image)
		return fs_copy(AT_FDCWD, image, AT_FDCWD, path, err);
	r = make_sparse(path, d->bytes, err);
	return r == 0 && m ? format(d, m, path, err) : r;
}

int disks_make(const struct settings *s, const char *const *image, struct disks *all,
	       struct err *err)
{
	int r = 0;

	for (size_t i = 0; i < s->guest.disks.n && r == 0; i++) {
		struct disk d;

		disk_of(&s->guest.disks.item[i], &d);
		r = make_one(&d, image_path(&d, image, i), all->item[i].path, err);
	}
	if (r == 0 && has_swap_disk(s)) {
		const char *path = all->item[s->guest.disks.n].path;

		unlink(path);
		r = make_sparse(path, swap_bytes(&s->guest.swap), err);
	}
	for (size_t i = 0; i < all->n && r < 0; i++)
		if (all->item[i].temporary)
			unlink(all->item[i].path);
	return r;
}

void disks_opened(const struct machine *m)
{
	for (size_t i = 0; i < m->n_disks; i++)
		if (m->disk[i].temporary)
			unlink(m->disk[i].path);
}

void disks_done(struct disks *d)
{
	for (size_t i = 0; i < d->n; i++) {
		free((char *)(uintptr_t)d->item[i].name);
		free((char *)(uintptr_t)d->item[i].path);
		free((void *)(uintptr_t)d->item[i].fault);
	}
	free(d->item);
	*d = (struct disks){ 0 };
}
