/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "image/kernel_config.h"

#include <errno.h>
#include <fcntl.h>

#include "base/exit.h"
#include "base/fs.h"
#include "image/kernel_parts.h"
#include "image/unpack.h"

#define BEGIN "IKCFG_ST" /* kernel/configs.c puts a gzip stream between these */
#define END   "IKCFG_ED"

static int unknown(const struct kernel *k, struct err *err)
{
	err_set(err, ENOENT,
		"%s: its configuration is not known (no config-%s or .config beside it, and no "
		"CONFIG_IKCONFIG)",
		k->ref, k->release);
	return err_exit(err, EXIT_HOST_UNABLE);
}

/* Appends what the vmlinux carries. */
static int from_inside(const struct kernel *k, struct buf *out, struct err *err)
{
	_cleanup_file_map_ struct file_map elf = { 0 };
	const char *begin, *end;
	int r = k->vmlinux ? file_map(AT_FDCWD, k->vmlinux, &elf, err) : unknown(k, err);

	if (r < 0)
		return r;
	begin = memmem(elf.data, elf.n, BEGIN, strlen(BEGIN));
	if (!begin)
		return unknown(k, err);
	begin += strlen(BEGIN);
	end = memmem(begin, elf.n - (size_t)(begin - (char *)elf.data), END, strlen(END));
	if (!end)
		return unknown(k, err);
	return unpack_bytes(begin, (size_t)(end - begin), k->vmlinux, KCONFIG_MAX_BYTES, out, err);
}

int kernel_config(const struct kernel *k, struct kconfig *ret, char **ret_from, struct err *err)
{
	_cleanup_kconfig_ struct kconfig c = { 0 };
	_cleanup_buf_ struct buf text = BUF_INIT;
	const char *from = k->config ? k->config : k->vmlinux;
	int r = k->config ? fs_read(AT_FDCWD, k->config, KCONFIG_MAX_BYTES, &text, err)
			  : from_inside(k, &text, err);

	if (r == 0)
		r = kconfig_read(from, buf_str(&text), text.len, &c, err);
	if (r < 0)
		return r;
	for (size_t i = 0; i < c.n; i++)
		c.item[i].from = NULL; /* `k` may go first */
	if (ret_from)
		*ret_from = xstrdup(from);
	*ret = TAKE(c, (struct kconfig){ 0 });
	return 0;
}
