/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Any bytes as a kernel, as a package and as a module: an answer or a sentence, never a crash, and
 * nothing written outside the folder given.
 *
 * As it stands it replays the files named. For libFuzzer: clang -fsanitize=fuzzer,address,undefined
 * -DKERNSOAK_LIBFUZZER -D_GNU_SOURCE -Iharness, this file, every .c of harness/base, and unpack.c,
 * vmlinux.c and modules.c of harness/image, -larchive -ljansson; run it on a copy of the seeds.
 */
#include <assert.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

#include "base/fs.h"
#include "fuzz.h"
#include "image/modules.h"
#include "image/unpack.h"
#include "image/vmlinux.h"

static void check(int r, const struct err *err)
{
	assert(r >= 0 || (err->code == -r && err->msg[0]));
}

static void as_kernel(const uint8_t *data, size_t n)
{
	_cleanup_free_
	char *release = vmlinux_release(data, n);
	_cleanup_buf_ struct buf elf = BUF_INIT;
	struct err err = { 0 };

	assert(!release || (release[0] != '.' && !strchr(release, '/')));
	vmlinux_has_pvh(data, n);
	check(vmlinux_extract(data, n, &elf, &err), &err);
	vmlinux_has_pvh(elf.data, elf.len);
}

static bool every_path(const char *path)
{
	(void)path;
	return true;
}

/* The folder of the package's files is inside one of our own: a way out of it would be seen. */
static void as_package(const char *dir, const char *file)
{
	_cleanup_buf_ struct buf control = BUF_INIT;
	_cleanup_strv_ struct strv names = { 0 };
	_cleanup_close_ int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC), inner = -1;
	struct err err = { 0 };

	assert(fd >= 0 && mkdirat(fd, "inner", 0755) == 0);
	inner = openat(fd, "inner", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	check(deb_control(file, &control, &err), &err);
	free(deb_field(buf_str(&control), "Package"));
	check(deb_unpack(file, inner, every_path, &err), &err);
	assert(fs_remove_tree(fd, "inner", NULL) == 0);
	assert(fs_list(fd, ".", &names, NULL) == 0 && names.n == 1); /* x.ko */
}

static void as_module(const char *dir)
{
	_cleanup_modules_ struct modules m = { 0 };
	_cleanup_strv_ struct strv wanted = { 0 };
	struct err err = { 0 };

	strv_add(&wanted, "x");
	check(modules_closure(dir, &wanted, &m, &err), &err);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	char dir[] = "/tmp/kernsoak-fuzz-XXXXXX", file[sizeof(dir) + 8];
	int fd;

	assert(mkdtemp(dir));
	snprintf(file, sizeof(file), "%s/x.ko", dir);
	fd = open(file, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
	assert(fd >= 0 && fs_write_all(fd, data, n) == 0);
	close(fd);
	as_kernel(data, n);
	as_package(dir, file);
	as_module(dir);
	assert(fs_remove_tree(AT_FDCWD, dir, NULL) == 0);
	return 0;
}
