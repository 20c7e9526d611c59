/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "image.h"

#include <errno.h>
#include <sys/wait.h>

#include "base/exit.h"
#include "image/initramfs.h"

#define MODULES "modules/6.1.0/"

static struct kernel kernel;

static void put_module(const char *path, const char *depends)
{
	_cleanup_buf_ struct buf info = BUF_INIT, elf = BUF_INIT;

	buf_printf(&info, "depends=%s%c", depends, 0);
	fx_module(info.data, info.len, &elf);
	fx_write(path, elf.data, elf.len, 0644);
}

static int setup(void **state)
{
	static char modules_dir[128];

	if (fx_setup(state) < 0)
		return -1;
	put_module(MODULES "kernel/virtio_pci.ko", "virtio");
	put_module(MODULES "kernel/virtio.ko", "");
	put_module(MODULES "kernel/veth.ko", "");
	fx_text(MODULES "modules.builtin", "kernel/drivers/char/virtio_console.ko\n", 0644);
	fx_text("guest/init", "the agent", 0755);
	fx_text("guest/shell", "a load", 0755);
	fx_text("guest/fib-rebalance", "another load", 0755);
	fx_text("bin/busybox", "busybox itself", 0755);
	fx_text("bin/tool", "#!/bin/sh\n", 0755);
	setenv("PATH", fx_path("bin:/usr/bin:/bin"), 1);
	snprintf(modules_dir, sizeof(modules_dir), "%s", fx_path("modules/6.1.0"));
	kernel = (struct kernel){ .ref = "fake", .release = "6.1.0", .modules_dir = modules_dir };
	return 0;
}

static int build(const char *load, const char *module, const char *program, char **ret,
		 struct err *err)
{
	_cleanup_strv_ struct strv loads = { 0 }, modules = { 0 }, programs = { 0 };
	struct image_want want = { .kernel = &kernel,
				   .loads = &loads,
				   .modules = &modules,
				   .programs = &programs,
				   .guest_dir = fx_path("guest") };

	if (load)
		strv_add(&loads, load);
	if (module)
		strv_add(&modules, module);
	if (program)
		strv_add(&programs, program);
	return image_build(&want, ret, err);
}

/* The image as text: a line per entry "type path size", and the load order. */
static void read_image(const char *path, struct buf *list, struct buf *order)
{
	struct archive *a = archive_read_new();
	struct archive_entry *e;

	archive_read_support_format_cpio(a);
	assert_int_equal(archive_read_open_filename(a, path, 4096), ARCHIVE_OK);
	while (archive_read_next_header(a, &e) == ARCHIVE_OK) {
		const char *name = archive_entry_pathname(e);
		mode_t type = archive_entry_filetype(e);

		buf_printf(list, "%c %s %o\n",
			   type == AE_IFDIR   ? 'd'
			   : type == AE_IFLNK ? 'l'
			   : type == AE_IFCHR ? 'c'
					      : 'f',
			   name, archive_entry_perm(e));
		assert_int_equal(archive_entry_mtime(e), 0);
		assert_int_equal(archive_entry_uid(e), 0);
		assert_int_equal(archive_entry_gid(e), 0);
		if (str_eq(name, "lib/modules/load-order")) {
			buf_reserve(order, 4096);
			order->len = (size_t)archive_read_data(a, order->data, 4096);
			order->data[order->len] = 0;
		}
	}
	archive_read_free(a);
}

static void an_image_holds_what_was_asked_for_and_no_more(void **state)
{
	_cleanup_buf_ struct buf list = BUF_INIT, order = BUF_INIT;
	_cleanup_free_
	char *path = NULL;
	struct err err = { 0 };

	(void)state;
	assert_ok(build("fib-rebalance", NULL, NULL, &path, &err));
	read_image(path, &list, &order);
	assert_string_equal(buf_str(&list), "d bin 755\n"
					    "f bin/busybox 755\n"
					    "l bin/sh 777\n"
					    "d dev 755\n"
					    "c dev/console 600\n"
					    "d etc 755\n"
					    "f init 755\n"
					    "d lib 755\n"
					    "d lib/modules 755\n"
					    "d lib/modules/6.1.0 755\n"
					    "f lib/modules/6.1.0/veth.ko 644\n"
					    "f lib/modules/6.1.0/virtio.ko 644\n"
					    "f lib/modules/6.1.0/virtio_pci.ko 644\n"
					    "f lib/modules/load-order 644\n"
					    "d loads 755\n"
					    "f loads/fib-rebalance 755\n"
					    "d mnt 755\n"
					    "d proc 755\n"
					    "d root 755\n"
					    "d run 755\n"
					    "d sbin 755\n"
					    "d sys 755\n"
					    "d tmp 1777\n"
					    "d usr 755\n"
					    "d usr/bin 755\n"
					    "d usr/sbin 755\n"
					    "d var 755\n"
					    "l var/run 777\n");
	assert_string_equal(buf_str(&order), "virtio virtio.ko\n"
					     "virtio_pci virtio_pci.ko virtio\n"
					     "veth veth.ko\n");
}

static void an_image_for_a_root_on_a_disk_says_so_and_takes_no_programs(void **state)
{
	_cleanup_buf_ struct buf list = BUF_INIT, order = BUF_INIT;
	_cleanup_strv_ struct strv root_modules = { 0 }, loads = { 0 }, programs = { 0 };
	_cleanup_free_
	char *path = NULL;
	struct image_want want = { .kernel = &kernel,
				   .loads = &loads,
				   .programs = &programs,
				   .guest_dir = fx_path("guest"),
				   .root_modules = &root_modules };
	struct err err = { 0 };

	(void)state;
	strv_add(&root_modules, "veth");
	strv_add(&programs, "no-such-program");
	put_module(MODULES "kernel/virtio_blk.ko", "");
	put_module(MODULES "kernel/erofs.ko", "");
	put_module(MODULES "kernel/overlay.ko", "");
	assert_ok(image_build(&want, &path, &err));
	read_image(path, &list, &order);
	assert_non_null(strstr(buf_str(&list), "f etc/root-disk 644\n"));
	assert_non_null(strstr(buf_str(&order), "veth veth.ko\n"));
	assert_null(strstr(buf_str(&list), "busybox"));
}

static void the_same_inputs_give_the_same_bytes(void **state)
{
	_cleanup_buf_ struct buf first = BUF_INIT, second = BUF_INIT;
	_cleanup_free_
	char *one = NULL, *two = NULL;
	struct err err = { 0 };

	(void)state;
	assert_ok(build("shell", "veth", "tool", &one, &err));
	assert_ok(fs_read(AT_FDCWD, one, 1 << 24, &first, &err));
	assert_int_equal(unlink(one), 0);
	assert_ok(build("shell", "veth", "tool", &two, &err));
	assert_ok(fs_read(AT_FDCWD, two, 1 << 24, &second, &err));
	assert_string_equal(one, two);
	assert_int_equal(first.len, second.len);
	assert_memory_equal(first.data, second.data, first.len);
}

static void many_builders_at_once_do_no_harm(void **state)
{
	_cleanup_buf_ struct buf list = BUF_INIT, order = BUF_INIT;
	_cleanup_free_
	char *path = NULL;
	struct err err = { 0 };
	pid_t child[6];
	int status;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(child); i++) {
		child[i] = fork();
		if (child[i] == 0) {
			char *mine = NULL;

			_exit(build("shell", NULL, "tool", &mine, NULL) < 0);
		}
	}
	for (size_t i = 0; i < ARRAY_SIZE(child); i++) {
		assert_int_equal(waitpid(child[i], &status, 0), child[i]);
		assert_int_equal(status, 0);
	}
	assert_ok(build("shell", NULL, "tool", &path, &err));
	read_image(path, &list, &order);
	assert_non_null(strstr(buf_str(&list), "f loads/shell 755\n"));
	assert_non_null(strstr(buf_str(&list), "d var 755\n"));
}

static void a_found_image_is_not_built_again(void **state)
{
	_cleanup_free_
	char *one = NULL, *two = NULL;
	struct stat before, after;
	struct err err = { 0 };

	(void)state;
	assert_ok(build("shell", NULL, NULL, &one, &err));
	assert_int_equal(stat(one, &before), 0);
	assert_ok(build("shell", NULL, NULL, &two, &err));
	assert_int_equal(stat(two, &after), 0);
	assert_true(before.st_ino == after.st_ino);
}

static void a_load_that_was_built_anew_gets_a_new_image(void **state)
{
	_cleanup_free_
	char *one = NULL, *two = NULL;
	struct err err = { 0 };

	(void)state;
	assert_ok(build("shell", NULL, NULL, &one, &err));
	fx_text("guest/shell", "a load, changed", 0755);
	assert_ok(build("shell", NULL, NULL, &two, &err));
	assert_string_not_equal(one, two);
}

static void a_program_brings_its_libraries(void **state)
{
	_cleanup_buf_ struct buf list = BUF_INIT, order = BUF_INIT;
	_cleanup_free_
	char *path = NULL, *self = realpath("/proc/self/exe", NULL), *line = NULL;
	struct err err = { 0 };

	(void)state;
	assert_ok(build(NULL, NULL, self, &path, &err));
	read_image(path, &list, &order);
	line = xasprintf("f %s 755\n", self + 1);
	assert_non_null(strstr(buf_str(&list), line));
	assert_non_null(strstr(buf_str(&list), "/libcmocka.so"));
	assert_non_null(strstr(buf_str(&list), "/libc.so.6 755\n"));
	assert_non_null(strstr(buf_str(&list), "f lib64/ld-linux-x86-64.so.2 755\n"));
}

static void assert_error(const char *load, const char *module, const char *program,
			 const char *part)
{
	char *path = NULL;
	struct err err = { 0 };

	assert_true(build(load, module, program, &path, &err) < 0);
	assert_null(path);
	if (!strstr(err.msg, part))
		fail_msg("'%s' does not say '%s'", err.msg, part);
}

static void what_is_missing_is_named(void **state)
{
	(void)state;
	assert_error("team-mode", NULL, NULL, "guest/team-mode is not there");
	assert_error("nonsense", NULL, NULL, "no load nonsense");
	assert_error(NULL, "vteh", NULL, "fake: the kernel has no module vteh; did you mean veth?");
	assert_error(NULL, NULL, "no-such-program", "no program no-such-program on this host");
}

static void the_guest_programs_are_where_the_environment_says(void **state)
{
	_cleanup_free_
	char *given = NULL, *own = NULL;

	(void)state;
	setenv("KERNSOAK_GUEST_DIR", "/somewhere", 1);
	given = image_guest_dir();
	assert_string_equal(given, "/somewhere");
	unsetenv("KERNSOAK_GUEST_DIR");
	own = image_guest_dir();
	assert_string_equal(strrchr(own, '/'), "/guest");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(an_image_holds_what_was_asked_for_and_no_more),
		test(an_image_for_a_root_on_a_disk_says_so_and_takes_no_programs),
		test(the_same_inputs_give_the_same_bytes),
		test(many_builders_at_once_do_no_harm),
		test(a_found_image_is_not_built_again),
		test(a_load_that_was_built_anew_gets_a_new_image),
		test(a_program_brings_its_libraries),
		test(what_is_missing_is_named),
		test(the_guest_programs_are_where_the_environment_says),
	};

	return cmocka_run_group_tests(tests, setup, fx_teardown);
}
