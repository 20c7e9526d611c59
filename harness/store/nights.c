/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/nights.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>

#include "base/exit.h"
#include "base/fs.h"
#include "store/layout.h"

enum { NAME_LEN = 32 };

void nights_done(struct nights *n)
{
	cleanup_close(&n->fd);
	cleanup_close(&n->lock_fd);
	free(n->name);
	free(n->path);
	free(n->number);
	*n = (struct nights)NIGHTS_INIT;
}

static void take_names(struct nights *n, const struct strv *names)
{
	n->number = xcalloc(names->n + 1, sizeof(*n->number));
	for (size_t i = 0; i < names->n; i++) {
		uint64_t number = 0;

		if (strlen(names->item[i]) == 6 &&
		    str_to_u64(names->item[i], TRIAL_NUMBER_MAX, &number) == 0 && number)
			n->number[n->n++] = number; /* sorted, since as long as each other */
	}
}

int nights_open(const char *results, const char *name, struct nights *ret, struct err *err)
{
	_cleanup_nights_ struct nights n = NIGHTS_INIT;
	_cleanup_strv_ struct strv names = { 0 };
	int r;

	if (!run_name_ok(name))
		return err_set(err, EINVAL, "'%s' cannot name nights: letters, digits, - _ .",
			       name);
	n.name = xstrdup(name);
	n.path = xasprintf("%s/nights/%s", results, name);
	r = fs_mkdir_p(n.path, 0755, err);
	if (r == 0)
		r = n.fd = fs_open_dir(AT_FDCWD, n.path, err);
	if (r < 0)
		return err_exit(err, EXIT_CANNOT_WRITE);
	r = fs_list(n.fd, ".", &names, err);
	if (r < 0)
		return r;
	take_names(&n, &names);
	*ret = TAKE(n, (struct nights)NIGHTS_INIT);
	return 0;
}

static int held(const struct nights *n, int fd, struct err *err)
{
	char text[32] = "";
	const ssize_t got = pread(fd, text, sizeof(text) - 1, 0);

	text[strspn(text, "0123456789")] = 0;
	err_set(err, EBUSY, "%s is at work already: process %s", n->path,
		got > 0 && *text ? text : "unknown");
	return err_exit(err, EXIT_INFRA);
}

int nights_lock(struct nights *n, struct err *err)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	_cleanup_close_ int fd = openat(n->fd, "lock", O_RDWR | O_CREAT | O_CLOEXEC, 0644);
	char pid[32];
	int len;

	if (fd < 0) {
		err_set(err, errno, "cannot make %s/lock: %s", n->path, strerror(errno));
		return err_exit(err, EXIT_CANNOT_WRITE);
	}
	if (fcntl(fd, F_OFD_SETLK, &lock) < 0)
		return held(n, fd, err);
	len = snprintf(pid, sizeof(pid), "%d\n", (int)getpid());
	if (ftruncate(fd, 0) < 0 || pwrite(fd, pid, (size_t)len, 0) < 0)
		return err_set(err, errno, "cannot write %s/lock: %s", n->path, strerror(errno));
	n->lock_fd = TAKE(fd, -1);
	return 0;
}

static void night_name(uint64_t number, char ret[static NAME_LEN])
{
	snprintf(ret, NAME_LEN, "%06" PRIu64, number);
}

int nights_add(struct nights *n, uint64_t *ret, struct err *err)
{
	const uint64_t number = n->n ? n->number[n->n - 1] + 1 : 1;
	_cleanup_close_ int fd = -1;
	char name[NAME_LEN];

	night_name(number, name);
	fd = fs_make_dir(n->fd, name, 0755, err);
	if (fd < 0)
		return err_exit(err, EXIT_CANNOT_WRITE);
	n->number = xrealloc(n->number, (n->n + 1) * sizeof(*n->number));
	n->number[n->n++] = *ret = number;
	return 0;
}

int nights_dir(const struct nights *n, uint64_t number, struct err *err)
{
	char name[NAME_LEN];

	night_name(number, name);
	return fs_open_dir(n->fd, name, err);
}

char *nights_path(const struct nights *n, uint64_t number)
{
	return xasprintf("%s/%06" PRIu64, n->path, number);
}

bool nights_stop_asked(const struct nights *n)
{
	return faccessat(n->fd, "STOP", F_OK, 0) == 0;
}

void nights_stop_obeyed(const struct nights *n)
{
	unlinkat(n->fd, "STOP", 0);
}
