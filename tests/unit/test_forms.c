/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Forms that no guest of ours prints: other processors, other kernels, old versions; and texts that
 * hold trigger words without being a crash. Lines are those of the kernels' printk formats.
 */
#include "unit.h"

#include "detect/detector.h"
#include "detect/frames.h"

struct found {
	struct sighting s; /* the first of severity crash or worse, once whole */
	unsigned n;
};

static void record(void *arg, enum sighting_phase phase, uint64_t serial, const struct sighting *s)
{
	struct found *f = arg;

	(void)serial;
	if (phase != SIGHTING_CLOSED || s->severity < SEVERITY_CRASH)
		return;
	if (f->n++ == 0)
		f->s = *s;
}

static struct found scan(const char *log)
{
	struct err err = { 0 };
	struct found f = { .n = 0 };
	struct detector *d = detector_new(record, &f, &err);

	assert_non_null(d);
	detector_feed(d, log, strlen(log), TIME_NEVER);
	detector_finish(d);
	detector_free(d);
	return f;
}

struct form {
	const char *log, *class, *title;
};

static void check_forms(const struct form *form, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct found f = scan(form[i].log);

		if (f.n == 0)
			fail_msg("missed: %s", form[i].log);
		assert_string_equal(f.s.title, form[i].title);
		assert_string_equal(crash_info(f.s.class)->name, form[i].class);
		assert_int_equal(f.s.integrity, INTEGRITY_COMPLETE);
	}
}

static void an_oops_of_every_processor_names_where_it_was(void **state)
{
	static const struct form forms[] = {
		{ "Unable to handle kernel pointer dereference in virtual kernel address space\n"
		  "Failing address: 0000000000000000 TEID: 0000000000000483\n"
		  "Oops: 0004 ilc:2 [#1] SMP \n"
		  "CPU: 1 PID: 93 Comm: insmod Tainted: G 5.14.0 #1\n"
		  "Krnl PSW : 0704c00180000000 000003ff80000d42 (foo_init+0x42/0x100 [foo])\n"
		  "           R:0 T:1 IO:1 EX:1 Key:0 M:1 W:0 P:0 AS:3 CC:0 PM:0 RI:0 EA:3\n"
		  "Call Trace:\n"
		  " [<000003ff80000d42>] foo_init+0x42/0x100 [foo] \n"
		  " [<0000000000101234>] do_one_initcall+0x44/0x200 \n"
		  "Last Breaking-Event-Address:\n"
		  " [<0000000000e12345>] __warn_printk+0x1/0x2\n",
		  "oops-paging", "BUG: unable to handle kernel paging request in foo_init" },
		{ "specification exception: 0006 ilc:3 [#1] SMP \n"
		  "Krnl PSW : 0704c00180000000 000003ff80000d42 (foo_do+0x42/0x100)\n"
		  "Call Trace:\n"
		  " [<000003ff80000d42>] foo_do+0x42/0x100 \n"
		  " [<0000000000101234>] __do_syscall+0x44/0x200 \n",
		  "oops", "Oops in foo_do" },
		{ "BUG: Kernel NULL pointer dereference on read at 0x00000008\n"
		  "Faulting instruction address: 0xc0000000004f1234\n"
		  "Oops: Kernel access of bad area, sig: 11 [#1]\n"
		  "NIP:  c0000000004f1234 LR: c0000000004f1230 CTR: 0000000000000000\n"
		  "NIP [c0000000004f1234] foo_read+0x24/0x80\n"
		  "LR [c0000000004f1230] vfs_read+0x20/0x80\n"
		  "Call Trace:\n"
		  "[c000000004d3f940] [c0000000004f1230] foo_read+0x20/0x80 (unreliable)\n"
		  "[c000000004d3f980] [c000000000412345] vfs_read+0xc5/0x330\n",
		  "oops-null",
		  "BUG: unable to handle kernel NULL pointer dereference in foo_read" },
		{ "Oops - illegal instruction [#1]\n"
		  "CPU: 0 PID: 93 Comm: cat Not tainted 6.1.0 #1\n"
		  "epc : foo_read+0x24/0x80\n"
		  " ra : vfs_read+0x20/0x80\n"
		  "[<ffffffff80001234>] foo_read+0x24/0x80\n"
		  "[<ffffffff80005678>] vfs_read+0x20/0x80\n",
		  "oops", "Oops in foo_read" },
		{ "Reserved instruction in kernel code[#1]:\n"
		  "CPU: 0 PID: 93 Comm: cat Not tainted 6.1.0 #1\n"
		  "epc   : 80401234 foo_read+0x24/0x80\n"
		  "ra    : 80405678 vfs_read+0x20/0x80\n"
		  "Call Trace:\n"
		  "[<80401234>] foo_read+0x24/0x80\n"
		  "[<80405678>] vfs_read+0x20/0x80\n",
		  "invalid-opcode", "invalid opcode in foo_read" },
		{ "CPU 0 Unable to handle kernel paging request at virtual address "
		  "0000000000000008, era == 9000000000401234, ra == 9000000000405678\n"
		  "Oops[#1]:\n"
		  "   ra: 9000000000405678 vfs_read+0x20/0x80\n"
		  "  ERA: 9000000000401234 foo_read+0x24/0x80\n"
		  "Call Trace:\n"
		  "[<9000000000401234>] foo_read+0x24/0x80\n"
		  "[<9000000000405678>] vfs_read+0x20/0x80\n",
		  "oops-paging", "BUG: unable to handle kernel paging request in foo_read" },
		{ "Internal error: UBSAN: array index out of bounds: 00000000f2005512 [#1] SMP\n"
		  "pc : foo_read+0x24/0x80\n"
		  "lr : vfs_read+0x20/0x80\n"
		  "Call trace:\n"
		  " foo_read+0x24/0x80\n"
		  " vfs_read+0x20/0x80\n",
		  "ubsan", "UBSAN: array index out of bounds in foo_read" },
	};

	(void)state;
	check_forms(forms, ARRAY_SIZE(forms));
}

static void the_driver_is_to_blame_not_what_it_called(void **state)
{
	static const struct form forms[] = {
		{ "WARNING: CPU: 1 PID: 81 at drivers/usb/core/urb.c:478 "
		  "usb_submit_urb+0x1188/0x1460\n"
		  "RIP: 0010:usb_submit_urb+0x1188/0x1460\n"
		  "Call Trace:\n"
		  " usb_start_wait_urb+0x10/0x20\n"
		  " usb_control_msg+0x10/0x20\n"
		  " foo_probe+0x10/0x20\n"
		  " usb_probe_interface+0x10/0x20\n",
		  "warning", "WARNING in foo_probe/usb_submit_urb" },
		{ "BUG: kernel NULL pointer dereference, address: 0000000000000008\n"
		  "RIP: 0010:foo_kmalloc+0x1/0x20 [foo]\n"
		  "Call Trace:\n"
		  " <TASK>\n"
		  " foo_probe+0x10/0x20 [foo]\n"
		  " driver_probe+0x10/0x20\n"
		  " </TASK>\n",
		  "oops-null",
		  "BUG: unable to handle kernel NULL pointer dereference in foo_kmalloc" },
		{ "BUG: KASAN: slab-out-of-bounds in vsnprintf+0x1/0x20\n"
		  "Read of size 1 at addr ffff8881 by task a/1\n"
		  "Call Trace:\n"
		  " dump_stack+0x10/0x20\n"
		  " kasan_report+0x10/0x20\n"
		  " string+0x10/0x20\n"
		  " vsnprintf+0x10/0x20\n"
		  " dev_printk_emit+0x10/0x20\n"
		  " _dev_info+0x10/0x20\n"
		  " foo_probe+0x10/0x20\n",
		  "kasan", "KASAN: slab-out-of-bounds Read in foo_probe" },
	};

	(void)state;
	check_forms(forms, ARRAY_SIZE(forms));
}

static void functions_with_bugs_of_their_own_can_be_guilty(void **state)
{
	static const char *const names[] = {
		"cm_kmalloc",     "bitmap_ip_add",     "get_user_pages",   "page_counter_cancel",
		"timer_settime",  "read_block_bitmap", "watchdog_open",    "crypto_larval_kill",
		"wait_for_xmitr", "xen_netbk_add",     "percpu_ref_exit",  "__x_seqcount_t",
		"atomic_open",    "mt_report",         "wake_up_new_task", "usb_cache_string",
		"foo_panic",      "warn_foo",          "complete_io",      "string_table_lookup",
		"up_foo",         "down_foo",          "put_user_pages",   "foo_set_bit",
	};
	const unsigned all = SKIP_REPORT | SKIP_HELPERS;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (frames_skipped(names[i], all))
			fail_msg("%s can never be guilty", names[i]);
}

static void a_glob_says_nothing_of_modules(void **state)
{
	struct frame builtin = { .function = "kmalloc_ring" };
	struct frame module = { .function = "kmalloc_ring", .module = "foo" };
	struct frame named = { .function = "drm_modeset_lock", .module = "drm" };

	(void)state;
	assert_true(frame_skipped(&builtin, SKIP_SLAB));
	assert_false(frame_skipped(&module, SKIP_SLAB));
	assert_true(frame_skipped(&named, SKIP_LOCK));
}

static void who_speaks_of_a_crash_has_not_crashed(void **state)
{
	static const char *const logs[] = {
		"[    1.000000] a.out[93]: segfault at 0 ip 0000000000401136 sp 00007ffd error 6 "
		"in a.out\n",
		"[    1.000000] traps: a.out[93] general protection fault ip:401136 sp:7ffd "
		"error:0 in a\n",
		"[    1.000000] traps: a.out[94] trap divide error ip:401136 sp:7ffc error:0 in "
		"a.out\n",
		"[    1.000000] traps: a.out[94] trap invalid opcode ip:401136 sp:7ffc error:0 in "
		"a.out\n",
		"# echo \"BUG: soft lockup - CPU#1 stuck for 22s!\" >> notes\n",
		"+ echo Kernel panic - not syncing: asked for\n",
		"$ dmesg | grep -E 'kernel BUG at |WARNING: CPU: |Kernel panic - not syncing: '\n",
		"$ logger -p kern.err BUG: unable to handle page fault for address: 0\n",
		"[    0.000000] Kernel command line: panic=1 foo=\"BUG: KASAN: x in f\" "
		"softlockup_panic=1\n",
		"[    3.000000] audit: type=1400 comm=\"BUG: KASAN: use-after-free in f\" "
		"name=\"x\"\n",
		"[    3.000000] sysctl: kernel.panic_on_warn set to 1\n",
		"[    2.000000] systemd[1]: Starting Save Kernel panic - not syncing messages...\n",
		"[  OK  ] Finished BUG report collector.\n",
		"[    3.000000] INFO: NMI handler (perf_event_nmi_handler) took too long to run: "
		"1.4 ms\n",
		"[    3.000000] mce: [Hardware Error]: Machine check events logged\n",
		"[    3.000000] workqueue: foo hogged CPU for >10000us 4 times\n",
		"panic: bad arg kind\n\ngoroutine 17 [running]:\nmain.main()\n\t/src/main.go:12 "
		"+0x1d\n",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(logs); i++) {
		struct found f = scan(logs[i]);

		if (f.n > 0)
			fail_msg("'%s' from %s", f.s.title, logs[i]);
	}
}

static void a_log_that_is_shown_again_cannot_be_told_from_a_crash(void **state)
{
	struct found f = scan("$ cat old.log\n"
			      "[ 1234.000000] kernel BUG at fs/a.c:1!\n"
			      "[ 1234.000001] RIP: 0010:foo+0x1/0x2\n");

	(void)state;
	assert_int_equal(f.n, 1);
	assert_string_equal(f.s.title, "kernel BUG in foo");
}

static void the_first_cause_names_the_crash_whatever_follows(void **state)
{
	struct found f =
		scan("[    9.000000] INFO: task a:93 blocked for more than 120 seconds.\n"
		     "[    9.000001] task:a state:D stack:0 pid:93\n"
		     "[    9.000002] Call Trace:\n"
		     "[    9.000003]  __schedule+0x1/0x2\n"
		     "[    9.000004]  schedule+0x1/0x2\n"
		     "[    9.000005]  foo_wait+0x1/0x2\n"
		     "[    9.000006]  do_syscall_64+0x1/0x2\n"
		     "[    9.000007] NMI backtrace for cpu 0\n"
		     "[    9.000008] CPU: 0 PID: 30 Comm: khungtaskd\n"
		     "[    9.000009] Call Trace:\n"
		     "[    9.000010]  watchdog+0x1/0x2\n"
		     "[    9.000011] Kernel panic - not syncing: hung_task: blocked tasks\n"
		     "[    9.000012] CPU: 0 PID: 30 Comm: khungtaskd\n");

	(void)state;
	assert_int_equal(f.n, 1);
	assert_string_equal(f.s.title, "INFO: task hung in foo_wait");
	assert_true(f.s.panicked);
}

static void an_apple_or_a_bsd_kernel_stops(void **state)
{
	static const struct form forms[] = {
		{ "panic(cpu 2 caller 0xffffff80003c2e1d): watchdog timeout: no checkins from "
		  "watchdogd in 90 seconds (48 total checkins since monitoring last enabled)\n"
		  "Backtrace (CPU 2), Frame : Return Address\n"
		  "0xffffffb0 : 0xffffff80 mach_kernel : _handle_debugger_trap + 0x41\n"
		  "0xffffffb1 : 0xffffff81 mach_kernel : _watchdog_foo + 0x41\n",
		  "xnu-panic",
		  "panic: watchdog timeout: no checkins from watchdogd in NUM seconds (NUM total "
		  "checkins since monitoring last enabled)" },
		{ "uvm_fault(0xfffffd806e39f1d8, 0x4, 0, 1) -> e\n"
		  "kernel: page fault trap, code=0\n"
		  "Stopped at      igmp_leavegroup+0xaf:   movl    0x4(%rax),%r12d\n"
		  "in_delmulti(ffff800000045880) at in_delmulti+0xd8\n",
		  "bsd-panic", "uvm_fault: igmp_leavegroup" },
	};

	(void)state;
	check_forms(forms, ARRAY_SIZE(forms));
}

static void what_kinds_ask_more_of_a_stack(void **state)
{
	static const struct form forms[] = {
		{ "INFO: task a:93 blocked for more than 120 seconds.\n"
		  "Call Trace:\n"
		  " __schedule+0x1/0x2\n"
		  " blk_mq_freeze_queue_wait+0x1/0x2\n"
		  " foo_remove+0x1/0x2\n"
		  " do_syscall_64+0x1/0x2\n",
		  "hung-task", "INFO: task hung in foo_remove" },
		{ "INFO: task a:93 blocked for more than 120 seconds.\n"
		  "Call Trace:\n"
		  " schedule+0x1/0x2\n"
		  " __mutex_lock+0x1/0x2\n"
		  " rtnl_lock+0x1/0x2\n"
		  " foo_ioctl+0x1/0x2\n",
		  "hung-task", "INFO: task hung in rtnl_lock" },
		{ "INFO: task a:93 blocked for more than 120 seconds.\n"
		  "Call Trace:\n"
		  " schedule+0x1/0x2\n"
		  " __wait_rcu_gp+0x1/0x2\n"
		  " __synchronize_srcu+0x1/0x2\n"
		  " foo_remove+0x1/0x2\n",
		  "hung-task", "INFO: task hung in synchronize_rcu" },
		{ "BUG: memory leak\n"
		  "unreferenced object 0xffff8881 (size 64):\n"
		  "  backtrace:\n"
		  "    kmem_cache_alloc_noprof+0x1/0x2\n"
		  "    sk_prot_alloc+0x1/0x2\n"
		  "    foo_alloc_session+0x1/0x2\n"
		  "    foo_connect+0x1/0x2\n",
		  "memory-leak", "memory leak in foo_connect" },
		{ "WARNING: CPU: 0 PID: 91 at lib/debugobjects.c:505 debug_print_object+0x1/0x2\n"
		  "RIP: 0010:debug_print_object+0x1/0x2\n"
		  "Call Trace:\n"
		  " debug_check_no_obj_freed+0x1/0x2\n"
		  " free_unref_page_prepare+0x1/0x2\n"
		  " percpu_counter_destroy+0x1/0x2\n"
		  " hrtimer_init+0x1/0x2\n"
		  " foo_release+0x1/0x2\n",
		  "warning", "WARNING: ODEBUG bug in foo_release" },
		{ "WARNING: suspicious RCU usage\n"
		  "Call Trace:\n"
		  " lockdep_rcu_suspicious+0x1/0x2\n"
		  " foo_rcu_lookup+0x1/0x2\n"
		  " foo_find+0x1/0x2\n",
		  "lockdep", "WARNING: suspicious RCU usage in foo_find" },
		{ "kernel BUG at net/core/skbuff.c:104!\n"
		  "RIP: 0010:skb_trim+0x1/0x2\n"
		  "Call Trace:\n"
		  " foo_rcv+0x1/0x2\n"
		  " do_syscall_64+0x1/0x2\n",
		  "bug", "kernel BUG in foo_rcv" },
		{ "BUG: Bad page state in process a  pfn:7071f\n"
		  "page last allocated via order 0, migratetype Unmovable, gfp_mask 0x1\n"
		  " post_alloc_hook+0x1/0x2\n"
		  " page_pool_alloc_pages+0x1/0x2\n"
		  " foo_fill+0x1/0x2\n"
		  "page last free pid 1 tgid 1 stack trace:\n"
		  " free_unref_page+0x1/0x2\n"
		  " bar_free+0x1/0x2\n"
		  "Modules linked in:\n"
		  "CPU: 1 PID: 8978 Comm: a\n"
		  "Call Trace:\n"
		  " bad_page+0x1/0x2\n"
		  " innocent+0x1/0x2\n",
		  "bad-page", "BUG: Bad page state in foo_fill" },
		{ "[ BUG: Invalid wait context ]\n"
		  "Call Trace:\n"
		  " dump_stack+0x1/0x2\n"
		  " __lock_acquire+0x1/0x2\n"
		  " _raw_spin_lock+0x1/0x2\n"
		  " foo_irq+0x1/0x2\n",
		  "lockdep", "WARNING: locking bug in foo_irq" },
	};

	(void)state;
	check_forms(forms, ARRAY_SIZE(forms));
}

static void a_stalled_cpu_is_named_by_what_was_called(void **state)
{
	static const struct form forms[] = {
		{ "watchdog: BUG: soft lockup - CPU#1 stuck for 22s! [a:93]\n"
		  "RIP: 0010:csum_partial+0x1/0x2\n"
		  "Call Trace:\n"
		  " foo_parse+0x1/0x2\n"
		  " foo_setsockopt+0x1/0x2\n"
		  " __sys_setsockopt+0x1/0x2\n"
		  " do_syscall_64+0x1/0x2\n",
		  "soft-lockup", "BUG: soft lockup in foo_setsockopt" },
		{ "watchdog: BUG: soft lockup - CPU#1 stuck for 22s! [a:93]\n"
		  "RIP: 0010:handle_softirqs+0x1/0x2\n"
		  "Call Trace:\n"
		  " irq_exit_rcu+0x1/0x2\n"
		  " innocent+0x1/0x2\n"
		  " do_syscall_64+0x1/0x2\n",
		  "soft-lockup", "BUG: soft lockup in handle_softirqs" },
		{ "watchdog: BUG: soft lockup - CPU#1 stuck for 22s! [a:93]\n"
		  "RIP: 0010:csd_lock_wait+0x1/0x2\n"
		  "Call Trace:\n"
		  " smp_call_function_many_cond+0x1/0x2\n"
		  " innocent+0x1/0x2\n"
		  " do_syscall_64+0x1/0x2\n",
		  "soft-lockup", "BUG: soft lockup in smp_call_function" },
	};

	(void)state;
	check_forms(forms, ARRAY_SIZE(forms));
}

/* A family is known by its names of every version. */
static void helpers_are_known_by_their_old_names_and_their_new(void **state)
{
	static const char *const names[] = {
		"__kmalloc_node_track_caller_noprof",
		"kmem_cache_alloc_trace",
		"__kvmalloc_node_noprof",
		"__vmalloc_node_range_noprof",
		"__alloc_frozen_pages_noprof",
		"vma_alloc_folio_noprof",
		"__filemap_get_folio",
		"pagecache_get_page",
		"queued_write_lock_slowpath",
		"queue_write_lock_slowpath",
		"rwsem_down_write_slowpath",
		"call_rwsem_down_write_failed",
		"__rt_mutex_slowlock_locked",
		"owner_on_cpu",
		"_set_bit",
		"test_and_clear_bit",
		"arch_atomic64_try_cmpxchg",
		"__timer_delete_sync",
		"try_to_del_timer_sync",
		"__cancel_work_sync",
		"__cancel_work_timer",
		"kthread_queue_delayed_work",
		"work_is_static_object",
		"strnchr",
		"ip6_compressed_string",
		"va_format",
		"_dev_crit",
		"_copy_from_iter_full",
		"copyin",
		"copyout_nofault",
		"extract_user_to_sg",
		"get_device_parent",
		"device_for_each_child",
		"unregister_netdev",
		"usb_hcd_submit_urb",
		"iput_final",
		"mark_buffer_dirty",
		"__phys_addr_nodebug",
		"__virt_to_phys",
		"autoremove_wake_function",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (!frames_skipped(names[i], SKIP_HELPERS))
			fail_msg("%s is no helper", names[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(a_glob_says_nothing_of_modules),
		test(a_stalled_cpu_is_named_by_what_was_called),
		test(a_log_that_is_shown_again_cannot_be_told_from_a_crash),
		test(an_apple_or_a_bsd_kernel_stops),
		test(an_oops_of_every_processor_names_where_it_was),
		test(functions_with_bugs_of_their_own_can_be_guilty),
		test(helpers_are_known_by_their_old_names_and_their_new),
		test(the_driver_is_to_blame_not_what_it_called),
		test(the_first_cause_names_the_crash_whatever_follows),
		test(what_kinds_ask_more_of_a_stack),
		test(who_speaks_of_a_crash_has_not_crashed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
