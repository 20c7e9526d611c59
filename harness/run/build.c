/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "run/build.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/file.h>

#include "base/exit.h"
#include "base/fs.h"
#include "base/hash.h"
#include "base/proc.h"
#include "image/build_job.h"
#include "image/cache.h"

#define SETTINGS  "settings"
#define LOG       "build.log"
#define TREE      "tree-"
#define NO_PREFIX " " /* no entry begins with it: builds are not swept away */

enum { MAX_SETTINGS = 1 << 20, MAX_SAID = 1 << 16 };

static char *builds_dir(void)
{
	_cleanup_free_
	char *cache = fs_cache_dir();

	return xasprintf("%s/builds", cache);
}

/* Another command, or another product of it, is another build. */
static char *entry_name(const struct build *b)
{
	uint64_t h = hash_str(hash_str(HASH_INIT, b->command), b->built);

	return xasprintf("%s-%016" PRIx64, b->commit, h);
}

static char *tree_path(const struct build *b)
{
	_cleanup_free_
	char *builds = builds_dir();

	return xasprintf("%s/" TREE "%016" PRIx64, builds, hash_str(HASH_INIT, b->dir));
}

/* ---- the checkout ---- */

static int git(const char *cwd, const char *const *argv, struct err *err)
{
	_cleanup_buf_ struct buf said = BUF_INIT;
	int r = proc_transcript(argv, cwd, MAX_SAID, &said, err);

	if (r <= 0)
		return r;
	return err_set(err, EIO, "%s %s: %.400s", argv[0], argv[1], buf_str(&said));
}

/* One checkout for all commits of a tree; who builds in it holds its lock. */
static int lock_tree(const char *tree, struct err *err)
{
	_cleanup_free_
	char *file = xasprintf("%s.lock", tree);
	int fd = open(file, O_RDWR | O_CREAT | O_CLOEXEC, 0644);

	if (fd < 0 || flock(fd, LOCK_EX) < 0) {
		err_set(err, errno, "cannot lock %s: %s", file, strerror(errno));
		return err_exit(err, EXIT_CANNOT_WRITE);
	}
	return fd;
}

static int check_out(const struct build *b, const char *tree, struct err *err)
{
	const char *clone[] = { "git",           "clone", "--quiet", "--shared",
				"--no-checkout", b->dir,  tree,      NULL };
	const char *fetch[] = { "git", "fetch", "--quiet", "origin", b->commit, NULL };
	const char *checkout[] = { "git",      "checkout", "--quiet", "--force",
				   "--detach", b->commit,  NULL };
	int r = 0;

	if (access(tree, F_OK) < 0)
		r = git(NULL, clone, err);
	if (r == 0)
		git(tree, fetch, NULL); /* where it is no ancestor of a branch */
	return r < 0 ? r : git(tree, checkout, err);
}

/* ---- the command ---- */

static int say_failure(const struct build *b, int status, const char *log, struct err *err)
{
	_cleanup_buf_ struct buf text = BUF_INIT, why = BUF_INIT;
	_cleanup_free_
	char *tree = tree_path(b), *kept = xasprintf("%s.log", tree);

	fs_read(AT_FDCWD, log, 64 << 20, &text, NULL);
	build_complaints(buf_str(&text), text.len, &why);
	fs_copy(AT_FDCWD, log, AT_FDCWD, kept, NULL);
	if (status >= 256)
		return err_set(err, ENOEXEC, "its build was killed by signal %d", status - 256);
	return err_set(err, ENOEXEC, "its build ended with %d: %s (%s)", status, buf_str(&why),
		       kept);
}

static int run_command(const struct build *b, const char *tree, const char *out, struct err *err)
{
	const char *argv[] = { "sh", "-c", b->command, NULL };
	_cleanup_free_
	char *log = xasprintf("%s/" LOG, out);
	_cleanup_close_ int fd = open(log, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
	struct proc_options opt = {
		.cwd = tree, .stdout_fd = fd, .stderr_fd = fd, .death_signal = SIGTERM
	};
	struct proc p = PROC_INIT;
	int r;

	if (fd < 0) {
		err_set(err, errno, "cannot write %s: %s", log, strerror(errno));
		return err_exit(err, EXIT_CANNOT_WRITE);
	}
	setenv("KERNSOAK_COMMIT", b->commit, 1);
	setenv("KERNSOAK_OUT", out, 1);
	r = proc_spawn(argv, &opt, &p, err);
	if (r == 0)
		r = proc_wait(&p);
	unsetenv("KERNSOAK_COMMIT");
	unsetenv("KERNSOAK_OUT");
	return r > 0 ? say_failure(b, r, log, err) : r;
}

/* ---- what it left ---- */

/* The folder still has another name: what the settings say of it is written as $KERNSOAK_OUT. */
static int keep_settings(int outfd, const char *out, struct err *err)
{
	_cleanup_buf_ struct buf text = BUF_INIT, fixed = BUF_INIT;
	int r = fs_read(outfd, SETTINGS, MAX_SETTINGS, &text, err);
	const char *s = buf_str(&text), *hit;

	if (r < 0)
		return r;
	for (; (hit = strstr(s, out)); s = hit + strlen(out)) {
		buf_append(&fixed, s, (size_t)(hit - s));
		buf_puts(&fixed, "$KERNSOAK_OUT");
	}
	buf_puts(&fixed, s);
	return fs_write(outfd, SETTINGS, buf_str(&fixed), fixed.len, err);
}

static int keep_kernel(const struct build *b, const char *tree, int outfd, struct err *err)
{
	const char *slash = strrchr(b->built, '/'), *name = slash ? slash + 1 : b->built;
	_cleanup_free_
	char *from = xasprintf("%s/%s", tree, b->built), *line = NULL;
	int r;

	if (access(from, R_OK) < 0)
		return err_set(err, ENOEXEC,
			       "its build left neither %s nor a file settings in $KERNSOAK_OUT",
			       b->built);
	r = fs_copy(AT_FDCWD, from, outfd, name, err);
	line = xasprintf("kernel=$KERNSOAK_OUT/%s\n", name);
	return r < 0 ? r : fs_write(outfd, SETTINGS, line, strlen(line), err);
}

static int make(const char *dir, int dirfd, const void *arg, struct err *err)
{
	const struct build *b = arg;
	_cleanup_free_
	char *tree = tree_path(b);
	_cleanup_close_ int lock = lock_tree(tree, err);
	int r = lock < 0 ? lock : check_out(b, tree, err);

	if (r == 0)
		r = run_command(b, tree, dir, err);
	if (r < 0)
		return r;
	return faccessat(dirfd, SETTINGS, R_OK, 0) == 0 ? keep_settings(dirfd, dir, err)
							: keep_kernel(b, tree, dirfd, err);
}

static char *with_path(const char *line, size_t n, const char *out)
{
	_cleanup_buf_ struct buf b = BUF_INIT;
	_cleanup_free_
	char *text = xstrndup(line, n);
	const char *s = text, *hit;

	for (; (hit = strstr(s, "$KERNSOAK_OUT")); s = hit + 13) {
		buf_append(&b, s, (size_t)(hit - s));
		buf_puts(&b, out);
	}
	buf_puts(&b, s);
	return buf_steal(&b);
}

int build_commit(const struct build *build, struct strv *ret_set, struct err *err)
{
	struct build b = *build;
	_cleanup_free_
	char *cache = builds_dir(), *name = NULL, *out = NULL, *settings = NULL;
	_cleanup_buf_ struct buf text = BUF_INIT;
	int r = 0;

	b.built = b.built ? b.built : BUILD_KERNEL;
	name = entry_name(&b);
	out = xasprintf("%s/%s", cache, name);
	settings = xasprintf("%s/" SETTINGS, out);
	if (!cache_use(cache, name))
		r = cache_make(cache, name, NO_PREFIX, make, &b, err);
	if (r == 0)
		r = fs_read(AT_FDCWD, settings, MAX_SETTINGS, &text, err);
	if (r < 0)
		return r;
	for (const char *s = buf_str(&text), *end; *s; s = *end ? end + 1 : end) {
		end = s + strcspn(s, "\n");
		if (end > s && *s != '#')
			strv_take(ret_set, with_path(s, (size_t)(end - s), out));
	}
	return 0;
}
