/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "unit.h"

#include <errno.h>
#include <fcntl.h>

#include "base/fs.h"
#include "vm/domain.h"

static const struct machine plain = {
	.name = "kernsoak-20261121-142233-demo-000017",
	.uuid = "6b657273-6f61-8b00-8000-000000000017",
	.kernel = "/cache/vmlinux",
	.initrd = "/cache/lean.cpio",
	.cmdline = "console=ttyS0 panic=0",
	.memory_bytes = UINT64_C(256) << 20,
	.vcpus = 2,
	.console = "/results/run/trials/000017/console.log",
	.work = "/tmp/kernsoak-x",
	.run = "20261121-142233-demo",
	.trial = "000017",
	.owner_pid = 4242,
};

static const char *render(const struct machine *m, const char *owner, struct buf *out)
{
	struct err err = { 0 };

	assert_ok(domain_xml(m, owner, out, &err));
	return buf_str(out);
}

/* UPDATE_GOLDEN=1 writes what is compared otherwise. */
static void assert_golden(const char *name, const struct machine *m, const char *owner)
{
	_cleanup_buf_ struct buf xml = BUF_INIT, want = BUF_INIT;
	struct err err = { 0 };
	_cleanup_close_ int dir = fs_open_dir(AT_FDCWD, "tests/golden", &err);

	assert_ok(dir);
	render(m, owner, &xml);
	if (getenv("UPDATE_GOLDEN"))
		assert_ok(fs_write(dir, name, xml.data, xml.len, &err));
	assert_ok(fs_read(dir, name, 1 << 20, &want, &err));
	assert_string_equal(buf_str(&xml), buf_str(&want));
}

static void a_plain_guest_is_a_small_q35(void **state)
{
	(void)state;
	assert_golden("domain.xml", &plain, NULL);
}

static void a_kvm_guest_passes_the_cpu_through_and_carries_its_owner(void **state)
{
	struct machine m = plain;

	(void)state;
	m.kvm = true;
	m.initrd = NULL;
	assert_golden("domain-kvm.xml", &m, "pid=4242 start=1 ns=2 trial=000017 run=demo");
}

static void disks_are_virtio_and_say_their_names(void **state)
{
	static const struct machine_fault fault = { "read", 0, false };
	static const struct machine_disk disk[] = {
		{ .name = "data", .path = "/t/disk-data.raw", .cache = "unsafe" },
		{ .name = "bad",
		  .path = "/t/b",
		  .cache = "writeback",
		  .fault = &fault,
		  .n_faults = 1 },
		{ .name = "root", .path = "/t/root.erofs", .cache = "none", .read_only = true },
	};
	struct machine m = plain;

	(void)state;
	m.disk = disk;
	m.n_disks = ARRAY_SIZE(disk);
	assert_golden("domain-disks.xml", &m, NULL);
}

static void nodes_a_watchdog_and_an_older_board(void **state)
{
	struct machine m = plain;

	(void)state;
	m.vcpus = 5;
	m.numa = 2;
	m.memory_bytes = (UINT64_C(257) << 20);
	m.type = "pc";
	m.watchdog = "inject-nmi";
	m.balloon = true;
	assert_golden("domain-numa.xml", &m, NULL);
}

/* A comma in the path would end QEMU's value. */
static void a_netconsole_is_a_card_whose_wire_is_a_socket(void **state)
{
	struct machine m = plain;

	(void)state;
	m.netconsole = true;
	m.work = "/tmp/a,b";
	assert_golden("domain-netconsole.xml", &m, NULL);
}

static void a_debugger_has_a_socket(void **state)
{
	struct machine m = plain;

	(void)state;
	m.gdb = "/run/kernsoak/trial/gdb.sock";
	assert_golden("domain-gdb.xml", &m, NULL);
}

static void no_more_disks_than_there_are_slots(void **state)
{
	struct machine_disk disk[DOMAIN_DISKS + 1];
	_cleanup_buf_ struct buf xml = BUF_INIT;
	struct machine m = plain;
	struct err err = { 0 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(disk); i++)
		disk[i] = (struct machine_disk){ .name = "d", .path = "/p", .cache = "none" };
	m.disk = disk;
	m.n_disks = DOMAIN_DISKS;
	assert_ok(domain_xml(&m, NULL, &xml, &err));
	m.n_disks++;
	assert_int_equal(domain_xml(&m, NULL, &xml, &err), -EINVAL);
	disk[0].path = "/a\tb";
	m.n_disks = 1;
	assert_int_equal(domain_xml(&m, NULL, &xml, &err), -EINVAL);
	assert_string_equal(err.msg, "the guest's disk's path holds a control byte (0x09)");
}

static void markup_in_a_command_line_stays_text(void **state)
{
	_cleanup_buf_ struct buf xml = BUF_INIT;
	struct machine m = plain;

	(void)state;
	m.cmdline = "a=<b> c=\"d&e\" ]]>";
	m.run = "x' y=\"<";
	render(&m, NULL, &xml);
	assert_non_null(
		strstr(xml.data, "<cmdline>a=&lt;b&gt; c=&quot;d&amp;e&quot; ]]&gt;</cmdline>"));
	assert_non_null(strstr(xml.data, "run=\"x' y=&quot;&lt;\""));
}

static void what_xml_cannot_say_is_refused_by_the_name_of_its_field(void **state)
{
	static const struct {
		const char *cmdline, *console, *complaint;
	} rows[] = {
		{ "a\033[2Jb", "/c",
		  "the guest's kernel command line holds a control byte (0x1b)" },
		{ "a\nb", "/c", "the guest's kernel command line holds a control byte (0x0a)" },
		{ "a", "/c\x7f", "the guest's console path holds a control byte (0x7f)" },
		{ "\xff\xfe", "/c", "the guest's kernel command line is not UTF-8" },
		{ "a\xef\xbf\xbf", "/c", "the guest's kernel command line is not UTF-8" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_buf_ struct buf xml = BUF_INIT;
		struct machine m = plain;
		struct err err = { 0 };

		m.cmdline = rows[i].cmdline;
		m.console = rows[i].console;
		assert_int_equal(domain_xml(&m, NULL, &xml, &err), -EINVAL);
		assert_string_equal(err.msg, rows[i].complaint);
		assert_int_equal(xml.len, 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(a_plain_guest_is_a_small_q35),
		test(a_kvm_guest_passes_the_cpu_through_and_carries_its_owner),
		test(disks_are_virtio_and_say_their_names),
		test(nodes_a_watchdog_and_an_older_board),
		test(a_debugger_has_a_socket),
		test(a_netconsole_is_a_card_whose_wire_is_a_socket),
		test(no_more_disks_than_there_are_slots),
		test(markup_in_a_command_line_stays_text),
		test(what_xml_cannot_say_is_refused_by_the_name_of_its_field),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
