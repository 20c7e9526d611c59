/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Policies that hang (retry, stall) are not tried here but in guests: a `sync` of this host would
 * hang with them.
 */
#include "unit.h"

#include <sched.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include "load_run.h"

/* Of a capacity of 1 MiB, 140 % are 1441792 bytes: 22 pieces of 64 KiB. */

static char dir[] = "/tmp/kernsoak-overcopy-XXXXXX";
static bool can;

/* What the load says of its first copy; valid until the next. */
static const char *first_copy(const char *params)
{
	static struct load_run r;
	_cleanup_free_
	char *all = xasprintf("{ dir: %s, sync: no%s%s%s }", dir,
			      strstr(params, "capacity") ? "" : ", capacity: 1MiB",
			      *params ? ", " : "", params);
	char *line, *end;

	load_run_start(&r, "overcopy", all);
	assert_true(load_run_hears(&r, "armed overfs took 64 KiB and gave them back"));
	assert_null(strstr(r.said, "count")); /* what proves it is no work */
	load_run_go(&r);
	if (!load_run_hears(&r, "note copy n=1 ") || !load_run_hears(&r, " stuck="))
		fail_msg("%s: no copy but: %s", params, r.said);
	load_run_end(&r, SIGKILL);
	line = strstr(r.said, "note copy n=1 ");
	end = strchr(line, '\n');
	if (end)
		*end = 0;
	return line;
}

/* Each word of `want`, such as "by=fsync error=ENOSPC", is a word of the line. */
static void assert_copy(const char *params, const char *want)
{
	const char *line = first_copy(params);

	for (const char *w = want; *w; w += strspn(w, " ")) {
		_cleanup_free_
		char *word = xasprintf(" %.*s ", (int)strcspn(w, " "), w);

		if (!strstr(line, word))
			fail_msg("{ %s }: not%sin: %s", params, word, line);
		w += strcspn(w, " ");
	}
}

static void skip_where_it_cannot_be(void)
{
	if (!can) {
		print_message("needs root, /dev/fuse and leave to mount\n");
		skip();
	}
}

static void with_the_page_cache_only_fsync_tells_that_it_is_full(void **state)
{
	(void)state;
	skip_where_it_cannot_be();
	assert_copy("", "how=file bytes=1441792 accepted=1441792 verdict=told by=fsync "
			"error=ENOSPC intact=1048576 unreadable=0 free=0");
	assert_copy("policy: eio", "verdict=told by=fsync error=EIO");
	assert_copy("how: mmap", "how=mmap accepted=1441792 verdict=told by=fsync error=ENOSPC");
}

static void without_fsync_close_tells(void **state)
{
	(void)state;
	skip_where_it_cannot_be();
	assert_copy("fsync: no", "accepted=1441792 verdict=told by=close error=ENOSPC");
}

static void past_the_page_cache_write_tells(void **state)
{
	(void)state;
	skip_where_it_cannot_be();
	assert_copy("writeback: no",
		    "accepted=1048576 verdict=told by=write error=ENOSPC intact=1048576 wrong=0");
	assert_copy("how: direct", "how=direct accepted=1048576 verdict=told by=write wrong=0");
}

static void what_is_dropped_is_found_though_every_call_said_yes(void **state)
{
	(void)state;
	skip_where_it_cannot_be();
	assert_copy("policy: drop", "accepted=1441792 verdict=silent-loss by=never error=ok "
				    "intact=1048576 wrong=393216");
	assert_copy("policy: drop, how: tree", "how=tree verdict=silent-loss intact=1048576");
}

static void after_fail_all_nothing_can_be_read(void **state)
{
	(void)state;
	skip_where_it_cannot_be();
	assert_copy("policy: fail-all", "verdict=told error=EIO intact=0 unreadable=1441792");
}

static void what_fits_comes_back_whole(void **state)
{
	(void)state;
	skip_where_it_cannot_be();
	assert_copy("percent: 90", "bytes=917504 verdict=whole by=never intact=917504 free=131072");
	assert_copy("percent: 100, how: tree", "verdict=whole intact=1048576 free=0");
	assert_copy("percent: 90, how: mmap", "verdict=whole intact=917504");
}

static void the_capacity_decides_how_much_is_copied(void **state)
{
	(void)state;
	skip_where_it_cannot_be();
	assert_copy("capacity: 2MiB", "bytes=2883584 intact=2097152");
}

static void statfs_may_lie(void **state)
{
	(void)state;
	skip_where_it_cannot_be();
	assert_copy("statfs: lies", "verdict=told free=1048576");
}

/* Of its first copies, one by one. */
static void assert_finds(const char *params, const char *finding)
{
	_cleanup_free_
	char *all = xasprintf("{ dir: %s, capacity: 1MiB, sync: no, %s }", dir, params);
	_cleanup_free_
	char *line = xasprintf("finding %s 1\n", finding);
	static struct load_run r;

	load_run_start(&r, "overcopy", all);
	assert_true(load_run_hears(&r, "armed "));
	assert_null(strstr(r.said, "finding")); /* nor is what proves it */
	load_run_go(&r);
	if (!load_run_hears(&r, line))
		fail_msg("{ %s }: no %s in: %s", params, line, r.said);
	load_run_end(&r, SIGKILL);
}

static void each_copy_is_counted_by_where_its_caller_learnt_of_it(void **state)
{
	(void)state;
	skip_where_it_cannot_be();
	assert_finds("percent: 140", "told-by-fsync");
	assert_finds("writeback: no", "told-by-write");
	assert_finds("fsync: no", "told-by-close");
	assert_finds("policy: drop", "silent-loss");
	assert_finds("percent: 90", "whole");
}

static void it_checks_in_elsewhere_before_it_is_armed(void **state)
{
	_cleanup_free_
	char *params = xasprintf("percent: 90, checkin: %s", dir), *file = NULL;

	(void)state;
	skip_where_it_cannot_be();
	file = xasprintf("%s/checkin", dir);
	assert_finds(params, "whole");
	assert_int_equal(unlink(file), 0);
}

static void a_checkin_that_fails_is_refused(void **state)
{
	(void)state;
	assert_load_refuses("overcopy", "{ checkin: /nowhere, dir: /tmp }",
			    "checkin: /nowhere/checkin: ENOENT");
}

/* 11 writes of 128 KiB at most, each 20 ms: a lower bound, however slow the machine is. */
static void latency_is_of_each_write(void **state)
{
	(void)state;
	unsigned long after_ms = 0;
	const char *at;

	skip_where_it_cannot_be();
	at = strstr(first_copy("latency: 20ms, percent: 100"), "after_ms=");
	assert_int_equal(sscanf(at, "after_ms=%lu", &after_ms), 1);
	assert_true(after_ms >= 160);
}

static void a_disk_that_memory_cannot_hold_is_refused(void **state)
{
	(void)state;
	assert_load_refuses("overcopy", "{ fs: loop, capacity: 1TiB, dir: /tmp }",
			    "is more than half of");
}

static int own_mounts(void **state)
{
	(void)state;
	can = mkdtemp(dir) && access("/dev/fuse", R_OK | W_OK) == 0 && geteuid() == 0 &&
	      unshare(CLONE_NEWNS) == 0 && mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0;
	return 0;
}

/* Our namespace's mounts go with us. */
static int clean(void **state)
{
	char path[64];

	(void)state;
	snprintf(path, sizeof path, "%s/mnt", dir);
	while (umount2(path, MNT_DETACH) == 0)
		;
	rmdir(path);
	return rmdir(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(with_the_page_cache_only_fsync_tells_that_it_is_full),
		test(without_fsync_close_tells),
		test(past_the_page_cache_write_tells),
		test(what_is_dropped_is_found_though_every_call_said_yes),
		test(after_fail_all_nothing_can_be_read),
		test(what_fits_comes_back_whole),
		test(the_capacity_decides_how_much_is_copied),
		test(statfs_may_lie),
		test(latency_is_of_each_write),
		test(each_copy_is_counted_by_where_its_caller_learnt_of_it),
		test(it_checks_in_elsewhere_before_it_is_armed),
		test(a_checkin_that_fails_is_refused),
		test(a_disk_that_memory_cannot_hold_is_refused),
	};
	return cmocka_run_group_tests(tests, own_mounts, clean);
}
