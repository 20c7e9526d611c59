/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where a kernel's configuration is found, and what follows from it. */
#include "image.h"

#include <errno.h>

#include "image/kernel_config.h"

static void put_kernel(const char *path)
{
	_cleanup_buf_ struct buf image = BUF_INIT;

	fx_debian_bzimage("6.9.1-mine", &image);
	fx_write(path, image.data, image.len, 0644);
}

static void assert_kasan(const char *path, const char *from)
{
	_cleanup_kernel_ struct kernel k = { 0 };
	_cleanup_kconfig_ struct kconfig c = { 0 };
	_cleanup_free_
	char *found = NULL;
	struct err err = { 0 };

	assert_ok(kernel_find(fx_path(path), false, &k, &err));
	assert_ok(kernel_config(&k, &c, &found, &err));
	assert_string_equal(kconfig_value(&c, "KASAN"), "y");
	if (from)
		assert_string_equal(found, fx_path(from));
}

static void it_is_found_beside_the_kernel(void **state)
{
	(void)state;
	put_kernel("boot/vmlinuz-6.9.1-mine");
	fx_text("boot/config-6.9.1-mine", "CONFIG_KASAN=y\n", 0644);
	assert_kasan("boot/vmlinuz-6.9.1-mine", "boot/config-6.9.1-mine");
}

static void a_build_tree_stands_for_the_kernel_in_it(void **state)
{
	(void)state;
	put_kernel("linux/arch/x86/boot/bzImage");
	fx_text("linux/.config", "CONFIG_KASAN=y\n", 0644);
	assert_kasan("linux", "linux/.config");
	assert_kasan("linux/arch/x86/boot/bzImage", "linux/.config");
}

static void it_is_found_inside_the_kernel(void **state)
{
	_cleanup_buf_ struct buf elf = BUF_INIT, packed = BUF_INIT;
	static const char text[] = "CONFIG_KASAN=y\n";

	(void)state;
	fx_vmlinux("6.9.1-inside", true, &elf);
	fx_pack("gzip", text, strlen(text), &packed);
	buf_puts(&elf, "IKCFG_ST");
	buf_append(&elf, packed.data, packed.len);
	buf_puts(&elf, "IKCFG_ED");
	fx_write("inside/vmlinux", elf.data, elf.len, 0644);
	assert_kasan("inside/vmlinux", NULL);
}

static void a_kernel_without_one_is_not_known(void **state)
{
	_cleanup_kernel_ struct kernel k = { 0 };
	_cleanup_kconfig_ struct kconfig c = { 0 };
	struct err err = { 0 };

	(void)state;
	put_kernel("bare/bzImage");
	assert_ok(kernel_find(fx_path("bare/bzImage"), false, &k, &err));
	assert_int_equal(kernel_config(&k, &c, NULL, &err), -ENOENT);
	assert_non_null(strstr(err.msg, "its configuration is not known"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(it_is_found_beside_the_kernel),
		test(a_build_tree_stands_for_the_kernel_in_it),
		test(it_is_found_inside_the_kernel),
		test(a_kernel_without_one_is_not_known),
	};

	return cmocka_run_group_tests(tests, fx_setup, fx_teardown);
}
