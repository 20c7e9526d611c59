/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the agent makes of guest settings, as far as it can be seen without a guest. */
#include "unit.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "base/fs.h"

/* The guest's programs are no part of the library: compiled in. */
#include "../../workloads/agent/disks.c"
#include "../../workloads/agent/files.c"
#include "../../workloads/wire.c"

static void mount_options_are_flags_and_the_rest(void **state)
{
	static const struct {
		const char *options;
		unsigned long flags;
		const char *data;
	} rows[] = {
		{ "", 0, "" },
		{ "defaults", 0, "" },
		{ "noatime,commit=30,ro,data=journal", MS_NOATIME | MS_RDONLY,
		  "commit=30,data=journal" },
		{ "ro,rw", 0, "" },
		{ ",,x,,", 0, "x" },
		{ "roundabout", 0, "roundabout" },
	};
	unsigned long flag;
	char data[64];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		assert_int_equal(disk_options(rows[i].options, &flag, data, sizeof(data)), 0);
		assert_int_equal(flag, rows[i].flags);
		assert_string_equal(data, rows[i].data);
	}
	assert_int_equal(disk_options("abcdefgh", &flag, data, 8), -1);
}

static void the_last_mount_at_a_path_counts(void **state)
{
	static const char mounts[] = "rootfs / rootfs rw 0 0\n"
				     "/dev/vda /data ext4 rw,noatime 0 0\n"
				     "/dev/vdb /m xfs rw 0 0\n"
				     "tmpfs /m tmpfs rw 0 0\n"
				     "torn";
	char options[64];

	(void)state;
	assert_int_equal(disk_mounted(mounts, "/dev/vda", "/data", "ext4", options, 64), 0);
	assert_string_equal(options, "rw,noatime");
	assert_int_equal(disk_mounted(mounts, "/dev/vda", "/data", "xfs", options, 64), -1);
	assert_int_equal(disk_mounted(mounts, "/dev/vdb", "/m", "xfs", options, 64), -1);
	assert_int_equal(disk_mounted(mounts, "/dev/vda", "/dat", "ext4", options, 64), -1);
}

static void put_serial(int dir, const char *device, const char *serial)
{
	struct err err = { 0 };
	_cleanup_close_ int fd = fs_make_dir(dir, device, 0755, &err);

	assert_ok(fd);
	if (serial)
		assert_ok(fs_write(fd, "serial", serial, strlen(serial), &err));
}

static void a_disk_is_found_by_its_serial_number(void **state)
{
	char dir[] = "/tmp/ks-block-XXXXXX", name[8];
	_cleanup_close_ int fd = -1;

	(void)state;
	assert_non_null(mkdtemp(dir));
	fd = fs_open_dir(AT_FDCWD, dir, NULL);
	put_serial(fd, "loop0", NULL);
	put_serial(fd, "vda", "root");
	put_serial(fd, "vdb", "data\n");
	assert_int_equal(disk_find(dir, "data", name, sizeof(name)), 0);
	assert_string_equal(name, "vdb");
	assert_int_equal(disk_find(dir, "dat", name, sizeof(name)), -1);
	assert_int_equal(disk_find("/nonexistent", "data", name, sizeof(name)), -1);
	fs_remove_tree(AT_FDCWD, dir, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(mount_options_are_flags_and_the_rest),
		test(the_last_mount_at_a_path_counts),
		test(a_disk_is_found_by_its_serial_number),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
