/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the agent makes of guest settings, as far as it can be seen without a guest. */
#include "unit.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "base/fs.h"

/* The guest's programs are no part of the library: compiled in. */
#include "../../workloads/agent/checkin.c"
#include "../../workloads/agent/disks.c"
#include "../../workloads/agent/modules.c"
#include "../../workloads/agent/netconsole.c"
#include "../../workloads/agent/sample.c"
#include "../../workloads/agent/settings.c"
#include "../../workloads/agent/swap.c"
#include "../../workloads/agent/sysctl.c"
#include "../../workloads/agent/watchdog.c"
#include "../../workloads/agent/workqueue.c"
#include "../../workloads/kfile.c"
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

static void swap_is_as_mkswap_makes_it(void **state)
{
	static unsigned char page[4096];
	uint32_t word;

	(void)state;
	memset(page, 0xaa, sizeof(page));
	swap_header(page, sizeof(page), 64 << 20);
	assert_memory_equal(page + 4086, "SWAPSPACE2", 10);
	memcpy(&word, page + 1024, 4);
	assert_int_equal(word, 1);
	memcpy(&word, page + 1028, 4);
	assert_int_equal(word, 16383);
	memcpy(&word, page + 1032, 4);
	assert_int_equal(word, 0);
}

static void active_swap_is_found_behind_the_heading(void **state)
{
	static const char swaps[] =
		"Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n"
		"/dev/zram0                              partition\t131068\t\t0\t\t-2\n"
		"/data/swap file 1020 0 -3\n";
	uint64_t bytes;

	(void)state;
	assert_int_equal(swap_active(swaps, "/dev/zram0", &bytes), 0);
	assert_true(bytes == 131068 * 1024);
	assert_int_equal(swap_active(swaps, "/data/swap", &bytes), 0);
	assert_true(bytes == 1020 * 1024);
	assert_int_equal(swap_active(swaps, "/dev/zram", &bytes), -1);
	assert_int_equal(swap_active(swaps, "Filename", &bytes), -1);
	assert_int_equal(swap_active("", "/dev/zram0", &bytes), -1);
}

static void a_word_that_the_command_line_lacks_is_named(void **state)
{
	char word[32];

	(void)state;
	assert_int_equal(words_missing("a b=1  c\n", "c b=1", word, 32), 0);
	assert_int_equal(words_missing("a b=12", "a b=1", word, 32), -1);
	assert_string_equal(word, "b=1");
	assert_int_equal(words_missing("", "x", word, 32), -1);
	assert_int_equal(words_missing("x", "  ", word, 32), 0);
}

static void a_boolean_parameter_reads_back_as_a_letter(void **state)
{
	(void)state;
	assert_true(same_value("Y\n", "1") && same_value("N\n", "off") && same_value("7\n", "7"));
	assert_false(same_value("Y\n", "0") || same_value("N\n", "1") || same_value("7\n", "1"));
}

static void a_word_that_is_no_setting_is_told_apart(void **state)
{
	char said[256];

	(void)state;
	assert_int_equal(setting_apply("nonsense", "", said, sizeof(said)), SETTING_UNKNOWN);
	assert_int_equal(setting_apply("swap", "on=zram", said, sizeof(said)), SETTING_FAILED);
	assert_string_equal(said, "swap: a token is missing");
	assert_int_equal(setting_apply("knob", "path=/etc/passwd value=1", said, sizeof(said)),
			 SETTING_FAILED);
	assert_int_equal(setting_apply("knob", "path=/proc/sys/kernel/ostype value=Linux", said,
				       sizeof(said)),
			 SETTING_DONE);
	assert_int_equal(setting_apply("knob", "path=/proc/sys/kernel/ostype value=Minix", said,
				       sizeof(said)),
			 SETTING_FAILED);
	assert_string_equal(said,
			    "/proc/sys/kernel/ostype should be Minix after boot, and is Linux");
}

/* As if its process had asked CPU 1 at 100 s. */
static uint64_t look_at(uint64_t s)
{
	unsigned cpu = 0;
	uint64_t waited_ns = workqueue_overdue(s * NS_PER_S, &cpu);

	assert_int_equal(cpu, waited_ns ? 1 : 0);
	return waited_ns / NS_PER_S;
}

static void a_work_that_does_not_run_is_told_at_its_limit_and_twice_as_late(void **state)
{
	struct attempt attempt = { .since_ns = 100 * NS_PER_S, .cpu = 1 };

	(void)state;
	watch.attempt = &attempt;
	watch.limit_ns = 10 * NS_PER_S;
	for (uint64_t s = 100; s < 110; s++)
		assert_int_equal(look_at(s), 0);
	assert_int_equal(look_at(110), 10);
	for (uint64_t s = 111; s < 120; s++)
		assert_int_equal(look_at(s), 0);
	assert_int_equal(look_at(120), 20);
	attempt.since_ns = 0;
	assert_int_equal(look_at(200), 0);
	memset(&watch, 0, sizeof(watch));
}

static void a_guest_that_stood_still_for_a_minute_is_not_late(void **state)
{
	struct attempt attempt = { .since_ns = 100 * NS_PER_S, .cpu = 1 };

	(void)state;
	watch.attempt = &attempt;
	watch.limit_ns = 10 * NS_PER_S;
	assert_int_equal(look_at(100), 0);
	assert_int_equal(look_at(160), 0);
	attempt.since_ns = 161 * NS_PER_S; /* the next CPU's turn */
	assert_int_equal(look_at(161), 0);
	memset(&watch, 0, sizeof(watch));
}

static void a_kernel_without_works_to_try_is_told_of(void **state)
{
	struct attempt attempt = { .since_ns = 100 * NS_PER_S };
	char said[128] = "";

	(void)state;
	watch.attempt = &attempt;
	watch.pid = 77;
	assert_false(workqueue_reaped(76, 0, said, sizeof(said)));
	assert_true(workqueue_reaped(77, ENOSYS << 8, said, sizeof(said)));
	assert_string_equal(said, "works of system_wq cannot be tried: Function not implemented");
	assert_int_equal(attempt.since_ns, 0);
	memset(&watch, 0, sizeof(watch));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(mount_options_are_flags_and_the_rest),
		test(the_last_mount_at_a_path_counts),
		test(a_disk_is_found_by_its_serial_number),
		test(swap_is_as_mkswap_makes_it),
		test(active_swap_is_found_behind_the_heading),
		test(a_word_that_the_command_line_lacks_is_named),
		test(a_boolean_parameter_reads_back_as_a_letter),
		test(a_word_that_is_no_setting_is_told_apart),
		test(a_work_that_does_not_run_is_told_at_its_limit_and_twice_as_late),
		test(a_guest_that_stood_still_for_a_minute_is_not_late),
		test(a_kernel_without_works_to_try_is_told_of),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
