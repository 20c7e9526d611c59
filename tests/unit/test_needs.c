/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A setting that the kernel was built without is refused before anything boots. */
#include "unit.h"

#include <errno.h>
#include <fcntl.h>

#include "base/exit.h"
#include "base/fs.h"
#include "model/scenario.h"
#include "run/needs.h"

static const char config[] = "# a kernel\nCONFIG_VIRTIO_BLK=m\nCONFIG_EXT4_FS=y\n"
			     "# CONFIG_I6300ESB_WDT is not set\nCONFIG_LRU_GEN_ENABLED=y\n";

static int check_noting(const char *rest, char *config_path, char **ret_note, struct err *ret)
{
	_cleanup_free_
	char *text = xasprintf("kernel: ./k\nload: { shell: { script: x } }\n%s\n", rest);
	struct kernel k = { .ref = (char *)"debian:x",
			    .name = (char *)"debian:x",
			    .release = (char *)"x",
			    .config = config_path };
	struct scenario sc = { 0 };
	struct err err = { 0 };
	int r;

	assert_ok(scenario_parse("x.yaml", text, strlen(text), NULL, &sc, &err));
	r = needs_check(&sc.arm[0].settings, &k, ret_note, ret);
	scenario_done(&sc);
	return r;
}

static int check(const char *guest, char *config_path, struct err *ret)
{
	_cleanup_free_
	char *rest = xasprintf("guest: { vcpus: 2, %s }", guest);
	_cleanup_free_
	char *note = NULL;
	int r = check_noting(rest, config_path, &note, ret);

	assert_null(note);
	return r;
}

static void what_the_configuration_lacks_is_named(void **state)
{
	static const struct {
		const char *guest, *complaint;
	} rows[] = {
		{ "disks: { a: { size: 1GiB, mount: /a } }", NULL },
		{ "memory: 1GiB", NULL },
		{ "disks: { a: { size: 1GiB, fs: xfs, mount: /a } }",
		  "guest.disks xfs needs CONFIG_XFS_FS, and debian:x was built without it" },
		{ "watchdog: { device: i6300esb }",
		  "guest.watchdog.device i6300esb needs CONFIG_I6300ESB_WDT, and debian:x was "
		  "built without it" },
		{ "mglru: off",
		  "guest.mglru needs CONFIG_LRU_GEN, and debian:x was built without it" },
		{ "memory: 1GiB }\nevidence: { netconsole: yes",
		  "evidence.netconsole needs CONFIG_NETCONSOLE, and debian:x was built without "
		  "it" },
		{ "numa: 2",
		  "guest.numa needs CONFIG_ACPI_NUMA, and debian:x was built without it" },
		{ "panic-on: [oops, hung-task]",
		  "guest.panic-on hung-task needs CONFIG_DETECT_HUNG_TASK, and debian:x was built "
		  "without it" },
		{ "swap: { size: 1MiB }",
		  "guest.swap needs CONFIG_SWAP, and debian:x was built without it" },
	};
	char dir[] = "/tmp/ks-needs-XXXXXX";
	struct err err = { 0 };
	_cleanup_free_
	char *path = xasprintf("%s/config", mkdtemp(dir));
	_cleanup_close_ int fd = fs_open_dir(AT_FDCWD, dir, &err);

	(void)state;
	assert_ok(fs_write(fd, "config", config, strlen(config), &err));
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		err = (struct err){ 0 };
		assert_int_equal(check(rows[i].guest, path, &err),
				 rows[i].complaint ? -ENOTSUP : 0);
		assert_string_equal(err.msg, rows[i].complaint ? rows[i].complaint : "");
		assert_int_equal(err.exit_code, rows[i].complaint ? EXIT_BAD_SCENARIO : 0);
	}
	fs_remove_tree(AT_FDCWD, dir, NULL);
}

static void without_a_configuration_the_guest_has_to_tell(void **state)
{
	struct err err = { 0 };

	(void)state;
	assert_ok(check("watchdog: { device: i6300esb }", NULL, &err));
	assert_ok(check("watchdog: { device: i6300esb }", (char *)"/nonexistent/config", &err));
}

static void what_the_scenario_names_is_refused_with_the_way_to_get_it(void **state)
{
	char dir[] = "/tmp/ks-needs-XXXXXX";
	struct err err = { 0 };
	_cleanup_free_
	char *path = xasprintf("%s/config", mkdtemp(dir)), *note = NULL;
	_cleanup_close_ int fd = fs_open_dir(AT_FDCWD, dir, &err);

	(void)state;
	assert_ok(fs_write(fd, "config", config, strlen(config), &err));
	assert_ok(check_noting("needs: [ext4, CONFIG_VIRTIO_BLK]", path, &note, &err));
	assert_int_equal(check_noting("needs: [ext4, i6300esb]", path, &note, &err), -ENOTSUP);
	assert_int_equal(err.exit_code, EXIT_HOST_UNABLE);
	assert_non_null(strstr(err.msg, "debian:x"));
	assert_non_null(strstr(err.msg, "CONFIG_I6300ESB_WDT is not set"));
	assert_null(note);
	assert_ok(check_noting("needs: ext4", NULL, &note, &err));
	assert_non_null(strstr(note, "its configuration is not known"));
	fs_remove_tree(AT_FDCWD, dir, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(what_the_configuration_lacks_is_named),
		test(what_the_scenario_names_is_refused_with_the_way_to_get_it),
		test(without_a_configuration_the_guest_has_to_tell),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
