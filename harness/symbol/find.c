/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "symbol/find.h"

#include <errno.h>
#include <fts.h>

enum {
	ENTRIES_MAX = 2 << 20, /* a kernel's build tree has 100,000 */
	LEVELS_MAX = 32,
};

void finds_done(struct finds *f)
{
	free(f->dir);
	strv_done(&f->kernels);
	strv_done(&f->modules);
	f->dir = NULL;
}

static bool ends_with(const char *s, size_t n, const char *end)
{
	size_t m = strlen(end);

	return n >= m && strncmp(s + n - m, end, m) == 0;
}

/* vmlinux, vmlinux-6.1.0, vmlinux.debug, vmlinux-6.1.0.debug, and vmlinux.unstripped of 6.15. */
static bool is_kernel(const char *name)
{
	const char *rest = str_after(name, "vmlinux");

	return rest && (*rest == '\0' || *rest == '-' || str_eq(rest, ".debug") ||
			str_eq(rest, ".unstripped"));
}

/* The length of a module's name in front of .ko or .ko.debug, 0 where it is none. */
static size_t module_stem(const char *name)
{
	size_t n = strlen(name);

	if (ends_with(name, n, ".debug"))
		n -= strlen(".debug");
	return ends_with(name, n, ".ko") ? n - strlen(".ko") : 0;
}

static void take_entry(struct finds *f, const FTSENT *e)
{
	if (is_kernel(e->fts_name))
		strv_add(&f->kernels, e->fts_path);
	else if (module_stem(e->fts_name) > 0)
		strv_add(&f->modules, e->fts_path);
}

int finds_walk(const char *dir, struct finds *ret, struct err *err)
{
	char *roots[] = { (char *)dir, NULL };
	FTS *fts = fts_open(roots, FTS_PHYSICAL | FTS_COMFOLLOW | FTS_NOCHDIR | FTS_NOSTAT, NULL);
	struct finds f = { .dir = xstrdup(dir) };
	FTSENT *e;

	for (size_t n = 0; fts && n < ENTRIES_MAX && (e = fts_read(fts)); n++) {
		if (e->fts_level == 0 && e->fts_info != FTS_D && e->fts_info != FTS_DP) {
			errno = e->fts_errno ? e->fts_errno : ENOTDIR;
			break;
		}
		if (e->fts_info == FTS_D &&
		    (e->fts_level > LEVELS_MAX || str_eq(e->fts_name, ".git")))
			fts_set(fts, e, FTS_SKIP);
		else if (e->fts_info == FTS_F || e->fts_info == FTS_NSOK)
			take_entry(&f, e);
		errno = 0;
	}
	if (!fts || errno) {
		err_set(err, errno, "%s: %s", dir, strerror(errno));
		finds_done(&f);
	} else {
		*ret = f;
	}
	if (fts)
		fts_close(fts);
	return f.dir ? 0 : -err->code;
}

/* dm-mod.ko is the module dm_mod. */
static bool is_module(const char *path, const char *module)
{
	const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
	size_t n = module_stem(name);

	if (n != strlen(module))
		return false;
	for (size_t i = 0; i < n; i++)
		if (name[i] != module[i] && !(name[i] == '-' && module[i] == '_'))
			return false;
	return true;
}

/* Is the release a whole word of the path? 6.1.0-5 is not in /lib/modules/6.1.0-54. */
static bool names_release(const char *path, const char *release)
{
	size_t n = strlen(release);

	for (const char *p = path; n && (p = strstr(p, release)); p++)
		if (p > path && strchr("/-", p[-1]) &&
		    (p[n] == '\0' || p[n] == '/' || str_eq(p + n, ".debug")))
			return true;
	return false;
}

static unsigned depth(const char *path)
{
	unsigned n = 0;

	for (; *path; path++)
		n += *path == '/';
	return n;
}

static const char *better(const char *a, const char *b, const char *release)
{
	bool in_a = a && names_release(a, release), in_b = names_release(b, release);

	if (!a || (in_b && !in_a))
		return b;
	return in_a == in_b && depth(b) < depth(a) ? b : a;
}

static char *by_build_id(const char *dir, const char *id)
{
	char *path = strlen(id) > 2 && !strchr(id, '/')
			     ? xasprintf("%s/.build-id/%.2s/%s.debug", dir, id, id + 2)
			     : NULL;

	if (path && access(path, R_OK) == 0)
		return path;
	free(path);
	return NULL;
}

char *finds_pick(const struct finds *f, const char *module, const char *release,
		 const char *build_id)
{
	char *exact = by_build_id(f->dir, build_id);
	const struct strv *from = *module ? &f->modules : &f->kernels;
	const char *best = NULL;

	if (exact)
		return exact;
	for (size_t i = 0; i < from->n; i++)
		if (!*module || is_module(from->item[i], module))
			best = better(best, from->item[i], release);
	return best ? xstrdup(best) : NULL;
}
