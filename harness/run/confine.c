/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "run/confine.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "base/exit.h"
#include "base/fs.h"
#include "base/user.h"

#define INSIDE "/run/kernsoak"

bool confine_user(uid_t *ret_uid, gid_t *ret_gid)
{
	const struct passwd *pw = geteuid() == 0 ? user_of_guests() : NULL;

	if (!pw || pw->pw_uid == 0)
		return false;
	*ret_uid = pw->pw_uid;
	*ret_gid = pw->pw_gid;
	return true;
}

static int fail(struct err *err, const char *what)
{
	err_set(err, errno, "%s: %s", what, strerror(errno));
	return err_exit(err, EXIT_HOST_UNABLE);
}

static int make_namespace(struct err *err)
{
	if (mkdir(INSIDE, 0755) < 0 && errno != EEXIST)
		return fail(err, "cannot make " INSIDE);
	if (unshare(CLONE_NEWNS) < 0)
		return fail(
			err,
			"cannot take a mount namespace; run as an ordinary user instead of root");
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		return fail(err,
			    errno == EINVAL
				    ? "this root is a chroot and no mount point: bind it to itself "
				      "(mount --bind DIR DIR) or run as an ordinary user"
				    : "cannot make the mount namespace private");
	if (mount("kernsoak", INSIDE, "tmpfs", MS_NOSUID | MS_NODEV, "size=64m,mode=755") < 0)
		return fail(err, "cannot mount " INSIDE);
	return 0;
}

static int bind_path(struct confine_path *p, struct err *err)
{
	struct stat st;
	char what[PATH_MAX + 64];
	int fd;

	snprintf(what, sizeof(what), "cannot bind %s", p->outside);
	snprintf(p->inside, sizeof(p->inside), INSIDE "/%s", p->name);
	if (stat(p->outside, &st) < 0)
		return fail(err, what);
	if (S_ISDIR(st.st_mode)) {
		if (mkdir(p->inside, 0755) < 0)
			return fail(err, what);
	} else {
		fd = open(p->inside, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
		if (fd < 0)
			return fail(err, what);
		close(fd);
	}
	return mount(p->outside, p->inside, NULL, MS_BIND, NULL) < 0 ? fail(err, what) : 0;
}

static int drop_to(const struct passwd *pw, struct err *err)
{
	if (initgroups(pw->pw_name, pw->pw_gid) < 0 || setgid(pw->pw_gid) < 0 ||
	    setuid(pw->pw_uid) < 0)
		return fail(err, "cannot give up root");
	return 0;
}

static int enter_as_root(const struct passwd *pw, struct confine_path *path, size_t n,
			 char **ret_work, struct err *err)
{
	int r = make_namespace(err);

	for (size_t i = 0; i < n && r == 0; i++)
		r = bind_path(&path[i], err);
	if (r < 0)
		return r;
	if (mkdir(INSIDE "/work", 0700) < 0 || chown(INSIDE "/work", pw->pw_uid, pw->pw_gid) < 0)
		return fail(err, "cannot make " INSIDE "/work");
	r = drop_to(pw, err);
	if (r == 0)
		*ret_work = xstrdup(INSIDE "/work");
	return r;
}

static int enter_as_we_are(struct confine_path *path, size_t n, char **ret_work, struct err *err)
{
	const char *tmp = getenv("TMPDIR");
	_cleanup_free_
	char *work = NULL;

	/* QEMU's sockets go there: a deep TMPDIR would not fit a socket's address. */
	work = xasprintf("%s/kernsoak-XXXXXX", tmp && strlen(tmp) < 40 ? tmp : "/tmp");
	if (!mkdtemp(work))
		return fail(err, "cannot make a work folder");
	for (size_t i = 0; i < n; i++) {
		_cleanup_free_
		char *real = realpath(path[i].outside, NULL);

		if (!real || strlen(real) >= sizeof(path[i].inside)) {
			int why = real ? ENAMETOOLONG : errno;

			rmdir(work);
			errno = why;
			return fail(err, path[i].outside);
		}
		strcpy(path[i].inside, real);
	}
	*ret_work = TAKE(work, NULL);
	return 0;
}

static int find_user(const struct passwd **ret, struct err *err)
{
	const char *name = getenv("KERNSOAK_USER");

	*ret = geteuid() == 0 ? user_of_guests() : NULL;
	if (geteuid() != 0 || *ret)
		return 0;
	err_set(err, ENOENT, "the user %s that QEMU should run as does not exist",
		name ? name : "libvirt-qemu");
	return err_exit(err, EXIT_HOST_UNABLE);
}

/* A container's root may lack CAP_SYS_ADMIN. The child's namespace goes with it. */
static int try_namespace(struct err *err)
{
	struct err *said = mmap(NULL, sizeof(*said), PROT_READ | PROT_WRITE,
				MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int r = 0;
	pid_t pid;

	if (said == MAP_FAILED)
		return 0;
	pid = fork();
	if (pid == 0)
		_exit(make_namespace(said) < 0);
	if (pid > 0)
		waitpid(pid, NULL, 0);
	if (said->code) {
		*err = *said;
		r = -said->code;
	}
	munmap(said, sizeof(*said));
	return r;
}

int confine_check(struct err *err)
{
	const struct passwd *pw;
	int r = find_user(&pw, err);

	return r == 0 && pw && pw->pw_uid != 0 ? try_namespace(err) : r;
}

int confine_enter(struct confine_path *path, size_t n, char **ret_work, struct err *err)
{
	const struct passwd *pw;
	int r = find_user(&pw, err);

	if (r < 0)
		return r;
	if (pw && pw->pw_uid != 0)
		return enter_as_root(pw, path, n, ret_work, err);
	return enter_as_we_are(path, n, ret_work, err);
}

void confine_leave(const char *work)
{
	if (work)
		fs_remove_tree(AT_FDCWD, work, NULL);
}
