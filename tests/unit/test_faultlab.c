/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The module's build, against build trees whose Makefile copies a file. */
#include "image.h"

#include "base/exit.h"
#include "base/str.h"
#include "image/faultlab.h"

static void put(const char *name, const char *text)
{
	fx_write(name, text, strlen(text), 0644);
}

static struct kernel kernel_at(const char *path)
{
	return (struct kernel){ .ref = (char *)path,
				.release = (char *)"6.1.0-test",
				.bzimage = (char *)path,
				.digest = (char *)"0123" };
}

static void put_tree(const char *release)
{
	put("tree/arch/x86/boot/bzImage", "kernel");
	put("tree/Module.symvers", "");
	put("tree/include/config/kernel.release", release);
	put("tree/Makefile", "modules:\n\tcat $(M)/main.c $(M)/Kbuild > $(M)/faultlab.ko\n");
	put("source/main.c", "one;\n");
	put("source/Kbuild", "obj-m := faultlab.o\n");
	put("source/faultlab.mod.c", "left by another build\n");
}

static char *content(const char *path)
{
	struct buf b = BUF_INIT;

	assert_int_equal(fs_read(AT_FDCWD, path, 1 << 20, &b, NULL), 0);
	return buf_steal(&b);
}

static void a_tree_builds_it_once_for_a_source(void **state)
{
	_cleanup_free_
	char *image = xstrdup(fx_path("tree/arch/x86/boot/bzImage")), *first = NULL, *again = NULL,
	     *other = NULL, *text = NULL;
	struct kernel k = kernel_at(image);
	struct err err = { 0 };

	(void)state;
	put_tree("6.1.0-test\n");
	assert_ok(faultlab_build(&k, fx_path("source"), false, &first, &err));
	text = content(first);
	assert_string_equal(text, "one;\nobj-m := faultlab.o\n");
	put("tree/Makefile", "modules:\n\tfalse\n"); /* it is not asked again */
	assert_ok(faultlab_build(&k, fx_path("source"), false, &again, &err));
	assert_string_equal(first, again);
	put("source/main.c", "two;\n");
	assert_true(faultlab_build(&k, fx_path("source"), false, &other, &err) < 0);
	assert_int_equal(err.exit_code, EXIT_HOST_UNABLE);
	assert_non_null(strstr(err.msg, "faultlab cannot be built against"));
}

static void another_kernels_tree_is_none(void **state)
{
	_cleanup_free_
	char *image = xstrdup(fx_path("tree/arch/x86/boot/bzImage")), *path = NULL;
	struct kernel k = kernel_at(image);
	struct err err = { 0 };

	(void)state;
	put_tree("6.1.0-test2\n");
	assert_true(faultlab_build(&k, fx_path("source"), false, &path, &err) < 0);
	assert_int_equal(err.exit_code, EXIT_HOST_UNABLE);
	assert_non_null(strstr(err.msg, "no build tree of 6.1.0-test around it"));
}

static void a_source_that_is_not_there_is_said(void **state)
{
	_cleanup_free_
	char *image = xstrdup(fx_path("tree/arch/x86/boot/bzImage")), *path = NULL;
	struct kernel k = kernel_at(image);
	struct err err = { 0 };

	(void)state;
	assert_true(faultlab_build(&k, fx_path("nowhere"), false, &path, &err) < 0);
	assert_int_equal(err.exit_code, EXIT_HOST_UNABLE);
	assert_non_null(strstr(err.msg, "KERNSOAK_FAULTLAB_DIR"));
}

/* A package's kernel, whose headers would have to be fetched. */
static void headers_are_not_fetched_unasked(void **state)
{
	_cleanup_free_
	char *path = NULL;
	struct kernel k = kernel_at("/none");
	struct err err = { 0 };

	(void)state;
	put_tree("6.1.0-test\n");
	k.package = (char *)"linux-image-6.1.0-test";
	assert_true(faultlab_build(&k, fx_path("source"), false, &path, &err) < 0);
	assert_int_equal(err.exit_code, EXIT_HOST_UNABLE);
	assert_non_null(strstr(err.msg, "the headers of 6.1.0-test are not in the cache"));
}

/* As apt-cache does where a name is none of its archive's. */
static void headers_that_apt_no_longer_has_are_said_to_be_gone(void **state)
{
	static const char script[] = "#!/bin/sh\necho 'E: No packages found' >&2\nexit 100\n";
	_cleanup_free_
	char *path = NULL, *was = xstrdup(getenv("PATH"));
	struct kernel k = kernel_at("/none");
	struct err err = { 0 };

	(void)state;
	put_tree("6.1.0-test\n");
	fx_write("bin/apt-cache", script, strlen(script), 0755);
	setenv("PATH", fx_path("bin"), 1);
	k.package = (char *)"linux-image-6.1.0-test";
	assert_true(faultlab_build(&k, fx_path("source"), true, &path, &err) < 0);
	setenv("PATH", was, 1);
	assert_int_equal(err.exit_code, EXIT_HOST_UNABLE);
	assert_non_null(strstr(err.msg, "the headers of 6.1.0-test are needed: apt has no package "
					"linux-headers-6.1.0-test "));
}

static void this_programs_source_is_found(void **state)
{
	_cleanup_free_
	char *given = NULL;

	(void)state;
	setenv("KERNSOAK_FAULTLAB_DIR", "/else/where", 1);
	given = faultlab_source();
	assert_string_equal(given, "/else/where");
	unsetenv("KERNSOAK_FAULTLAB_DIR");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_tree_builds_it_once_for_a_source, fx_setup,
						fx_teardown),
		cmocka_unit_test_setup_teardown(another_kernels_tree_is_none, fx_setup,
						fx_teardown),
		cmocka_unit_test_setup_teardown(a_source_that_is_not_there_is_said, fx_setup,
						fx_teardown),
		cmocka_unit_test_setup_teardown(headers_are_not_fetched_unasked, fx_setup,
						fx_teardown),
		cmocka_unit_test_setup_teardown(headers_that_apt_no_longer_has_are_said_to_be_gone,
						fx_setup, fx_teardown),
		cmocka_unit_test(this_programs_source_is_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
