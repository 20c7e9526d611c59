/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "unit.h"

#include <string.h>
#include <unistd.h>

/* The guest's programs are no part of the library: compiled in. */
#include "../../workloads/agent/child.c"
#include "../../workloads/agent/kmsg.c"
#include "../../workloads/agent/lines.c"
#include "../../workloads/agent/port.c"
#include "../../workloads/agent/sample.c"
#include "../../workloads/agent/sysctl.c"
#include "../../workloads/agent/tune.c"
#include "../../workloads/kfile.c"
#include "../../workloads/wire.c"

void boot_soften(void)
{
}

struct piped {
	struct lines lines;
	char buf[16];
	int end[2];
};

static void open_piped(struct piped *p)
{
	*p = (struct piped){ .lines = { .size = sizeof p->buf } };
	p->lines.buf = p->buf;
	assert_int_equal(pipe(p->end), 0);
}

static void close_piped(struct piped *p)
{
	close(p->end[0]);
	close(p->end[1]);
}

static void put(struct piped *p, const char *bytes)
{
	assert_int_equal(write(p->end[1], bytes, strlen(bytes)), strlen(bytes));
	assert_int_equal(lines_read(&p->lines, p->end[0]), strlen(bytes));
}

static void a_line_in_pieces_comes_whole_and_once(void **state)
{
	(void)state;
	struct piped p;

	open_piped(&p);
	put(&p, "be");
	assert_null(lines_next(&p.lines));
	put(&p, "gin\nst");
	assert_string_equal(lines_next(&p.lines), "begin");
	assert_null(lines_next(&p.lines));
	put(&p, "op\n\nx\n");
	assert_string_equal(lines_next(&p.lines), "stop");
	assert_string_equal(lines_next(&p.lines), "");
	assert_string_equal(lines_next(&p.lines), "x");
	assert_null(lines_next(&p.lines));
	close_piped(&p);
}

static void a_line_too_long_is_dropped_and_the_next_is_read(void **state)
{
	(void)state;
	struct piped p;

	open_piped(&p);
	put(&p, "0123456789abcdef");
	assert_null(lines_next(&p.lines));
	put(&p, "0123456789abcdef");
	assert_null(lines_next(&p.lines));
	put(&p, "tail\nping\n");
	assert_string_equal(lines_next(&p.lines), "ping");
	assert_null(lines_next(&p.lines));
	assert_int_equal(p.lines.dropped, 1);
	close_piped(&p);
}

/* What a load was heard to say: one letter an event. */
static char heard[1024];
static char last_text[CHILD_LINE_MAX];

static void hear(struct child *c, enum child_event event, const char *text)
{
	(void)c;
	heard[strlen(heard)] = "afnceot"[event];
	snprintf(last_text, sizeof last_text, "%s", text);
}

static int child_with_pipe(struct child *c)
{
	int end[2];

	memset(heard, 0, sizeof heard);
	child_init(c, "x", "");
	assert_int_equal(pipe2(end, O_NONBLOCK), 0);
	c->out = end[0];
	c->state = CHILD_ARMING;
	return end[1];
}

static void say_to(int fd, const char *text)
{
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
}

static struct child child;

static void a_load_arms_once_and_counts_upwards_only(void **state)
{
	(void)state;
	int fd = child_with_pipe(&child);

	say_to(fd, "armed yes\narmed again\ncount 5\ncount 4\ncount x\ncount\ncount 6");
	child_read(&child, 0, hear);
	assert_string_equal(heard, "ac");
	assert_int_equal(child.count, 5);
	say_to(fd, "0\nfail no more\n");
	child_read(&child, 0, hear);
	assert_string_equal(heard, "accf");
	assert_string_equal(last_text, "no more");
	assert_int_equal(child.count, 60);
	close(fd);
}

static void what_is_no_word_is_a_note(void **state)
{
	(void)state;
	int fd = child_with_pipe(&child);

	say_to(fd, "note a b\n");
	child_read(&child, 0, hear);
	assert_string_equal(last_text, "a b");
	say_to(fd, "armedx y\n\narm\n");
	child_read(&child, 0, hear);
	assert_string_equal(heard, "nnnn");
	assert_string_equal(last_text, "arm");
	close(fd);
}

static void an_overdue_probe_is_no_note(void **state)
{
	(void)state;
	int fd = child_with_pipe(&child);

	say_to(fd, "overdue module-load 30012\n");
	child_read(&child, 0, hear);
	assert_string_equal(heard, "o");
	assert_string_equal(last_text, "module-load 30012");
	close(fd);
}

static void what_an_attempt_came_to_is_no_note(void **state)
{
	(void)state;
	int fd = child_with_pipe(&child);

	say_to(fd, "finding told-by-fsync 1\n");
	child_read(&child, 0, hear);
	assert_string_equal(heard, "t");
	assert_string_equal(last_text, "told-by-fsync 1");
	close(fd);
}

static void a_load_that_talks_without_end_is_cut_short_each_second(void **state)
{
	(void)state;
	int fd = child_with_pipe(&child);

	for (int i = 0; i < CHILD_NOTES + 50; i++)
		say_to(fd, "spam\n");
	child_read(&child, 1000000000, hear);
	assert_int_equal(strlen(heard), CHILD_NOTES);
	say_to(fd, "again\n");
	child_read(&child, 2000000000, hear);
	assert_int_equal(strlen(heard), CHILD_NOTES + 2);
	assert_string_equal(last_text, "again");
	close(fd);
}

static void the_last_words_come_before_the_end(void **state)
{
	(void)state;
	int fd = child_with_pipe(&child);

	say_to(fd, "armed\ncount 7\n");
	child_reaped(&child, SIGKILL, 0, hear);
	assert_string_equal(heard, "ace");
	assert_int_equal(child.status, 128 + SIGKILL);
	assert_int_equal(child.state, CHILD_ENDED);
	close(fd);
}

/* Two loads, of which the second says that its rate can be changed; what it is told comes by the
 * descriptor. */
static int two_loads(struct child load[2])
{
	int in[2], fd;

	child_init(&load[0], "first", "");
	fd = child_with_pipe(&load[1]);
	snprintf(load[1].name, sizeof load[1].name, "second");
	assert_int_equal(pipe(in), 0);
	load[1].in = in[1];
	say_to(fd, "tunable rate\narmed yes\n");
	child_read(&load[1], 0, hear);
	assert_string_equal(heard, "a");
	close(fd);
	return in[0];
}

static void tuning_reaches_the_load_that_is_named(void **state)
{
	static struct child load[2];
	char said[256], got[64] = "";
	int fd = two_loads(load);

	(void)state;
	assert_int_equal(tune(load, 2, "load=second rate=750000", said, sizeof said), 0);
	assert_string_equal(said, "second: rate is 750000 now");
	assert_int_equal(tune(load, 2, "rate=0 load=second", said, sizeof said), 0);
	assert_true(read(fd, got, sizeof got - 1) > 0);
	assert_string_equal(got, "tune rate 750000\ntune rate 0\n");
	close(fd);
	close(load[1].in);
}

static void what_cannot_be_tuned_is_said(void **state)
{
	static struct child load[2];
	static const struct {
		const char *tokens, *why;
	} cases[] = {
		{ "load=third rate=1", "tune: there is no load third" },
		{ "rate=1", "tune: there is no load " },
		{ "load=first rate=1",
		  "tune: load first: its rate cannot be changed while it works" },
		{ "load=second rat=1",
		  "tune: load second: its rat cannot be changed while it works" },
		{ "load=second =1",
		  "tune: load second: its parameter cannot be changed while it works" },
		{ "load=second rate=fast", "tune: no number" },
		{ "load=second", "tune: no number" },
		{ "", "tune: no number" },
	};
	char said[256];
	int fd = two_loads(load);

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		assert_int_equal(tune(load, 2, cases[i].tokens, said, sizeof said), -1);
		assert_string_equal(said, cases[i].why);
	}
	close(load[1].in);
	load[1].in = -1; /* it has ended */
	assert_int_equal(tune(load, 2, "load=second rate=1", said, sizeof said), -1);
	assert_non_null(strstr(said, "does not listen any more"));
	close(fd);
}

static struct wire w;
static struct port port;

static size_t queued_after(enum urgency urgency, int times)
{
	for (int i = 0; i < times; i++)
		port_send(&port, &w, urgency);
	return port.queued;
}

static void samples_give_way_to_words_when_the_host_does_not_read(void **state)
{
	(void)state;
	char kilobyte[1024];

	memset(kilobyte, 'x', sizeof kilobyte - 1);
	kilobyte[sizeof kilobyte - 1] = 0;
	port_init(&port);
	wire_begin(&w, "log");
	wire_text(&w, "t", kilobyte);
	wire_end(&w);
	size_t low = queued_after(PORT_MAY_DROP, 1000);
	assert_true(low <= PORT_QUEUE / 4 && low > PORT_QUEUE / 4 - 2048);
	assert_int_equal(queued_after(PORT_MUST, 1), low + w.n);
	assert_true(queued_after(PORT_MUST, 1000) <= PORT_QUEUE);
	assert_true(port.dropped > 1000);
}

static void a_full_port_keeps_the_rest_for_later_in_order(void **state)
{
	(void)state;
	static char got[PORT_QUEUE], want[PORT_QUEUE];
	size_t n = 0, len = 0;
	int end[2];

	memset(&port, 0, sizeof port);
	port_init(&port);
	assert_int_equal(pipe2(end, O_NONBLOCK), 0);
	port.fd = end[1];
	for (uint64_t i = 0; i < 10000; i++) { /* 128 KiB: two pipes full */
		wire_begin(&w, "l");
		wire_u64(&w, "n", 10000 + i);
		wire_end(&w);
		port_send(&port, &w, PORT_MUST);
		memcpy(want + len, w.text, w.n);
		len += w.n;
	}
	while (n < len) {
		port_flush(&port);
		ssize_t r = read(end[0], got + n, 777);
		assert_true(r > 0);
		n += (size_t)r;
	}
	assert_memory_equal(got, want, len);
	assert_int_equal(port.queued, 0);
	close(end[0]);
	close(end[1]);
}

static const char *tokens(void)
{
	wire_end(&w);
	w.text[w.n - 1] = 0;
	return w.text;
}

static void meminfo_is_in_bytes_and_only_what_the_table_names(void **state)
{
	(void)state;
	wire_begin(&w, "sample");
	sample_meminfo(&w, "MemTotal:         738336 kB\nMemFree:               0 kB\n"
			   "MemFreeX:              9 kB\nHugePages_Total:       0\nPercpu:  3 kB");
	assert_string_equal(tokens(),
			    "sample mem.MemTotal=756056064 mem.MemFree=0 mem.Percpu=3072");
}

static void vmstat_counts_go_as_they_are(void **state)
{
	(void)state;
	wire_begin(&w, "sample");
	sample_vmstat(&w, "nr_free_pages 180000\npgscan_kswapd 18446744073709551615\noom_kill 2\n");
	assert_string_equal(tokens(), "sample vm.pgscan_kswapd=18446744073709551615 vm.oom_kill=2");
}

static void each_cpu_has_its_ticks_and_old_kernels_have_fewer(void **state)
{
	(void)state;
	wire_begin(&w, "sample");
	sample_stat(&w, "cpu  9 9 9 9 9\ncpu0 1 2 3 4 5 6 7 8 9 10\ncpu12 1 2 3\nintr 5 6\n");
	assert_string_equal(tokens(), "sample cpu0.user=1 cpu0.system=3 cpu0.idle=4 cpu0.iowait=5 "
				      "cpu0.irq=6 cpu0.softirq=7 cpu0.steal=8 cpu12.user=1 "
				      "cpu12.system=3");
}

static void pressure_is_the_total_of_each_kind(void **state)
{
	(void)state;
	wire_begin(&w, "sample");
	sample_pressure(&w, "memory",
			"some avg10=0.00 avg60=0.00 avg300=0.00 total=12\n"
			"full avg10=0.00 avg60=0.00 avg300=0.00 total=3\nnonsense\n");
	assert_string_equal(tokens(), "sample psi.memory.some=12 psi.memory.full=3");
}

static void a_setting_took_effect_when_it_reads_the_same(void **state)
{
	(void)state;
	static const struct {
		const char *is, *wanted;
		bool same;
	} cases[] = {
		{ "10\n", "10", true },
		{ "4096\t87380\t6291456\n", "4096 87380 6291456", true },
		{ "0x0007\n", "7", true },
		{ "always [madvise] never\n", "madvise", true },
		{ "cubic\n", "cubic\n", true },
		{ "10\n", "11", false },
		{ "10\n", "", false },
		{ "\n", "1", false },
		{ "4096 87380\n", "4096 87380 6291456", false },
		{ "always [madvise] never\n", "never", false },
		{ "always [madvise] never\n", "mad", false },
		{ "1x\n", "1", false },
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		if (sysctl_same(cases[i].is, cases[i].wanted) != cases[i].same)
			fail_msg("`%s` against `%s`", cases[i].is, cases[i].wanted);
}

static void a_setting_outside_proc_and_sys_is_refused(void **state)
{
	(void)state;
	static const char *const keys[] = { "/etc/passwd", "/procx/a", "..x", "a.../x",
					    "/sys/../etc/passwd" };
	char why[256];

	for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
		assert_int_equal(sysctl_set(keys[i], "1", why, sizeof why), -1);
		assert_non_null(strstr(why, "no such name"));
	}
}

static void a_record_of_kmsg_has_the_level_that_the_console_lacks(void **state)
{
	static const char record[] = "3,271,28000,-;EDAC MC0: 1 CE\n SUBSYSTEM=pci\n";
	struct kmsg_record r;

	(void)state;
	assert_true(kmsg_record(record, strlen(record), &r));
	assert_int_equal(r.level, 3);
	assert_int_equal(r.seq, 271);
	assert_int_equal(r.us, 28000);
	assert_string_equal(r.text, "EDAC MC0: 1 CE");
}

static void what_a_program_wrote_to_kmsg_is_not_the_kernels(void **state)
{
	struct kmsg_record r;

	(void)state;
	assert_false(kmsg_record("11,5,6,-;I am root", 18, &r));
	assert_false(kmsg_record("no record", 9, &r));
	assert_false(kmsg_record("3,x,6,-;text", 12, &r));
	assert_true(kmsg_record("3,5,6,-;no newline", 12, &r));
	assert_string_equal(r.text, "no n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(a_line_in_pieces_comes_whole_and_once),
		test(a_line_too_long_is_dropped_and_the_next_is_read),
		test(a_load_arms_once_and_counts_upwards_only),
		test(what_is_no_word_is_a_note),
		test(an_overdue_probe_is_no_note),
		test(what_an_attempt_came_to_is_no_note),
		test(a_load_that_talks_without_end_is_cut_short_each_second),
		test(the_last_words_come_before_the_end),
		test(tuning_reaches_the_load_that_is_named),
		test(what_cannot_be_tuned_is_said),
		test(samples_give_way_to_words_when_the_host_does_not_read),
		test(a_full_port_keeps_the_rest_for_later_in_order),
		test(meminfo_is_in_bytes_and_only_what_the_table_names),
		test(vmstat_counts_go_as_they_are),
		test(each_cpu_has_its_ticks_and_old_kernels_have_fewer),
		test(pressure_is_the_total_of_each_kind),
		test(a_setting_took_effect_when_it_reads_the_same),
		test(a_setting_outside_proc_and_sys_is_refused),
		test(a_record_of_kmsg_has_the_level_that_the_console_lacks),
		test(what_a_program_wrote_to_kmsg_is_not_the_kernels),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
