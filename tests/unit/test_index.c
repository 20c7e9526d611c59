/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <sqlite3.h>
#include <sys/stat.h>

#include "base/exit.h"
#include "base/fs.h"
#include "store/index.h"
#include "store/journal.h"
#include "store/verdicts.h"

enum { NOV_21 = 1795271553 }; /* 2026-11-21 14:32:33 UTC */

static int set_up(void **state)
{
	*state = mkdtemp(xstrdup("/tmp/ks-index-XXXXXX"));
	return *state ? 0 : -1;
}

static int tear_down(void **state)
{
	fs_remove_tree(AT_FDCWD, *state, NULL);
	free(*state);
	return 0;
}

static void put_verdict(const struct run_dir *run, uint64_t trial, const char *arm,
			enum outcome outcome, double soak_s)
{
	struct verdict v = {
		.outcome = outcome,
		.final = true,
		.step = STEP_COMMIT,
		.trial = trial,
		.seed = (uint64_t)INT64_MAX,
		.exposure_ns = (uint64_t)(soak_s * 1e9),
		.exposure_work = soak_s * 3,
		.unit = "replaces",
		.started_s = NOV_21 + (int64_t)trial,
		.kernel = "6.1.0-54-cloud-amd64",
		.accel = "fake",
		.host_load = NAN,
		.host_steal = NAN,
	};
	_cleanup_close_ int fd = -1;
	_cleanup_json_ json_t *o = NULL;
	struct err err = { 0 };

	snprintf(v.arm, sizeof(v.arm), "%s", arm);
	if (outcome == OUTCOME_FAILED) {
		v.has_sighting = true;
		v.sighting = (struct sighting){ .class = CRASH_DIVIDE_ERROR, .guest_s = 12.5 };
		strcpy(v.sighting.title, "divide error in fib_rebalance");
		strcpy(v.sighting.id, "k1:0123456789abcdef");
	}
	o = verdict_to_json(&v);
	fd = trial_dir_create(run->fd, trial, &err);
	assert_true(fd >= 0);
	assert_ok(json_write(fd, TRIAL_VERDICT, o, &err));
}

static void say(const struct run_dir *run, enum journal_event event, const char *why)
{
	struct journal_record rec = { .event = event, .at_s = NOV_21 + 1, .pid = 1 };
	struct journal *j = NULL;
	struct err err = { 0 };

	snprintf(rec.why, sizeof(rec.why), "%s", why);
	assert_ok(journal_open(run->fd, &j, &err));
	assert_ok(journal_append(j, &rec, &err));
	journal_free(j);
}

static struct run_dir make_run(const char *results, const char *name, int64_t at_s)
{
	static const char plan[] = "{\"scenario\": \"fib-rebalance\", \"seed\": 1,"
				   " \"arms\": [\"good\", \"bad\"], \"trials\": [{}, {}, {}]}";
	struct run_dir run = RUN_DIR_INIT;
	struct err err = { 0 };

	assert_ok(run_dir_create(results, name, at_s, &run, &err));
	assert_ok(fs_write(run.fd, RUN_PLAN, plan, strlen(plan), &err));
	say(&run, JOURNAL_BEGIN, "");
	put_verdict(&run, 1, "bad", OUTCOME_FAILED, 5);
	put_verdict(&run, 2, "good", OUTCOME_SURVIVED, 60);
	put_verdict(&run, 3, "bad", OUTCOME_INFRA, 0);
	return run;
}

/* Every row of every table as text, in the order of the keys. */
static void dump(const char *results, struct buf *out)
{
	static const char *const tables[] = { "run", "arm", "trial", "sighting", "bucket" };
	_cleanup_free_
	char *path = xasprintf("%s/index.sqlite", results);
	sqlite3 *db = NULL;

	assert_int_equal(sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
	for (size_t t = 0; t < ARRAY_SIZE(tables); t++) {
		_cleanup_free_
		char *sql = xasprintf("select * from %s", tables[t]);
		sqlite3_stmt *st = NULL;

		assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &st, NULL), SQLITE_OK);
		while (sqlite3_step(st) == SQLITE_ROW) {
			buf_puts(out, tables[t]);
			for (int c = 0; c < sqlite3_column_count(st); c++)
				buf_printf(out, "|%s",
					   (const char *)sqlite3_column_text(st, c) ?: "(null)");
			buf_putc(out, '\n');
		}
		sqlite3_finalize(st);
	}
	sqlite3_close(db);
}

static void refresh(const char *results)
{
	struct index *ix = NULL;
	struct err err = { 0 };

	assert_ok(index_open(results, &ix, &err));
	assert_null(index_note(ix));
	assert_ok(index_refresh(ix, &err));
	index_close(ix);
}

static void rebuild(const char *results)
{
	struct index *ix = NULL;
	struct err err = { 0 };

	assert_ok(index_rebuild(results, &ix, &err));
	index_close(ix);
}

static void an_index_that_grew_equals_one_built_from_nothing(void **state)
{
	_cleanup_buf_ struct buf grown = BUF_INIT, built = BUF_INIT;
	_cleanup_run_dir_ struct run_dir a = make_run(*state, "a", NOV_21), b = RUN_DIR_INIT;

	refresh(*state);
	b = make_run(*state, "b", NOV_21 + 60);
	refresh(*state);
	put_verdict(&a, 4, "late", OUTCOME_FAILED, 7);
	put_verdict(&a, 3, "bad", OUTCOME_FAILED, 9); /* rerun by hand */
	say(&a, JOURNAL_DONE, "all trials ended");
	refresh(*state);
	dump(*state, &grown);
	assert_non_null(strstr(buf_str(&grown), "divide error in fib_rebalance"));
	assert_non_null(strstr(buf_str(&grown), "arm|20261121-143233-a|0|good\n"));
	assert_non_null(strstr(buf_str(&grown), "arm|20261121-143233-a|2|late\n"));
	assert_non_null(strstr(buf_str(&grown), "|done|all trials ended|3|"));
	rebuild(*state);
	dump(*state, &built);
	assert_string_equal(buf_str(&grown), buf_str(&built));
}

static void ingesting_twice_changes_nothing(void **state)
{
	_cleanup_run_dir_ struct run_dir run = make_run(*state, "a", NOV_21);
	_cleanup_buf_ struct buf once = BUF_INIT, twice = BUF_INIT;
	struct index *ix = NULL;
	struct err err = { 0 };

	assert_ok(index_open(*state, &ix, &err));
	assert_ok(index_ingest_run(ix, &run, &err));
	dump(*state, &once);
	assert_ok(index_ingest_run(ix, &run, &err));
	dump(*state, &twice);
	index_close(ix);
	assert_string_equal(buf_str(&once), buf_str(&twice));
}

static void a_run_that_is_deleted_leaves_the_index(void **state)
{
	_cleanup_run_dir_ struct run_dir run = make_run(*state, "a", NOV_21);
	_cleanup_buf_ struct buf left = BUF_INIT;
	struct err err = { 0 };

	refresh(*state);
	assert_ok(fs_remove_tree(AT_FDCWD, run.path, &err));
	refresh(*state);
	dump(*state, &left);
	assert_string_equal(buf_str(&left), "");
}

static int count_run(void *arg, const struct index_run *run)
{
	*(struct index_run *)arg = *run;
	return 0;
}

static void runs_come_with_their_outcomes_counted(void **state)
{
	_cleanup_run_dir_ struct run_dir run = make_run(*state, "a", NOV_21);
	struct index_run seen = { 0 };
	struct index *ix = NULL;
	struct err err = { 0 };

	assert_ok(index_open(*state, &ix, &err));
	assert_ok(index_refresh(ix, &err));
	assert_ok(index_runs(ix, count_run, &seen, &err));
	assert_int_equal(seen.started_s, NOV_21 + 1);
	assert_int_equal(seen.planned, 3);
	assert_int_equal(seen.outcome[OUTCOME_FAILED], 1);
	assert_int_equal(seen.outcome[OUTCOME_SURVIVED], 1);
	assert_int_equal(seen.outcome[OUTCOME_INFRA], 1);
	assert_int_equal(seen.unfinished, 0);
	assert_true(seen.exposure_ns == 65 * NS_PER_S);
	index_close(ix);
}

struct trials {
	struct index_trial t[8];
	char title[8][64];
	size_t n;
};

static int keep_trial(void *arg, const struct index_trial *trial)
{
	struct trials *all = arg;

	snprintf(all->title[all->n], sizeof(all->title[0]), "%s", trial->title);
	all->t[all->n++] = *trial;
	return 0;
}

static void trials_come_by_number_with_their_crash(void **state)
{
	_cleanup_run_dir_ struct run_dir run = make_run(*state, "a", NOV_21);
	struct trials all = { 0 };
	struct index *ix = NULL;
	struct err err = { 0 };

	assert_ok(index_open(*state, &ix, &err));
	assert_ok(index_refresh(ix, &err));
	assert_ok(index_trials(ix, run.id, keep_trial, &all, &err));
	assert_int_equal(all.n, 3);
	assert_int_equal(all.t[0].outcome, OUTCOME_FAILED);
	assert_string_equal(all.title[0], "divide error in fib_rebalance");
	assert_true(all.t[0].exposure_work == 15);
	assert_string_equal(all.title[1], "");
	index_close(ix);
}

static void expect_rebuilt(const char *results, const char *damage, size_t n)
{
	_cleanup_close_ int fd = open(results, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	_cleanup_buf_ struct buf after = BUF_INIT;
	struct err err = { 0 };

	assert_ok(fs_write(fd, INDEX_FILE, damage, n, &err));
	refresh(results);
	dump(results, &after);
	assert_non_null(strstr(buf_str(&after), "fib_rebalance"));
}

static void a_damaged_index_is_rebuilt(void **state)
{
	_cleanup_run_dir_ struct run_dir run = make_run(*state, "a", NOV_21);
	_cleanup_free_
	char *path = xasprintf("%s/index.sqlite", (char *)*state);
	_cleanup_buf_ struct buf whole = BUF_INIT;
	struct err err = { 0 };

	refresh(*state);
	assert_ok(fs_read(AT_FDCWD, path, 1 << 24, &whole, &err));
	expect_rebuilt(*state, "this is no database, but long enough to be read as one", 54);
	expect_rebuilt(*state, whole.data, whole.len / 2);
	memset(whole.data + whole.len / 2, 0xff, whole.len / 2);
	expect_rebuilt(*state, whole.data, whole.len);
	expect_rebuilt(*state, "", 0);
}

static void an_index_of_another_version_is_rebuilt(void **state)
{
	_cleanup_run_dir_ struct run_dir run = make_run(*state, "a", NOV_21);
	_cleanup_free_
	char *path = xasprintf("%s/index.sqlite", (char *)*state);
	_cleanup_buf_ struct buf after = BUF_INIT;
	sqlite3 *db = NULL;

	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, "create table run (x); pragma user_version = 99", NULL,
				      NULL, NULL),
			 SQLITE_OK);
	sqlite3_close(db);
	refresh(*state);
	dump(*state, &after);
	assert_non_null(strstr(buf_str(&after), "fib_rebalance"));
}

/* A directory in the index's place: as unwritable for root as for anybody. */
static void where_no_file_can_be_written_the_index_lives_in_memory(void **state)
{
	_cleanup_run_dir_ struct run_dir run = make_run(*state, "a", NOV_21);
	_cleanup_free_
	char *path = xasprintf("%s/index.sqlite", (char *)*state);
	struct trials all = { 0 };
	struct index *ix = NULL;
	struct err err = { 0 };

	assert_int_equal(mkdir(path, 0755), 0);
	assert_ok(index_open(*state, &ix, &err));
	assert_non_null(index_note(ix));
	assert_ok(index_refresh(ix, &err));
	assert_ok(index_trials(ix, run.id, keep_trial, &all, &err));
	assert_int_equal(all.n, 3);
	ix = index_close(ix);
	assert_true(index_rebuild(*state, &ix, &err) < 0);
	assert_int_equal(err.exit_code, EXIT_CANNOT_WRITE);
}

static void a_cut_verdict_is_counted_as_infra_with_its_complaint(void **state)
{
	_cleanup_run_dir_ struct run_dir run = make_run(*state, "a", NOV_21);
	_cleanup_buf_ struct buf all = BUF_INIT;
	struct err err = { 0 };

	_cleanup_close_ int fd = trial_dir_open(run.fd, 2, &err);

	assert_ok(fs_write(fd, TRIAL_VERDICT, "{\"outcome\": \"SURV", 17, &err));
	assert_ok(fs_write(fd, TRIAL_SPEC, "{\"arm\": \"good\"}", 15, &err));
	refresh(*state);
	dump(*state, &all);
	assert_non_null(strstr(buf_str(&all), "a|2|good|0|0|0|INFRA|0|COMMIT|its verdict cannot"));
}

static void a_damaged_run_has_a_line_that_says_so(void **state)
{
	_cleanup_run_dir_ struct run_dir run = make_run(*state, "a", NOV_21);
	_cleanup_buf_ struct buf all = BUF_INIT;
	struct err err = { 0 };

	assert_ok(fs_write(run.fd, RUN_PLAN, "{", 1, &err));
	refresh(*state);
	dump(*state, &all);
	assert_non_null(strstr(buf_str(&all), "|damaged|plan.json:1:"));
	assert_non_null(strstr(buf_str(&all), "divide error"));
}

static void all_that_a_console_showed_is_there_the_deciding_one_first(void **state)
{
	static const char list[] =
		"[{\"class\": \"warning\", \"title\": \"a warning\", \"id\": \"k1:w\","
		" \"offset\": 7}, null, {\"class\": \"divide-error\", \"title\":"
		" \"divide error in fib_rebalance\", \"id\":"
		" \"k1:0123456789abcdef\", \"offset\": 0}]";
	_cleanup_run_dir_ struct run_dir run = make_run(*state, "a", NOV_21);
	_cleanup_buf_ struct buf all = BUF_INIT;
	struct err err = { 0 };
	_cleanup_close_ int fd = trial_dir_open(run.fd, 1, &err);

	assert_ok(fs_write(fd, TRIAL_SIGHTINGS, list, strlen(list), &err));
	refresh(*state);
	dump(*state, &all);
	assert_non_null(
		strstr(buf_str(&all), "sighting|20261121-143233-a|1|0|k1:0123456789abcdef|"));
	assert_non_null(strstr(buf_str(&all), "sighting|20261121-143233-a|1|1|k1:w|"));
	assert_null(strstr(buf_str(&all), "sighting|20261121-143233-a|1|2|"));
	assert_non_null(strstr(buf_str(&all), "bucket|k1:0123456789abcdef|"));
	assert_null(strstr(buf_str(&all), "bucket|k1:w|"));
}

#define with_dir(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		with_dir(an_index_that_grew_equals_one_built_from_nothing),
		with_dir(ingesting_twice_changes_nothing),
		with_dir(a_run_that_is_deleted_leaves_the_index),
		with_dir(runs_come_with_their_outcomes_counted),
		with_dir(trials_come_by_number_with_their_crash),
		with_dir(a_damaged_index_is_rebuilt),
		with_dir(an_index_of_another_version_is_rebuilt),
		with_dir(where_no_file_can_be_written_the_index_lives_in_memory),
		with_dir(a_cut_verdict_is_counted_as_infra_with_its_complaint),
		with_dir(all_that_a_console_showed_is_there_the_deciding_one_first),
		with_dir(a_damaged_run_has_a_line_that_says_so),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
