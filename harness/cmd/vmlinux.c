/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cmd/vmlinux.h"

#include <errno.h>
#include <unistd.h>

#include "image/kernels.h"
#include "symbol/debug_info.h"
#include "symbol/find.h"

void vmlinux_done(struct vmlinux *v)
{
	free(v->path);
	free(v->lacking);
	*v = (struct vmlinux){ 0 };
}

/* Takes path where it has debug information. */
static bool take(struct vmlinux *v, char *path)
{
	if (path && debug_info_of(path) == DEBUG_LINES) {
		v->path = path;
		v->debug = true;
		return true;
	}
	free(path);
	return false;
}

static int from_options(const struct symbol_sources *from, const char *release, struct vmlinux *ret,
			struct err *err)
{
	struct finds finds;
	int r;

	if (from->vmlinux) {
		if (take(ret, xstrdup(from->vmlinux)))
			return 0;
		return err_set(err, EINVAL, "%s is no kernel with debug information",
			       from->vmlinux);
	}
	r = finds_walk(from->debug_dir, &finds, err);
	if (r < 0)
		return r;
	if (!take(ret, finds_pick(&finds, "", release, "")))
		r = err_set(err, ENOENT, "there is no vmlinux with debug information below %s",
			    from->debug_dir);
	finds_done(&finds);
	return r;
}

static bool from_system(const char *release, struct vmlinux *ret)
{
	static const char *const places[] = {
		"/usr/lib/debug/boot/vmlinux-%s",
		"/usr/lib/debug/lib/modules/%s/vmlinux",
		"/usr/lib/debug/usr/lib/modules/%s/vmlinux",
		"/lib/modules/%s/build/vmlinux",
	};

	for (size_t i = 0; *release && !strchr(release, '/') && i < ARRAY_SIZE(places); i++) {
		const char *hole = strstr(places[i], "%s");

		if (take(ret, xasprintf("%.*s%s%s", (int)(hole - places[i]), places[i], release,
					hole + 2)))
			return true;
	}
	return false;
}

/* What it was booted from: a build tree's has all; what came out of a package knows no names. */
static void from_kernel(const struct settings *s, struct vmlinux *ret)
{
	_cleanup_kernel_ struct kernel k = { 0 };
	struct err err = { 0 };

	if (kernel_find(s->kernel, false, &k, &err) < 0) {
		ret->lacking = xasprintf("the kernel %s is not at hand: %s", s->kernel, err.msg);
		return;
	}
	if (k.vmlinux && take(ret, xstrdup(k.vmlinux)))
		return;
	ret->path = k.vmlinux ? xstrdup(k.vmlinux) : NULL;
	if (k.package)
		ret->lacking = xasprintf("debug information of %s is not installed: apt-get "
					 "install %s-dbg (or name it: --vmlinux, --debug-dir)",
					 k.name, k.package);
	else
		ret->lacking = xasprintf("%s has no debug information: name the vmlinux of its "
					 "build (--vmlinux FILE, --debug-dir DIR)",
					 k.name);
}

int vmlinux_find(const struct settings *s, const char *release, const struct symbol_sources *from,
		 struct vmlinux *ret, struct err *err)
{
	struct vmlinux v = { 0 };
	int r = 0;

	if (from->vmlinux || from->debug_dir)
		r = from_options(from, release, &v, err);
	else if (!from_system(release, &v))
		from_kernel(s, &v);
	if (r < 0)
		return r;
	if (!v.lacking)
		v.lacking = xstrdup("");
	*ret = v;
	return 0;
}
