/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "base/fs.h"
#include "store/gc.h"
#include "store/journal.h"
#include "store/layout.h"
#include "store/verdicts.h"

enum { CONSOLE = 256 << 10, REPORT_AT = 100 << 10, REPORT_END = REPORT_AT + 3000 };

static char *results;

static int make_folder(void **state)
{
	(void)state;
	results = xasprintf("%s/kernsoak-gc-%d", getenv("TMPDIR") ?: "/tmp", (int)getpid());
	return fs_mkdir_p(results, 0700, NULL);
}

static int remove_folder(void **state)
{
	(void)state;
	fs_remove_tree(AT_FDCWD, results, NULL);
	free(results);
	return 0;
}

static void put(int dir, const char *name, size_t n)
{
	_cleanup_buf_ struct buf b = BUF_INIT;
	struct err err = { 0 };

	while (b.len < n)
		buf_printf(&b, "line at %zu\n", b.len);
	assert_ok(fs_write(dir, name, b.data, n, &err));
}

/* A trial with all that there may be; `id`: of its crash, NULL: it survived. */
static void add_trial(const struct run_dir *run, uint64_t trial, const char *id, bool final)
{
	struct err err = { 0 };
	_cleanup_close_ int dir = trial_dir_create(run->fd, trial, &err);
	_cleanup_close_ int evidence = fs_make_dir(dir, TRIAL_EVIDENCE, 0755, &err);
	static struct verdict v;
	_cleanup_json_ json_t *j = NULL, *list = json_array();

	assert_true(dir >= 0 && evidence >= 0);
	v = (struct verdict){ .outcome = id ? OUTCOME_FAILED : OUTCOME_SURVIVED,
			      .final = final,
			      .trial = trial,
			      .has_sighting = id != NULL };
	if (id) {
		v.sighting.class = crash_by_name("divide-error");
		snprintf(v.sighting.id, sizeof(v.sighting.id), "%s", id);
		v.sighting.offset = REPORT_AT;
		v.sighting.end = REPORT_END;
		json_array_append_new(list, sighting_to_json(&v.sighting));
	}
	j = verdict_to_json(&v);
	assert_ok(json_write(dir, TRIAL_VERDICT, j, &err));
	assert_ok(json_write(dir, TRIAL_SIGHTINGS, list, &err));
	put(dir, TRIAL_CONSOLE, CONSOLE);
	put(dir, TRIAL_AGENT, 40000);
	put(dir, TRIAL_SPEC, 100);
	put(evidence, "memory.kdump", 200000);
	put(evidence, "ledger.json", 100);
}

static void make_run(const char *name, int64_t at_s, struct run_dir *ret)
{
	struct journal_record begin = { .event = JOURNAL_BEGIN, .at_s = at_s },
			      done = { .event = JOURNAL_DONE, .at_s = at_s + 60 };
	struct journal *j = NULL;
	struct err err = { 0 };

	assert_ok(run_dir_create(results, name, at_s, ret, &err));
	assert_ok(journal_open(ret->fd, &j, &err));
	assert_ok(journal_append(j, &begin, &err));
	assert_ok(journal_append(j, &done, &err));
	journal_free(j);
	add_trial(ret, 1, "k1:a", true);
	add_trial(ret, 2, "k1:a", true);
	add_trial(ret, 3, NULL, true);
	add_trial(ret, 4, NULL, false);
}

static uint64_t blocks(const struct run_dir *run, unsigned trial, const char *name)
{
	_cleanup_free_
	char *path = xasprintf("trials/%06u/%s", trial, name);
	struct stat st;

	return fstatat(run->fd, path, &st, 0) < 0 ? 0 : (uint64_t)st.st_blocks * 512;
}

static struct gc_freed collect(uint64_t age_s, uint64_t size, bool dry_run)
{
	const struct gc_limits limits = { age_s, size, dry_run };
	struct gc_freed freed;
	struct err err = { 0 };

	assert_ok(gc_collect(results, &limits, NULL, NULL, &freed, &err));
	return freed;
}

static void what_is_old_is_thinned_and_what_matters_stays(void **state)
{
	_cleanup_run_dir_ struct run_dir run = RUN_DIR_INIT;
	_cleanup_close_ int fd = -1;
	char line[16] = "";
	struct gc_freed dry, freed;
	struct stat st;

	(void)state;
	make_run("old", 1700000000, &run);
	dry = collect(3600, 0, true);
	assert_int_equal(dry.trials, 2);
	assert_true(blocks(&run, 2, "evidence/memory.kdump") > 0);
	freed = collect(3600, 0, false);
	assert_int_equal(freed.runs, 1);
	assert_int_equal(freed.trials, 2);
	assert_true(freed.bytes > 850000 && dry.bytes > freed.bytes * 9 / 10);
	assert_true(freed.after_bytes < freed.before_bytes);

	/* the first of its kind, and what has no verdict yet, are whole */
	assert_true(blocks(&run, 1, "evidence/memory.kdump") > 0);
	assert_true(blocks(&run, 1, TRIAL_CONSOLE) >= CONSOLE);
	assert_true(blocks(&run, 4, TRIAL_AGENT) > 0);
	/* the second keeps its report where it was */
	assert_int_equal(blocks(&run, 2, "evidence/memory.kdump"), 0);
	assert_true(blocks(&run, 2, TRIAL_AGENT) > 0 && blocks(&run, 2, TRIAL_AGENT) <= 16384);
	assert_int_equal(blocks(&run, 3, TRIAL_AGENT), 0);
	assert_true(blocks(&run, 2, TRIAL_SPEC) > 0 && blocks(&run, 2, "evidence/ledger.json") > 0);
	fd = openat(run.fd, "trials/000002/" TRIAL_CONSOLE, O_RDONLY | O_CLOEXEC);
	assert_int_equal(fstat(fd, &st), 0);
	assert_int_equal(st.st_size, CONSOLE);
	assert_true(st.st_blocks * 512 < 40000);
	assert_int_equal(pread(fd, line, 5, REPORT_AT + 100), 5);
	assert_null(memchr(line, 0, 5));
	/* the survivor has no console any more, and a verdict */
	assert_int_equal(blocks(&run, 3, TRIAL_CONSOLE), 0);
	assert_true(blocks(&run, 3, TRIAL_VERDICT) > 0);
	assert_int_equal(collect(3600, 0, false).trials, 0); /* twice is once */
}

static void a_run_that_somebody_holds_is_left_alone(void **state)
{
	_cleanup_run_dir_ struct run_dir run = RUN_DIR_INIT;
	struct journal *j = NULL;
	struct err err = { 0 };
	struct gc_freed freed;

	(void)state;
	make_run("held", 1700000000, &run);
	assert_ok(journal_open(run.fd, &j, &err));
	freed = collect(3600, 1, false);
	assert_int_equal(freed.busy, 1);
	assert_int_equal(freed.trials, 0);
	journal_free(j);
	assert_int_equal(collect(3600, 1, false).trials, 2);
}

static void a_limit_of_size_takes_the_oldest_first(void **state)
{
	_cleanup_run_dir_ struct run_dir one = RUN_DIR_INIT, two = RUN_DIR_INIT;
	uint64_t all;

	(void)state;
	make_run("one", 1700000000, &one);
	make_run("two", 1700001000, &two);
	all = collect(0, UINT64_C(1) << 40, false).before_bytes;
	assert_int_equal(collect(0, all - 1000, false).runs, 1);
	assert_int_equal(blocks(&one, 3, TRIAL_AGENT), 0);
	assert_true(blocks(&two, 3, TRIAL_AGENT) > 0);
	assert_int_equal(collect(0, 1, false).runs, 1);
	assert_int_equal(blocks(&two, 3, TRIAL_AGENT), 0);
}

static void a_link_in_a_trial_is_not_followed(void **state)
{
	_cleanup_run_dir_ struct run_dir run = RUN_DIR_INIT;
	_cleanup_free_
	char *victim = xasprintf("%s/victim", results);

	(void)state;
	make_run("links", 1700000000, &run);
	put(AT_FDCWD, victim, 5000);
	assert_int_equal(unlinkat(run.fd, "trials/000002/" TRIAL_CONSOLE, 0), 0);
	assert_int_equal(symlinkat(victim, run.fd, "trials/000002/" TRIAL_CONSOLE), 0);
	assert_int_equal(symlinkat(victim, run.fd, "trials/000003/link"), 0);
	collect(3600, 0, false);
	assert_int_equal(access(victim, F_OK), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define in_folder(t) cmocka_unit_test_setup_teardown(t, make_folder, remove_folder)
		in_folder(what_is_old_is_thinned_and_what_matters_stays),
		in_folder(a_run_that_somebody_holds_is_left_alone),
		in_folder(a_limit_of_size_takes_the_oldest_first),
		in_folder(a_link_in_a_trial_is_not_followed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
