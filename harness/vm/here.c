/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "vm/here.h"

#include <errno.h>
#include <sys/stat.h>

#include "base/exit.h"
#include "vm/domain.h"

enum { CONSOLE_MAX = 256 << 20 }; /* bytes; QEMU drops what comes after, and lives on */

static char *absolute_path(const char *path)
{
	_cleanup_free_
	char *cwd = path && path[0] && path[0] != '/' ? getcwd(NULL, 0) : NULL;

	if (!path)
		return NULL;
	return cwd ? xasprintf("%s/%s", cwd, path) : xstrdup(path);
}

void here_make(const struct machine *m, struct here *ret)
{
	const char **const field[] = { &ret->m.kernel, &ret->m.initrd, &ret->m.console,
				       &ret->m.work, &ret->m.gdb };

	ret->m = *m;
	for (size_t i = 0; i < ARRAY_SIZE(field); i++)
		*field[i] = ret->path[i] = absolute_path(*field[i]);
	ret->m.disk = ret->disk = m->n_disks ? xcalloc(m->n_disks, sizeof(*ret->disk)) : NULL;
	for (size_t i = 0; i < m->n_disks; i++) {
		ret->disk[i] = m->disk[i];
		ret->disk[i].path = absolute_path(m->disk[i].path);
	}
}

void here_done(struct here *h)
{
	for (size_t i = 0; i < ARRAY_SIZE(h->path); i++)
		free(h->path[i]);
	for (size_t i = 0; i < h->m.n_disks; i++)
		free((char *)(uintptr_t)h->disk[i].path);
	free(h->disk);
}

static int unable(struct err *err)
{
	return err_exit(err, EXIT_HOST_UNABLE);
}

static int check_readable(const char *what, const char *path, struct err *err)
{
	if (access(path, R_OK) == 0)
		return 0;
	err_set(err, errno, "cannot read the guest's %s %s: %s", what, path, strerror(errno));
	return unable(err);
}

static int check_disk(const struct machine_disk *d, struct err *err)
{
	if (access(d->path, d->read_only ? R_OK : R_OK | W_OK) == 0)
		return 0;
	err_set(err, errno, "the guest cannot have the disk %s, %s: %s", d->name, d->path,
		strerror(errno));
	return unable(err);
}

static int check_kvm(struct err *err)
{
	if (access("/dev/kvm", R_OK | W_OK) == 0)
		return 0;
	err_set(err, errno,
		"this guest wants KVM and user %u may not use /dev/kvm (%s): add the user to the "
		"group that owns it, or take `accel: tcg`",
		(unsigned)geteuid(), strerror(errno));
	return unable(err);
}

int here_check_qemu(struct err *err)
{
	if (access(DOMAIN_QEMU, X_OK) == 0)
		return 0;
	err_set(err, errno, "no guest can be started: %s: %s (apt-get install qemu-system-x86)",
		DOMAIN_QEMU, strerror(errno));
	return unable(err);
}

int here_check(const struct machine *m, struct err *err)
{
	int r = here_check_qemu(err);

	if (r == 0)
		r = check_readable("kernel", m->kernel, err);
	if (r == 0 && m->initrd && m->initrd[0])
		r = check_readable("initrd", m->initrd, err);
	for (size_t i = 0; i < m->n_disks && r == 0; i++)
		r = check_disk(&m->disk[i], err);
	if (r == 0 && m->kvm)
		r = check_kvm(err);
	return r;
}

/* The limit is one for all of QEMU's files: a larger disk must be writable to its end. */
rlim_t here_file_limit(const struct machine *m)
{
	rlim_t most = CONSOLE_MAX;
	struct stat st;

	for (size_t i = 0; i < m->n_disks; i++)
		if (!m->disk[i].read_only && stat(m->disk[i].path, &st) == 0)
			most = MAX(most, (rlim_t)st.st_size);
	return most;
}
