/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What jumped before a failure, from the lines of an agent.log. */
#include "unit.h"

#include <fcntl.h>
#include <stdlib.h>

#include "base/fs.h"
#include "base/rng.h"
#include "report/jumps.h"

#define FROM_S 1000.0 /* the host's clock at the first sample */

struct log {
	char path[32];
	int dir;
	struct buf text;
};

static void log_init(struct log *l)
{
	*l = (struct log){ .path = "/tmp/kernsoak-jumps-XXXXXX", .text = BUF_INIT };
	assert_non_null(mkdtemp(l->path));
	l->dir = open(l->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(l->dir >= 0);
}

static void log_done(struct log *l)
{
	close(l->dir);
	fs_remove_tree(AT_FDCWD, l->path, NULL);
	buf_done(&l->text);
}

/* What CPU n did in second t of a guest: shares of system and user time. */
typedef double (*share_fn)(unsigned cpu, unsigned t);

/* A guest of two CPUs, sampled n times; `scan` and `slab` at each second. */
static void log_samples(struct log *l, unsigned n, share_fn system, uint64_t (*scan)(unsigned),
			uint64_t (*slab)(unsigned))
{
	double ticks[2] = { 50, 50 };

	for (unsigned t = 0; t < n; t++) {
		buf_printf(&l->text, "%.0f beat n=%u up=%u\n", (FROM_S + t) * 1e9, t, t);
		buf_printf(&l->text,
			   "%.0f sample up=%llu mem.MemTotal=256000000 mem.SUnreclaim=%llu "
			   "vm.pgscan_kswapd=%llu",
			   (FROM_S + t) * 1e9, (t + 1) * 1000000000ull, (unsigned long long)slab(t),
			   (unsigned long long)scan(t));
		for (unsigned c = 0; c < 2; c++) {
			ticks[c] += 100 * system(c, t);
			buf_printf(&l->text, " cpu%u.user=7 cpu%u.system=%.0f cpu%u.idle=%.0f", c,
				   c, ticks[c], c, 100.0 * t - ticks[c] + 1000);
		}
		buf_putc(&l->text, '\n');
	}
}

/* The jumps as text, a line each, of a failure at_s seconds after the first sample. */
static void jumps(struct log *l, double at_s, struct buf *out)
{
	_cleanup_samples_ struct samples s = { 0 };
	struct jump jump[8];
	struct err err = { 0 };
	size_t n;

	assert_ok(fs_write(l->dir, "agent.log", buf_str(&l->text), l->text.len, &err));
	assert_ok(samples_read(l->dir, 0, (uint64_t)((FROM_S + at_s) * 1e9), &s, &err));
	n = jumps_find(&s, 8, jump);
	for (size_t i = 0; i < n; i++) {
		jump_text(&jump[i], FROM_S + at_s, out);
		buf_putc(out, '\n');
	}
}

static uint64_t none(unsigned t)
{
	(void)t;
	return 0;
}

static uint64_t steady(unsigned t)
{
	return 8 << 20 | (t * 4096 & 0xffff);
}

/* CPU 1 spins from second 40 on; both work a little before, unevenly. */
static double spin_on_1(unsigned cpu, unsigned t)
{
	if (cpu == 1 && t >= 40)
		return 1;
	return (cpu * 7 + t * 13) % 10 / 100.0;
}

static void the_cpu_that_began_to_spin_is_named_and_when(void **state)
{
	struct log l;
	_cleanup_buf_ struct buf out = BUF_INIT;

	(void)state;
	log_init(&l);
	log_samples(&l, 60, spin_on_1, none, steady);
	jumps(&l, 59.5, &out);
	assert_string_equal(buf_str(&out),
			    "CPU 1's system time rose from 4 % to 100 %, 20.5 s before\n");
	log_done(&l);
}

static double busy(unsigned cpu, unsigned t)
{
	return 0.3 + ((cpu * 31 + t * 17) % 40) / 100.0;
}

static uint64_t scan_storm(unsigned t)
{
	return t < 30 ? t * 40 : 1200 + (t - 30) * 9000;
}

static uint64_t leak_at_once(unsigned t)
{
	return t < 50 ? 8 << 20 : 90 << 20;
}

static void rates_and_sizes_jump_too_and_a_busy_cpu_does_not(void **state)
{
	struct log l;
	_cleanup_buf_ struct buf out = BUF_INIT;

	(void)state;
	log_init(&l);
	log_samples(&l, 60, busy, scan_storm, leak_at_once);
	jumps(&l, 59.0, &out);
	assert_non_null(
		strstr(buf_str(&out), "pgscan_kswapd rose from 40/s to 9000/s, 29.0 s before\n"));
	assert_non_null(strstr(buf_str(&out), "SUnreclaim rose from 8 MiB to 90 MiB, 10.0 s "));
	assert_null(strstr(buf_str(&out), "CPU"));
	log_done(&l);
}

static struct rng rng;

static double noise(unsigned cpu, unsigned t)
{
	(void)cpu;
	(void)t;
	return rng_unit(&rng);
}

static void a_silent_guest_is_seen_by_its_host(void **state)
{
	struct log l;
	_cleanup_buf_ struct buf out = BUF_INIT;
	double ran = 0;

	(void)state;
	log_init(&l);
	log_samples(&l, 30, busy, none, steady); /* then the agent says nothing any more */
	for (unsigned t = 0; t < 60; t++) {
		ran += t < 30 ? 2e8 : 9.9e8;
		buf_printf(&l.text, "%.0f # host load=500 steal=3 lag=0 vcpu0=%.0f\n",
			   (FROM_S + t) * 1e9, ran);
	}
	jumps(&l, 59.0, &out);
	assert_string_equal(buf_str(&out),
			    "vCPU 0's time on the host rose from 20 % to 99 %, 30.0 s before\n");
	log_done(&l);
}

/* What three lines of `show` say of a guest whose CPU 1 spins from second 40 on; its agent stops
 * then (frozen), or goes on. A busy host gives both vCPUs a tenth of a processor all the time. */
static void lead_of(bool frozen, struct buf *out)
{
	double ran[2] = { 0 }, wanted[2] = { 0 };
	struct verdict v = { .has_sighting = true, .exposure_ns = 59 * NS_PER_S };
	struct jumps j;
	struct err err = { 0 };
	struct log l;

	log_init(&l);
	log_samples(&l, frozen ? 40 : 60, spin_on_1, none, steady);
	for (unsigned t = 0; t < 60; t++) {
		for (unsigned c = 0; c < 2; c++) {
			ran[c] += 1e8;
			wanted[c] += c == 1 && t >= 40 ? 1e9 : 2e8 + (t * 37 % 10) * 1e7;
		}
		buf_printf(&l.text,
			   "%.0f # host load=19000 vcpu0=%.0f want0=%.0f vcpu1=%.0f want1=%.0f\n",
			   (FROM_S + t) * 1e9, ran[0], wanted[0], ran[1], wanted[1]);
	}
	v.sighting.at_ns = (uint64_t)((FROM_S + 59.5) * 1e9);
	assert_ok(fs_write(l.dir, "agent.log", buf_str(&l.text), l.text.len, &err));
	assert_true(jumps_before(l.dir, &v, &j));
	assert_true(j.stands_out);
	assert_int_equal(j.n_samples, frozen ? 39 : 59);
	jumps_put(&j, 1, out);
	log_done(&l);
}

static void the_cpu_is_named_by_the_guest_while_it_speaks_and_by_the_host_after(void **state)
{
	_cleanup_buf_ struct buf alive = BUF_INIT, frozen = BUF_INIT;

	(void)state;
	lead_of(false, &alive);
	assert_string_equal(buf_str(&alive),
			    "  CPU 1 stands out, by the guest's own samples\n"
			    "  CPU 1's system time rose from 5 % to 100 %, 20.5 s before\n");
	lead_of(true, &frozen);
	assert_string_equal(
		buf_str(&frozen),
		"  CPU 1 stands out, by what the host saw: the guest's samples end 20.5 s before\n"
		"  vCPU 1's demand for a CPU on the host rose from 25 % to 100 %, 20.5 s before\n");
}

static void noise_alone_is_hardly_ever_a_jump(void **state)
{
	size_t false_alarms = 0;

	(void)state;
	rng = rng_make(1);
	for (unsigned i = 0; i < 100; i++) {
		struct log l;
		_cleanup_buf_ struct buf out = BUF_INIT;

		log_init(&l);
		log_samples(&l, 40, noise, none, steady);
		jumps(&l, 39.0, &out);
		false_alarms += out.len > 0;
		log_done(&l);
	}
	assert_in_range(false_alarms, 0, 5);
}

static void samples_of_a_guest_that_lies_are_read_without_harm(void **state)
{
	static const char *const lies[] = {
		"sample up=1 cpu0.system=5\n",
		"99999999999999999999999 sample up=1 a=1\n",
		"1000000000000 sample\n",
		"1000000000000 sample up=up a=b c d= =5 =\n",
		"1000000000000 sample up=5 cpu4294967296.system=1 cpu1.%n%n=3 mem.\x1b[31m=7\n",
		"1000000000001 sample up=5 cpu0.system=18446744073709551615\n",
		"1000000000002 sample up=4 cpu0.system=0\n",
		"1000000000003 sample up=9 no newline",
	};
	struct log l;
	_cleanup_buf_ struct buf out = BUF_INIT;

	(void)state;
	log_init(&l);
	for (unsigned k = 0; k < 20; k++)
		for (size_t i = 0; i < ARRAY_SIZE(lies); i++)
			buf_puts(&l.text, lies[i]);
	jumps(&l, 500, &out);
	assert_null(strchr(buf_str(&out), '\x1b'));
	log_done(&l);
}

static void only_the_last_rows_of_a_long_soak_are_kept(void **state)
{
	struct log l;
	_cleanup_samples_ struct samples s = { 0 };
	struct err err = { 0 };

	(void)state;
	log_init(&l);
	log_samples(&l, SAMPLES_MAX + 100, busy, none, steady);
	assert_ok(fs_write(l.dir, "agent.log", buf_str(&l.text), l.text.len, &err));
	assert_ok(samples_read(l.dir, 0, UINT64_MAX, &s, &err));
	assert_int_equal(s.n, SAMPLES_MAX);
	assert_true(s.at_s[0] == FROM_S + 100);
	assert_true(s.at_s[s.n - 1] == FROM_S + SAMPLES_MAX + 99);
	assert_int_equal(samples_column(&s, "cpu1.system"), 7);
	assert_int_equal(samples_column(&s, "cpu2.system"), -1);
	log_done(&l);
}

/* A row with more keys than there is room for is kept as far as it goes, and in its place. */
static void a_row_with_too_many_keys_does_not_spoil_the_others(void **state)
{
	struct log l;
	_cleanup_samples_ struct samples s = { 0 };
	struct err err = { 0 };

	(void)state;
	log_init(&l);
	log_samples(&l, SAMPLES_MAX, busy, none, steady);
	buf_printf(&l.text, "%.0f sample up=1", (FROM_S + SAMPLES_MAX) * 1e9);
	for (int i = 0; i < SAMPLE_KEYS_MAX; i++)
		buf_printf(&l.text, " mem.x%d=1", i);
	buf_puts(&l.text, "\n");
	assert_ok(fs_write(l.dir, "agent.log", buf_str(&l.text), l.text.len, &err));
	assert_ok(samples_read(l.dir, 0, UINT64_MAX, &s, &err));
	assert_int_equal(s.n, SAMPLES_MAX);
	for (size_t i = 0; i < s.n; i++)
		assert_true(s.at_s[i] == FROM_S + 1 + (double)i);
	log_done(&l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(the_cpu_that_began_to_spin_is_named_and_when),
		test(rates_and_sizes_jump_too_and_a_busy_cpu_does_not),
		test(a_silent_guest_is_seen_by_its_host),
		test(the_cpu_is_named_by_the_guest_while_it_speaks_and_by_the_host_after),
		test(noise_alone_is_hardly_ever_a_jump),
		test(samples_of_a_guest_that_lies_are_read_without_harm),
		test(only_the_last_rows_of_a_long_soak_are_kept),
		test(a_row_with_too_many_keys_does_not_spoil_the_others),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
