/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "unit.h"

#include <dirent.h>
#include <sched.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <time.h>

#include "load_run.h"

#define LOAD "fsnotify-churn"

static char dir[] = "/tmp/kernsoak-fsnotify-XXXXXX";
static bool can;
static struct load_run run;

/* Until it has told once what it did. On a tmpfs of its own: marks of file systems are its alone.
 */
static void begin(const char *params)
{
	_cleanup_free_
	char *all = xasprintf("{ dir: %s, %s }", dir, params);

	if (!can) {
		print_message("needs root and leave to mount\n");
		skip();
	}
	assert_int_equal(mount("test", dir, "tmpfs", 0, NULL), 0);
	load_run_start(&run, LOAD, all);
	if (!load_run_hears(&run, "armed events came of a write"))
		fail_msg("%s: %s", params, run.said);
	load_run_go(&run);
	if (!load_run_hears(&run, "swaps="))
		fail_msg("%s: %s", params, run.said);
}

static void end(void)
{
	assert_int_equal(load_run_end(&run, SIGTERM), 128 + SIGTERM);
	umount2(dir, MNT_DETACH);
}

static unsigned long long said(const char *key)
{
	_cleanup_free_
	char *word = xasprintf(" %s=", key);
	const char *ops = strstr(run.said, "note ops"), *at = ops ? strstr(ops, word) : NULL;

	assert_non_null(at);
	return strtoull(at + strlen(word), NULL, 10);
}

static size_t entries(const char *path)
{
	DIR *d = opendir(path);
	size_t n = 0;

	for (struct dirent *e; d && (e = readdir(d));)
		n += e->d_name[0] != '.';
	if (d)
		closedir(d);
	return n;
}

static size_t threads(void)
{
	char path[64];

	snprintf(path, sizeof path, "/proc/%d/task", run.pid);
	return entries(path);
}

static void all_kinds_of_churn_happen(void **state)
{
	(void)state;
	static const char *const kinds[] = { "inotify", "fanotify", "instances", "events", "writes",
					     "renames", "deletes",  "mounts",    "swaps" };

	begin("rate: 20000/s");
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
		if (said(kinds[i]) == 0)
			fail_msg("no %s in: %s", kinds[i], run.said);
	assert_non_null(strstr(run.said, "count "));
	end();
}

static void what_is_switched_off_does_not_happen(void **state)
{
	(void)state;
	begin("fanotify: no, mounts: no, swaps: no");
	assert_true(said("inotify") > 0);
	assert_int_equal(said("fanotify"), 0);
	assert_int_equal(said("mounts"), 0);
	assert_int_equal(said("swaps"), 0);
	assert_non_null(strstr(run.said, "(inotify)"));
	end();
}

/* The main thread, the counter's, a mounter and a swapper, and as many as asked for. */
static void threads_and_watchers_are_as_many_as_asked_for(void **state)
{
	(void)state;
	begin("threads: 3, watchers: 5");
	assert_int_equal(threads(), 4 + 3 + 5);
	end();
	begin("threads: 1, watchers: 1, mounts: no, swaps: no");
	assert_int_equal(threads(), 2 + 1 + 1);
	end();
}

/* The mounts of the load are its own: we see its folder as it is below them. */
static void directories_and_files_are_as_many_as_asked_for(void **state)
{
	(void)state;
	char path[64];

	begin("directories: 3, files: 2, threads: 1");
	assert_int_equal(entries(dir), 3 + 2); /* and m, cm */
	snprintf(path, sizeof path, "%s/d3", dir);
	assert_int_not_equal(access(path, F_OK), 0);
	snprintf(path, sizeof path, "%s/d1/f2", dir);
	assert_int_not_equal(access(path, F_OK), 0);
	end();
}

static double now_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Each watcher may be one and a half times as fast for a moment, and make up for a second. */
static void the_rate_is_kept_to(void **state)
{
	(void)state;
	double from_s = now_s();

	begin("rate: 50/s, watchers: 2");
	assert_true((double)(said("inotify") + said("fanotify")) <=
		    75 * (now_s() - from_s + 1) + 2);
	end();
}

static void a_folder_that_cannot_be_is_refused(void **state)
{
	(void)state;
	if (!can)
		skip();
	assert_load_refuses(LOAD, "{ dir: /proc/no-folder }", "fail /proc/no-folder: ");
}

static int own_mounts(void **state)
{
	(void)state;
	can = mkdtemp(dir) && geteuid() == 0 && unshare(CLONE_NEWNS) == 0 &&
	      mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0;
	return 0;
}

static int clean(void **state)
{
	(void)state;
	umount2(dir, MNT_DETACH);
	return rmdir(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(all_kinds_of_churn_happen),
		test(what_is_switched_off_does_not_happen),
		test(threads_and_watchers_are_as_many_as_asked_for),
		test(directories_and_files_are_as_many_as_asked_for),
		test(the_rate_is_kept_to),
		test(a_folder_that_cannot_be_is_refused),
	};
	return cmocka_run_group_tests(tests, own_mounts, clean);
}
