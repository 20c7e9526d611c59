/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "vm/embed.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "base/exit.h"
#include "base/fs.h"
#include "base/str.h"

#define CAPABILITIES "cache/qemu/capabilities" /* below the root */

enum { CAPABILITIES_MAX = 16 << 20 };

/*
 * stdio_handler: virtlogd would take the console and rotate the first oops away.
 * The others matter as root only: files are not given to another user, no mount namespace and no
 * cgroups are made for a guest of seconds.
 */
static const char qemu_conf[] = "stdio_handler = \"file\"\n"
				"security_driver = \"none\"\n";
static const char qemu_conf_root[] = "user = \"root\"\n"
				     "group = \"root\"\n"
				     "dynamic_ownership = 0\n"
				     "remember_owner = 0\n"
				     "namespaces = [ ]\n"
				     "cgroup_controllers = [ ]\n";

char *embed_cache_dir(void)
{
	const char *given = getenv("KERNSOAK_LIBVIRT_CACHE");
	struct stat st;
	char *path;

	if (given && given[0])
		return fs_mkdir_p(given, 0700, NULL) == 0 ? xstrdup(given) : NULL;
	path = xasprintf("/var/tmp/kernsoak-libvirt-cache-%u", (unsigned)geteuid());
	mkdir(path, 0700);
	if (lstat(path, &st) == 0 && S_ISDIR(st.st_mode) && st.st_uid == geteuid() &&
	    (st.st_mode & 0022) == 0)
		return path;
	free(path);
	return NULL;
}

static bool is_capabilities(const char *name)
{
	size_t n = strlen(name);

	return name[0] != '.' && n > 4 && str_eq(name + n - 4, ".xml");
}

static bool same_bytes(int dirfd, const char *name, const struct buf *b)
{
	_cleanup_buf_ struct buf have = BUF_INIT;

	return fs_read(dirfd, name, CAPABILITIES_MAX, &have, NULL) == 0 && have.len == b->len &&
	       memcmp(buf_str(&have), buf_str(b), b->len) == 0;
}

/* Each file that differs appears whole: written beside its place and renamed. */
static void copy_capabilities(int from, int to)
{
	_cleanup_strv_ struct strv names = { 0 };

	fs_list(from, ".", &names, NULL);
	for (size_t i = 0; i < names.n; i++) {
		_cleanup_buf_ struct buf b = BUF_INIT;
		const char *name = names.item[i];

		if (is_capabilities(name) && fs_read(from, name, CAPABILITIES_MAX, &b, NULL) == 0 &&
		    b.len && !same_bytes(to, name, &b))
			fs_write(to, name, b.data, b.len, NULL);
	}
}

static void share(const char *root, bool publish)
{
	_cleanup_free_
	char *own = xasprintf("%s/" CAPABILITIES, root), *shared = embed_cache_dir();
	_cleanup_close_ int own_fd = -1, shared_fd = -1;

	if (!shared || fs_mkdir_p(own, 0700, NULL) < 0)
		return;
	own_fd = fs_open_dir(AT_FDCWD, own, NULL);
	shared_fd = fs_open_dir(AT_FDCWD, shared, NULL);
	if (own_fd < 0 || shared_fd < 0)
		return;
	if (publish)
		copy_capabilities(own_fd, shared_fd);
	else
		copy_capabilities(shared_fd, own_fd);
}

void embed_publish(const char *root)
{
	share(root, true);
}

static bool usable(const char *variable)
{
	const char *path = getenv(variable);

	return path && path[0] == '/' && access(path, W_OK | X_OK) == 0;
}

/* A user who was never logged in has neither: libvirt then fails on /nonexistent/.cache. */
static int set_environment(const char *root, struct err *err)
{
	_cleanup_free_
	char *run = xasprintf("%s/xdg", root);
	/* Its syntax has no quoting: below a folder with a blank in its name there is no log. */
	const char *log = strpbrk(root, " \t\n") ? "/dev" : root;
	_cleanup_free_
	char *outputs = xasprintf("3:file:%s/%s", log, log == root ? "libvirt.log" : "null");
	int r = fs_mkdir_p(run, 0700, err);

	if (r < 0)
		return r;
	setenv("XDG_RUNTIME_DIR", run, 1);
	if (!usable("HOME"))
		setenv("HOME", root, 1);
	setenv("LIBVIRT_LOG_OUTPUTS", outputs, 0); /* else its warnings go to our stderr */
	return 0;
}

int embed_prepare(const char *root, struct err *err)
{
	_cleanup_free_
	char *etc = xasprintf("%s/etc", root);
	_cleanup_buf_ struct buf conf = BUF_INIT;
	_cleanup_close_ int fd = -1;
	int r = fs_mkdir_p(etc, 0700, err);

	if (r < 0)
		return err_exit(err, EXIT_CANNOT_WRITE);
	fd = fs_open_dir(AT_FDCWD, etc, err);
	if (fd < 0)
		return fd;
	buf_puts(&conf, qemu_conf);
	if (geteuid() == 0)
		buf_puts(&conf, qemu_conf_root);
	r = fs_write(fd, "qemu.conf", conf.data, conf.len, err);
	if (r == 0)
		r = set_environment(root, err);
	if (r == 0)
		share(root, false);
	return r;
}
