/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>

#include "base/exit.h"
#include "base/fs.h"
#include "base/proc.h"
#include "image/kbuild_parts.h"

/* The compiler knows where its headers are; nobody else does. */
static bool has_header(const char *header)
{
	_cleanup_free_
	char *text = xasprintf("echo '#include <%s>' | gcc -E - >/dev/null 2>&1", header);
	const char *argv[] = { "sh", "-c", text, NULL };
	_cleanup_buf_ struct buf out = BUF_INIT;

	return proc_output(argv, 4096, &out, NULL) == 0;
}

static bool has_program(const char *name)
{
	_cleanup_free_
	char *path = fs_which(name);

	return path;
}

int kbuild_check_tools(const struct kernel_recipe *r, struct err *err)
{
	const bool signs = r->base != RECIPE_ALLNOCONFIG; /* keys, as usual kernels do */
	const struct {
		const char *program, *header, *package;
		bool needless;
	} tools[] = {
		{ "gcc", NULL, "gcc", false },
		{ "make", NULL, "make", false },
		{ "ld", NULL, "binutils", false },
		{ "flex", NULL, "flex", false },
		{ "bison", NULL, "bison", false },
		{ "bc", NULL, "bc", false },
		{ NULL, "gelf.h", "libelf-dev", false },
		{ NULL, "openssl/opensslv.h", "libssl-dev", !signs },
		{ "patch", NULL, "patch", !r->patches.n },
		{ "git", NULL, "git", r->kind != RECIPE_GIT },
	};
	_cleanup_buf_ struct buf missing = BUF_INIT;

	for (size_t i = 0; i < ARRAY_SIZE(tools); i++)
		if (!tools[i].needless && !(tools[i].program ? has_program(tools[i].program)
							     : has_header(tools[i].header)))
			buf_printf(&missing, " %s", tools[i].package);
	if (!missing.len)
		return 0;
	err_set(err, ENOENT, "a kernel cannot be built here; as root: apt-get install%s",
		buf_str(&missing));
	return err_exit(err, EXIT_HOST_UNABLE);
}
