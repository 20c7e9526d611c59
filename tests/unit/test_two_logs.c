/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The kernel's log as two witnesses heard it. */
#include "unit.h"

#include "base/fs.h"
#include "folder.h"
#include "report/two_logs.h"

static struct two_counts said(struct folder *f, const char *serial, const char *net,
			      const char *merged)
{
	struct two_counts c = { 0 };
	_cleanup_buf_ struct buf text = BUF_INIT;
	struct err err = { 0 };

	assert_ok(fs_write(f->fd, "console.log", serial, strlen(serial), &err));
	assert_ok(fs_write(f->fd, "netconsole.log", net, strlen(net), &err));
	assert_true(two_logs_count(f->fd, &c));
	two_logs_text(f->fd, &text);
	assert_string_equal(buf_str(&text), merged);
	return c;
}

#define SERIAL                                                                                     \
	"SeaBIOS\r\n[    0.000000] Linux version 6.1\r\n[    1.500000] usb 1-1: new\r\n"           \
	"[    2.000000]  <TASK>\r\n"
#define NET "5,0,0,-;Linux version 6.1\n6,1,1500000,-;usb 1-1: new\n SUBSYSTEM=usb\n"

static void what_both_have_stands_once(void **state)
{
	struct two_counts c = said(*state, SERIAL, NET "4,2,2000000,-; <TASK>\n",
				   "  SeaBIOS\n  [    0.000000] Linux version 6.1\n"
				   "  [    1.500000] usb 1-1: new\n  [    2.000000]  <TASK>\n");

	assert_int_equal(c.serial, 3);
	assert_int_equal(c.netconsole, 3);
	assert_int_equal(c.lost + c.only_serial + c.only_netconsole, 0);
}

static void a_gap_in_the_numbers_is_shown_where_it_is(void **state)
{
	_cleanup_buf_ struct buf text = BUF_INIT;
	struct two_counts c = said(*state, SERIAL "[    3.000000] end\n", NET "4,4,3000000,-;end\n",
				   "  SeaBIOS\n  [    0.000000] Linux version 6.1\n"
				   "  [    1.500000] usb 1-1: new\ns [    2.000000]  <TASK>\n"
				   "-- 2 records lost to netconsole\n  [    3.000000] end\n");

	assert_int_equal(c.lost, 2);
	assert_int_equal(c.only_serial, 1);
	two_counts_text(&c, &text);
	assert_string_equal(buf_str(&text), "serial 4 lines, netconsole 3 lines, 2 lost; 1 only on "
					    "the serial console");
}

static void a_console_that_fell_mute_is_gone_on_with(void **state)
{
	struct two_counts c = said(*state, "[    0.000000] Linux version 6.1\n[    1.5000",
				   NET "0,2,2500000,-;Kernel panic - not syncing: x\n",
				   "  [    0.000000] Linux version 6.1\n  [    1.5000\n"
				   "n [    1.500000] usb 1-1: new\n"
				   "n [    2.500000] Kernel panic - not syncing: x\n");

	assert_int_equal(c.only_netconsole, 2);
	assert_int_equal(c.serial, 1);
}

/* One printk of two lines is one record, and escapes are the kernel's. */
static void a_record_of_two_lines_is_two_on_a_console(void **state)
{
	struct two_counts c = said(*state, "[    1.000000] a\\b\n[    1.000000] c\n",
				   "4,9,1000000,-;a\\x5cb\\x0ac\n",
				   "  [    1.000000] a\\b\n  [    1.000000] c\n");

	assert_int_equal(c.only_serial + c.only_netconsole, 0);
}

static void what_a_guest_prints_does_not_drive_a_terminal(void **state)
{
	said(*state, "", "4,9,1000000,-;\\x1b[2Jgone\n", "n [    1.000000] \\x1b[2Jgone\n");
}

static void without_netconsole_there_is_one_log_and_no_marks(void **state)
{
	struct folder *f = *state;
	_cleanup_buf_ struct buf text = BUF_INIT;
	struct two_counts c;
	struct err err = { 0 };

	assert_ok(fs_write(f->fd, "console.log", "[    1.000000] a\n", 17, &err));
	assert_false(two_logs_count(f->fd, &c));
	two_logs_text(f->fd, &text);
	assert_string_equal(buf_str(&text), "[    1.000000] a\n");
}

/* Each line of a log is an entry in memory, however short it is. */
static void of_a_flood_of_lines_the_first_million_is_read(void **state)
{
	struct folder *f = *state;
	_cleanup_buf_ struct buf net = BUF_INIT;
	struct two_counts c;
	struct err err = { 0 };

	for (size_t i = 0; i < (1 << 20) + 10; i++)
		buf_puts(&net, "6,1,1,-;\n");
	assert_ok(fs_write(f->fd, "netconsole.log", net.data, net.len, &err));
	assert_true(two_logs_count(f->fd, &c));
	assert_int_equal(c.netconsole, 1 << 20);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		with_folder(what_both_have_stands_once),
		with_folder(a_gap_in_the_numbers_is_shown_where_it_is),
		with_folder(a_console_that_fell_mute_is_gone_on_with),
		with_folder(a_record_of_two_lines_is_two_on_a_console),
		with_folder(what_a_guest_prints_does_not_drive_a_terminal),
		with_folder(without_netconsole_there_is_one_log_and_no_marks),
		with_folder(of_a_flood_of_lines_the_first_million_is_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
