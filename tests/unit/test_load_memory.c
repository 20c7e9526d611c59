/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "unit.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include "load_run.h"

#define LOAD      "memory-pressure"
#define HOG_PAGES 2048ul /* 8 MiB */

/* A folder on a disk: $TMPDIR may be memory. */
static const char *disk(void)
{
	static char path[512];
	const char *build = getenv("BUILD");

	if (!*path) {
		snprintf(path, sizeof path, "%s/tests/load-memory", build ? build : "build");
		mkdir(path, 0755);
	}
	return path;
}

/* Are holes that are read kept as pages there? Not on tmpfs, nor on overlays of it. */
static bool has_page_cache(void)
{
	char name[600], buf[65536];
	unsigned char in = 0;
	snprintf(name, sizeof name, "%s/probe", disk());
	int fd = open(name, O_RDWR | O_CREAT, 0600);
	bool has = false;

	unlink(name);
	if (fd >= 0 && ftruncate(fd, sizeof buf) == 0 && read(fd, buf, sizeof buf) > 0) {
		void *map = mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0);
		has = map != MAP_FAILED && mincore(map, 4096, &in) == 0 && in & 1;
	}
	close(fd);
	return has;
}

static size_t entries(const char *fmt, pid_t pid)
{
	char path[64];
	size_t n = 0;

	snprintf(path, sizeof path, fmt, pid);
	DIR *d = opendir(path);
	for (struct dirent *e; d && (e = readdir(d));)
		n += e->d_name[0] != '.';
	if (d)
		closedir(d);
	return n;
}

static pid_t child_of(pid_t pid)
{
	char path[96];
	int child = 0;

	snprintf(path, sizeof path, "/proc/%d/task/%d/children", pid, pid);
	FILE *f = fopen(path, "r");
	if (f && fscanf(f, "%d", &child) != 1)
		child = 0;
	if (f)
		fclose(f);
	return child;
}

/* From /proc/PID/FILE, in KiB if it has a unit; 0 where there is none. */
static unsigned long proc_value(pid_t pid, const char *file, const char *key)
{
	char path[64], line[256];
	unsigned long v = 0;

	snprintf(path, sizeof path, "/proc/%d/%s", pid, file);
	FILE *f = pid ? fopen(path, "r") : NULL;
	while (f && fgets(line, sizeof line, f))
		if (strncmp(line, key, strlen(key)) == 0 && line[strlen(key)] == ':')
			v = strtoul(line + strlen(key) + 1, NULL, 10);
	if (f)
		fclose(f);
	return v;
}

static bool hog_holds_all(const struct load_run *r)
{
	return proc_value(child_of(r->pid), "status", "RssAnon") >= HOG_PAGES * 4;
}

static bool hog_has_locked_all(const struct load_run *r)
{
	return proc_value(child_of(r->pid), "status", "VmLck") >= HOG_PAGES * 4;
}

static void a_load_without_any_part_is_refused(void **state)
{
	(void)state;
	assert_load_refuses(LOAD, "{ page-cache: 0B }", "all 0: no pressure");
}

static void a_folder_without_a_page_cache_is_refused_by_name(void **state)
{
	struct statfs st;

	(void)state;
	if (statfs("/dev/shm", &st) < 0 || st.f_type != 0x01021994 || access("/dev/shm", W_OK) < 0)
		skip();
	assert_load_refuses(
		LOAD, "{ dir: /dev/shm, page-cache: 8MiB }",
		"/dev/shm (tmpfs): of 256 pages that were read, 0 are in the page cache");
}

static void more_memory_than_there_is_is_refused(void **state)
{
	(void)state;
	assert_load_refuses(LOAD, "{ page-cache: 0B, anonymous: 15TiB }",
			    "are more than the guest's");
}

static void each_reader_is_a_thread_with_a_file_of_its_own(void **state)
{
	(void)state;
	_cleanup_free_
	char *params =
		xasprintf("{ dir: %s, page-cache: 64MiB, readers: 3, read-pause: 1s }", disk());
	static struct load_run r;

	if (!has_page_cache())
		skip();
	load_run_start(&r, LOAD, params);
	assert_true(load_run_hears(&r, "armed 64 MiB of holes to read by 3"));
	const size_t files = entries("/proc/%d/fd", r.pid);
	load_run_go(&r);
	for (int i = 0; i < 2000 && entries("/proc/%d/task", r.pid) < 4; i++)
		usleep(10000);
	assert_true(entries("/proc/%d/task", r.pid) >= 4); /* and the counter's, if kswapd ran */
	assert_int_equal(files, 3 + 3);
	assert_int_equal(load_run_end(&r, SIGTERM), 128 + SIGTERM);
}

static void the_hog_holds_what_it_was_told_in_a_process_that_is_killed_first(void **state)
{
	(void)state;
	char path[64], adj[16] = "";
	static struct load_run r;

	load_run_start(&r, LOAD, "{ page-cache: 0B, anonymous: 8MiB, touch: once }");
	assert_true(load_run_hears(&r, "armed 0 MiB of holes to read by 0, 8 MiB of anonymous"));
	assert_int_equal(child_of(r.pid), 0); /* not before go */
	load_run_go(&r);
	assert_true(load_run_comes(hog_holds_all, &r));
	snprintf(path, sizeof path, "/proc/%d/oom_score_adj", child_of(r.pid));
	FILE *f = fopen(path, "r");
	assert_true(f && fgets(adj, sizeof adj, f));
	fclose(f);
	assert_string_equal(adj, "1000\n");
	assert_int_equal(proc_value(child_of(r.pid), "status", "VmLck"), 0);
	load_run_end(&r, SIGTERM);
}

/* Forgets which pages were touched: false where the kernel cannot. */
static bool forget_touches(pid_t pid)
{
	char path[64];

	snprintf(path, sizeof path, "/proc/%d/clear_refs", pid);
	FILE *f = fopen(path, "w");
	bool can = f && fputs("1", f) >= 0;
	return f && fclose(f) == 0 && can;
}

static unsigned long rests(pid_t pid)
{
	return proc_value(pid, "status", "voluntary_ctxt_switches");
}

static bool hog_touched_all(const struct load_run *r)
{
	return proc_value(child_of(r->pid), "smaps_rollup", "Referenced") >= HOG_PAGES * 4;
}

static bool hog_touched_half(const struct load_run *r)
{
	return proc_value(child_of(r->pid), "smaps_rollup", "Referenced") >= HOG_PAGES * 2;
}

static void start_hog(struct load_run *r, const char *touch)
{
	_cleanup_free_
	char *params = xasprintf("{ page-cache: 0B, anonymous: 8MiB, touch: %s, touch-pause: 1ms }",
				 touch);

	load_run_start(r, LOAD, params);
	load_run_go(r);
	assert_true(load_run_comes(hog_holds_all, r));
}

static void memory_is_touched_again_and_again_or_once(void **state)
{
	(void)state;
	static struct load_run r;

	start_hog(&r, "sequential");
	if (!forget_touches(child_of(r.pid))) {
		load_run_end(&r, SIGTERM);
		skip();
	}
	assert_true(load_run_comes(hog_touched_all, &r));
	load_run_end(&r, SIGTERM);

	start_hog(&r, "random"); /* a pass draws as many pages as there are, some of them twice */
	forget_touches(child_of(r.pid));
	assert_true(load_run_comes(hog_touched_half, &r));
	load_run_end(&r, SIGTERM);

	start_hog(&r, "once");
	for (unsigned long n = rests(child_of(r.pid)) + 2; rests(child_of(r.pid)) < n;)
		usleep(1000); /* the last step was taken before the first of these */
	forget_touches(child_of(r.pid));
	for (unsigned long n = rests(child_of(r.pid)) + 10; rests(child_of(r.pid)) < n;)
		usleep(1000);
	assert_false(hog_touched_half(&r));
	load_run_end(&r, SIGTERM);
}

static void a_locked_hog_is_locked(void **state)
{
	(void)state;
	static struct load_run r;

	if (geteuid() != 0)
		skip(); /* RLIMIT_MEMLOCK */
	load_run_start(&r, LOAD, "{ page-cache: 0B, anonymous: 8MiB, mlock: yes }");
	assert_true(load_run_hears(&r, "anonymous memory, locked"));
	load_run_go(&r);
	assert_true(load_run_comes(hog_has_locked_all, &r));
	load_run_end(&r, SIGTERM);
}

/* A hog that is killed comes back smaller, and says so: the load lives on. */
static void a_killed_hog_comes_back_with_three_quarters(void **state)
{
	(void)state;
	static struct load_run r;

	load_run_start(&r, LOAD, "{ page-cache: 0B, anonymous: 8MiB }");
	load_run_go(&r);
	assert_true(load_run_comes(hog_holds_all, &r));
	kill(child_of(r.pid), SIGKILL);
	assert_true(load_run_hears(&r, "killed by signal 9 at 8 MiB; the next holds 7 at most"));
	load_run_end(&r, SIGTERM);
}

/* keep-free of nearly all that is available: the hog stays small and says why. */
static void the_hog_leaves_keep_free(void **state)
{
	(void)state;
	static struct load_run r;

	load_run_start(&r, LOAD, "{ page-cache: 0B, anonymous: 8MiB, keep-free: 15TiB }");
	load_run_go(&r);
	assert_true(load_run_hears(&r, "holds 0 of 8 MiB: more would not leave keep-free"));
	load_run_end(&r, SIGTERM);
}

static void swap_that_is_required_must_be_there(void **state)
{
	char line[256];
	unsigned long total = 0;
	FILE *f = fopen("/proc/meminfo", "r");

	(void)state;
	while (f && fgets(line, sizeof line, f))
		sscanf(line, "SwapTotal: %lu", &total);
	if (f)
		fclose(f);
	if (total)
		skip();
	assert_load_refuses(LOAD, "{ page-cache: 0B, anonymous: 8MiB, swap: require }",
			    "the guest has no swap");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(a_load_without_any_part_is_refused),
		test(a_folder_without_a_page_cache_is_refused_by_name),
		test(more_memory_than_there_is_is_refused),
		test(each_reader_is_a_thread_with_a_file_of_its_own),
		test(the_hog_holds_what_it_was_told_in_a_process_that_is_killed_first),
		test(memory_is_touched_again_and_again_or_once),
		test(a_locked_hog_is_locked),
		test(a_killed_hog_comes_back_with_three_quarters),
		test(the_hog_leaves_keep_free),
		test(swap_that_is_required_must_be_there),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
