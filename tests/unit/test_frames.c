/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "unit.h"

#include <math.h>

#include "detect/frames.h"
#include "detect/kmsg.h"
#include "detect/pattern.h"

struct form {
	const char *line;
	enum frame_line kind;
	const char *function, *module;
	bool reliable;
};

static const struct form forms[] = {
	{ "  cm_write+0x4d8/0x5ad [crashmaker]", FRAME_CALL, "cm_write", "crashmaker", true },
	{ " ? do_fault+0x1a7/0x410", FRAME_CALL, "do_fault", "", false },
	{ " [<ffffffff81d0010d>] dump_stack+0xc1/0x124", FRAME_CALL, "dump_stack", "", true },
	{ " [<ffffffff81d0010d>] ? f.isra.50+0xc1/0x124", FRAME_CALL, "f", "", false },
	{ " ext4_ioctl+0x10/0x14 fs/ext4/ioctl.c:12", FRAME_CALL, "ext4_ioctl", "", true },
	{ " sub fs/ext4/ioctl.c:12 [inline]", FRAME_CALL, "sub", "", true },
	{ " f+0x1/0x2 (P)", FRAME_CALL, "f", "", true },
	{ " f+0x1/0x2 [ext4 0123456789abcdef]", FRAME_CALL, "f", "ext4", true },
	{ "[<801654a4>] (kthread_stop) from [<8163f8d8>] (event_handler+0x88/0x3a0)", FRAME_CALL,
	  "kthread_stop", "", true },
	{ " kthread_stop from event_handler+0x88/0x3a0", FRAME_CALL, "kthread_stop", "", true },
	{ "0xffffffa84446f540 : 0xffffff80084a0d75 mach_kernel : _pf_send_tcp + 0x1215", FRAME_CALL,
	  "pf_send_tcp", "", true },
	{ "[c00000003ae5b860] [c00000000016ab98] do_panic+0x1cc/0x534", FRAME_CALL, "do_panic", "",
	  true },
	{ " <a::B as c::D>::mmap+0x12/0x34", FRAME_CALL, "<a::B as c::D>::mmap", "", true },
	{ "RIP: 0010:cm_null_write+0x5/0x20 [crashmaker]", FRAME_PC, "cm_null_write", "crashmaker",
	  true },
	{ "RIP: 0010:[<ffffffff8268adb6>]  [<ffffffff8268adb6>] udp_rcv+0x196/0x1590", FRAME_PC,
	  "udp_rcv", "", true },
	{ "IP: memcmp+0x9/0x40", FRAME_PC, "memcmp", "", true },
	{ "pc : f+0x9/0x40", FRAME_PC, "f", "", true },
	{ "RIP: 0010:0x0", FRAME_PC_BAD, "", "", false },
	{ "RIP: 0033:0x47b7a0", FRAME_PC_USER, "", "", false },
	{ "refcount_t: underflow; use-after-free.", FRAME_NONE, "", "", false },
	{ "hardirqs last  enabled at (123): [<ffffffff81000000>] f+0x1/0x2", FRAME_NONE, "", "",
	  false },
	{ "f+0x1/0x2 was here", FRAME_NONE, "", "", false },
};

static void every_form_of_a_frame_is_read(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(forms); i++) {
		const struct form *want = &forms[i];
		struct frame f = { .function = "" };

		if (frames_parse(want->line, &f) != want->kind)
			fail_msg("kind of: %s", want->line);
		if (want->kind == FRAME_PC_BAD || want->kind == FRAME_PC_USER ||
		    want->kind == FRAME_NONE)
			continue;
		assert_string_equal(f.function, want->function);
		assert_string_equal(f.module, want->module);
		assert_int_equal(f.reliable, want->reliable);
		assert_int_equal(f.pc, want->kind == FRAME_PC);
	}
}

static void offsets_and_sizes_are_kept(void **state)
{
	struct frame f;

	(void)state;
	assert_int_equal(frames_parse(" f.cold+0x12/0x345", &f), FRAME_CALL);
	assert_string_equal(f.function, "f");
	assert_string_equal(f.suffix, ".cold");
	assert_int_equal(f.offset, 0x12);
	assert_int_equal(f.size, 0x345);
}

static void underscores_do_not_hide_a_function_from_its_set(void **state)
{
	(void)state;
	assert_true(frames_skipped("__warn_printk", SKIP_REPORT));
	assert_true(frames_skipped("native_queued_spin_lock_slowpath", SKIP_LOCK));
	assert_false(frames_skipped("native_queued_spin_lock_slowpath", SKIP_LIB));
	assert_false(frames_skipped("fib_rebalance", ~0u));
	assert_false(frames_skipped("team_xmit", ~0u));
}

static void a_system_call_has_one_name_on_every_processor(void **state)
{
	(void)state;
	assert_string_equal(frames_canonical("__x64_sys_futex"), "sys_futex");
	assert_string_equal(frames_canonical("__arm64_sys_futex"), "sys_futex");
	assert_string_equal(frames_canonical("SyS_mount"), "mount");
	assert_string_equal(frames_canonical("do_mount"), "do_mount");
}

struct prefix {
	const char *line, *text, *caller;
	int level;
	double guest_s;
};

static const struct prefix prefixes[] = {
	{ "[    3.428810] BUG: x", "BUG: x", "", -1, 3.428810 },
	{ "<4>[    3.428810][  T123] BUG: x", "BUG: x", "T123", 4, 3.428810 },
	{ "[    3.428810][    C1]  f+0x1/0x2", " f+0x1/0x2", "C1", -1, 3.428810 },
	{ "login: <1>[    3.428810] BUG: x", "BUG: x", "", 1, 3.428810 },
	{ "4,77,3428810,-,caller=T12;BUG: x", "BUG: x", "T12", 4, 3.428810 },
	{ "Nov 21 11:54:06 host kernel: [    3.428810] BUG: x", "BUG: x", "", -1, 3.428810 },
	{ "Nov 21 11:54:06 host kernel: BUG: x", "BUG: x", "", -1, NAN },
	{ "<6>BUG: x", "BUG: x", "", 6, NAN },
	{ "BUG: x [1.5]", "BUG: x [1.5]", "", -1, NAN },
	{ "[ BUG: x ]", "[ BUG: x ]", "", -1, NAN },
};

static void every_prefix_of_printk_comes_off(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(prefixes); i++) {
		const struct prefix *want = &prefixes[i];
		struct kmsg k;

		kmsg_parse(want->line, &k);
		assert_string_equal(k.text, want->text);
		assert_string_equal(k.caller, want->caller);
		assert_int_equal(k.level, want->level);
		assert_int_equal(isnan(k.guest_s), isnan(want->guest_s));
		if (!isnan(want->guest_s))
			assert_true(fabs(k.guest_s - want->guest_s) < 1e-9);
	}
}

static void a_pattern_captures_what_it_names(void **state)
{
	struct captures c;

	(void)state;
	assert_true(pattern_match("{n} PID: {n} at {w} {F}",
				  "0 PID: 1 at mm/slub.c:12 f.isra.0+0x1/0x2 [m]", &c));
	assert_int_equal(c.at[1].len, 1);
	assert_memory_equal(c.at[1].s, "f", 1);
	assert_true(pattern_match("{A} on CPU#{n}", "lockup suspected on CPU#2, a/1", &c));
	assert_int_equal(c.at[1].len, strlen("lockup suspected"));
	assert_true(pattern_match("{*}x", "aaax", &c));
	assert_false(pattern_match("{*}x", "aaa", &c));
	assert_false(pattern_match("{n}", "x", &c));
	assert_false(pattern_match("{F}", "0x0", &c));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(every_form_of_a_frame_is_read),
		test(offsets_and_sizes_are_kept),
		test(underscores_do_not_hide_a_function_from_its_set),
		test(a_system_call_has_one_name_on_every_processor),
		test(every_prefix_of_printk_comes_off),
		test(a_pattern_captures_what_it_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
