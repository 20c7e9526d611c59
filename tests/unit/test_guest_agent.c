/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "unit.h"

#include <string.h>
#include <unistd.h>

/* The guest's programs are no part of the library: compiled in. */
#include "../../workloads/agent/lines.c"
#include "../../workloads/agent/sample.c"
#include "../../workloads/agent/sysctl.c"
#include "../../workloads/wire.c"

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

static struct wire w;

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

static void a_setting_outside_proc_sys_and_sys_is_refused(void **state)
{
	(void)state;
	static const char *const keys[] = { "/etc/passwd", "/proc/self/comm", "..x", "a.../x",
					    "/sys/../etc/passwd" };
	char why[256];

	for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
		assert_int_equal(sysctl_set(keys[i], "1", why, sizeof why), -1);
		assert_non_null(strstr(why, "no such name"));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(a_line_in_pieces_comes_whole_and_once),
		test(a_line_too_long_is_dropped_and_the_next_is_read),
		test(meminfo_is_in_bytes_and_only_what_the_table_names),
		test(vmstat_counts_go_as_they_are),
		test(each_cpu_has_its_ticks_and_old_kernels_have_fewer),
		test(pressure_is_the_total_of_each_kind),
		test(a_setting_took_effect_when_it_reads_the_same),
		test(a_setting_outside_proc_sys_and_sys_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
