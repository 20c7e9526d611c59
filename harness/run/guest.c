/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "run/guest.h"

#include <stdio.h>

#include "base/fs.h"
#include "image/rootfs.h"
#include "model/disks.h"
#include "run/confine.h"

enum { PATH_TRIAL, PATH_KERNEL, PATH_INITRD, PATH_DISKS };

/* What QEMU must reach: these three, the images of disks, and last the root's. The caller frees. */
static struct confine_path *paths_of(const struct spec *spec, const char *dir,
				     const struct files *found, size_t *ret_n)
{
	const struct named_list *disks = &spec->settings.guest.disks;
	struct confine_path *path = xcalloc(PATH_DISKS + disks->n + 1, sizeof(*path));
	size_t n = PATH_DISKS;

	path[PATH_TRIAL] = (struct confine_path){ "trial", dir, "" };
	path[PATH_KERNEL] = (struct confine_path){ "kernel", found->kernel, "" };
	path[PATH_INITRD] = (struct confine_path){ "initrd", found->initrd, "" };
	for (size_t i = 0; i < disks->n; i++) {
		struct disk d;

		disk_of(&disks->item[i], &d);
		if (!*d.image)
			continue;
		path[n].outside = d.image;
		snprintf(path[n].name, sizeof(path[n].name), "image-%s", d.name);
		n++;
	}
	if (found->root)
		path[n++] = (struct confine_path){ "root", found->root, "" };
	*ret_n = n;
	return path;
}

/* Where QEMU sees the image of each disk, NULL where it has none. The caller frees the array. */
static const char **images_inside(const struct spec *spec, const struct confine_path *path)
{
	const struct named_list *disks = &spec->settings.guest.disks;
	const char **image = xcalloc(disks->n + 1, sizeof(*image));
	size_t n = PATH_DISKS;

	for (size_t i = 0; i < disks->n; i++)
		if (pairs_get(&disks->item[i].value, "image"))
			image[i] = path[n++].inside;
	return image;
}

void guest_add_root(const char *path, struct disks *disks)
{
	struct machine_disk *d = disks_add(disks, ROOT_SERIAL, path);

	d->read_only = true;
}

static int run_inside(const struct spec *spec, const struct confine_path *path, const char *root,
		      const char *work, const struct guest_calls *calls, struct err *err)
{
	const char *dir = path[PATH_TRIAL].inside;
	_cleanup_free_
	char *console = xasprintf("%s/console.log", dir);
	_cleanup_free_
	const char **image = images_inside(spec, path);
	struct machine_files files = { path[PATH_KERNEL].inside, path[PATH_INITRD].inside, console,
				       work, (uint64_t)getpid() };
	struct disks disks;
	int r;

	disks_plan(&spec->settings, dir, image, &disks);
	if (root)
		guest_add_root(root, &disks);
	files.disk = disks.item;
	files.n_disks = disks.n;
	r = disks_make(&spec->settings, image, &disks, err);
	if (r == 0)
		r = calls->run(calls->arg, spec, &files, err);
	disks_done(&disks);
	return r;
}

int guest_run(const struct spec *spec, const char *dir, int dirfd, const struct guest_calls *calls,
	      struct err *err)
{
	struct files found = { 0 };
	_cleanup_free_
	char *work = NULL;
	uid_t uid;
	gid_t gid;
	size_t n;
	int r = files_find(&spec->settings, true, &found, err);
	_cleanup_free_
	struct confine_path *path = paths_of(spec, dir, &found, &n);

	if (r == 0 && confine_user(&uid, &gid))
		r = fs_chown_tree(dirfd, ".", uid, gid, err);
	if (r == 0)
		r = confine_enter(path, n, &work, err);
	if (r == 0 && calls->confined)
		r = calls->confined(err);
	if (r == 0)
		r = run_inside(spec, path, found.root ? path[n - 1].inside : NULL, work, calls,
			       err);
	confine_leave(work);
	files_done(&found);
	return r;
}
