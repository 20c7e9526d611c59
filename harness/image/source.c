/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "image/source.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "base/exit.h"
#include "base/fs.h"
#include "base/proc.h"
#include "image/cache.h"
#include "image/unpack.h"

#define ENTRY    "tar-" /* of the cache: the tarball of a package */
#define TARBALL  "usr/src"
#define DOWNLOAD "download"
#define HEX      "0123456789abcdef"

void source_done(struct source *s)
{
	free(s->id);
	free(s->commit);
	apt_packages_done(&s->package);
	*s = (struct source){ 0 };
}

/* ---- which one ---- */

static int identify_package(const struct kernel_recipe *r, struct source *s, struct err *err)
{
	_cleanup_strv_ struct strv names = { 0 };
	int x;

	strv_take(&names,
		  r->revision ? xasprintf("%s=%s", r->source, r->revision) : xstrdup(r->source));
	x = apt_show(&names, &s->package, err);
	if (x == 0 && !s->package.n)
		x = err_set(err, ENOENT,
			    "apt has no package %s (`apt-cache policy %s` shows the versions)",
			    names.item[0], r->source);
	if (x == 0)
		s->id = xasprintf("%s %s", s->package.item[0].name, s->package.item[0].version);
	return x;
}

static bool has_changes(const char *tree)
{
	const char *argv[] = { "git", "-C", tree, "status", "--porcelain", "--untracked-files=no",
			       NULL };
	_cleanup_buf_ struct buf out = BUF_INIT;

	return proc_output(argv, 4096, &out, NULL) == 0 && out.len;
}

static int identify_commit(const struct kernel_recipe *r, struct source *s, struct err *err)
{
	const char *revision = r->revision ? r->revision : "HEAD";
	_cleanup_free_
	char *commit = xasprintf("%s^{commit}", revision);
	const char *argv[] = { "git",     "-C",       r->source,          "rev-parse",
			       "--quiet", "--verify", "--end-of-options", commit,
			       NULL };
	_cleanup_buf_ struct buf out = BUF_INIT;
	int x = proc_transcript(argv, NULL, 4096, &out, err);

	if (x < 0)
		return x;
	if (x > 0 || strspn(buf_str(&out), HEX) < 40)
		return err_set(err, ENOENT, "the git tree %s has no commit %s%s%.*s", r->source,
			       revision, out.len ? ": " : "", (int)strcspn(buf_str(&out), "\n"),
			       buf_str(&out));
	s->commit = xstrndup(buf_str(&out), strspn(buf_str(&out), HEX));
	s->id = xasprintf("git %s", s->commit);
	s->changed = !r->revision && has_changes(r->source);
	return 0;
}

static int identify_tarball(const struct kernel_recipe *r, struct source *s, struct err *err)
{
	char sum[SHA256_HEX];
	struct stat st;
	int x;

	if (stat(r->source, &st) == 0 && S_ISDIR(st.st_mode))
		return err_set(err, EISDIR,
			       "the source %s is a folder; a git tree is written git:%s", r->source,
			       r->source);
	x = sha256_file(AT_FDCWD, r->source, sum, err);
	if (x == 0)
		s->id = xasprintf("tar %s", sum);
	return x;
}

int source_identify(const struct kernel_recipe *r, struct source *ret, struct err *err)
{
	_cleanup_source_ struct source s = { 0 };
	int x = 0;

	switch (r->kind) {
	case RECIPE_DEBIAN: x = identify_package(r, &s, err); break;
	case RECIPE_GIT: x = identify_commit(r, &s, err); break;
	case RECIPE_TAR: x = identify_tarball(r, &s, err); break;
	}
	if (x < 0)
		return err_exit(err, EXIT_HOST_UNABLE);
	*ret = TAKE(s, (struct source){ 0 });
	return 0;
}

/* ---- a copy of it ---- */

struct copying {
	const struct kernel_recipe *r;
	const struct source *s;
	const struct build_watch *w;
	int log;
};

static bool stopped(const void *arg)
{
	const struct build_watch *w = arg;

	return w->stopped && w->stopped(w->arg);
}

static int unpack(const struct copying *c, const char *tar, unsigned strip, const char *dir,
		  struct err *err)
{
	build_say(c->w, false, "unpacking %s", strrchr(tar, '/') + 1);
	return tar_unpack(tar, strip, dir, stopped, c->w, err);
}

static bool is_tarball(const char *path)
{
	return str_after(path, TARBALL "/") && strstr(path, ".tar.");
}

static int fetch_package(const char *dir, int dirfd, const void *arg, struct err *err)
{
	const struct copying *c = arg;
	const struct apt_package *p = &c->s->package.item[0];
	_cleanup_free_
	char *download = xasprintf("%s/" DOWNLOAD, dir), *deb = NULL;
	int r = fs_mkdir_p(download, 0755, err);

	build_say(c->w, false, "fetching %s %s, %llu MiB", p->name, p->version,
		  (unsigned long long)p->size_bytes >> 20);
	if (r == 0)
		r = apt_download(p, download, &deb, err);
	if (r == 0)
		r = deb_unpack(deb, dirfd, is_tarball, err);
	return r < 0 ? r : fs_remove_tree(dirfd, DOWNLOAD, err);
}

static int copy_package(const struct copying *c, const char *dir, struct err *err)
{
	const struct apt_package *p = &c->s->package.item[0];
	_cleanup_free_
	char *cache = fs_cache_dir(), *sources = xasprintf("%s/sources", cache),
	     *entry = xasprintf(ENTRY "%s_%s", p->name, p->version),
	     *folder = xasprintf("%s/%s/" TARBALL, sources, entry), *tar = NULL;
	_cleanup_strv_ struct strv names = { 0 };
	int r = cache_use(sources, entry)
			? 0
			: cache_make(sources, entry, ENTRY, fetch_package, c, err);

	if (r < 0)
		return r;
	if (fs_list(AT_FDCWD, folder, &names, NULL) < 0 || !names.n) {
		err_set(err, EBADMSG, "%s is no source package: it holds no usr/src/*.tar.*",
			p->name);
		return err_exit(err, EXIT_HOST_UNABLE);
	}
	tar = xasprintf("%s/%s", folder, names.item[0]);
	return unpack(c, tar, 1, dir, err);
}

/* As it was committed: what lies about uncommitted in the tree is not in it. */
static int copy_commit(const struct copying *c, const char *dir, struct err *err)
{
	_cleanup_free_
	char *tar = xasprintf("%s.tar", dir), *out = xasprintf("--output=%s", tar);
	const char *argv[] = { "git",          "-C", c->r->source, "archive",
			       "--format=tar", out,  c->s->commit, NULL };
	int r = build_run(c->w, "git archive", argv, NULL, c->log, err);

	if (r == 0)
		r = unpack(c, tar, 0, dir, err);
	unlink(tar);
	return r;
}

static int apply(const struct copying *c, const char *patch, const char *dir, struct err *err)
{
	_cleanup_free_
	char *file = realpath(patch, NULL), *what = xasprintf("the patch %s", patch);
	const char *argv[] = { "patch", "-p1", "-f", "-N", "--no-backup-if-mismatch",
			       "-r",    "-",   "-i", file, NULL };
	int r;

	if (!file)
		return err_set(err, errno, "cannot read %s: %s", patch, strerror(errno));
	build_say(c->w, false, "applying %s", patch);
	r = build_run(c->w, what, argv, dir, c->log, err);
	if (r == -EIO)
		err_exit(err, EXIT_BAD_SCENARIO);
	return r;
}

int source_copy(const struct kernel_recipe *r, const struct source *s, const struct build_watch *w,
		int log, const char *dir, struct err *err)
{
	const struct copying c = { r, s, w, log };
	int x = 0;

	switch (r->kind) {
	case RECIPE_DEBIAN: x = copy_package(&c, dir, err); break;
	case RECIPE_GIT: x = copy_commit(&c, dir, err); break;
	case RECIPE_TAR: x = unpack(&c, r->source, 1, dir, err); break;
	}
	for (size_t i = 0; i < r->patches.n && x == 0; i++)
		x = apply(&c, r->patches.item[i], dir, err);
	return x;
}
